//! OCSP (RFC 6960): the question for a responder, and what an answer says, verified at a given time.
//!
//! `openssl` verifies the signature and whether the signer may speak for the issuer; the times are compared here, because
//! its own comparison reads the clock. No nonce is sent: an answer is as good as its times.

use openssl::asn1::Asn1GeneralizedTimeRef;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspRequest, OcspResponse, OcspResponseStatus};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::certificate::Certificate;
use super::revocation::{Statement, is_current};

/// How long an answer holds that does not say it.
const WITHOUT_END: Duration = Duration::hours(24);

/// The question about a certificate, in DER.
#[must_use]
pub fn ocsp_request(certificate: &Certificate, issuer: &Certificate) -> Option<Vec<u8>> {
    let id = id_of(certificate, issuer, MessageDigest::sha1()).ok()?;
    let mut request = OcspRequest::new().ok()?;
    request.add_id(id).ok()?;
    request.to_der().ok()
}

fn id_of(certificate: &Certificate, issuer: &Certificate, hash: MessageDigest) -> Result<OcspCertId, openssl::error::ErrorStack> {
    OcspCertId::from_cert(hash, &*X509::from_der(&certificate.der)?, &*X509::from_der(&issuer.der)?)
}

/// What an answer says of a certificate.
pub(super) fn by_response(
    der: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    at: OffsetDateTime,
) -> Result<Statement, String> {
    let unreadable = |_| "it is no OCSP response".to_owned();
    let response = OcspResponse::from_der(der).map_err(unreadable)?;
    if response.status() != OcspResponseStatus::SUCCESSFUL {
        return Err(format!("the responder answers with error {}", response.status().as_raw()));
    }
    let basic = response.basic().map_err(unreadable)?;
    // The responder may name the certificate with another hash than the one it was asked with.
    let hashes = [MessageDigest::sha1(), MessageDigest::sha256(), MessageDigest::sha384(), MessageDigest::sha512()];
    let ids = hashes.into_iter().filter_map(|hash| id_of(certificate, issuer, hash).ok());
    let ids: Vec<OcspCertId> = ids.collect();
    let Some(status) = ids.iter().find_map(|id| basic.find_status(id)) else { return Ok(Statement::AboutAnother) };
    let (store, signers) = verifier(issuer, at).map_err(|_| "the certificate of the issuer cannot be used".to_owned())?;
    basic
        .verify(&signers, &store, OcspFlag::empty())
        .map_err(|_| "it is not signed by the issuer or by a responder that the issuer names".to_owned())?;
    let from = time_of(status.this_update).ok_or("its time cannot be read")?;
    let until = match status.next_update() {
        Some(until) => Some(time_of(until).ok_or("its time cannot be read")?),
        None => from.checked_add(WITHOUT_END),
    };
    is_current(from, until, at)?;
    match status.status {
        OcspCertStatus::GOOD => Ok(Statement::Good),
        OcspCertStatus::REVOKED => {
            let since = status.revocation_time.and_then(time_of).unwrap_or(from);
            Ok(Statement::Revoked { since, reason: u8::try_from(status.reason.as_raw()).unwrap_or(0) })
        }
        _ => Err("the responder does not know the certificate".into()),
    }
}

/// The issuer alone is trusted, and what it names for OCSP.
fn verifier(issuer: &Certificate, at: OffsetDateTime) -> Result<(X509Store, Stack<X509>), openssl::error::ErrorStack> {
    let issuer = X509::from_der(&issuer.der)?;
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_time(at.unix_timestamp());
    parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    let mut store = X509StoreBuilder::new()?;
    store.set_param(&parameters)?;
    store.add_cert(issuer.clone())?;
    let mut signers = Stack::new()?;
    signers.push(issuer)?;
    Ok((store.build(), signers))
}

/// `openssl` shows these times in one form only: `Nov 28 00:57:24 2026 GMT`, the seconds perhaps with a fraction.
fn time_of(time: &Asn1GeneralizedTimeRef) -> Option<OffsetDateTime> {
    let form = format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT");
    PrimitiveDateTime::parse(&time.to_string(), form).ok().map(PrimitiveDateTime::assume_utc)
}
