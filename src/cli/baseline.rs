//! `--baseline RUN.json`: the earlier run that this one must not be worse than.

use std::path::Path;

use super::args::RunArgs;
use super::command;
use super::failure::Failure;
use crate::engine::Run;
use crate::target::Target;
use crate::vocabulary::escape;

/// A run that ended whole.
///
/// # Errors
/// When it cannot be read, or was interrupted.
pub fn read(path: &Path) -> Result<Run, Failure> {
    let baseline = command::report::read(path)?;
    if baseline.complete {
        return Ok(baseline);
    }
    Err(Failure::wrong(format!("{}: that run was interrupted, so nothing can be held against it", path.display())))
}

/// Whether a baseline is about the server under test.
///
/// # Errors
/// When it is about another.
pub fn check(baseline: Option<&Run>, target: &Target, arguments: &RunArgs) -> Result<(), Failure> {
    let plain = |base: &str| base.trim_end_matches('/').to_owned();
    let other = baseline.filter(|own| !arguments.demo && plain(&own.header.target) != plain(target.base.as_str()));
    other.map_or(Ok(()), |own| {
        let about = escape(&own.header.target);
        Err(Failure::wrong(format!("the baseline is about {about}, and this run is about {}", target.base)))
    })
}
