//! One sentence that says why a result is not a plain pass.

use super::record::{AssertionResult, CaseResult, OutcomeRecord};
use crate::vocabulary::Verdict;

/// The sentence of the assertion that gave the result its verdict; empty for a pass.
#[must_use]
pub fn reason_of(result: &CaseResult) -> String {
    if result.verdict == Verdict::Pass {
        return String::new();
    }
    let decisive = result.judgements().find(|(_, judgement)| judgement.verdict == result.verdict);
    decisive.map(|(assertion, _)| sentence(assertion)).unwrap_or_default()
}

/// What the assertion expected and what came, in one line.
#[must_use]
pub fn sentence(assertion: &AssertionResult) -> String {
    match &assertion.outcome {
        OutcomeRecord::Met | OutcomeRecord::WithoutEffect => String::new(),
        OutcomeRecord::NotMet(mismatch) => format!("{}: expected {}, was {}", assertion.that, mismatch.expected, mismatch.actual),
        OutcomeRecord::NotApplicable(cause) | OutcomeRecord::NotReached(cause) | OutcomeRecord::Broken(cause) => {
            cause.message.clone()
        }
    }
}
