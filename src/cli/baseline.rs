//! Earlier runs: `--baseline RUN.json` must not be better than this one, and `--again RUN.json` is repeated where it failed.

use std::path::Path;

use super::args::RunArgs;
use super::command;
use super::failure::Failure;
use crate::engine::{self, Run};
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

/// The cases of an earlier run of the same server that are worth repeating.
///
/// # Errors
/// When the record cannot be read, is about another server, or has nothing to repeat.
pub fn again(path: &Path, target: &Target, demo: bool) -> Result<Vec<String>, Failure> {
    let run = command::report::read(path)?;
    let plain = |base: &str| base.trim_end_matches('/').to_owned();
    if !demo && plain(&run.header.target) != plain(target.base.as_str()) {
        let about = escape(&run.header.target);
        return Err(Failure::wrong(format!("{} is about {about}, and this run is about {}", path.display(), target.base)));
    }
    let cases = engine::to_repeat(&run);
    if cases.is_empty() {
        return Err(Failure::wrong(format!("{}: nothing in it failed, was blocked or broke", path.display())));
    }
    Ok(cases)
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
