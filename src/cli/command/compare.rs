//! `carinbb compare`: two records side by side.

use crate::cli::args::{CompareArgs, Global};
use crate::cli::command::report::read;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::report::compare;

/// Compares and prints. With `--fail`, exit code 1 when anything got worse or stopped.
///
/// # Errors
/// When one of the files is no record that this version reads.
pub fn compare_runs(global: &Global, arguments: &CompareArgs) -> Result<u8, Failure> {
    let (before, after) = (read(&arguments.before)?, read(&arguments.after)?);
    let comparison = compare(&before, &after);
    output::print(&comparison.to_text(global.verbose > 0));
    Ok(u8::from(arguments.fail && comparison.is_worse()))
}
