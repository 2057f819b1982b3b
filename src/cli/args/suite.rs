//! What the commands take that work on the suite and on this program: `list`, `explain`, `check`, `selftest`, `completions`, `docs`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    /// Whose cases and requirements: of the server that `run` tests, or of the client that `serve --observe` looks at
    #[arg(long, value_name = "ROLE", default_value = "server")]
    pub role: ListedRole,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Who is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListedRole {
    Server,
    Client,
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

/// `selftest`
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Only these faults or cases; `clean` stands for the honest server and the right client, `right-client` for the client alone
    pub what: Vec<String>,
    /// Run every case for every fault, not only those that the fault touches
    #[arg(long)]
    pub full: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How many faults are proved side by side
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
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
