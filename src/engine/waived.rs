//! What waivers do to a run: they mark findings. A mark changes no verdict; the claim counts it and the exit code minds it.

use super::record::{CaseResult, Judgement, RequirementResult, WaiverRecord, WaiverState};
use crate::catalogue::{Waiver, day};
use crate::vocabulary::{CaseId, RequirementId, Verdict};

/// From how many days before its last day on a waiver is told as ending soon.
pub const SOON_DAYS: i64 = 14;

/// What a run is about, as far as waivers ask.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The FHIR base under test.
    pub target: &'a str,
    /// The day of the run, as `2027-03-31`.
    pub today: &'a str,
    /// True when a Warn fails the run too.
    pub fail_on_warn: bool,
    /// True when no waiver counts.
    pub certification: bool,
}

/// Marks every finding that a waiver covers, and says of each waiver what became of it.
pub fn waive(waivers: &[Waiver], ground: Ground<'_>, cases: &mut [CaseResult]) -> Vec<WaiverRecord> {
    let records: Vec<WaiverRecord> = waivers
        .iter()
        .map(|waiver| {
            let mut record = record(waiver);
            record.state = state(&record, ground, cases);
            record
        })
        .collect();
    for case in cases {
        let (name, variant) = (case.case.clone(), case.variant.clone());
        for judgement in case.steps.iter_mut().flat_map(|step| &mut step.assertions).flat_map(|row| &mut row.judgements) {
            judgement.waived = is_waived(&records, ground.fail_on_warn, &name, &variant, judgement);
        }
    }
    records
}

/// True when a waiver that is in use covers this judgement of this result.
#[must_use]
pub fn is_waived(waivers: &[WaiverRecord], fail_on_warn: bool, case: &str, variant: &str, judgement: &Judgement) -> bool {
    let covers = |own: &WaiverRecord| own.case == case && own.variant == variant && own.requirement == judgement.requirement;
    fails(judgement, fail_on_warn) && waivers.iter().any(|own| own.state == WaiverState::Used && covers(own))
}

/// What becomes of a waiver in a run with these results.
#[must_use]
pub fn state(waiver: &WaiverRecord, ground: Ground<'_>, cases: &[CaseResult]) -> WaiverState {
    let plain = |base: &str| base.trim_end_matches('/').to_owned();
    let of_case: Vec<&CaseResult> = cases.iter().filter(|case| case.case == waiver.case).collect();
    let own = of_case.iter().find(|case| case.variant == waiver.variant);
    let failed = own.is_some_and(|case| {
        let mut judged = case.judgements().map(|(_, judgement)| judgement);
        judged.any(|judgement| judgement.requirement == waiver.requirement && fails(judgement, ground.fail_on_warn))
    });
    match () {
        () if plain(&waiver.target) != plain(ground.target) => WaiverState::OtherTarget,
        () if ground.certification => WaiverState::Ignored,
        // Days of this form stand in their order as texts do.
        () if waiver.expires.as_str() < ground.today => WaiverState::Expired,
        () if failed => WaiverState::Used,
        () if of_case.is_empty() || own.is_some_and(|case| is_open(case.verdict)) => WaiverState::NotRun,
        () => WaiverState::Unused,
    }
}

/// True when a requirement is not met and every finding of it is waived.
#[must_use]
pub fn is_covered(cases: &[CaseResult], row: &RequirementResult) -> bool {
    let mut failed = cases
        .iter()
        .flat_map(CaseResult::judgements)
        .filter(|(_, own)| own.requirement == row.id && own.verdict == Verdict::Fail)
        .map(|(_, own)| own.waived)
        .peekable();
    row.verdict == Some(Verdict::Fail) && failed.peek().is_some() && failed.all(|waived| waived)
}

/// Days until the last day of a waiver in use, when few are left.
#[must_use]
pub fn ends_soon(waiver: &WaiverRecord, today: &str) -> Option<i64> {
    let left = (day(&waiver.expires)? - day(today)?).whole_days();
    (waiver.state == WaiverState::Used && left <= SOON_DAYS).then_some(left)
}

fn fails(judgement: &Judgement, fail_on_warn: bool) -> bool {
    judgement.verdict == Verdict::Fail || fail_on_warn && judgement.verdict == Verdict::Warn
}

/// What could not be determined says nothing about a waiver.
fn is_open(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Blocked | Verdict::Error)
}

/// The waiver that a record tells of, as it was given; absent when its ids are none.
#[must_use]
pub fn given(record: &WaiverRecord) -> Option<Waiver> {
    Some(Waiver {
        requirement: RequirementId::parse(&record.requirement).ok()?,
        case: CaseId::parse(&record.case).ok()?,
        variant: record.variant.clone(),
        target: record.target.clone(),
        reason: record.reason.clone(),
        owner: record.owner.clone(),
        approved_by: record.approved_by.clone(),
        expires: record.expires.clone(),
        at: 0..0,
    })
}

fn record(waiver: &Waiver) -> WaiverRecord {
    WaiverRecord {
        requirement: waiver.requirement.to_string(),
        case: waiver.case.to_string(),
        variant: waiver.variant.clone(),
        target: waiver.target.clone(),
        reason: waiver.reason.clone(),
        owner: waiver.owner.clone(),
        approved_by: waiver.approved_by.clone(),
        expires: waiver.expires.clone(),
        state: WaiverState::Unused,
    }
}
