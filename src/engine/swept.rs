//! A last redaction of results, when everything is known: a value that became known as a member's after it had been compared is
//! taken out of what was compared. Expectation and fact are swept alike, so that the outcome still follows from both; where it does
//! not, what came of the comparison stands in its place.

use std::mem::discriminant;

use serde_json::Value;

use super::comparison::Comparison;
use super::outcome_text::reason_of;
use super::record::{AssertionResult, CaseResult, OutcomeRecord};
use super::replay::outcome_of;
use crate::evidence::{sweep_fact, sweep_text};
use crate::vocabulary::{Cause, LeakSearch, Outcome, Redactor};

/// Sweeps every text that may come from the target. Almost always nothing is found, and then nothing is touched.
pub fn sweep_cases(cases: &mut [CaseResult], redactor: &Redactor, search: &LeakSearch) {
    let sweep = Sweep { redactor, search };
    for case in cases {
        let is_clean = serde_json::to_vec(case).is_ok_and(|text| search.find(&text).is_none());
        if !is_clean {
            sweep.case(case);
        }
    }
}

struct Sweep<'a> {
    redactor: &'a Redactor,
    search: &'a LeakSearch,
}

impl Sweep<'_> {
    fn text(&self, text: &mut String) {
        sweep_text(text, self.redactor, self.search);
    }

    fn cause(&self, cause: &mut Cause) {
        self.text(&mut cause.message);
    }

    fn case(&self, case: &mut CaseResult) {
        self.text(&mut case.title);
        let is_decisive = case.reason == reason_of(case);
        for step in &mut case.steps {
            self.text(&mut step.title);
            step.broken.iter_mut().for_each(|cause| self.cause(cause));
            step.assertions.iter_mut().for_each(|row| self.row(row));
        }
        self.text(&mut case.reason);
        if is_decisive {
            case.reason = reason_of(case);
        }
    }

    fn row(&self, row: &mut AssertionResult) {
        let before = row.seen.clone();
        self.text(&mut row.that);
        self.text(&mut row.expected);
        row.seen.iter_mut().for_each(|seen| sweep_fact(seen, self.redactor, self.search));
        if let Some(comparison) = row.comparison.take() {
            let comparison = self.comparison(comparison, before.as_ref(), row.seen.as_ref());
            let outcome = comparison.outcome(row.seen.as_ref());
            // The outcome of a control that frames the case may stand in its place, and is not that of this comparison.
            let same = outcome_of(&row.outcome).is_some_and(|own| discriminant(&own) == discriminant(&outcome));
            if same && matches!(outcome, Outcome::Met | Outcome::NotMet(_)) {
                row.outcome = outcome.into();
            }
            row.expected = comparison.expected().unwrap_or_else(|| std::mem::take(&mut row.expected));
            row.comparison = Some(comparison);
        }
        match &mut row.outcome {
            OutcomeRecord::NotMet(mismatch) => {
                self.text(&mut mismatch.expected);
                self.text(&mut mismatch.actual);
            }
            OutcomeRecord::NotApplicable(cause) | OutcomeRecord::NotReached(cause) | OutcomeRecord::Broken(cause) => {
                self.cause(cause);
            }
            OutcomeRecord::Met | OutcomeRecord::WithoutEffect => {}
        }
    }

    /// `before` and `seen` are the fact that stands beside the comparison, before and after it was swept.
    fn comparison(&self, comparison: Comparison, before: Option<&Value>, seen: Option<&Value>) -> Comparison {
        match comparison {
            Comparison::One { mut that, word, mut with, mut fact } => {
                let outcome = Comparison::One { that: that.clone(), word: word.clone(), with: with.clone(), fact: fact.clone() }
                    .outcome(before);
                self.text(&mut that);
                sweep_fact(&mut with, self.redactor, self.search);
                fact.iter_mut().for_each(|fact| sweep_fact(fact, self.redactor, self.search));
                Comparison::One { that, word, with, fact }.with_outcome_of(&outcome, seen)
            }
            Comparison::Any { of } => {
                Comparison::Any { of: of.into_iter().map(|own| self.comparison(own, None, None)).collect() }
            }
            Comparison::Unshown { mut that, mut expected, mut actual } => {
                [&mut that, &mut expected].into_iter().chain(&mut actual).for_each(|text| self.text(text));
                Comparison::Unshown { that, expected, actual }
            }
            Comparison::Missing { mut cause } => {
                self.cause(&mut cause);
                Comparison::Missing { cause }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::{Clause, Phase, StepResult};
    use crate::vocabulary::{Mismatch, Secret, Verdict};
    use serde_json::json;

    fn case() -> CaseResult {
        let late = "late-secret-4711";
        let fact = json!({ "x": [late], "name late-secret-4711": "%6c%61%74%65-secret-4711" });
        let row = AssertionResult {
            clause: Clause::Expect,
            that: "json".into(),
            expected: late.to_owned(),
            seen: Some(fact.clone()),
            outcome: OutcomeRecord::NotMet(Mismatch { expected: late.into(), actual: fact.to_string() }),
            because: None,
            excuses: false,
            judgements: Vec::new(),
            comparison: Some(Comparison::One { that: "json".into(), word: "is".into(), with: late.into(), fact: Some(fact) }),
            missed: Vec::new(),
            place: String::new(),
        };
        let step = StepResult {
            phase: Phase::Step,
            number: 1,
            title: late.into(),
            verb: "http.request".into(),
            place: String::new(),
            done: true,
            broken: Some(Cause::new("protocol", late)),
            elapsed_ms: 0,
            evidence: Vec::new(),
            assertions: vec![row],
        };
        CaseResult {
            case: "a.b".into(),
            variant: String::new(),
            title: String::new(),
            file: String::new(),
            requirements: Vec::new(),
            verdict: Verdict::Fail,
            reason: late.into(),
            started_ms: 0,
            elapsed_ms: 0,
            flaky: false,
            elsewhere: false,
            settled_by: None,
            steps: vec![step],
        }
    }

    #[test]
    fn what_was_compared_before_it_was_known_is_taken_out_of_both_sides() {
        let redactor = Redactor::new("salt");
        let mut cases = [case()];
        sweep_cases(&mut cases, &redactor, &redactor.search(""));
        assert!(serde_json::to_string(&cases[0]).unwrap().contains("late-secret-4711"), "nothing is known of it yet");
        redactor.register(&Secret::new("password", "late-secret-4711"));
        let search = redactor.search("");
        sweep_cases(&mut cases, &redactor, &search);
        let text = serde_json::to_string(&cases[0]).unwrap();
        assert!(search.find(text.as_bytes()).is_none() && text.contains("‹password #"), "{text}");
        let row = &cases[0].steps[0].assertions[0];
        let again = row.comparison.as_ref().unwrap().outcome(row.seen.as_ref());
        assert_eq!(OutcomeRecord::from(again), row.outcome);
    }

    /// The fact is no URL any more when a part of it is taken out, and it was one when it was compared.
    #[test]
    fn what_a_last_redaction_would_turn_round_keeps_its_outcome() {
        let redactor = Redactor::new("salt");
        let mut case = case();
        let row = &mut case.steps[0].assertions[0];
        let fact = json!("https://payer.example/canary-7");
        row.comparison = Some(Comparison::One { that: "json".into(), word: "is_a".into(), with: "https-url".into(), fact: None });
        (row.seen, row.outcome) = (Some(fact), OutcomeRecord::Met);
        redactor.register_member("id", "canary-7");
        let mut cases = [case];
        sweep_cases(&mut cases, &redactor, &redactor.search(""));
        let row = &cases[0].steps[0].assertions[0];
        assert!(matches!(row.comparison, Some(Comparison::Unshown { actual: None, .. })), "{row:?}");
        assert_eq!((row.outcome.clone(), row.expected.as_str()), (OutcomeRecord::Met, "an absolute https URL"));
        assert!(!serde_json::to_string(row).unwrap().contains("canary-7"));
    }
}
