//! What attestations do to a run: they stand beside the requirements that no case tests, and never beside a tested one.

use super::record::{AttachmentRecord, AttestationRecord, RequirementResult, Tested};
use crate::catalogue::{Attachment, Attestation, Attestations};
use crate::vocabulary::RequirementId;

/// True when only a person can settle a requirement.
#[must_use]
pub fn is_attestable(row: &RequirementResult) -> bool {
    matches!(row.tested, Tested::Attestation | Tested::NotTestable) && row.verdict.is_none()
}

/// Sets what is stated of each requirement, and lists every statement.
pub fn attest(attestations: &Attestations, requirements: &mut [RequirementResult]) -> Vec<AttestationRecord> {
    let records: Vec<AttestationRecord> = attestations.all.iter().map(|own| record(own, requirements)).collect();
    for row in requirements {
        row.attested = answer(&records, row);
    }
    records
}

/// What the statements say of one requirement.
#[must_use]
pub fn answer(records: &[AttestationRecord], row: &RequirementResult) -> Option<bool> {
    let own = records.iter().find(|own| own.requirement == row.id)?;
    is_attestable(row).then_some(own.is_met)
}

/// The attestation that a record tells of, as it was given; absent when its id is none.
#[must_use]
pub fn given(record: &AttestationRecord) -> Option<Attestation> {
    Some(Attestation {
        requirement: RequirementId::parse(&record.requirement).ok()?,
        statement: record.statement.clone(),
        is_met: record.is_met,
        name: record.name.clone(),
        role: record.role.clone(),
        date: record.date.clone(),
        note: record.note.clone(),
        attachment: record.attachment.as_ref().map(|file| Attachment { file: file.file.clone(), sha256: file.sha256.clone() }),
        at: 0..0,
    })
}

fn record(own: &Attestation, requirements: &[RequirementResult]) -> AttestationRecord {
    let row = requirements.iter().find(|row| row.id == own.requirement.as_str());
    AttestationRecord {
        requirement: own.requirement.to_string(),
        statement: own.statement.clone(),
        is_met: own.is_met,
        name: own.name.clone(),
        role: own.role.clone(),
        date: own.date.clone(),
        note: own.note.clone(),
        attachment: own.attachment.as_ref().map(|file| AttachmentRecord { file: file.file.clone(), sha256: file.sha256.clone() }),
        counts: row.is_some_and(is_attestable),
    }
}
