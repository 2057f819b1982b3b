//! What `serve --observe` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::run::{FailOn, Format};

/// The flags of an observation.
#[derive(Debug, Args)]
pub struct ObserveArgs {
    /// Observe a client: ask for launches, one by one, some of them with a fault of the server, and judge what the client sends
    #[arg(long, help_heading = "Observation")]
    pub observe: bool,
    /// Launch the client by this shell command instead of asking a person: {base} stands for the FHIR base, {as} for smart or udap
    /// (CARINBB_BASE, CARINBB_AS and CARINBB_LAUNCH are set too); with --credentials-out the file is there before the first launch
    #[arg(long, value_name = "COMMAND", env = "CARINBB_LAUNCH_COMMAND", requires = "observe", help_heading = "Observation")]
    pub launch_command: Option<String>,
    /// How the client comes: with an id that is registered for it, by UDAP with a registration of its own, or both
    #[arg(long = "as", value_name = "WAY", default_value = "smart", requires = "observe", help_heading = "Observation")]
    pub way: Way,
    /// The name of the client in the record: letters, digits, dots and dashes
    #[arg(long, value_name = "NAME", default_value = "app", value_parser = parse_name, requires = "observe", help_heading = "Observation")]
    pub name: String,
    /// The longest that one launch may take, 30m at most
    #[arg(long, value_name = "T", default_value = "5m", value_parser = parse_wait, requires = "observe", help_heading = "Observation")]
    pub wait: Duration,
    /// A launch is over when nothing has come for so long after the command has ended, or after the client has read
    #[arg(long, value_name = "T", default_value = "2s", value_parser = parse_wait, requires = "observe", help_heading = "Observation")]
    pub silence: Duration,
    /// How many good launches are compared with each other
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(2..=20), requires = "observe", help_heading = "Observation")]
    pub launches: u64,
    /// What to hold the client to (repeatable); --smart and --udap-version say which versions it claims
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', requires = "observe", help_heading = "Observation")]
    pub profile: Vec<String>,
    /// Run only what fits PATTERN (repeatable)
    #[arg(short, long, value_name = "PATTERN", value_delimiter = ',', requires = "observe", help_heading = "Observation")]
    pub select: Vec<String>,
    /// Leave out what fits PATTERN (repeatable)
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', requires = "observe", help_heading = "Observation")]
    pub skip: Vec<String>,
    /// Count SHOULD rows of required documents as SHALL
    #[arg(long, requires = "observe", help_heading = "Observation")]
    pub strict: bool,
    /// The least that fails the observation
    #[arg(long, value_name = "VERDICT", default_value = "fail", requires = "observe", help_heading = "Observation")]
    pub fail_on: FailOn,
    /// Findings that somebody accepts for a time
    #[arg(long, value_name = "FILE", requires = "observe", help_heading = "Observation")]
    pub waivers: Option<PathBuf>,
    /// What persons state of requirements that no observation can settle
    #[arg(long, value_name = "FILE", requires = "observe", help_heading = "Observation")]
    pub attestations: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "human", requires = "observe", help_heading = "Observation")]
    pub format: Format,
    /// Write a report: FORMAT=FILE, as `run` does (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_delimiter = ',', requires = "observe", help_heading = "Observation")]
    pub report: Vec<String>,
    /// Write the evidence into DIR, which must be new or empty
    #[arg(short, long, value_name = "DIR", requires = "observe", help_heading = "Observation")]
    pub output: Option<PathBuf>,
    /// Write the evidence as one zip file
    #[arg(long, value_name = "FILE.zip", requires = "observe", help_heading = "Observation")]
    pub bundle: Option<PathBuf>,
}

/// How a client comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    Smart,
    Udap,
    Both,
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    let wait = crate::vocabulary::parse_duration(text).map_err(|error| error.to_string())?;
    if wait.is_zero() || wait > Duration::from_mins(30) {
        Err("a wait is more than nothing and 30m at most".into())
    } else {
        Ok(wait)
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    if !text.is_empty() && text.len() <= 64 && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("a name is up to 64 letters, digits, dots and dashes, for instance claims-companion-2.1".into())
    }
}
