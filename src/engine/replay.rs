//! Compares and judges again what a record says was compared and judged, and names every place where the two differ.
//!
//! Nothing is sent and nothing is believed: the outcome of each assertion is made from its fact and its expectation, the
//! verdict from outcome and strength, the result from its verdicts, the requirement from its results, the claim from all.

use std::collections::BTreeSet;

use super::across;
use super::claim::claim_of;
use super::condition::under;
use super::judge;
use super::outcome_text::reason_of;
use super::record::{AssertionResult, CaseResult, Clause, OutcomeRecord, Phase, RequirementResult, Run, StepResult, Tested};
use super::rollup::{gather, is_left_to_a_person};
use super::sighting::stop_of;
use super::{attested, waived};
use crate::vocabulary::{Outcome, Strength, Verdict};

/// What a replay found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Comparisons that were made again.
    pub comparisons: u64,
    /// Judgements that were made again.
    pub judgements: u64,
    /// Where the record says something else, in sentences. Texts of the target in them are not escaped.
    pub differences: Vec<String>,
}

/// Replays a whole record.
#[must_use]
pub fn replay(run: &Run) -> Replayed {
    let mut replayed = Replayed::default();
    for case in &run.cases {
        replayed.case(run, case);
    }
    replayed.waivers(run);
    replayed.requirements(run);
    for problem in across::problems(run) {
        replayed.differs("joined", &problem);
    }
    match run.basis {
        None => replayed.differs("claim", "the record does not say what the claim rests on"),
        Some(basis) => {
            let claim = claim_of(&run.requirements, &run.cases, &run.not_selected, &run.waivers, run.complete, basis);
            if claim != run.claim {
                replayed
                    .differs("claim", &format!("the record says \"{}\", its results give \"{}\"", run.claim.text, claim.text));
            }
        }
    }
    replayed
}

/// The outcome that a record stands for; nothing for a row without effect.
#[must_use]
pub fn outcome_of(record: &OutcomeRecord) -> Option<Outcome> {
    match record.clone() {
        OutcomeRecord::Met => Some(Outcome::Met),
        OutcomeRecord::NotMet(mismatch) => Some(Outcome::NotMet(mismatch)),
        OutcomeRecord::NotApplicable(cause) => Some(Outcome::NotApplicable(cause)),
        OutcomeRecord::NotReached(cause) => Some(Outcome::NotReached(cause)),
        OutcomeRecord::Broken(cause) => Some(Outcome::Broken(cause)),
        OutcomeRecord::WithoutEffect => None,
    }
}

impl Replayed {
    fn differs(&mut self, place: &str, what: &str) {
        self.differences.push(format!("{place}: {what}"));
    }

    fn case(&mut self, run: &Run, case: &CaseResult) {
        for (at, step) in case.steps.iter().enumerate() {
            for row in &step.assertions {
                let place = format!("{}, step {} ({}), {}", case.label(), step.number, row.place, row.that);
                self.comparison(&place, case, at, row);
                self.judgements(&place, run, row);
            }
        }
        let judged = case.judgements().map(|(_, judgement)| judgement.verdict).max();
        let unjudged = [Verdict::NotApplicable, Verdict::Blocked, Verdict::Error];
        match judged {
            Some(verdict) if verdict != case.verdict => {
                let says = format!("the record says {}, the greatest of its judgements is {verdict}", case.verdict);
                self.differs(&case.label(), &says);
            }
            None if !unjudged.contains(&case.verdict) => {
                self.differs(&case.label(), &format!("the record says {}, and nothing in it was judged", case.verdict));
            }
            Some(_) if reason_of(case) != case.reason => {
                self.differs(&case.label(), "the reason is not that of the assertion that decided");
            }
            _ => {}
        }
    }

    fn comparison(&mut self, place: &str, case: &CaseResult, at: usize, row: &AssertionResult) {
        let Some(comparison) = &row.comparison else {
            if matches!(row.outcome, OutcomeRecord::Met | OutcomeRecord::NotMet(_)) {
                self.differs(place, "an outcome without the comparison that it came from");
            }
            return;
        };
        self.comparisons += 1;
        let outcome = comparison.outcome(row.seen.as_ref());
        let record = OutcomeRecord::from(outcome);
        if record != row.outcome && !is_held_back(case, at, row) {
            let says = format!("the record says {}, the fact gives {}", word(&row.outcome), word(&record));
            self.differs(place, &says);
        }
        if comparison.expected().is_some_and(|expected| expected != row.expected) {
            self.differs(place, "the expectation in words is not the one that was compared");
        }
        if !comparison.that().is_empty() && comparison.that() != row.that {
            self.differs(place, "the fact that is named is not the one that was compared");
        }
    }

    fn judgements(&mut self, place: &str, run: &Run, row: &AssertionResult) {
        let Some(outcome) = outcome_of(&row.outcome) else {
            if !row.judgements.is_empty() {
                self.differs(place, "a row without effect was judged");
            }
            return;
        };
        if row.clause == Clause::Premise && !row.judgements.is_empty() {
            self.differs(place, "a premise was judged");
        }
        for judgement in &row.judgements {
            self.judgements += 1;
            let verdict = judge(&under(judgement.condition.as_ref(), &outcome), judgement.strength);
            let of = format!("{place}, {}", judgement.requirement);
            if verdict != judgement.verdict {
                self.differs(&of, &format!("the record says {}, outcome and strength give {verdict}", judgement.verdict));
            }
            let strength = run.requirements.iter().find(|own| own.id == judgement.requirement).map(|own| own.strength);
            if strength.is_some_and(|strength| strength != judgement.strength) {
                self.differs(&of, "it was judged by another strength than the requirement has in this run");
            }
        }
    }

    /// Every mark must follow from a waiver, and every state of a waiver from the results.
    fn waivers(&mut self, run: &Run) {
        let ground = waived::Ground {
            target: &run.header.target,
            today: run.finished.get(..10).unwrap_or_default(),
            fail_on_warn: run.basis.is_some_and(|basis| basis.fail_on_warn),
            certification: run.certification.is_some(),
        };
        for waiver in &run.waivers {
            let state = waived::state(waiver, ground, &run.cases);
            if state != waiver.state {
                self.differs(&format!("waiver of {}", waiver.label()), "what became of it does not follow from the results");
            }
        }
        for case in &run.cases {
            for (_, own) in case.judgements() {
                if own.waived != waived::is_waived(&run.waivers, ground.fail_on_warn, &case.case, &case.variant, own) {
                    let says = if own.waived { "is marked waived without a waiver" } else { "is waived without a mark" };
                    self.differs(&case.label(), &format!("the finding of {} {says}", own.requirement));
                }
            }
        }
    }

    fn requirements(&mut self, run: &Run) {
        let steps = run.cases.iter().flat_map(|case| &case.steps);
        let missed: BTreeSet<String> = steps.flat_map(|step| &step.assertions).flat_map(|row| row.missed.clone()).collect();
        let in_part = run.basis.is_some_and(|basis| basis.one_step);
        let gathered = gather(&run.cases, &missed, in_part, &|_| false);
        for row in &run.requirements {
            let (verdict, cases) = gathered.get(row.id.as_str()).map_or((None, &[][..]), |own| (own.verdict, &own.cases[..]));
            // What the target does not claim does not apply, without a case that says so.
            let not_claimed = cases.is_empty() && row.verdict == Some(Verdict::NotApplicable) && row.tested == Tested::Fully;
            let by_a_person = row.tested == Tested::Attestation && row.verdict.is_none() && is_left_to_a_person(verdict);
            if verdict != row.verdict && !not_claimed && !by_a_person {
                let name = |verdict: Option<Verdict>| verdict.map_or_else(|| "no verdict".to_owned(), |own| own.to_string());
                let says = format!("the record says {}, its results give {}", name(row.verdict), name(verdict));
                self.differs(&row.id, &says);
            }
            if row.waived != waived::is_covered(&run.cases, row) {
                self.differs(&row.id, "whether it is waived does not follow from its findings");
            }
            if row.attested != attested::answer(&run.attestations, row) {
                self.differs(&row.id, "what is stated of it is not what the attestations say");
            }
            if cases != row.cases {
                self.differs(&row.id, "it does not rest on the results that serve it");
            }
            if row.tested == Tested::Fully && !cases.is_empty() && is_left_out(run, row) {
                self.differs(&row.id, "it is said to be tested in full, and a case of it was left out");
            }
        }
        for id in gathered.keys().filter(|id| !run.requirements.iter().any(|row| row.id == **id)) {
            if run
                .cases
                .iter()
                .any(|case| case.judgements().any(|(_, own)| own.requirement == **id && is_grave(own.strength, own.verdict)))
            {
                self.differs(id, "a finding of a requirement that the record does not list");
            }
        }
    }
}

fn is_grave(strength: Strength, verdict: Verdict) -> bool {
    matches!(strength, Strength::Shall | Strength::ShallNot) && verdict == Verdict::Fail
}

fn is_left_out(run: &Run, row: &RequirementResult) -> bool {
    run.not_selected.iter().any(|case| case.requirements.contains(&row.id))
}

/// True when a control that failed afterwards took the outcome back, and the record shows that control.
fn is_held_back(case: &CaseResult, at: usize, row: &AssertionResult) -> bool {
    let (OutcomeRecord::Broken(cause) | OutcomeRecord::NotReached(cause)) = &row.outcome else { return false };
    let failed = |step: &StepResult| {
        step.phase == Phase::Control && (step.broken.is_some() || step.assertions.iter().any(|row| stop_of(row).is_some()))
    };
    cause.kind == "control" && row.clause != Clause::Premise && case.steps.iter().skip(at + 1).any(failed)
}

fn word(outcome: &OutcomeRecord) -> String {
    match outcome {
        OutcomeRecord::Met => "met".into(),
        OutcomeRecord::NotMet(mismatch) => format!("not met (expected {}, was {})", mismatch.expected, mismatch.actual),
        OutcomeRecord::NotApplicable(cause) => format!("not applicable ({})", cause.message),
        OutcomeRecord::NotReached(cause) => format!("not reached ({})", cause.message),
        OutcomeRecord::Broken(cause) => format!("broken ({})", cause.message),
        OutcomeRecord::WithoutEffect => "without effect".into(),
    }
}
