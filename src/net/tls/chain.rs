//! Finds everything that is wrong with a chain at a given time: dates, name and path, each on its own.
//!
//! A verifier stops at its first complaint, and "expired" would hide "for another name". So the path is tried again at times
//! when all certificates are valid. Whatever the verifier dislikes ends as a defect, also if no finer word fits.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::error::X509Error;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{CertificateDefect, CertificateFacts, MAX_CERTIFICATES, Trust};

/// The facts of the chain and all of its defects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Examined {
    /// Leaf first; certificates that cannot be read are left out, and are among the defects.
    pub(super) facts: Vec<CertificateFacts>,
    pub(super) defects: Vec<CertificateDefect>,
    /// True if the path holds, and only because of a root that the user named.
    pub(super) is_private: bool,
}

/// Examines the chain as sent, leaf first, for a server of this name at this time.
pub(super) fn examine(sent: &[CertificateDer<'_>], name: &ServerName<'_>, trust: &Trust, now: OffsetDateTime) -> Examined {
    let now = now.replace_nanosecond(0).unwrap_or(now); // the last second of a certificate belongs to it as a whole
    let mut examined = Examined::default();
    let Some((leaf, others)) = sent[..sent.len().min(MAX_CERTIFICATES)].split_first() else {
        examined.defects.push(CertificateDefect::Malformed { at: 0, why: "no certificate was sent".into() });
        return examined;
    };
    for (at, certificate) in sent.iter().take(MAX_CERTIFICATES).enumerate() {
        match CertificateFacts::read(certificate) {
            Ok(facts) => examined.facts.push(facts),
            // A broken certificate beside a path that holds without it harms nobody; one that is needed breaks the path.
            Err(why) if at == 0 => examined.defects.push(CertificateDefect::Malformed { at, why }),
            Err(_) => {}
        }
    }
    if !examined.defects.is_empty() {
        return examined;
    }
    examined.defects.extend(time_defect(&examined.facts[0], now));
    let end_entity = match EndEntityCert::try_from(leaf) {
        Ok(end_entity) => end_entity,
        Err(error) => {
            examined.defects.push(CertificateDefect::Malformed { at: 0, why: error.to_string() });
            return examined;
        }
    };
    if end_entity.verify_is_valid_for_subject_name(name).is_err() {
        let asked = name.to_str().into_owned();
        examined.defects.push(CertificateDefect::WrongName { asked, names: examined.facts[0].names.clone() });
    }
    if trust.names_itself(leaf) {
        examined.is_private = true;
    } else {
        let path =
            Path { end_entity: &end_entity, others, facts: &examined.facts, trust, now, cut: sent.len() > MAX_CERTIFICATES };
        examined.is_private = path.is_private();
        for defect in path.defects() {
            if !examined.defects.contains(&defect) {
                examined.defects.push(defect);
            }
        }
    }
    examined
}

fn time_defect(facts: &CertificateFacts, now: OffsetDateTime) -> Option<CertificateDefect> {
    let subject = facts.title().to_string();
    if now > facts.not_after {
        return Some(CertificateDefect::Expired { subject, not_after: facts.not_after });
    }
    (now < facts.not_before).then_some(CertificateDefect::NotYetValid { subject, not_before: facts.not_before })
}

struct Path<'a> {
    end_entity: &'a EndEntityCert<'a>,
    others: &'a [CertificateDer<'a>],
    facts: &'a [CertificateFacts],
    trust: &'a Trust,
    now: OffsetDateTime,
    /// True if more certificates were sent than are looked at.
    cut: bool,
}

impl Path<'_> {
    /// True if there is a path at some time, and none to a root that everybody trusts.
    fn is_private(&self) -> bool {
        let times = || std::iter::once(self.now).chain(self.other_times());
        times().any(|at| self.verify(at).is_ok()) && !times().any(|at| self.verify_to(self.trust.public_anchors(), at).is_ok())
    }

    fn defects(&self) -> Vec<CertificateDefect> {
        let Err(mut error) = self.verify(self.now) else { return Vec::new() };
        for at in self.other_times() {
            match self.verify(at) {
                Ok(used) => {
                    let on_path = self.facts.iter().enumerate().filter(|(at, facts)| *at == 0 || used.contains(&facts.der));
                    let dated: Vec<_> = on_path.filter_map(|(_, facts)| time_defect(facts, self.now)).collect();
                    return if dated.is_empty() { vec![self.name_of(&error)] } else { dated };
                }
                Err(other) if is_about_time(&error) => error = other,
                Err(_) => {}
            }
        }
        vec![self.name_of(&error)]
    }

    /// The intermediates of a path that holds at this time, as DER.
    fn verify(&self, at: OffsetDateTime) -> Result<Vec<Vec<u8>>, webpki::Error> {
        self.verify_to(self.trust.anchors(), at)
    }

    fn verify_to(&self, anchors: &[TrustAnchor<'_>], at: OffsetDateTime) -> Result<Vec<Vec<u8>>, webpki::Error> {
        let seconds = u64::try_from(at.unix_timestamp()).unwrap_or(0);
        let provider = rustls::crypto::ring::default_provider();
        let algorithms = self.trust.right_signatures.before(provider.signature_verification_algorithms.all);
        let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = algorithms.iter().map(|one| one as _).collect();
        let path = self.end_entity.verify_for_usage(
            &algorithms,
            anchors,
            self.others,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            KeyUsage::server_auth(),
            None,
            None,
        )?;
        Ok(path.intermediate_certificates().map(|certificate| certificate.der().to_vec()).collect())
    }

    /// Times at which the leaf is valid and that lie on an edge of any validity: if there is a time at which all
    /// certificates of a path are valid, one of these is such a time.
    fn other_times(&self) -> Vec<OffsetDateTime> {
        let Some(leaf) = self.facts.first() else { return Vec::new() };
        let edges = self.facts.iter().flat_map(|facts| [facts.not_before, facts.not_after]);
        edges.filter(|edge| leaf.is_valid_at(*edge)).collect()
    }

    #[allow(clippy::match_same_arms, reason = "one arm per kind of complaint")]
    fn name_of(&self, error: &webpki::Error) -> CertificateDefect {
        use webpki::Error;
        let is_self_signed = self.facts.first().is_some_and(is_self_signed);
        match error {
            Error::UnknownIssuer | Error::CaUsedAsEndEntity if is_self_signed => CertificateDefect::SelfSigned,
            Error::UnknownIssuer if self.cut => CertificateDefect::TooComplex,
            Error::UnknownIssuer => self.end_of_the_chain(),
            Error::InvalidSignatureForPublicKey => CertificateDefect::BadSignature,
            Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
            | Error::SignatureAlgorithmMismatch => CertificateDefect::UnsupportedSignature {
                algorithms: self.facts.iter().map(|facts| facts.signature_algorithm.clone()).collect(),
            },
            Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => CertificateDefect::WrongUsage,
            Error::MaximumPathDepthExceeded | Error::MaximumPathBuildCallsExceeded | Error::MaximumSignatureChecksExceeded => {
                CertificateDefect::TooComplex
            }
            Error::CaUsedAsEndEntity => {
                CertificateDefect::Other { why: "the certificate of the server is that of a certificate authority".into() }
            }
            other => CertificateDefect::Other { why: other.to_string() },
        }
    }

    /// Follows the issuers by name as far as they were sent.
    fn end_of_the_chain(&self) -> CertificateDefect {
        let Some((mut current, others)) = self.facts.split_first() else {
            return CertificateDefect::Other { why: webpki::Error::UnknownIssuer.to_string() };
        };
        let mut left: Vec<&CertificateFacts> = others.iter().collect();
        while let Some(at) = left.iter().position(|facts| facts.subject == current.issuer) {
            current = left.swap_remove(at);
            if current.is_self_issued {
                return CertificateDefect::UntrustedIssuer { issuer: current.title().to_string() };
            }
        }
        CertificateDefect::ChainIncomplete { missing: current.issuer.clone() }
    }
}

fn is_about_time(error: &webpki::Error) -> bool {
    matches!(error, webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. })
}

/// Issued to itself, and signed by its own key as far as we can tell.
fn is_self_signed(facts: &CertificateFacts) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(&facts.der) else { return false };
    let is_signed_by_another = matches!(parsed.verify_signature(None), Err(X509Error::SignatureVerificationError));
    facts.is_self_issued && !is_signed_by_another
}
