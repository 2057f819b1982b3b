//! The command line as a person types it. Nothing is read or sent here.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::init::{CiSystem, IdentityProvider};

/// Test the security requirements of CARIN BB against a server.
#[derive(Debug, Parser)]
#[command(name = "carinbb", version, about, max_term_width = 100, infer_subcommands = false, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 nothing selected failed, 1 a SHALL was not met, 2 called wrongly, 3 could not be determined, \
                        4 nothing matched or applied, 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of all commands.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Read settings from FILE instead of carinbb.toml in this folder
    #[arg(long, global = true, value_name = "FILE", env = "CARINBB_CONFIG")]
    pub config: Option<PathBuf>,
    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", env = "CARINBB_COLOR", default_value = "auto")]
    pub color: When,
    /// Show progress on stderr
    #[arg(long, global = true, value_name = "WHEN", env = "CARINBB_PROGRESS", default_value = "auto")]
    pub progress: When,
    /// Print findings and the claim only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print passing assertions too
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Make random values from N, to repeat a run exactly
    #[arg(long, global = true, value_name = "N", env = "CARINBB_SEED")]
    pub seed: Option<u64>,
    /// Take the suite from DIR instead of the one in the binary
    #[arg(long, global = true, value_name = "DIR", env = "CARINBB_TESTCASES")]
    pub testcases: Option<PathBuf>,
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Test a target
    Run(Box<RunArgs>),
    /// Write reports from the record of an earlier run
    Report(ReportArgs),
    /// Check the evidence of a run: every digest, and every verdict again from its facts
    Verify(VerifyArgs),
    /// Put the second signature, a reviewer's, on the signed evidence of a run that holds
    Review(ReviewArgs),
    /// Compare the records of two runs
    Compare(CompareArgs),
    /// Answer what no black box can see, for the next run
    Attest(AttestArgs),
    /// List cases, requirements, verbs, faults, capabilities or profiles
    List(ListArgs),
    /// Explain a requirement, case, verb, fault or capability
    Explain(ExplainArgs),
    /// Check cases, catalogue, profiles and target files without a network
    Check(CheckArgs),
    /// Write a target file, a CI job and .gitignore lines to start with
    Init(InitArgs),
    /// Try a member's login alone and explain it page by page
    Login(LoginArgs),
    /// Look whether everything is there that a run needs
    Doctor(DoctorArgs),
    /// Look at the TLS of one host and port
    Tls(TlsArgs),
    /// Run the reference server
    Serve(ServeArgs),
    /// Prove every case by its faults
    Selftest(SelftestArgs),
    /// Make a certificate laboratory for UDAP
    Pki(PkiArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Write the generated references into a checkout
    #[command(hide = true)]
    Docs(DocsArgs),
}

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
    #[arg(long, env = "CARINBB_AIA", help_heading = "Network")]
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

/// `tls`
#[derive(Debug, Args)]
pub struct TlsArgs {
    /// The host, with its port where that is not 443
    #[arg(value_name = "HOST[:PORT]")]
    pub host: String,
    /// gate asks for versions and weak suites, full for every suite, group and size
    #[arg(long, value_name = "DEPTH", default_value = "gate")]
    pub tls: TlsDepth,
    /// Trust the roots in this PEM file too
    #[arg(long, value_name = "FILE", env = "CARINBB_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// The longest that one connection may take, for instance 5s
    #[arg(long, value_name = "T", value_parser = crate::vocabulary::parse_duration)]
    pub timeout: Option<std::time::Duration>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
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

/// `report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The record of a run, as --report json=FILE wrote it
    #[arg(value_name = "RUN.json")]
    pub record: PathBuf,
    /// Join it with the record of a later run of the same criteria against the same server, as `run --again` makes it
    #[arg(long, value_name = "RUN.json")]
    pub with: Option<PathBuf>,
    /// Write a report: FORMAT=FILE; "-" is stdout (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_delimiter = ',', required = true)]
    pub report: Vec<String>,
}

/// `verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The evidence of a run: the folder of --output, or the zip file of --bundle
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// Judge the recorded outcomes again by the levels of this carinbb
    #[arg(long)]
    pub rejudge: bool,
    /// A public key (PEM) by which a signature beside the bundle must hold (repeatable: who tested, who reviewed)
    #[arg(long, value_name = "KEY.pem")]
    pub key: Vec<PathBuf>,
}

/// `review`
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The signed evidence of a run: the folder of --output, or the zip file of --bundle
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// The reviewer's private key (PEM, Ed25519 or ECDSA on P-256)
    #[arg(long, value_name = "KEY.pem")]
    pub sign: PathBuf,
}

/// `compare`
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The record of the earlier run
    #[arg(value_name = "A.json")]
    pub before: PathBuf,
    /// The record of the later run
    #[arg(value_name = "B.json")]
    pub after: PathBuf,
    /// Exit with 1 when a finding is new or graver, or a case stopped running
    #[arg(long)]
    pub fail: bool,
}

/// `attest`
#[derive(Debug, Args)]
pub struct AttestArgs {
    /// The record of a run: what it left open is asked for
    #[arg(value_name = "RUN.json")]
    pub record: PathBuf,
    /// The file that the answers go into; answers that it has are kept
    #[arg(long, value_name = "FILE", default_value = "attestations.toml")]
    pub attestations: PathBuf,
    /// Who answers
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// As what
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Print what is open as TOML to fill in, and ask nobody
    #[arg(long)]
    pub print: bool,
}

/// `list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// What to list
    #[arg(default_value = "cases")]
    pub what: Listing,
    /// Under which profiles (repeatable); default is the latest CARIN BB
    #[arg(long, value_name = "PROFILE", value_delimiter = ',')]
    pub profile: Vec<String>,
    /// The SMART App Launch version that holds
    #[arg(long, value_name = "VERSION", default_value = "auto")]
    pub smart: String,
    /// Count SHOULD rows of required documents as SHALL
    #[arg(long)]
    pub strict: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How much an unknown state of revocation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Revocation {
    Soft,
    Hard,
    Off,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    Cases,
    Requirements,
    Verbs,
    Faults,
    Capabilities,
    Profiles,
}

/// `explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// An id: carin-bb/exchange-1, tls.versions, tls.offer, tls-1.1-enabled, smart.launch-standalone, carin-bb-2.2.0
    pub id: String,
    /// Write a text about a finding that you believe is wrong, ready to send: ID is its case, its label as printed, or the
    /// beginning of its fingerprint; no host, secret or member stands in it
    #[arg(long, requires = "record")]
    pub dispute: bool,
    /// The record of the run that has the finding (with --dispute)
    #[arg(long, value_name = "RUN.json", requires = "dispute")]
    pub record: Option<PathBuf>,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Target files, files of waivers or attestations, case files or folders of a suite; nothing checks the suite in the binary (or of --testcases)
    pub paths: Vec<PathBuf>,
}

/// `init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// The FHIR base of the server
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
    /// Begin with the login pages of this identity provider
    #[arg(long, value_name = "NAME")]
    pub idp: Option<IdentityProvider>,
    /// The CI system to write a job for
    #[arg(long, value_name = "NAME", default_value = "github")]
    pub ci: CiSystem,
    /// Write the list of what to request from a server's owner, and nothing else
    #[arg(long, conflicts_with_all = ["idp", "ci"])]
    pub auditor: bool,
}

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Switch on a fault (repeatable; `carinbb list faults` names them)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub fault: Vec<String>,
    /// Wait before each answer, for instance 50ms
    #[arg(long, value_name = "T", value_parser = crate::vocabulary::parse_duration, default_value = "0ms")]
    pub latency: std::time::Duration,
    /// The port of the FHIR base; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Write the root certificate (PEM) to FILE
    #[arg(long, value_name = "FILE")]
    pub ca_out: Option<PathBuf>,
    /// Write clients, members, secrets and passwords (JSON, for the owner's eyes only) to FILE
    #[arg(long, value_name = "FILE")]
    pub credentials_out: Option<PathBuf>,
    /// Publish exactly what this SMART App Launch version asks for
    #[arg(long, value_name = "VERSION")]
    pub smart: Option<String>,
    /// How members sign in
    #[arg(long, value_name = "VARIANT", default_value = "plain")]
    pub login: LoginPages,
    /// Write a target file for this server to FILE, with its secrets in files beside it
    #[arg(long, value_name = "FILE")]
    pub target_out: Option<PathBuf>,
    /// Follow this version of the UDAP Security guide
    #[arg(long, value_name = "VERSION", default_value = "1.1.0")]
    pub udap_version: String,
    /// Let clients register whose certificates lead to a certificate of FILE (PEM); repeatable, one file per community
    #[arg(long, value_name = "FILE")]
    pub udap_anchors: Vec<PathBuf>,
    /// The URI of a community (repeatable; the first goes with the first --udap-anchors, and so on)
    #[arg(long, value_name = "URI")]
    pub udap_community: Vec<String>,
    /// Write the roots that sign the UDAP metadata (PEM) to FILE
    #[arg(long, value_name = "FILE")]
    pub udap_ca_out: Option<PathBuf>,
}

/// How members sign in at the reference server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LoginPages {
    /// User name and password on one page
    #[default]
    Plain,
    /// A language form beside a logout form, then user name and password, each on a page of its own
    MultiStep,
    /// Pages that post themselves on, over three origins
    Saml,
    /// User name and password, then a one-time code
    Totp,
    /// A page that a script makes: it needs a browser
    Javascript,
}

/// `login`
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The target file
    #[arg(value_name = "TARGET", required_unless_present = "demo", conflicts_with = "demo")]
    pub target: Option<String>,
    /// Who signs in
    #[arg(long, value_name = "MEMBER", default_value = "first", value_parser = ["first", "second", "dependant"])]
    pub member: String,
    /// The client that asks; without it the first that the target file has
    #[arg(long, value_name = "CLIENT", value_parser = ["confidential", "second", "public", "asymmetric"])]
    pub client: Option<String>,
    /// Sign in at the reference server, started for this
    #[arg(long)]
    pub demo: bool,
    /// How members sign in at the reference server (with --demo)
    #[arg(long, value_name = "VARIANT", requires = "demo")]
    pub login: Option<LoginPages>,
    /// Put pictures of the pages of a browser login into DIR, as `run` does
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "carinbb-screenshots")]
    pub screenshots: Option<PathBuf>,
    #[command(flatten)]
    pub reach: ReachArgs,
}

/// How a command other than `run` reaches a target.
#[derive(Debug, Clone, Default, Args)]
pub struct ReachArgs {
    /// Trust the roots in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub ca_file: Option<PathBuf>,
    /// The longest that an exchange may take, for instance 30s
    #[arg(long, value_name = "T", help_heading = "Network")]
    pub timeout: Option<String>,
    /// Connect to address A for host H and port P (repeatable)
    #[arg(long, value_name = "H:P:A", value_delimiter = ',', help_heading = "Network")]
    pub resolve: Vec<String>,
    /// Go through this HTTP proxy
    #[arg(long, value_name = "URL", help_heading = "Network")]
    pub proxy: Option<String>,
    /// Permit connections into this address range (repeatable)
    #[arg(long, value_name = "CIDR", value_delimiter = ',', help_heading = "Network")]
    pub allow_net: Vec<String>,
    /// Permit a base that is not https
    #[arg(long, help_heading = "Network")]
    pub allow_http: bool,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The target file, or the URL of a FHIR base
    #[arg(value_name = "TARGET", env = "CARINBB_TARGET")]
    pub target: Option<String>,
    /// Print each setting with its value and where it comes from, and nothing else
    #[arg(long)]
    pub settings: bool,
    /// Send nothing that signs in: no made-up codes for the clients, no login of the members
    #[arg(long)]
    pub no_login: bool,
    #[command(flatten)]
    pub reach: ReachArgs,
}

/// `selftest`
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Only these faults or cases
    pub what: Vec<String>,
    /// Run every case for every fault, not only those that the fault touches
    #[arg(long)]
    pub full: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How many faults are proved side by side
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub jobs: usize,
}

/// `pki`
#[derive(Debug, Args)]
pub struct PkiArgs {
    #[command(subcommand)]
    pub command: PkiCommand,
}

/// What to do with a laboratory.
#[derive(Debug, Subcommand)]
pub enum PkiCommand {
    /// Make one in a folder: roots, issuing CAs, keys, and a page that says what to hand out
    Init {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `docs`
#[derive(Debug, Args)]
pub struct DocsArgs {
    /// The checkout to write into
    #[arg(default_value = ".")]
    pub root: PathBuf,
    /// Only say whether the files are fresh
    #[arg(long)]
    pub check: bool,
}
