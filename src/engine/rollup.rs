//! From results to requirements: what each requirement in force rests on, and how far it was tested.

use std::collections::BTreeMap;

use super::capability::{Capabilities, Claimed};
use super::record::{CaseResult, NotSelected, RequirementResult, Tested};
use crate::catalogue::{Basis, InForce, Requirement, Rule, Testable};
use crate::vocabulary::Verdict;

/// Everything that was said about one requirement.
#[derive(Default)]
struct Gathered {
    verdict: Option<Verdict>,
    cases: Vec<String>,
    with_login: bool,
    held_back: bool,
}

/// The result of every requirement of the server that is in force, by id.
#[must_use]
pub fn roll_up(
    in_force: &InForce,
    results: &[CaseResult],
    not_selected: &[NotSelected],
    capabilities: &Capabilities,
    logged_in: &dyn Fn(&CaseResult) -> bool,
) -> Vec<RequirementResult> {
    let mut gathered: BTreeMap<&str, Gathered> = BTreeMap::new();
    for result in results {
        for id in &result.requirements {
            let entry = gathered.entry(id).or_default();
            let own =
                result.judgements().filter(|(_, judgement)| judgement.requirement == *id).map(|(_, judgement)| judgement.verdict);
            let own = own.max();
            // A row in `then` behind a miss has no judgement: it was planned and could not be reached.
            entry.held_back |= own.is_none();
            entry.verdict = entry.verdict.max(own);
            entry.cases.push(result.label());
            entry.with_login |= logged_in(result);
        }
    }
    let rules = in_force.server_rules();
    rules.map(|rule| requirement(rule, gathered.remove(rule.requirement.id.as_str()), not_selected, capabilities)).collect()
}

fn requirement(
    rule: &Rule,
    gathered: Option<Gathered>,
    not_selected: &[NotSelected],
    capabilities: &Capabilities,
) -> RequirementResult {
    let row = &rule.requirement;
    let left_out = || not_selected.iter().any(|case| case.requirements.iter().any(|id| *id == row.id.as_str()));
    let (tested, verdict, cases) = match gathered {
        Some(gathered) => {
            let blocked = gathered.held_back.then_some(Verdict::Blocked);
            let in_part = row.testable == Testable::Login && !gathered.with_login;
            let tested = if in_part || left_out() { Tested::InPart } else { Tested::Fully };
            (tested, gathered.verdict.max(blocked), gathered.cases)
        }
        // A readable document does not claim what the rule is about.
        None if is_not_claimed(rule, capabilities) => (Tested::Fully, Some(Verdict::NotApplicable), Vec::new()),
        None if left_out() => (Tested::NotSelected, None, Vec::new()),
        None => match row.testable {
            Testable::Attestation => (Tested::Attestation, None, Vec::new()),
            Testable::No => (Tested::NotTestable, None, Vec::new()),
            Testable::BlackBox | Testable::Login => (Tested::Uncovered, None, Vec::new()),
        },
    };
    let finding = matches!(verdict, Some(Verdict::Fail));
    RequirementResult {
        id: row.id.to_string(),
        level: rule.level,
        strength: rule.strength,
        caps: rule.caps.iter().map(ToString::to_string).collect(),
        summary: row.summary.clone(),
        url: row.url.clone(),
        reading: finding.then(|| other_reading(row)).flatten(),
        tested,
        verdict,
        cases,
    }
}

/// True when the target is known not to claim what the rule is conditional on.
fn is_not_claimed(rule: &Rule, capabilities: &Capabilities) -> bool {
    let mut conditions = rule.condition.iter();
    conditions.any(|names| capabilities.any_claimed(names.iter().map(|name| name.as_str())) == Claimed::No)
}

/// What a reader may hold against a finding that does not rest on a normative verb.
fn other_reading(row: &Requirement) -> Option<String> {
    let notes = row.notes.clone().unwrap_or_default();
    let text = match row.basis {
        Basis::Verb => return None,
        Basis::Sense => format!("the document says it without a normative verb, so it may be read as a recommendation. {notes}"),
        Basis::Reading => notes,
    };
    Some(text.trim().to_owned())
}
