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
        let second = read(path)?;
        let joined = engine::join(&record, &second).map_err(|error| Failure::wrong(escape(&error.to_string())))?;
        for (run, path) in [(&record, &arguments.record), (&second, path)] {
            follows_from_its_facts(run, path)?;
        }
        record = joined;
    }
    // A record is rendered as its run was judged.
    let fail_on_warn = record.header.settings.iter().any(|setting| setting.name == "fail-on" && setting.value == "warn");
    for report in &wanted {
        reports::write(report, &record, fail_on_warn, None)?;
    }
    Ok(0)
}

/// A stranger's record could carry any verdict into the joined one; only what its own facts give may enter.
fn follows_from_its_facts(run: &Run, path: &Path) -> Result<(), Failure> {
    let differences = engine::replay(run).differences;
    let Some(first) = differences.first() else { return Ok(()) };
    let more = if differences.len() > 1 { format!(", and {} more", differences.len() - 1) } else { String::new() };
    Err(Failure::wrong(format!(
        "{} cannot be joined: it says something else than follows from what it saw, so it was altered since its run ({}{more})",
        path.display(),
        escape(first)
    )))
}

/// Reads a record from a file.
///
/// # Errors
/// When it cannot be read, or is of another major version.
pub fn read(path: &Path) -> Result<Run, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, error))?;
    report::read(&text).map_err(|error| Failure::wrong(format!("{}: {}", path.display(), escape(&error.to_string()))))
}
