//! What one step saw, or the outcome of every row of a step that saw nothing.

use serde_json::Value;

use super::record::{AssertionResult, OutcomeRecord};
use crate::verbs::{Observation, Observed};
use crate::vocabulary::{Cause, Outcome};

/// The kind of a cause that lies with the case's inputs, not with the target: Blocked, not Error.
const INPUT: &str = "input";

/// What one step saw.
pub struct Sighting {
    /// The facts, or the outcome of every row.
    pub seen: Result<Value, Outcome>,
    /// False when nothing was done.
    pub done: bool,
    /// Ids into the evidence.
    pub evidence: Vec<String>,
    /// True when it had to be repeated to be had.
    pub flaky: bool,
}

impl Sighting {
    /// What a verb observed.
    #[must_use]
    pub fn of(observed: Observed) -> Self {
        let seen = match observed.observation {
            Observation::Facts(facts) => Ok(facts),
            Observation::Absent(cause) => Err(Outcome::NotApplicable(cause)),
            Observation::Broken(cause) if cause.kind == INPUT => Err(Outcome::NotReached(cause)),
            Observation::Broken(cause) => Err(Outcome::Broken(cause)),
        };
        Self { seen, done: true, evidence: observed.evidence, flaky: observed.flaky }
    }

    /// Nothing was done, because the case had stopped.
    #[must_use]
    pub fn not_looked(outcome: Outcome) -> Self {
        Self { seen: Err(outcome), done: false, evidence: Vec::new(), flaky: false }
    }

    /// Nothing could be done, because an input is missing.
    #[must_use]
    pub fn missing(message: String) -> Self {
        Self::not_looked(Outcome::NotReached(Cause::new(INPUT, message)))
    }

    /// Why nothing could be seen by a step that was done.
    #[must_use]
    pub fn broken(&self) -> Option<Cause> {
        match &self.seen {
            Err(Outcome::Broken(cause) | Outcome::NotReached(cause)) if self.done => Some(cause.clone()),
            _ => None,
        }
    }
}

/// What everything that had not been seen has when a person ends the run.
#[must_use]
pub fn interrupted() -> Cause {
    Cause::new("interrupted", "the run was interrupted")
}

/// The outcome that a premise gives to everything behind it; nothing when it holds.
#[must_use]
pub fn stop_of(premise: &AssertionResult) -> Option<Outcome> {
    match &premise.outcome {
        OutcomeRecord::Met | OutcomeRecord::WithoutEffect => None,
        OutcomeRecord::NotMet(mismatch) => {
            let because = premise.because.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            let message = format!("premise: {} was {}, expected {}{because}", premise.that, mismatch.actual, mismatch.expected);
            let cause = Cause::new("premise", message);
            Some(if premise.excuses { Outcome::NotApplicable(cause) } else { Outcome::NotReached(cause) })
        }
        OutcomeRecord::NotApplicable(cause) => Some(Outcome::NotApplicable(cause.clone())),
        OutcomeRecord::NotReached(cause) => Some(Outcome::NotReached(cause.clone())),
        OutcomeRecord::Broken(cause) => Some(Outcome::Broken(cause.clone())),
    }
}
