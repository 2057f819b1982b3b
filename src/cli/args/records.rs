//! What the commands take that work on records of runs: `report`, `verify`, `review`, `compare`, `attest`.

use std::path::PathBuf;

use clap::Args;

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
