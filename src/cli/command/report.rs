//! `carinbb report`: render a record again, later and without a network.

use std::path::Path;

use crate::cli::args::ReportArgs;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::reports;
use crate::engine::{self, Run};
use crate::report;
use crate::vocabulary::escape;

/// Renders. The exit code says whether the reports could be written, not what they say.
///
/// # Errors
/// When the file is no record that this version reads, or a report cannot be written.
pub fn report(arguments: &ReportArgs, environment: &Environment) -> Result<u8, Failure> {
    let wanted = reports::wanted(&arguments.report, environment)?;
    let mut record = read(&arguments.record)?;
    if let Some(path) = &arguments.with {
        record = engine::join(&record, &read(path)?).map_err(|error| Failure::wrong(escape(&error.to_string())))?;
    }
    // A record is rendered as its run was judged.
    let fail_on_warn = record.header.settings.iter().any(|setting| setting.name == "fail-on" && setting.value == "warn");
    for report in &wanted {
        reports::write(report, &record, fail_on_warn, None)?;
    }
    Ok(0)
}

/// Reads a record from a file.
///
/// # Errors
/// When it cannot be read, or is of another major version.
pub fn read(path: &Path) -> Result<Run, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?;
    report::read(&text).map_err(|error| Failure::wrong(format!("{}: {}", path.display(), escape(&error.to_string()))))
}
