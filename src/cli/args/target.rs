//! What the commands take that prepare a run or look at a target: `init`, `login`, `doctor`, `tls`.

use std::path::PathBuf;

use clap::Args;

use super::{LoginPages, TlsDepth};
use crate::cli::init::{CiSystem, IdentityProvider};

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
