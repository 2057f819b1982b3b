//! Joins a run of production with one of staging: what production does not let be tested is taken from staging, by name.
//!
//! Both must run the same software, be held to the same criteria, and be looked at by the same carinbb. What belongs to the place and
//! not to the software does not carry over: TLS, the discovery documents, the signed metadata of UDAP. Where both were tested both
//! results stand, and the graver counts.

use std::collections::{BTreeMap, BTreeSet};

use super::join::{JoinError, check_criteria, conclude, with_own_evidence};
use super::record::{CaseResult, EvidenceRecord, JoinedRecord, JoinedRow, RequirementResult, Run, label};
use super::rollup::gather;
use crate::vocabulary::Verdict;

/// What distinguishes results and evidence of the other server.
const MARK: &str = "staging";

/// True for two runs that can only be joined as those of two servers.
pub(super) fn are_two_servers(first: &Run, second: &Run) -> bool {
    let both = [first.header.environment.as_str(), second.header.environment.as_str()];
    both == ["production", "staging"] || both == ["staging", "production"]
}

/// True for a result that says something of the software, wherever it runs.
#[must_use]
pub(super) fn carries_over(case: &str) -> bool {
    !["tls.", "discovery.", "udap.discovery"].iter().any(|place| case.starts_with(place))
}

/// The run of production with the results of the run of staging beside its own.
pub(super) fn join(production: &Run, staging: &Run) -> Result<Run, JoinError> {
    check(production, staging)?;
    let mut joined = production.clone();
    let (carried, left): (Vec<&CaseResult>, Vec<&CaseResult>) = staging.cases.iter().partition(|case| carries_over(&case.case));
    joined.cases.extend(carried.iter().map(|case| {
        let mut own = with_own_evidence(case, MARK);
        own.variant = if own.variant.is_empty() { MARK.to_owned() } else { format!("{}, {MARK}", own.variant) };
        own.elsewhere = true;
        own
    }));
    joined.not_selected.retain(|left_out| !carried.iter().any(|case| case.case == left_out.case));
    let named: BTreeSet<&String> = carried.iter().flat_map(|case| &case.steps).flat_map(|step| &step.evidence).collect();
    joined.evidence.extend(staging.evidence.iter().filter(|own| named.contains(&own.id)).map(|own| own.moved(MARK)));
    let carried_only = |row: &RequirementResult| {
        let labels = staging.cases.iter().filter(|case| row.cases.contains(&case.label()));
        labels.clone().count() > 0 && labels.clone().all(|case| carries_over(&case.case))
    };
    let again: BTreeMap<&str, &RequirementResult> =
        staging.requirements.iter().filter(|row| carried_only(row)).map(|row| (row.id.as_str(), row)).collect();
    conclude(&mut joined, &again);
    let rows = rows(&joined);
    let differ = rows.iter().filter(|row| row.differs()).count();
    joined.header.notes.push(format!(
        "Joined with the run {} of {} ({}), which runs the same software ({}): {} results are from there. {} results of TLS and discovery \
         do not carry over. {differ} requirements came out differently.",
        staging.header.run,
        staging.header.target,
        staging.header.environment,
        software(staging).unwrap_or_default(),
        carried.len(),
        left.len(),
    ));
    joined.joined = Some(JoinedRecord {
        run: staging.header.run.clone(),
        target: staging.header.target.clone(),
        environment: staging.header.environment.clone(),
        started: staging.header.started.clone(),
        finished: staging.finished.clone(),
        left: left.iter().map(|case| case.label()).collect(),
        rows,
    });
    Ok(joined)
}

fn software(run: &Run) -> Option<&str> {
    run.header.fingerprint.as_ref()?.software.as_deref()
}

fn check(production: &Run, staging: &Run) -> Result<(), JoinError> {
    if production.header.environment != "production" {
        return Err(JoinError::new("the claim is about production: name its run first"));
    }
    check_criteria(production, staging)?;
    match (software(production), software(staging)) {
        (Some(here), Some(there)) if here == there => Ok(()),
        (Some(here), Some(there)) => Err(JoinError::new(format!(
            "production runs '{here}' and staging '{there}': what holds of one says nothing of the other"
        ))),
        _ => Err(JoinError::new(
            "one of the servers does not say in its CapabilityStatement which software it is, by name and version, so nothing shows that both run the same",
        )),
    }
}

/// Of every requirement that was looked at in either run, what came of it in each.
#[must_use]
pub(super) fn rows(run: &Run) -> Vec<JoinedRow> {
    let (there, here): (Vec<CaseResult>, Vec<CaseResult>) = run.cases.iter().cloned().partition(|case| case.elsewhere);
    let (here, there) = (verdicts(&here), verdicts(&there));
    let row = |row: &RequirementResult| {
        let own = JoinedRow {
            requirement: row.id.clone(),
            here: here.get(&row.id).copied().flatten(),
            there: there.get(&row.id).copied().flatten(),
        };
        (own.here.is_some() || own.there.is_some()).then_some(own)
    };
    run.requirements.iter().filter_map(row).collect()
}

fn verdicts(cases: &[CaseResult]) -> BTreeMap<String, Option<Verdict>> {
    let steps = cases.iter().flat_map(|case| &case.steps);
    let missed: BTreeSet<String> = steps.flat_map(|step| &step.assertions).flat_map(|row| row.missed.clone()).collect();
    gather(cases, &missed, false, &|_| false).into_iter().map(|(id, own)| (id.to_owned(), own.verdict)).collect()
}

/// What is wrong with a joined record, in sentences.
#[must_use]
pub(super) fn problems(run: &Run) -> Vec<String> {
    let elsewhere = || run.cases.iter().filter(|case| case.elsewhere);
    let strange = elsewhere().filter(|case| !carries_over(&case.case));
    let mut problems: Vec<String> = strange
        .map(|case| format!("{}: it belongs to the place and does not carry over", label(&case.case, &case.variant)))
        .collect();
    match &run.joined {
        None if elsewhere().next().is_some() => {
            problems.push("results of another server, and the record does not name it".into())
        }
        Some(joined) if joined.rows != rows(run) => {
            problems.push("what the record says of the two servers does not follow from their results".into());
        }
        _ => {}
    }
    problems
}

impl JoinedRow {
    /// True when it was judged in both and came out differently.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.here.is_some() && self.there.is_some() && self.here != self.there
    }
}

impl EvidenceRecord {
    /// The same under an id that no other run has.
    #[must_use]
    pub(super) fn moved(&self, mark: &str) -> Self {
        let mut own = self.clone();
        own.id = format!("{mark}-{}", own.id);
        // The exchange names itself too.
        if let Some(id) = own.exchange.get_mut("id") {
            *id = own.id.clone().into();
        }
        own
    }
}
