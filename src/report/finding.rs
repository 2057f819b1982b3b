//! What is wrong in a case, gathered for a reader: expected, actual, required, where, how to repeat it.
//!
//! The same rows stand in the terminal and in `JUnit`. Texts are as in the record: each format escapes for itself.

use crate::engine::Run;
use crate::engine::record::{
    AssertionResult, CaseResult, Clause, OutcomeRecord, RequirementResult, StepResult, WaiverRecord, WaiverState,
};
use crate::report::repeat;
use crate::vocabulary::{Cause, Strength, Verdict, escape};

/// One thing that is not a pass, with all that a person needs to act on it.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// The greatest verdict of `required`.
    pub verdict: Verdict,
    /// What should have been, with the fact that it is said of; empty when only the reason is known.
    pub expected: String,
    /// What was seen, or why nothing was.
    pub actual: String,
    /// Why the requirements were not looked at, where that is another thing than `actual`: a premise did not hold.
    pub reason: Option<&'a str>,
    /// The requirements that it touches.
    pub required: Vec<Required<'a>>,
    /// The reason that the case gives.
    pub because: Option<&'a str>,
    /// `file:line` of the assertion or step.
    pub place: &'a str,
    /// The step; absent when the record names none.
    pub step: Option<&'a StepResult>,
}

/// A requirement that a finding touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Required<'a> {
    /// Its id.
    pub requirement: &'a str,
    /// How much it counts; absent when the record does not say.
    pub strength: Option<Strength>,
    /// The verdict for it.
    pub verdict: Verdict,
}

/// The findings of a case, the gravest first. Empty for a case whose verdict is Pass, Note or `NotApplicable`.
#[must_use]
pub fn findings<'a>(run: &'a Run, case: &'a CaseResult) -> Vec<Finding<'a>> {
    let mut found: Vec<Finding<'a>> = Vec::new();
    for step in &case.steps {
        for assertion in &step.assertions {
            let Some(finding) = of_assertion(case, step, assertion) else { continue };
            let twin = found.iter_mut().find(|known| known.is_twin_of(&finding));
            match twin {
                Some(known) => known.absorb(finding),
                None => found.push(finding),
            }
        }
    }
    if is_finding(case.verdict) && !found.iter().any(|finding| finding.verdict >= case.verdict) {
        found.push(of_reason(run, case));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    found
}

/// Every finding of a run with its case, the gravest first, otherwise in the order of the plan.
#[must_use]
pub fn ranked(run: &Run) -> Vec<(&CaseResult, Finding<'_>)> {
    let each = run.cases.iter().flat_map(|case| findings(run, case).into_iter().map(move |finding| (case, finding)));
    let mut all: Vec<_> = each.collect();
    all.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.verdict));
    all
}

fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn)
}

fn is_finding(verdict: Verdict) -> bool {
    verdict >= Verdict::Warn
}

fn of_assertion<'a>(case: &'a CaseResult, step: &'a StepResult, assertion: &'a AssertionResult) -> Option<Finding<'a>> {
    let touched = assertion.judgements.iter().filter(|judgement| is_finding(judgement.verdict));
    let required: Vec<Required<'a>> = touched
        .map(|judgement| Required {
            requirement: &judgement.requirement,
            strength: Some(judgement.strength),
            verdict: judgement.verdict,
        })
        .collect();
    let verdict = required.iter().map(|required| required.verdict).max()?;
    let excuses = matches!(assertion.outcome, OutcomeRecord::NotApplicable(_));
    let premise = failed_premise(case, excuses).filter(|_| cause(assertion).is_some_and(|cause| cause.kind == "premise"));
    let (step, shown) = premise.unwrap_or((step, assertion));
    let (expected, actual) = comparison(shown);
    let because = shown.because.as_deref();
    let reason = premise.and(cause(assertion)).map(|cause| cause.message.as_str());
    Some(Finding { verdict, expected, actual, reason, required, because, place: &shown.place, step: Some(step) })
}

/// The premise that kept the rest of the case from being looked at, or, when it excuses, that made a part of it not apply.
fn failed_premise(case: &CaseResult, excuses: bool) -> Option<(&StepResult, &AssertionResult)> {
    let all = case.steps.iter().flat_map(|step| step.assertions.iter().map(move |assertion| (step, assertion)));
    all.filter(|(_, assertion)| assertion.clause == Clause::Premise).find(|(_, premise)| match premise.outcome {
        OutcomeRecord::NotMet(_) => premise.excuses == excuses,
        // One that saw nothing excuses nothing.
        OutcomeRecord::Broken(_) => !excuses,
        _ => false,
    })
}

fn cause(assertion: &AssertionResult) -> Option<&Cause> {
    match &assertion.outcome {
        OutcomeRecord::NotApplicable(cause) | OutcomeRecord::NotReached(cause) | OutcomeRecord::Broken(cause) => Some(cause),
        OutcomeRecord::Met | OutcomeRecord::NotMet(_) | OutcomeRecord::WithoutEffect => None,
    }
}

fn comparison(assertion: &AssertionResult) -> (String, String) {
    match &assertion.outcome {
        OutcomeRecord::NotMet(mismatch) => (of_fact(&assertion.that, &mismatch.expected), mismatch.actual.clone()),
        _ => {
            (of_fact(&assertion.that, &assertion.expected), cause(assertion).map_or(String::new(), |cause| cause.message.clone()))
        }
    }
}

/// `tls.accepted is false`, without saying the fact twice.
fn of_fact(fact: &str, expected: &str) -> String {
    if expected.contains(fact) { expected.to_owned() } else { format!("{fact} {expected}") }
}

/// The finding of a case whose steps do not say what its verdict says, for instance because none was begun.
fn of_reason<'a>(run: &'a Run, case: &'a CaseResult) -> Finding<'a> {
    let strength = |id: &str| requirement(run, id).map(|row| row.strength);
    let required = case.requirements.iter().map(|id| Required { requirement: id, strength: strength(id), verdict: case.verdict });
    Finding {
        verdict: case.verdict,
        expected: String::new(),
        actual: case.reason.clone(),
        reason: None,
        required: required.collect(),
        because: None,
        place: &case.file,
        step: case.steps.iter().find(|step| step.broken.is_some()),
    }
}

fn requirement<'a>(run: &'a Run, id: &str) -> Option<&'a RequirementResult> {
    run.requirements.iter().find(|row| row.id == id)
}

impl<'a> Finding<'a> {
    /// Blocked and Error come once per cause, not once per assertion that could not be looked at.
    fn is_twin_of(&self, other: &Finding<'_>) -> bool {
        self.verdict == other.verdict && matches!(self.verdict, Verdict::Blocked | Verdict::Error) && self.actual == other.actual
    }

    fn absorb(&mut self, other: Finding<'a>) {
        for required in other.required {
            if !self.required.contains(&required) {
                self.required.push(required);
            }
        }
    }

    /// The gravest requirement, as `SHALL carin-bb/exchange-1`.
    #[must_use]
    pub fn headline(&self) -> String {
        let Some(first) = self.required.iter().find(|required| required.verdict == self.verdict) else { return String::new() };
        match first.strength {
            Some(strength) => format!("{strength} {}", first.requirement),
            None => first.requirement.to_owned(),
        }
    }

    /// `carin-bb/exchange-1 (SHALL), …`.
    #[must_use]
    pub fn required_text(&self) -> String {
        let each = self.required.iter().map(|required| match required.strength {
            Some(strength) => format!("{} ({strength})", required.requirement),
            None => required.requirement.to_owned(),
        });
        each.collect::<Vec<_>>().join(", ")
    }

    /// The waivers that cover it: one for each requirement that it touches and that is waived.
    #[must_use]
    pub fn waivers<'r>(&self, run: &'r Run, case: &CaseResult) -> Vec<&'r WaiverRecord> {
        let covers = |own: &&WaiverRecord| {
            let of_case = own.state == WaiverState::Used && own.case == case.case && own.variant == case.variant;
            let touched = |row: &Required<'_>| row.requirement == own.requirement && row.verdict == self.verdict;
            of_case && is_broken(self.verdict) && self.required.iter().any(touched)
        };
        run.waivers.iter().filter(covers).collect()
    }

    /// True when a waiver covers every requirement that gives the finding its verdict.
    #[must_use]
    pub fn is_waived(&self, run: &Run, case: &CaseResult) -> bool {
        let waivers = self.waivers(run, case);
        let mut decisive = self.required.iter().filter(|row| row.verdict == self.verdict);
        !waivers.is_empty() && decisive.all(|row| waivers.iter().any(|own| own.requirement == row.requirement))
    }

    /// Everything a reader needs, as label and text; not escaped.
    #[must_use]
    pub fn rows(&self, run: &'a Run, case: &CaseResult) -> Vec<(&'static str, String)> {
        let mut rows = vec![("expected", self.expected.clone()), ("actual", self.actual.clone())];
        rows.push(("reason", self.reason.unwrap_or_default().to_owned()));
        rows.push(("required", self.required_text()));
        rows.push(("place", self.place.to_owned()));
        rows.push(("because", self.because.unwrap_or_default().to_owned()));
        // Only what gave the finding its verdict is spelt out; the others are named above, and `explain` tells them.
        let decisive = self.required.iter().filter(|required| required.verdict == self.verdict);
        for row in decisive.filter_map(|required| requirement(run, required.requirement)) {
            rows.push(("rule", row.summary.clone()));
            rows.push(("see", row.url.clone()));
            rows.extend(row.caps.iter().map(|cap| ("counts", format!("as {}: {cap}", row.strength))));
            let reading = row.reading.as_ref().filter(|_| self.verdict == Verdict::Fail || self.verdict == Verdict::Warn);
            rows.extend(reading.map(|other| ("reading", format!("rests on our reading; the other reading: {other}"))));
        }
        for waiver in self.waivers(run, case) {
            let WaiverRecord { requirement, expires, reason, owner, approved_by, .. } = waiver;
            let text = format!("{requirement} until {expires}: {reason} (owner {owner}, approved by {approved_by})");
            rows.push(("WAIVED", text));
        }
        rows.push(("repeat", repeat::command(run, case, self.step)));
        let evidence: &[String] = self.step.map_or(&[], |step| &step.evidence);
        let last = evidence.iter().rev().filter_map(|id| run.evidence.iter().find(|record| record.id == *id));
        rows.extend(last.map(|record| ("repeat", record.reproduce.clone())).find(|(_, text)| !text.is_empty()));
        rows.push(("evidence", evidence.join(", ")));
        rows.retain(|(_, text)| !text.is_empty());
        rows
    }

    /// The rows by label, escaped; rows of one label stand together in a list.
    #[must_use]
    pub fn grouped(&self, run: &'a Run, case: &CaseResult) -> serde_json::Map<String, serde_json::Value> {
        let mut grouped: serde_json::Map<String, serde_json::Value> = serde_json::Map::new();
        for (label, text) in self.rows(run, case) {
            let text = serde_json::Value::from(escape(&text));
            match grouped.get_mut(label) {
                Some(serde_json::Value::Array(known)) => known.push(text),
                Some(known) => *known = vec![known.take(), text].into(),
                None => drop(grouped.insert(label.to_owned(), text)),
            }
        }
        grouped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fact_is_said_once() {
        assert_eq!(of_fact("tls.accepted", "is false"), "tls.accepted is false");
        assert_eq!(of_fact("tls.accepted", "tls.accepted to be false"), "tls.accepted to be false");
    }
}
