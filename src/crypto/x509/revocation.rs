//! Was a certificate revoked? CRLs and OCSP responses that somebody fetched are verified here; what does not verify says nothing.
//!
//! Unknown is not good: how much an unknown status matters is for whoever asked.

use openssl::x509::X509Crl;
use time::OffsetDateTime;
use x509_parser::extensions::{DistributionPointName, GeneralName, IssuingDistributionPoint, ParsedExtension};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::certificate::Certificate;
use super::key::SignatureKind;
use super::name::Name;
use super::ocsp;
use super::path::public_key;

/// What was fetched, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevocationEvidence {
    /// CRLs in DER.
    pub crls: Vec<Vec<u8>>,
    /// OCSP responses in DER.
    pub ocsp_responses: Vec<Vec<u8>>,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationSource {
    /// A certificate revocation list.
    Crl,
    /// An OCSP response.
    Ocsp,
}

impl RevocationSource {
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crl => "CRL",
            Self::Ocsp => "OCSP response",
        }
    }
}

/// What is known of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevocationStatus {
    /// A current statement of its issuer says that it is not revoked.
    Good(RevocationSource),
    /// Its issuer has revoked it.
    Revoked {
        /// Who says so.
        by: RevocationSource,
        /// Since when.
        since: OffsetDateTime,
        /// The reason code of RFC 5280 5.3.1.
        reason: u8,
    },
    /// Nothing that was fetched says anything about it; why each of it does not.
    Unknown(Vec<String>),
}

impl RevocationStatus {
    /// `good`, `revoked` or `unknown`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Good(_) => "good",
            Self::Revoked { .. } => "revoked",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The status of a certificate by everything that its issuer has signed. A revocation outweighs a good word.
#[must_use]
pub fn status_of(
    certificate: &Certificate,
    issuer: &Certificate,
    at: OffsetDateTime,
    evidence: &RevocationEvidence,
) -> RevocationStatus {
    let mut unusable = Vec::new();
    let mut good = None;
    let crls = evidence.crls.iter().map(|der| (RevocationSource::Crl, by_crl(der, certificate, issuer, at)));
    let responses =
        evidence.ocsp_responses.iter().map(|der| (RevocationSource::Ocsp, ocsp::by_response(der, certificate, issuer, at)));
    for (source, statement) in responses.chain(crls) {
        match statement {
            Ok(Statement::Good) => good = good.or(Some(source)),
            Ok(Statement::Revoked { since, reason }) => return RevocationStatus::Revoked { by: source, since, reason },
            Ok(Statement::AboutAnother) => {}
            Err(why) => unusable.push(format!("{}: {why}", source.word())),
        }
    }
    good.map_or(RevocationStatus::Unknown(unusable), RevocationStatus::Good)
}

/// What one piece of evidence says of one certificate.
pub(super) enum Statement {
    Good,
    Revoked {
        since: OffsetDateTime,
        reason: u8,
    },
    /// It is of another issuer or about other certificates.
    AboutAnother,
}

/// `removeFromCRL`: what stands so in a list is not revoked any more.
const REMOVED: u8 = 8;

fn by_crl(der: &[u8], certificate: &Certificate, issuer: &Certificate, at: OffsetDateTime) -> Result<Statement, String> {
    let (rest, crl) = CertificateRevocationList::from_der(der).map_err(|_| "it is no CRL".to_owned())?;
    if !rest.is_empty() {
        return Err("bytes follow it".into());
    }
    if Name::of(crl.issuer()) != certificate.issuer_name {
        return Ok(Statement::AboutAnother);
    }
    if !matches!(SignatureKind::of(&crl.signature_algorithm), SignatureKind::Strong(_)) {
        return Err("it is signed with a broken or unknown algorithm".into());
    }
    let key = public_key(issuer).ok_or("the key of its issuer cannot be used")?;
    let verified = X509Crl::from_der(der).and_then(|crl| crl.verify(&key)).unwrap_or(false);
    if !verified {
        return Err("its signature was not made by the issuer of the certificate".into());
    }
    if issuer.key_usage.is_some_and(|usage| !usage.crl_sign) {
        return Err("its issuer may not sign CRLs".into());
    }
    is_current(crl.last_update().to_datetime(), crl.next_update().map(|time| time.to_datetime()), at)?;
    if !covers(&crl, certificate)? {
        return Ok(Statement::AboutAnother);
    }
    let entry = crl.iter_revoked_certificates().find(|entry| entry.raw_serial() == certificate.serial_bytes);
    let Some(entry) = entry else { return Ok(Statement::Good) };
    let reason = entry.reason_code().map_or(0, |(_, code)| code.0);
    if reason == REMOVED {
        return Ok(Statement::Good);
    }
    Ok(Statement::Revoked { since: entry.revocation_date.to_datetime(), reason })
}

/// Today's word: not from the future and not out of date.
pub(super) fn is_current(from: OffsetDateTime, until: Option<OffsetDateTime>, at: OffsetDateTime) -> Result<(), String> {
    if from > at {
        return Err("it is from the future".into());
    }
    match until {
        Some(until) if at <= until => Ok(()),
        Some(_) => Err("it is out of date".into()),
        None => Err("it does not say until when it holds".into()),
    }
}

/// Whether the list is a whole one for this kind of certificate and this distribution point (RFC 5280 5.2 and 6.3.3).
fn covers(crl: &CertificateRevocationList<'_>, certificate: &Certificate) -> Result<bool, String> {
    for extension in crl.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::IssuingDistributionPoint(scope) if !is_in_scope(scope, certificate)? => return Ok(false),
            ParsedExtension::IssuingDistributionPoint(_) => {}
            ParsedExtension::ParseError { .. } => return Err("one of its extensions is malformed".into()),
            ParsedExtension::CRLNumber(_)
            | ParsedExtension::AuthorityKeyIdentifier(_)
            | ParsedExtension::IssuerAlternativeName(_) => {}
            // The delta CRL indicator is critical: such a list is no whole one.
            _ if extension.critical => return Err(format!("it has the critical extension {}", extension.oid)),
            _ => {}
        }
    }
    Ok(true)
}

fn is_in_scope(scope: &IssuingDistributionPoint<'_>, certificate: &Certificate) -> Result<bool, String> {
    if scope.indirect_crl {
        return Err("it is an indirect CRL".into());
    }
    if scope.only_some_reasons.is_some() {
        return Err("it is for some reasons only".into());
    }
    let is_authority = certificate.is_authority == Some(true);
    if scope.only_contains_attribute_certs
        || (scope.only_contains_user_certs && is_authority)
        || (scope.only_contains_ca_certs && !is_authority)
    {
        return Ok(false);
    }
    let Some(DistributionPointName::FullName(names)) = &scope.distribution_point else {
        return Ok(scope.distribution_point.is_none());
    };
    let own = &certificate.crl_urls;
    Ok(names.iter().any(|name| matches!(name, GeneralName::URI(url) if own.iter().any(|own| own == url))))
}
