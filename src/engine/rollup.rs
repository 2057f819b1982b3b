//! From results to requirements: what each requirement in force rests on, and how far it was tested.

use std::collections::{BTreeMap, BTreeSet};

use super::capability::{Capabilities, Claimed};
use super::plan::DECLINED;
use super::record::{CaseResult, NotSelected, RequirementResult, Tested};
use crate::catalogue::{Actor, Basis, InForce, Requirement, Rule, Testable};
use crate::vocabulary::Verdict;

/// What requirements are rolled up from.
pub struct Ground<'a> {
    /// The requirements in force.
    pub in_force: &'a InForce,
    /// Whose requirements they are.
    pub actor: Actor,
    /// Every result.
    pub results: &'a [CaseResult],
    /// Every case that was left out.
    pub not_selected: &'a [NotSelected],
    /// What the target claims.
    pub capabilities: &'a Capabilities,
    /// Requirements of which an assertion could not be reached: a row of `then` behind a miss.
    pub unreached: &'a BTreeSet<String>,
    /// Whether a result rests on a login.
    pub logged_in: &'a dyn Fn(&CaseResult) -> bool,
    /// True when cases were run in part: what was not judged was not selected.
    pub in_part: bool,
}

/// Everything that was said about one requirement.
#[derive(Default)]
pub struct Gathered {
    /// The greatest verdict.
    pub verdict: Option<Verdict>,
    /// The labels of the results.
    pub cases: Vec<String>,
    with_login: bool,
    in_part: bool,
}

/// The result of every requirement of the actor that is in force, by id.
#[must_use]
pub fn roll_up(ground: &Ground<'_>) -> Vec<RequirementResult> {
    let mut gathered = gather(ground.results, ground.unreached, ground.in_part, ground.logged_in);
    let mut left_out: BTreeMap<&str, Vec<&NotSelected>> = BTreeMap::new();
    for case in ground.not_selected {
        for id in &case.requirements {
            left_out.entry(id).or_default().push(case);
        }
    }
    let rules = ground.in_force.for_actor(ground.actor);
    let of = |rule: &Rule| {
        let id = rule.requirement.id.as_str();
        requirement(rule, gathered.remove(id), left_out.get(id).map_or(&[], Vec::as_slice), ground)
    };
    rules.map(of).collect()
}

/// What the results say of each requirement that they serve.
pub fn gather<'a>(
    results: &'a [CaseResult],
    unreached: &BTreeSet<String>,
    in_part: bool,
    logged_in: &dyn Fn(&CaseResult) -> bool,
) -> BTreeMap<&'a str, Gathered> {
    let mut gathered: BTreeMap<&str, Gathered> = BTreeMap::new();
    for result in results {
        for id in &result.requirements {
            let entry = gathered.entry(id).or_default();
            let own = judged(result, id).max();
            entry.in_part |= own.is_none() && in_part;
            let said = if is_settled(result, id, results) {
                judged(result, id).filter(|verdict| *verdict != Verdict::Blocked).max()
            } else {
                own.or_else(|| unjudged(result, in_part))
            };
            entry.verdict = entry.verdict.max(said);
            entry.cases.push(result.label());
            entry.with_login |= logged_in(result);
        }
    }
    for (id, entry) in &mut gathered {
        if unreached.contains(*id) {
            entry.verdict = entry.verdict.max(Some(Verdict::Blocked));
        }
    }
    gathered
}

fn judged<'a>(result: &'a CaseResult, id: &'a str) -> impl Iterator<Item = Verdict> + 'a {
    result.judgements().filter(move |(_, judgement)| judgement.requirement == id).map(|(_, judgement)| judgement.verdict)
}

/// True when a result is blocked and another case settled the requirement with a control that this one has not: for the same
/// variant where it has that one, for all of its variants otherwise.
fn is_settled(result: &CaseResult, id: &str, results: &[CaseResult]) -> bool {
    let Some(case) = result.settled_by.as_ref().filter(|_| result.verdict == Verdict::Blocked) else { return false };
    let others: Vec<_> = results
        .iter()
        .filter(|other| {
            other.case == *case && other.elsewhere == result.elsewhere && other.requirements.iter().any(|own| own == id)
        })
        .collect();
    let has_variant = others.iter().any(|other| other.variant == result.variant);
    let mut others = others.into_iter().filter(|other| !has_variant || other.variant == result.variant).peekable();
    others.peek().is_some()
        && others
            .all(|other| matches!(judged(other, id).max(), Some(Verdict::Pass | Verdict::Note | Verdict::Warn | Verdict::Fail)))
}

/// True when a blocked result leaves nothing open, because another case settled all that it serves.
#[must_use]
pub fn is_settled_elsewhere(result: &CaseResult, results: &[CaseResult]) -> bool {
    result.requirements.iter().all(|id| is_settled(result, id, results))
}

/// What a result says of a requirement that it serves and did not judge: that it could not, or that the rule does not apply.
fn unjudged(result: &CaseResult, in_part: bool) -> Option<Verdict> {
    match result.verdict {
        Verdict::Blocked | Verdict::Error => Some(result.verdict),
        _ if in_part => None,
        _ => Some(Verdict::NotApplicable),
    }
}

/// `left_out` are the cases that serve the rule and were not selected.
fn requirement(rule: &Rule, gathered: Option<Gathered>, left_out: &[&NotSelected], ground: &Ground<'_>) -> RequirementResult {
    let row = &rule.requirement;
    let is_left_out = !left_out.is_empty();
    let is_declined = is_left_out && left_out.iter().all(|case| case.kind == DECLINED);
    let by_a_person = |gathered: &Gathered| {
        row.testable == Testable::Attestation
            && is_left_to_a_person(gathered.verdict)
            && !is_not_claimed(rule, ground.capabilities)
    };
    let (tested, verdict, cases) = match gathered {
        Some(gathered) if by_a_person(&gathered) => (Tested::Attestation, None, gathered.cases),
        Some(gathered) if gathered.verdict.is_none() => (Tested::NotSelected, None, gathered.cases),
        Some(gathered) => {
            let in_part =
                gathered.in_part || ground.actor == Actor::Server && row.testable == Testable::Login && !gathered.with_login;
            let tested = if in_part || is_left_out { Tested::InPart } else { Tested::Fully };
            (tested, gathered.verdict, gathered.cases)
        }
        // A readable document does not claim what the rule is about.
        None if is_not_claimed(rule, ground.capabilities) => (Tested::Fully, Some(Verdict::NotApplicable), Vec::new()),
        None if is_declined => (Tested::Declined, None, Vec::new()),
        None if is_left_out && row.testable != Testable::Attestation => (Tested::NotSelected, None, Vec::new()),
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
        attested: None,
        waived: false,
        cases,
    }
}

/// True when cases that can settle a row only where a target shows more than it must have settled nothing: then a person states it.
pub fn is_left_to_a_person(verdict: Option<Verdict>) -> bool {
    matches!(verdict, None | Some(Verdict::NotApplicable))
}

/// True when the target is known not to claim what the rule is conditional on.
fn is_not_claimed(rule: &Rule, capabilities: &Capabilities) -> bool {
    let mut conditions = rule.condition.iter();
    conditions.any(|names| capabilities.any_claimed(names.iter().map(|name| name.as_str())) == Claimed::No)
}

/// What a reader may hold against a finding that does not rest on a normative verb.
pub fn other_reading(row: &Requirement) -> Option<String> {
    let notes = row.notes.clone().unwrap_or_default();
    let text = match row.basis {
        Basis::Verb => return None,
        Basis::Sense => format!("the document says it without a normative verb, so it may be read as a recommendation. {notes}"),
        Basis::Reading => notes,
    };
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result(case: &str, variant: &str, verdict: &str, settled_by: Option<&str>) -> CaseResult {
        let judgement =
            json!({ "requirement": "d/row-1", "strength": "SHALL", "verdict": verdict, "condition": null, "waived": false });
        let row = json!({
            "clause": "expect", "that": "served", "expected": "is false", "seen": null, "outcome": { "is": "met" }, "because": null,
            "judgements": [judgement], "place": "x:1",
        });
        let step = json!({
            "phase": "step", "number": 1, "title": "t", "verb": "fhir.read", "place": "x:1", "done": true, "broken": null,
            "elapsed_ms": 0, "evidence": [], "assertions": [row],
        });
        let mut value = json!({
            "case": case, "variant": variant, "title": "t", "file": "x", "requirements": ["d/row-1"], "verdict": verdict,
            "reason": "", "started_ms": 0, "elapsed_ms": 0, "flaky": false, "steps": [step],
        });
        settled_by.into_iter().for_each(|case| value["settled_by"] = case.into());
        serde_json::from_value(value).unwrap()
    }

    fn verdict(results: &[CaseResult]) -> Option<Verdict> {
        gather(results, &BTreeSet::new(), false, &|_| false).remove("d/row-1").unwrap().verdict
    }

    #[test]
    fn a_blocked_result_gives_way_to_the_case_that_settles_it_and_to_no_other() {
        let by = Some("a.with-control");
        for (name, blocked, others, expected) in [
            ("settled", result("a.x", "Patient", "blocked", by), vec![("Patient", "pass")], Verdict::Pass),
            ("settled by a finding", result("a.x", "Patient", "blocked", by), vec![("Patient", "fail")], Verdict::Fail),
            ("that is blocked too", result("a.x", "Patient", "blocked", by), vec![("Patient", "blocked")], Verdict::Blocked),
            (
                "that does not apply",
                result("a.x", "Patient", "blocked", by),
                vec![("Patient", "not-applicable")],
                Verdict::Blocked,
            ),
            ("that was not selected", result("a.x", "Patient", "blocked", by), vec![], Verdict::Blocked),
            (
                "for its own variant",
                result("a.x", "Coverage", "blocked", by),
                vec![("Patient", "pass"), ("Coverage", "error")],
                Verdict::Error,
            ),
            ("by all variants", result("a.x", "", "blocked", by), vec![("Patient", "pass"), ("Coverage", "pass")], Verdict::Pass),
            (
                "not by one of them",
                result("a.x", "", "blocked", by),
                vec![("Patient", "pass"), ("Coverage", "not-applicable")],
                Verdict::Blocked,
            ),
            ("an error stays", result("a.x", "Patient", "error", by), vec![("Patient", "pass")], Verdict::Error),
            ("unless it is named", result("a.x", "Patient", "blocked", None), vec![("Patient", "pass")], Verdict::Blocked),
        ] {
            let mut results = vec![blocked];
            results.extend(others.iter().map(|(variant, verdict)| result("a.with-control", variant, verdict, None)));
            assert_eq!(verdict(&results), Some(expected), "{name}");
            let open = results[0].verdict == Verdict::Blocked && expected == Verdict::Blocked;
            assert!(!(open && is_settled_elsewhere(&results[0], &results)), "{name}");
        }
    }
}
