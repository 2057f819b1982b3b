//! One line of the doctor, and the exit code that the lines give.

use crate::engine::exit;

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is in order.
    Ok,
    /// Something to know.
    Note,
    /// A person should mend it.
    Fix,
    /// The target cannot be reached, so nothing can be said of it.
    Unreachable,
}

impl Mark {
    /// The word at the begin of the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Note => "NOTE",
            Self::Fix => "FIX",
            Self::Unreachable => "ERROR",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it stands.
    pub mark: Mark,
    /// What was looked at, in a word or two.
    pub what: String,
    /// What was seen. Text of a target in it is escaped when it is printed.
    pub seen: String,
    /// What to do.
    pub fix: Option<String>,
}

impl Line {
    /// Something in order.
    pub fn ok(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { mark: Mark::Ok, what: what.into(), seen: seen.into(), fix: None }
    }

    /// Something to know.
    pub fn note(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { mark: Mark::Note, what: what.into(), seen: seen.into(), fix: None }
    }

    /// Something to mend, and how.
    pub fn fix(what: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { mark: Mark::Fix, what: what.into(), seen: seen.into(), fix: Some(fix.into()) }
    }

    /// A target that does not answer, and what to try.
    pub fn unreachable(what: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { mark: Mark::Unreachable, what: what.into(), seen: seen.into(), fix: Some(fix.into()) }
    }
}

/// 3 when the target cannot be reached, 1 when something is to be mended, else 0.
#[must_use]
pub fn exit_code(lines: &[Line]) -> u8 {
    let has = |mark| lines.iter().any(|line| line.mark == mark);
    match () {
        () if has(Mark::Unreachable) => exit::UNDETERMINED,
        () if has(Mark::Fix) => exit::FAILED,
        () => exit::OK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_the_worst_of_all_lines() {
        let (ok, note) = (Line::ok("a", "b"), Line::note("a", "b"));
        assert_eq!(exit_code(&[ok.clone(), note.clone()]), 0);
        let fix = Line::fix("a", "b", "c");
        assert_eq!(exit_code(&[ok.clone(), fix.clone()]), 1);
        assert_eq!(exit_code(&[fix, ok, note, Line::unreachable("a", "b", "c")]), 3);
    }
}
