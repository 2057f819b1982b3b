//! A certificate verifier that remembers its verdict, and lets the handshake go on over a bad certificate when told to.
//!
//! One is made for every exchange, so that a verdict cannot be read as that of another connection.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use time::OffsetDateTime;

/// What the verifier saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// A certificate was presented.
    pub presented: bool,
    /// What was wrong with it; empty when nothing was.
    pub defects: Vec<String>,
}

#[derive(Debug)]
pub(super) struct RecordingVerifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    now: UnixTime,
    lenient: bool,
    seen: Mutex<Seen>,
}

impl RecordingVerifier {
    /// Verifies against `roots` at the time `now`. `lenient` lets the handshake go on whatever the verdict is.
    pub(super) fn new(roots: &Arc<RootCertStore>, now: OffsetDateTime, lenient: bool) -> Arc<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // Building fails for an empty store: then nothing is trusted, which is what an empty store means.
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), provider).build().ok();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        Arc::new(Self { inner, now, lenient, seen: Mutex::default() })
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn verdict(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
    ) -> Result<ServerCertVerified, Error> {
        let inner = self.inner.as_ref().ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        inner.verify_server_cert(leaf, chain, name, ocsp, self.now)
    }
}

/// The defect in words.
fn defect(error: &Error) -> String {
    let Error::InvalidCertificate(reason) = error else { return format!("the certificate could not be checked: {error}") };
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "not yet valid".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "issued for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "issued by an authority that is not trusted".to_owned(),
        CertificateError::BadEncoding => "malformed".to_owned(),
        CertificateError::BadSignature => "signed with another key than that of its issuer".to_owned(),
        other => other.to_string(),
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verdict(leaf, chain, name, ocsp);
        let defects = verdict.as_ref().err().map(defect).into_iter().collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { presented: true, defects };
        if self.lenient { Ok(ServerCertVerified::assertion()) } else { verdict }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
