//! The `carinbb` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(carinbb::cli::main())
}
