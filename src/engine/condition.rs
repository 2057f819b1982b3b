//! The condition of a requirement where it is not known to hold, and what that does to an outcome.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vocabulary::{Cause, Outcome};

/// A condition that is not known to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Condition {
    /// The target does not claim what the rule is about.
    NotClaimed(Cause),
    /// Nobody can tell.
    Unknown(Cause),
}

impl Condition {
    /// A rule whose condition is not claimed does not apply. Where nobody can tell, a met expectation stays met,
    /// and a finding is held back: it would rest on a condition that nothing has shown.
    #[must_use]
    pub fn applied_to(&self, outcome: &Outcome) -> Outcome {
        match (self, outcome) {
            (Self::NotClaimed(cause), _) => Outcome::NotApplicable(cause.clone()),
            (Self::Unknown(cause), Outcome::NotMet(_)) => Outcome::NotReached(cause.clone()),
            (Self::Unknown(_), _) => outcome.clone(),
        }
    }
}

/// The outcome under a condition; without one it is the outcome itself.
#[must_use]
pub fn under(condition: Option<&Condition>, outcome: &Outcome) -> Outcome {
    condition.map_or_else(|| outcome.clone(), |condition| condition.applied_to(outcome))
}
