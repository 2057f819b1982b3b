//! A last redaction of results, when everything is known: a value that became known as a member's after it had been compared is
//! taken out of what was compared. Expectation and fact are swept alike, so that the outcome still follows from both.

use super::comparison::Comparison;
use super::record::{AssertionResult, CaseResult, OutcomeRecord};
use crate::evidence::{sweep_fact, sweep_text};
use crate::vocabulary::{Cause, LeakSearch, Redactor};

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
        self.text(&mut case.reason);
        for step in &mut case.steps {
            self.text(&mut step.title);
            step.broken.iter_mut().for_each(|cause| self.cause(cause));
            step.assertions.iter_mut().for_each(|row| self.row(row));
        }
    }

    fn row(&self, row: &mut AssertionResult) {
        self.text(&mut row.expected);
        row.seen.iter_mut().for_each(|seen| sweep_fact(seen, self.redactor, self.search));
        row.comparison.iter_mut().for_each(|comparison| self.comparison(comparison));
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

    fn comparison(&self, comparison: &mut Comparison) {
        match comparison {
            Comparison::One { with, fact, .. } => {
                sweep_fact(with, self.redactor, self.search);
                fact.iter_mut().for_each(|fact| sweep_fact(fact, self.redactor, self.search));
            }
            Comparison::Any { of } => of.iter_mut().for_each(|own| self.comparison(own)),
            Comparison::Missing { cause } => self.cause(cause),
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
            expected: format!("equals {late}"),
            seen: Some(fact.clone()),
            outcome: OutcomeRecord::NotMet(Mismatch { expected: late.into(), actual: fact.to_string() }),
            because: None,
            excuses: false,
            judgements: Vec::new(),
            comparison: Some(Comparison::One { that: "json".into(), word: "equals".into(), with: late.into(), fact: Some(fact) }),
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
    }
}
