//! Joins a run with one that repeated a part of it: what the later one looked at takes the place of what the earlier one saw.
//!
//! Two runs are one only where they asked the same of the same server. Everything above the results is made again from
//! them, and the joined record says which results came from where and which verdicts are others than at first.

use std::collections::{BTreeMap, BTreeSet};

use super::across;
use super::claim::claim_of;
use super::record::{CaseResult, NotSelected, RequirementResult, Run, Tested};
use super::rollup::{gather, is_left_to_a_person};
use super::{attested, waived};
use crate::catalogue::{Attestation, Attestations, Waiver};

/// Why two runs cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these runs cannot be joined: {0}")]
pub struct JoinError(String);

impl JoinError {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// What distinguishes the evidence of a repetition.
const MARK: &str = "again";

/// The cases of a run that are worth repeating: something failed, was blocked or broke.
#[must_use]
pub fn to_repeat(run: &Run) -> Vec<String> {
    use crate::vocabulary::Verdict::{Blocked, Error, Fail};
    let open = run.cases.iter().filter(|case| matches!(case.verdict, Fail | Blocked | Error));
    let cases: BTreeSet<&str> = open.map(|case| case.case.as_str()).collect();
    cases.into_iter().map(str::to_owned).collect()
}

/// The earlier run with the results of the later one in the place of its own.
///
/// # Errors
/// When they did not ask the same of the same server.
pub fn join(first: &Run, second: &Run) -> Result<Run, JoinError> {
    if across::are_two_servers(first, second) {
        return across::join(first, second);
    }
    check(first, second)?;
    let mut joined = first.clone();
    let mut changed = Vec::new();
    for again in &second.cases {
        let again = with_own_evidence(again, MARK);
        match joined.cases.iter_mut().find(|own| own.label() == again.label()) {
            Some(own) => {
                if own.verdict != again.verdict {
                    changed.push(format!("{} was {} and is {}", own.label(), own.verdict, again.verdict));
                }
                *own = again;
            }
            None => joined.cases.push(again),
        }
    }
    joined.not_selected.retain(|left: &NotSelected| !second.cases.iter().any(|case| case.case == left.case));
    joined.evidence.extend(second.evidence.iter().map(|own| own.moved(MARK)));
    let known: BTreeSet<String> = joined.certificates.iter().map(|own| own.sha256.clone()).collect();
    joined.certificates.extend(second.certificates.iter().filter(|own| !known.contains(&own.sha256)).cloned());
    let new = second.sign_in_pages.iter().filter(|page| !first.sign_in_pages.contains(page));
    joined.sign_in_pages.extend(new.cloned());
    joined.left_behind.extend(second.left_behind.iter().cloned());
    joined.finished.clone_from(&second.finished);
    joined.header.notes.push(format!(
        "Joined with the run {} of {}: {} results are from it{}",
        second.header.run,
        second.header.started,
        second.cases.len(),
        if changed.is_empty() { ".".to_owned() } else { format!("; {}.", changed.join(", ")) }
    ));
    for (sum, own) in [
        (&mut joined.traffic.planned_requests, second.traffic.planned_requests),
        (&mut joined.traffic.sent_requests, second.traffic.sent_requests),
        (&mut joined.traffic.planned_probes, second.traffic.planned_probes),
        (&mut joined.traffic.sent_probes, second.traffic.sent_probes),
        (&mut joined.traffic.planned_authorizations, second.traffic.planned_authorizations),
        (&mut joined.traffic.sent_authorizations, second.traffic.sent_authorizations),
    ] {
        *sum = sum.saturating_add(own);
    }
    let documents = |run: &Run| {
        run.header.fingerprint.as_ref().map(|own| (own.smart_configuration.clone(), own.capability_statement.clone()))
    };
    if documents(first) != documents(second) {
        joined.header.notes.push("The discovery documents changed between the two runs.".into());
    }
    conclude(&mut joined, &second.requirements.iter().map(|row| (row.id.as_str(), row)).collect());
    Ok(joined)
}

fn check(first: &Run, second: &Run) -> Result<(), JoinError> {
    let software = |run: &Run| run.header.fingerprint.as_ref().and_then(|own| own.software.clone()).unwrap_or_default();
    let same = [
        ("target", first.header.target.clone(), second.header.target.clone()),
        ("environment", first.header.environment.clone(), second.header.environment.clone()),
        ("software", software(first), software(second)),
    ];
    refuse_difference(&same)?;
    check_criteria(first, second)?;
    if first.header.started > second.header.started {
        return Err(JoinError::new("the second began before the first"));
    }
    Ok(())
}

fn refuse_difference(same: &[(&str, String, String)]) -> Result<(), JoinError> {
    let other = same.iter().find(|(_, a, b)| a != b);
    other.map_or(Ok(()), |(what, a, b)| Err(JoinError::new(format!("the {what} is '{a}' in the first and '{b}' in the second"))))
}

/// Whether two whole runs were held to the same, and looked at by the same carinbb.
pub(super) fn check_criteria(first: &Run, second: &Run) -> Result<(), JoinError> {
    let refuse = |what: String| Err(JoinError(what));
    let profiles = |run: &Run| run.header.profiles.iter().map(|own| own.id.as_str()).collect::<Vec<_>>().join(", ");
    let udap = |run: &Run| run.header.udap.as_ref().map_or(String::new(), |own| own.version.clone());
    let strictness =
        |run: &Run| run.basis.map_or(String::new(), |own| format!("strict {}, fail on warn {}", own.strict, own.fail_on_warn));
    let same = [
        ("profiles", profiles(first), profiles(second)),
        ("SMART version", first.header.smart.version.clone(), second.header.smart.version.clone()),
        ("UDAP version", udap(first), udap(second)),
        ("suite", first.header.suite.clone(), second.header.suite.clone()),
        ("carinbb", first.header.tool.clone(), second.header.tool.clone()),
        ("strictness", strictness(first), strictness(second)),
    ];
    refuse_difference(&same)?;
    if let Some(which) = [(first, "first"), (second, "second")].iter().find(|(run, _)| !run.complete) {
        return refuse(format!("the {} was interrupted", which.1));
    }
    if [first, second].iter().any(|run| run.basis.is_none_or(|basis| basis.one_step)) {
        return refuse("one of them ran single steps, or does not say what its claim rests on".into());
    }
    if [first, second].iter().any(|run| run.certification.is_some()) {
        return refuse("one of them is an audit, which stands alone".into());
    }
    if first.header.run == second.header.run {
        return refuse("they are one and the same run".into());
    }
    Ok(())
}

/// The result with ids of evidence that no other run has: each run counts them from one.
pub(super) fn with_own_evidence(case: &CaseResult, mark: &str) -> CaseResult {
    let mut case = case.clone();
    for id in case.steps.iter_mut().flat_map(|step| &mut step.evidence) {
        *id = format!("{mark}-{id}");
    }
    case
}

/// Marks, requirements and claim, from the results that there are now. `again` is what the other run says of a requirement.
pub(super) fn conclude(joined: &mut Run, again: &BTreeMap<&str, &RequirementResult>) {
    let Some(basis) = joined.basis else { return };
    let today = joined.finished.get(..10).unwrap_or_default().to_owned();
    let waivers: Vec<Waiver> = joined.waivers.iter().filter_map(waived::given).collect();
    let ground =
        waived::Ground { target: &joined.header.target, today: &today, fail_on_warn: basis.fail_on_warn, certification: false };
    joined.waivers = waived::waive(&waivers, ground, &mut joined.cases);
    let steps = joined.cases.iter().flat_map(|case| &case.steps);
    let missed: BTreeSet<String> = steps.flat_map(|step| &step.assertions).flat_map(|row| row.missed.clone()).collect();
    let gathered = gather(&joined.cases, &missed, false, &|_| false);
    for row in &mut joined.requirements {
        let left_out = joined.not_selected.iter().any(|left| left.requirements.contains(&row.id));
        let again = again.get(row.id.as_str()).copied();
        if let Some(own) = gathered.get(row.id.as_str()) {
            let by_a_person = row.tested == Tested::Attestation && is_left_to_a_person(own.verdict);
            row.verdict = own.verdict.filter(|_| !by_a_person);
            row.cases.clone_from(&own.cases);
            row.tested = how_far(row, again, left_out);
        }
        row.waived = waived::is_covered(&joined.cases, row);
        row.reading = row.reading.take().or_else(|| again.and_then(|own| own.reading.clone()));
    }
    let attestations = Attestations {
        target: joined.header.target.clone(),
        all: joined.attestations.iter().filter_map(attested::given).collect::<Vec<Attestation>>(),
    };
    joined.attestations = attested::attest(&attestations, &mut joined.requirements);
    joined.claim = claim_of(&joined.requirements, &joined.cases, &joined.not_selected, &joined.waivers, joined.complete, basis);
}

/// The further of the two, but never in full while a case of it is left out.
fn how_far(row: &RequirementResult, again: Option<&RequirementResult>, left_out: bool) -> Tested {
    let both = [Some(row.tested), again.map(|own| own.tested)];
    if both.contains(&Some(Tested::Fully)) && !left_out {
        Tested::Fully
    } else if row.verdict.is_some() {
        Tested::InPart
    } else {
        row.tested
    }
}
