//! Why a command could not do its work. Each has one clear message and one exit code.

use std::fmt::Display;
use std::path::Path;

use crate::vocabulary::document::Problem;

/// Exit code for wrong flags, files or settings.
pub const CALLED_WRONGLY: u8 = 2;

/// Exit code for a file or a target that cannot be reached.
pub const UNREACHABLE: u8 = 3;

/// Exit code of a panic, and of anything else that is a mistake of ours.
pub const OUR_BUG: u8 = 101;

/// A command that could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// clap's own message; also `--help` and `--version`, which are none.
    Clap(clap::Error),
    /// Files with mistakes.
    Problems(Vec<Problem>),
    /// Anything else that the person can mend.
    Wrong(String),
    /// A file or a target that cannot be reached.
    Unreachable(String),
    /// A mistake of ours: nobody but us can mend it.
    Bug(String),
}

impl Failure {
    /// A message about how the command was called.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }

    /// What a command is about, a record or a bundle, cannot be read. A file that says how to do it is called wrongly.
    pub fn unreadable(path: &Path, error: impl Display) -> Self {
        Self::Unreachable(format!("cannot read {}: {error}", path.display()))
    }

    /// As `run` has it: what it needs and cannot read is a wrong setting, because nothing was sent.
    #[must_use]
    pub fn before_a_run(self) -> Self {
        match self {
            Self::Unreachable(message) => Self::Wrong(message),
            other => other,
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Clap(error) if !error.use_stderr() => 0,
            Self::Clap(_) | Self::Problems(_) | Self::Wrong(_) => CALLED_WRONGLY,
            Self::Unreachable(_) => UNREACHABLE,
            Self::Bug(_) => OUR_BUG,
        }
    }
}
