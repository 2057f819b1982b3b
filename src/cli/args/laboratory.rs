//! What the commands take that play another part than the tester: `serve`, `pki`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use url::Url;

use super::observe::ObserveArgs;

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
    /// Send the codes of the apps that are registered from the start to this address
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Option<Url>,
    #[command(flatten)]
    pub observation: ObserveArgs,
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
