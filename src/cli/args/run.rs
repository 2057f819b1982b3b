//! What `run` takes.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::LoginPages;

/// `run`
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Cases, areas, @tags or requirements to run; a URL or a .toml file here is the target
    #[arg(value_name = "CASE")]
    pub what: Vec<String>,
    /// The target: a target file, or the URL of a FHIR base
    #[arg(short, long, value_name = "FILE|URL", env = "CARINBB_TARGET", help_heading = "Target")]
    pub target: Option<String>,
    /// What to hold the target to (repeatable)
    #[arg(long, value_name = "PROFILE", env = "CARINBB_PROFILE", value_delimiter = ',', help_heading = "Target")]
    pub profile: Vec<String>,
    /// The SMART App Launch version that the target claims
    #[arg(long, value_name = "VERSION", env = "CARINBB_SMART", default_value = "auto", help_heading = "Target")]
    pub smart: String,
    /// The version of HL7 UDAP Security that the target claims
    #[arg(long, value_name = "VERSION", env = "CARINBB_UDAP", default_value = "auto", help_heading = "Target")]
    pub udap: String,
    /// When a certificate's state of revocation cannot be had: soft says so, hard counts it as a defect (TLS: leaves it open), off does not ask
    #[arg(long, value_name = "MODE", env = "CARINBB_REVOCATION", default_value = "soft", help_heading = "Network")]
    pub revocation: Revocation,
    /// Fetch missing issuers of UDAP certificates from where the certificates say (AIA caIssuers)
    #[arg(long, env = "CARINBB_AIA", value_parser = BoolishValueParser::new(), help_heading = "Network")]
    pub aia: bool,
    /// Test the reference server, started for this run
    #[arg(long, help_heading = "Target")]
    pub demo: bool,
    /// Switch on a fault of the reference server (repeatable, with --demo)
    #[arg(long, value_name = "NAME", requires = "demo", help_heading = "Target")]
    pub fault: Vec<String>,
    /// How members sign in at the reference server (with --demo)
    #[arg(long, value_name = "VARIANT", requires = "demo", help_heading = "Target")]
    pub login: Option<LoginPages>,

    /// Run only what fits PATTERN (repeatable)
    #[arg(short, long, value_name = "PATTERN", env = "CARINBB_SELECT", value_delimiter = ',', help_heading = "Selection")]
    pub select: Vec<String>,
    /// Leave out what fits PATTERN (repeatable)
    #[arg(long, value_name = "PATTERN", env = "CARINBB_SKIP", value_delimiter = ',', help_heading = "Selection")]
    pub skip: Vec<String>,
    /// Leave out what needs a member's login
    #[arg(long, env = "CARINBB_NO_LOGIN", value_parser = BoolishValueParser::new(), help_heading = "Selection")]
    pub no_login: bool,
    /// Run cases that wait long
    #[arg(long, env = "CARINBB_SLOW", value_parser = BoolishValueParser::new(), help_heading = "Selection")]
    pub slow: bool,
    /// Run what waits on purpose too, but no result that waits longer than T in all, for instance 60s
    #[arg(long, value_name = "T", env = "CARINBB_MAX_WAIT", value_parser = crate::vocabulary::parse_duration, help_heading = "Selection")]
    pub max_wait: Option<std::time::Duration>,
    /// How deep the TLS of hosts that the target file names is looked at: gate is quick, full asks for every suite
    #[arg(long, value_name = "DEPTH", env = "CARINBB_TLS", default_value = "gate", help_heading = "Selection")]
    pub tls: TlsDepth,
    /// Make at most N authorizations: the cases that settle most for each are kept, the others are named
    #[arg(long, value_name = "N", env = "CARINBB_MAX_AUTHORIZATIONS", help_heading = "Selection")]
    pub max_authorizations: Option<u64>,
    /// Repeat what failed, was blocked or broke in this earlier run, with its setups and controls; `report --with` joins the two
    #[arg(long, value_name = "RUN.json", conflicts_with = "select", help_heading = "Selection")]
    pub again: Option<PathBuf>,
    /// Run only step N of the selected cases, besides setups and controls
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Selection")]
    pub only_step: Option<u16>,

    /// Count SHOULD rows of required documents as SHALL
    #[arg(long, env = "CARINBB_STRICT", value_parser = BoolishValueParser::new(), help_heading = "Judgement")]
    pub strict: bool,
    /// The least that fails the run
    #[arg(long, value_name = "VERDICT", env = "CARINBB_FAIL_ON", default_value = "fail", help_heading = "Judgement")]
    pub fail_on: FailOn,
    /// Findings that somebody accepts for a time: they stay findings and do not count for the exit code
    #[arg(long, value_name = "FILE", env = "CARINBB_WAIVERS", help_heading = "Judgement")]
    pub waivers: Option<PathBuf>,
    /// What persons state of requirements that no view from outside can settle (`carinbb attest` writes it)
    #[arg(long, value_name = "FILE", env = "CARINBB_ATTESTATIONS", help_heading = "Judgement")]
    pub attestations: Option<PathBuf>,
    /// Fail on what is worse than in the record of this earlier run and on nothing that it has already; what new criteria or
    /// another carinbb may have caused is listed, and fails with --strict
    #[arg(long, value_name = "RUN.json", env = "CARINBB_BASELINE", help_heading = "Judgement")]
    pub baseline: Option<PathBuf>,

    /// Audit: no waiver counts, profile and SMART version must be given, the evidence is signed, and FILE says what a laboratory's
    /// report needs (ISO/IEC 17025)
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "certification.toml", conflicts_with_all = ["again", "baseline"], help_heading = "Judgement")]
    pub certification: Option<PathBuf>,

    /// Requests in flight per origin
    #[arg(long, value_name = "N", env = "CARINBB_IN_FLIGHT", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "Network")]
    pub in_flight: u16,
    /// Failed authentications of one client in a row at most, then a right one is sent
    #[arg(long, value_name = "N", env = "CARINBB_MAX_AUTH_FAILURES", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..), help_heading = "Network")]
    pub max_auth_failures: u32,
    /// Requests per second and origin at most
    #[arg(long, value_name = "N/s", env = "CARINBB_RATE", value_parser = parse_rate, help_heading = "Network")]
    pub rate: Option<f64>,
    /// How far the target's clock may be from ours before its ID tokens are of another time, for instance 2m; 60s without it
    #[arg(long, value_name = "T", env = "CARINBB_CLOCK_LEEWAY", value_parser = parse_leeway, help_heading = "Network")]
    pub clock_leeway: Option<std::time::Duration>,
    /// Send this User-Agent instead of the name of this program; the record says so
    #[arg(long, value_name = "TEXT", env = "CARINBB_USER_AGENT", value_parser = parse_user_agent, help_heading = "Network")]
    pub user_agent: Option<String>,
    /// The longest that an exchange may take, for instance 30s
    #[arg(long, value_name = "T", env = "CARINBB_TIMEOUT", value_parser = crate::vocabulary::parse_duration, help_heading = "Network")]
    pub timeout: Option<std::time::Duration>,
    /// Trust the roots in this PEM file too
    #[arg(long, value_name = "FILE", env = "CARINBB_CA_FILE", help_heading = "Network")]
    pub ca_file: Option<PathBuf>,
    /// Show this certificate chain (PEM) to the target when it asks for one
    #[arg(long, value_name = "FILE", env = "CARINBB_CLIENT_CERT", requires = "client_key", help_heading = "Network")]
    pub client_cert: Option<PathBuf>,
    /// The key (PEM) of the client certificate
    #[arg(long, value_name = "FILE", env = "CARINBB_CLIENT_KEY", requires = "client_cert", help_heading = "Network")]
    pub client_key: Option<PathBuf>,
    /// Connect to address A for host H and port P (repeatable)
    #[arg(long, value_name = "H:P:A", env = "CARINBB_RESOLVE", value_delimiter = ',', help_heading = "Network")]
    pub resolve: Vec<String>,
    /// Go through this HTTP proxy; the environment's proxy is never used
    #[arg(long, value_name = "URL", env = "CARINBB_PROXY", help_heading = "Network")]
    pub proxy: Option<String>,
    /// Permit connections into this address range (repeatable)
    #[arg(long, value_name = "CIDR", env = "CARINBB_ALLOW_NET", value_delimiter = ',', help_heading = "Network")]
    pub allow_net: Vec<String>,
    /// Permit a base that is not https; its TLS rows are then blocked
    #[arg(long, env = "CARINBB_ALLOW_HTTP", value_parser = BoolishValueParser::new(), help_heading = "Network")]
    pub allow_http: bool,

    /// What is printed
    #[arg(long, value_name = "FORMAT", env = "CARINBB_FORMAT", default_value = "human", help_heading = "Output")]
    pub format: Format,
    /// Write a report: FORMAT=FILE, where FORMAT is json, junit, html, sarif, github, csv, tap, badge, fhir or earl; "-" is stdout (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", env = "CARINBB_REPORT", value_delimiter = ',', help_heading = "Output")]
    pub report: Vec<String>,
    /// Write the evidence of the run into DIR, which must be new or empty
    #[arg(short, long, value_name = "DIR", env = "CARINBB_OUTPUT", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Write the evidence of the run as one zip file
    #[arg(long, value_name = "FILE.zip", env = "CARINBB_BUNDLE", help_heading = "Output")]
    pub bundle: Option<PathBuf>,
    /// Sign the evidence with this private key (PEM, Ed25519 or ECDSA on P-256); the signature lies beside it
    #[arg(long, value_name = "KEY.pem", env = "CARINBB_SIGN", help_heading = "Output")]
    pub sign: Option<PathBuf>,
    /// Put pictures of the pages of a browser login into DIR; none shows a secret, and none is taken after the sign-in unless the
    /// environment is staging
    #[arg(long, value_name = "DIR", env = "CARINBB_SCREENSHOTS", num_args = 0..=1, require_equals = true, default_missing_value = "carinbb-screenshots", help_heading = "Output")]
    pub screenshots: Option<PathBuf>,
    /// Print what would be sent at most; "discover" fetches the discovery documents first
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "offline", help_heading = "Output")]
    pub plan: Option<PlanKind>,
}

/// How deep TLS is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsDepth {
    Gate,
    Full,
}

impl TlsDepth {
    /// True for the long look.
    #[must_use]
    pub fn is_full(self) -> bool {
        self == Self::Full
    }
}

/// What fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Fail,
    Warn,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    Ndjson,
}

/// How a plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanKind {
    Offline,
    Discover,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    let rate: f64 = number.parse().map_err(|_| "write requests per second, for instance 5 or 0.5/s".to_owned())?;
    if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err("a rate is greater than 0".into()) }
}

/// More than five minutes would let tokens pass that an app refuses.
fn parse_leeway(text: &str) -> Result<std::time::Duration, String> {
    let leeway = crate::vocabulary::parse_duration(text).map_err(|error| error.to_string())?;
    if leeway <= std::time::Duration::from_secs(300) { Ok(leeway) } else { Err("a leeway is 5m at most".into()) }
}

fn parse_user_agent(text: &str) -> Result<String, String> {
    let is_shown = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if !text.trim().is_empty() && text.len() <= 256 && text.bytes().all(is_shown) {
        Ok(text.to_owned())
    } else {
        Err("a User-Agent is up to 256 printable ASCII characters, for instance 'ExampleApp/2.1'".into())
    }
}

/// How much an unknown state of revocation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Revocation {
    Soft,
    Hard,
    Off,
}
