//! What the operator trusts: the anchors of a community, and authorities that are known without being trusted by themselves.

use openssl::pkcs7::Pkcs7;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

use super::certificate::Certificate;

/// Anchors and intermediates. An anchor need not be a root: whoever is named here is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors {
    anchors: Vec<Certificate>,
    intermediates: Vec<Certificate>,
}

impl Anchors {
    /// Trusts nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Trusts every certificate of a PEM text.
    ///
    /// # Errors
    /// When there is none in it, or one cannot be read.
    pub fn trust_pem(&mut self, pem: &[u8]) -> Result<(), String> {
        self.anchors.extend(certificates_in(pem)?);
        Ok(())
    }

    /// Knows every certificate of a PEM text as a possible link, without trusting it.
    ///
    /// # Errors
    /// When there is none in it, or one cannot be read.
    pub fn know_pem(&mut self, pem: &[u8]) -> Result<(), String> {
        self.intermediates.extend(certificates_in(pem)?);
        Ok(())
    }

    /// The trusted certificates.
    #[must_use]
    pub fn anchors(&self) -> &[Certificate] {
        &self.anchors
    }

    /// The certificates that are known.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// True when nothing is trusted: then no chain can be judged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    pub(super) fn trusts(&self, certificate: &Certificate) -> bool {
        self.anchors.iter().any(|anchor| anchor.der == certificate.der)
    }
}

/// The most certificates that are taken from one publication.
const MOST_PUBLISHED: usize = 10;

/// The certificates that an authority publishes under the address in its certificates: DER, a PKCS#7 archive, or PEM as some do.
#[must_use]
pub fn published_certificates(body: &[u8]) -> Vec<Vec<u8>> {
    if Certificate::read(body).is_ok() {
        return vec![body.to_vec()];
    }
    if let Ok(archive) = Pkcs7::from_der(body) {
        let certificates = archive.signed().and_then(|signed| signed.certificates());
        return certificates.into_iter().flatten().filter_map(|own| own.to_der().ok()).take(MOST_PUBLISHED).collect();
    }
    CertificateDer::pem_slice_iter(body).filter_map(Result::ok).map(|der| der.to_vec()).take(MOST_PUBLISHED).collect()
}

/// The list of revoked certificates that an authority publishes: DER, or PEM as some do.
#[must_use]
pub fn published_list(body: Vec<u8>) -> Vec<u8> {
    CertificateRevocationListDer::from_pem_slice(&body).map_or(body, |list| list.to_vec())
}

fn certificates_in(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let der = certificate.map_err(|error| format!("not readable as PEM: {error}"))?;
        found.push(Certificate::read(&der)?);
    }
    if found.is_empty() { Err("there is no certificate in it".into()) } else { Ok(found) }
}
