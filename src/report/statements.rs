//! What persons say beside what was tested, for a reader: waivers and attestations, each in its own list.
//!
//! Texts are as in the record: each format escapes for itself.

use crate::engine::record::{AttestationRecord, CaseResult, JoinedRow, WaiverRecord, WaiverState};
use crate::engine::{Run, ends_soon, is_denied};
use crate::vocabulary::Verdict;

/// One line of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// One word for what became of it, fit for a column.
    pub word: &'static str,
    /// What it is about.
    pub about: String,
    /// The rest, as sentences.
    pub text: String,
    /// True when somebody has to act: expired, unused, ending soon, or stated as not met.
    pub is_open: bool,
}

/// Every waiver of a run.
#[must_use]
pub fn waivers(run: &Run) -> Vec<Statement> {
    let today = run.finished.get(..10).unwrap_or_default();
    run.waivers.iter().map(|waiver| of_waiver(waiver, today)).collect()
}

fn of_waiver(waiver: &WaiverRecord, today: &str) -> Statement {
    let WaiverRecord { expires, reason, owner, approved_by, target, .. } = waiver;
    let soon = ends_soon(waiver, today);
    let (word, said) = match waiver.state {
        WaiverState::Used => match soon {
            None => ("waived", format!("until {expires}")),
            Some(0) => ("ends", format!("today, {expires}: from tomorrow on its finding counts")),
            Some(1) => ("ends", format!("tomorrow, {expires}: then its finding counts")),
            Some(days) => ("ends", format!("in {days} days, on {expires}: then its finding counts")),
        },
        WaiverState::Unused => ("unused", "its finding is not there: take the waiver out".to_owned()),
        WaiverState::Expired => ("expired", format!("since {expires}: its finding counts")),
        WaiverState::NotRun => ("not run", "its case came to no verdict in this run".to_owned()),
        WaiverState::OtherTarget => ("other", format!("it is for {target}")),
        WaiverState::Ignored => ("ignored", "waivers do not count in this mode: its finding counts".to_owned()),
    };
    let is_open = soon.is_some() || matches!(waiver.state, WaiverState::Unused | WaiverState::Expired | WaiverState::Ignored);
    let text = format!("{said}. {reason} (owner {owner}, approved by {approved_by})");
    Statement { word, about: waiver.label(), text, is_open }
}

/// The waiver by which a finding of this requirement in this result does not count, with its last day and its reason.
#[must_use]
pub fn waiver_of(run: &Run, case: &CaseResult, requirement: &str) -> Option<String> {
    let is_own = |own: &&WaiverRecord| {
        own.state == WaiverState::Used && own.case == case.case && own.variant == case.variant && own.requirement == requirement
    };
    let is_marked = case.judgements().any(|(_, own)| own.requirement == requirement && own.waived);
    let WaiverRecord { expires, reason, owner, approved_by, .. } = run.waivers.iter().find(is_own).filter(|_| is_marked)?;
    Some(format!("until {expires}: {reason} (owner {owner}, approved by {approved_by})"))
}

/// What came out differently at the two servers of a joined record.
#[must_use]
pub fn differences(run: &Run) -> Vec<Statement> {
    let rows = run.joined.iter().flat_map(|joined| &joined.rows).filter(|row| row.differs());
    let word = |verdict: Option<Verdict>| verdict.map_or("-", Verdict::word);
    let one = |row: &JoinedRow| Statement {
        word: "differs",
        about: row.requirement.clone(),
        text: format!("{} in production, {} in staging", word(row.here), word(row.there)),
        is_open: true,
    };
    rows.map(one).collect()
}

/// Every attestation of a run.
#[must_use]
pub fn attestations(run: &Run) -> Vec<Statement> {
    run.attestations.iter().map(of_attestation).collect()
}

/// Every SHALL that a person states to be not met. It has no case, and a gate must not be green beside it.
#[must_use]
pub fn denied(run: &Run) -> Vec<Statement> {
    let denied = run.requirements.iter().filter(|row| is_denied(row));
    let stated = denied.filter_map(|row| run.attestations.iter().find(|own| own.counts && own.requirement == row.id));
    stated.map(of_attestation).collect()
}

fn of_attestation(own: &AttestationRecord) -> Statement {
    let AttestationRecord { statement, name, role, date, note, .. } = own;
    let note = if note.is_empty() { String::new() } else { format!(" Note: {note}") };
    let file =
        own.attachment.as_ref().map_or(String::new(), |file| format!(" Attached: {} (SHA-256 {})", file.file, file.sha256));
    let rest = format!("\"{statement}\" {name}, {role}, {date}.{note}{file}");
    let (word, text) = match (own.counts, own.is_met) {
        (false, _) => ("no use", format!("not in force here, or settled by tests. {rest}")),
        (true, true) => ("yes", rest),
        (true, false) => ("NO", rest),
    };
    Statement { word, about: own.requirement.clone(), text, is_open: !own.is_met || !own.counts }
}
