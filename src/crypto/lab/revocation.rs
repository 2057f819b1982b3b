//! The lists of revoked certificates. Which serial numbers are revoked never changes, so that a list which a target has
//! kept from an earlier run says the same.

use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber, SigningKey,
};
use time::{Duration, OffsetDateTime};

use super::LabError;

/// How many serial numbers are revoked from the beginning.
pub(super) const REVOKED: u8 = 32;

/// A serial number that is on every list.
pub(super) fn revoked_serial(number: u8) -> SerialNumber {
    SerialNumber::from_slice(&[0x52, 0x45, 0x56, 0x4f, 0x4b, 0x45, 0x44, number % REVOKED])
}

/// Whether a serial number, its leading zeros left out, is one that is revoked.
pub(super) fn is_revoked(serial: &[u8]) -> bool {
    (0..REVOKED).any(|number| revoked_serial(number).to_bytes() == serial)
}

/// The list of a CA; without any entry when nothing of it is ever revoked.
pub(super) fn list(issuer: &Issuer<'_, impl SigningKey>, with_entries: bool, now: OffsetDateTime) -> Result<Vec<u8>, LabError> {
    let entry = |number| RevokedCertParams {
        serial_number: revoked_serial(number),
        revocation_time: now - Duration::days(2),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let number = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let list = CertificateRevocationListParams {
        this_update: now - Duration::hours(1),
        next_update: now + Duration::days(7),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: if with_entries { (0..REVOKED).map(entry).collect() } else { Vec::new() },
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(issuer)?.der().to_vec())
}
