//! A certificate verifier for rustls that records what it sees.
//!
//! Lenient, it lets every handshake complete, so that a bad certificate can be described; strict, it refuses a bad one and can
//! still say all that was wrong with it. Decides nothing about requirements.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use time::OffsetDateTime;

use super::chain::examine;
use super::key_proof::{self, Protocol};
use super::{CertificateDefect, CertificateFacts, Trust};

/// The most server names whose observations are kept.
const MOST_NAMES: usize = 256;

/// What a server of one name showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The name that was asked for.
    pub server_name: String,
    /// The certificates that could be read, that of the server first; at most ten.
    pub chain: Vec<CertificateFacts>,
    /// All that is wrong.
    pub defects: Vec<CertificateDefect>,
    /// True if its path holds, and only because of a root that the user named.
    pub is_private: bool,
    /// The OCSP response that came with the certificate.
    pub stapled: Option<Vec<u8>>,
    /// True once the server signed the handshake with the key of its certificate.
    pub key_proven: bool,
}

impl Observation {
    /// Nothing is wrong, and the server proved that the certificate is its own.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.defects.is_empty() && self.key_proven
    }
}

/// Where a [`RecordingVerifier`] leaves its observations. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Debug, Default)]
struct Recorded {
    by_name: BTreeMap<String, Observation>,
    latest: Option<String>,
}

impl Recorder {
    /// The observation of the latest handshake that showed a certificate. A resumed session shows none.
    #[must_use]
    pub fn latest(&self) -> Option<Observation> {
        let recorded = self.lock();
        recorded.by_name.get(recorded.latest.as_ref()?).cloned()
    }

    /// The latest observation of the server of this name.
    #[must_use]
    pub fn of(&self, server_name: &str) -> Option<Observation> {
        self.lock().by_name.get(server_name).cloned()
    }

    fn record(&self, observation: Observation) {
        let mut recorded = self.lock();
        let name = observation.server_name.clone();
        if recorded.by_name.len() < MOST_NAMES || recorded.by_name.contains_key(&name) {
            recorded.by_name.insert(name.clone(), observation);
            recorded.latest = Some(name);
        }
    }

    /// The verifier is not told the name again when it sees the signature, so the certificate says which observation it is.
    fn key_checked(&self, certificate: &CertificateDer<'_>, result: &Result<(), String>) {
        let mut recorded = self.lock();
        let is_shown_by = |one: &Observation| one.chain.first().is_some_and(|facts| facts.der == certificate.as_ref());
        for observation in recorded.by_name.values_mut().filter(|one| is_shown_by(one)) {
            match result {
                Ok(()) => observation.key_proven = true,
                Err(why) => observation.defects.push(CertificateDefect::KeyNotProven { why: why.clone() }),
            }
        }
    }

    /// A panic elsewhere leaves whole observations behind, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records the chain and its defects; see the module.
pub struct RecordingVerifier {
    trust: Arc<Trust>,
    now: OffsetDateTime,
    lenient: bool,
    recorder: Recorder,
}

impl fmt::Debug for RecordingVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingVerifier").field("now", &self.now).field("lenient", &self.lenient).finish_non_exhaustive()
    }
}

impl RecordingVerifier {
    /// A verifier for a rustls client, and the handle to what it records. `now` is the time that validity is judged at.
    #[must_use]
    #[allow(clippy::new_ret_no_self, reason = "the verifier is only ever used behind the trait")]
    pub fn new(trust: Arc<Trust>, now: OffsetDateTime, lenient: bool) -> (Arc<dyn ServerCertVerifier>, Recorder) {
        let recorder = Recorder::default();
        (Arc::new(Self { trust, now, lenient, recorder: recorder.clone() }), recorder)
    }

    fn check_key(
        &self,
        protocol: Protocol,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let result = key_proof::check(protocol, message, certificate, signed);
        self.recorder.key_checked(certificate, &result);
        match result {
            Err(why) if !self.lenient => Err(Error::General(why)),
            _ => Ok(HandshakeSignatureValid::assertion()),
        }
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let sent: Vec<CertificateDer<'_>> = std::iter::once(end_entity).chain(intermediates).cloned().collect();
        let examined = examine(&sent, server_name, &self.trust, self.now);
        let refusal = examined.defects.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        self.recorder.record(Observation {
            server_name: server_name.to_str().into_owned(),
            chain: examined.facts,
            defects: examined.defects,
            is_private: examined.is_private,
            stapled: Some(ocsp_response.to_vec()).filter(|response| !response.is_empty()),
            key_proven: false,
        });
        if !self.lenient && !refusal.is_empty() {
            return Err(Error::General(refusal));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_key(Protocol::Tls12, message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_key(Protocol::Tls13, message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tls::chain_tests::{HOST, NOW, key, params, root, trust_in};

    #[test]
    fn a_good_certificate_whose_key_was_not_seen_in_use_is_not_trusted() {
        let root = root("Root");
        let certificate = params("a", &[HOST]).signed_by(&key(), &root).expect("a certificate").der().clone();
        let (verifier, recorder) = RecordingVerifier::new(Arc::new(trust_in(&root)), NOW, true);
        let name = ServerName::try_from(HOST).expect("a name");
        let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        assert!(verifier.verify_server_cert(&certificate, &[], &name, &[], now).is_ok());
        let seen = recorder.latest().expect("an observation");
        assert_eq!(seen.defects, [], "our own time counts, not that of the library");
        assert!(!seen.is_trusted());
    }
}
