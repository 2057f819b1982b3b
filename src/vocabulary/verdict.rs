//! What was observed (`Outcome`), how much a rule matters (`Strength`), what follows (`Verdict`).
//!
//! The table that joins them is `engine::judge`, and nothing else looks at a strength.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a requirement matters in one version of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Strength {
    /// An absolute demand.
    #[serde(rename = "SHALL")]
    Shall,
    /// An absolute prohibition.
    #[serde(rename = "SHALL NOT")]
    ShallNot,
    /// A recommendation.
    #[serde(rename = "SHOULD")]
    Should,
    /// A recommendation against.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// A permission.
    #[serde(rename = "MAY")]
    May,
}

impl Strength {
    /// Every strength, as it is written in the catalogue.
    pub const WORDS: [(&'static str, Strength); 5] = [
        ("SHALL", Strength::Shall),
        ("SHALL NOT", Strength::ShallNot),
        ("SHOULD", Strength::Should),
        ("SHOULD NOT", Strength::ShouldNot),
        ("MAY", Strength::May),
    ];

    /// The strength that a word of the catalogue names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, strength)| *strength)
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, strength)| strength == self).map_or("", |(word, _)| *word);
        f.pad(word)
    }
}

/// Why something could not be observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// One stable word, for instance `timeout`, `refused`, `rate-limited`, `block-page`, `premise`, `input`.
    pub kind: String,
    /// One sentence for a person. Target text in it is already escaped.
    pub message: String,
}

impl Cause {
    /// A cause with its stable word and its sentence.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An expectation that the target did not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mismatch {
    /// What was expected, in words.
    pub expected: String,
    /// What was seen. Target text in it is already escaped and shortened.
    pub actual: String,
}

/// An observation compared with an expectation. It knows nothing of how much the rule matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The expectation holds.
    Met,
    /// The expectation does not hold.
    NotMet(Mismatch),
    /// The rule does not apply: optional, and the target does not claim it.
    NotApplicable(Cause),
    /// Not looked at: a premise did not hold, an input or a right is missing.
    NotReached(Cause),
    /// Could not be observed: unreachable, timeout, rate limit, block page, a limit of ours.
    Broken(Cause),
}

/// A judgement. `Ord` is the order of roll-up: the greatest verdict of the parts is the verdict of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule does not apply to this target.
    NotApplicable,
    /// Met.
    Pass,
    /// A MAY that is not used, or something worth knowing.
    Note,
    /// A SHOULD that is not met.
    Warn,
    /// Could not be reached: a premise, an input or a right is missing.
    Blocked,
    /// Could not be observed: something broke.
    Error,
    /// A SHALL that is not met.
    Fail,
}

impl Verdict {
    /// The word for a terminal, at most five letters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "N/A",
            Self::Pass => "PASS",
            Self::Note => "NOTE",
            Self::Warn => "WARN",
            Self::Blocked => "BLOCK",
            Self::Error => "ERROR",
            Self::Fail => "FAIL",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
