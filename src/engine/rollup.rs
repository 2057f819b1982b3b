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
            let judged = result.judgements().filter(|(_, judgement)| judgement.requirement == *id);
            let own = judged.map(|(_, judgement)| judgement.verdict).max();
            entry.in_part |= own.is_none() && in_part;
            entry.verdict = entry.verdict.max(own.or_else(|| unjudged(result, in_part)));
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
