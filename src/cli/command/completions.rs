//! `carinbb completions SHELL`

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::output;

/// Prints the completion script of a shell.
pub fn completions(arguments: &CompletionsArgs) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "carinbb", &mut script);
    output::print(&String::from_utf8_lossy(&script));
    0
}
