//! What a stapled OCSP response says of a certificate, once its signature, its time and its subject hold.
//!
//! A response that does not hold says nothing: it is unusable, and neither good nor revoked.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspBasicResponse, OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspResponseStatus};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

/// How far two clocks may differ.
const LEEWAY: Duration = Duration::minutes(5);
/// How OpenSSL prints a time.
const PRINTED: &[BorrowedFormatItem<'_>] =
    format_description!("[month repr:short] [day padding:none] [hour]:[minute]:[second] [year] GMT");

/// What is known of the revocation of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// Nothing was stapled.
    NotStapled,
    /// The issuer of the certificate is not at hand, so that nobody can say whose answer it is.
    NotChecked,
    /// The authority says that it is good.
    Good,
    /// The authority has revoked it.
    Revoked,
    /// The authority does not know it.
    Unknown,
    /// What was stapled does not hold.
    Unusable {
        /// Why.
        why: String,
    },
}

impl Revocation {
    /// A stable word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotStapled => "not-stapled",
            Self::NotChecked => "not-checked",
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
            Self::Unusable { .. } => "unusable",
        }
    }
}

/// Reads a stapled response about `leaf`, which `issuer` issued. `others` are the certificates that were sent.
#[must_use]
pub fn revocation(
    response: Option<&[u8]>,
    leaf: &[u8],
    issuer: Option<&[u8]>,
    others: &[&[u8]],
    now: OffsetDateTime,
) -> Revocation {
    let Some(response) = response.filter(|response| !response.is_empty()) else { return Revocation::NotStapled };
    let unusable = |why: &str| Revocation::Unusable { why: why.to_owned() };
    let Some(issuer) = issuer else { return Revocation::NotChecked };
    match read(response, leaf, issuer, others, now) {
        Ok(Ok(revocation)) => revocation,
        Ok(Err(why)) => unusable(why),
        Err(_) => unusable("it cannot be read, or its signature does not hold"),
    }
}

fn read(
    response: &[u8],
    leaf: &[u8],
    issuer: &[u8],
    others: &[&[u8]],
    now: OffsetDateTime,
) -> Result<Result<Revocation, &'static str>, ErrorStack> {
    let response = OcspResponse::from_der(response)?;
    if response.status() != OcspResponseStatus::SUCCESSFUL {
        return Ok(Err("it is an error message of the responder"));
    }
    let basic = response.basic()?;
    let (leaf, issuer) = (X509::from_der(leaf)?, X509::from_der(issuer)?);
    verify(&basic, &issuer, others, now)?;
    for digest in [MessageDigest::sha1(), MessageDigest::sha256()] {
        let id = OcspCertId::from_cert(digest, &leaf, &issuer)?;
        let Some(status) = basic.find_status(&id) else { continue };
        let from = instant(&status.this_update.to_string());
        let until = status.next_update().map(|until| instant(&until.to_string()));
        return Ok(match (from, until) {
            (Some(from), _) if from > now + LEEWAY => Err("it is not valid yet"),
            (Some(_), Some(Some(until))) if until < now - LEEWAY => Err("it is out of date"),
            (None, _) | (_, Some(None)) => Err("its dates cannot be read"),
            _ if status.status == OcspCertStatus::GOOD => Ok(Revocation::Good),
            _ if status.status == OcspCertStatus::REVOKED => Ok(Revocation::Revoked),
            _ => Ok(Revocation::Unknown),
        });
    }
    Ok(Err("it is about another certificate"))
}

/// The signature is that of the issuer, or of a responder that the issuer named.
fn verify(basic: &OcspBasicResponse, issuer: &X509, others: &[&[u8]], now: OffsetDateTime) -> Result<(), ErrorStack> {
    let mut param = X509VerifyParam::new()?;
    param.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    param.set_time(now.unix_timestamp());
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(issuer.clone())?;
    store.set_param(&param)?;
    let mut certificates = Stack::new()?;
    certificates.push(issuer.clone())?;
    for other in others.iter().filter_map(|other| X509::from_der(other).ok()) {
        certificates.push(other)?;
    }
    basic.verify(&certificates, &store.build(), OcspFlag::empty())
}

fn instant(printed: &str) -> Option<OffsetDateTime> {
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    PrimitiveDateTime::parse(&printed, PRINTED).ok().map(PrimitiveDateTime::assume_utc)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_times_that_openssl_prints_are_read() {
        assert_eq!(instant("Nov 28 00:56:28 2026 GMT"), Some(datetime!(2026-11-28 00:56:28 UTC)));
        assert_eq!(instant("Nov  8 00:56:28 2026 GMT"), Some(datetime!(2026-11-08 00:56:28 UTC)));
        assert_eq!(instant("Bad time value"), None);
    }

    proptest! {
        #[test]
        fn bytes_that_are_no_response_are_unusable_and_never_good(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            let leaf = rcgen::generate_simple_self_signed(["payer.example".to_string()]).expect("a certificate");
            let der = leaf.cert.der().to_vec();
            let seen = revocation(Some(&bytes), &der, Some(&der), &[], OffsetDateTime::UNIX_EPOCH);
            let is_unusable = matches!(seen, Revocation::Unusable { .. });
            prop_assert!(is_unusable);
        }
    }
}
