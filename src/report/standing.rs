//! The verdict of a result as a gate has to take it.

use crate::engine::record::CaseResult;
use crate::engine::{Run, is_settled_elsewhere};
use crate::vocabulary::Verdict;

/// That of the result. One that is blocked and leaves nothing open, because another case judged all of it beside a control, is as
/// one that does not apply.
pub(super) fn standing(run: &Run, case: &CaseResult) -> Verdict {
    if settled_by(run, case).is_some() { Verdict::NotApplicable } else { case.verdict }
}

/// The case that judged all that this blocked one leaves open.
pub(super) fn settled_by<'a>(run: &Run, case: &'a CaseResult) -> Option<&'a str> {
    let by = case.settled_by.as_deref().filter(|_| case.verdict == Verdict::Blocked)?;
    is_settled_elsewhere(case, &run.cases).then_some(by)
}

/// Why a result needs no verdict of its own.
pub(super) fn why_skipped(run: &Run, case: &CaseResult) -> String {
    match settled_by(run, case) {
        Some(by) => format!("settled by {by}, beside a control. Here: {}", case.reason),
        None => case.reason.clone(),
    }
}
