//! The command line as a person types it. Nothing is read or sent here.

mod laboratory;
mod observe;
mod records;
mod run;
mod suite;
mod target;

use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::environment::Environment;
pub use laboratory::{LoginPages, PkiArgs, PkiCommand, ServeArgs};
pub use observe::{ObserveArgs, Way};
pub use records::{AttestArgs, CompareArgs, ReportArgs, ReviewArgs, VerifyArgs};
pub use run::{FailOn, Format, PlanKind, Revocation, RunArgs, TlsDepth};
pub use suite::{CheckArgs, CompletionsArgs, DocsArgs, ExplainArgs, ListArgs, ListedRole, Listing, SelftestArgs};
pub use target::{DoctorArgs, InitArgs, LoginArgs, ReachArgs, TlsArgs};

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

/// What was typed, with the environment behind it.
///
/// # Errors
/// As clap finds it.
pub fn parse(typed: &[String], environment: &Environment) -> Result<Cli, clap::Error> {
    Cli::from_arg_matches(&matches(typed, environment)?)
}

/// As [`parse`], with where each value comes from. A variable that is set to nothing says nothing: CI systems pass on what nobody set.
///
/// # Errors
/// As clap finds it.
pub fn matches(typed: &[String], environment: &Environment) -> Result<ArgMatches, clap::Error> {
    command(|variable| !environment.is_empty(variable)).try_get_matches_from(typed)
}

/// The command line, hearing these variables of the environment alone.
pub fn command(hears: impl Fn(&str) -> bool) -> clap::Command {
    let heard = |argument: clap::Arg| {
        let is_heard = argument.get_env().is_none_or(|variable| variable.to_str().is_some_and(&hears));
        if is_heard { argument } else { argument.env(Resettable::Reset) }
    };
    Cli::command().mut_args(heard).mut_subcommands(|command| command.mut_args(heard))
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
    /// Run the reference server, or observe a client at it
    Serve(Box<ServeArgs>),
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
