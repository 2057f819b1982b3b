//! The roots that a certificate chain may end in: those of the system and those that the user names.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::signatures::RightSignatures;

/// The roots to trust.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    anchors: Vec<TrustAnchor<'static>>,
    /// How many of the anchors, counted from the end, only the user vouches for.
    private: usize,
    /// The certificates that the user named, as they are: a server may show one of them itself.
    named: Vec<CertificateDer<'static>>,
    pub(super) right_signatures: RightSignatures,
    /// Roots of the system that could not be read, in words.
    pub skipped: Vec<String>,
}

/// A file of roots that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The PEM text is broken.
    #[error("not readable as PEM: {0}")]
    Pem(String),
    /// There is no certificate in it.
    #[error("no certificate found: expected a block that begins with -----BEGIN CERTIFICATE-----")]
    Empty,
    /// One of its certificates cannot be a root.
    #[error("certificate {number} cannot be used as a root: {why}")]
    Root {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Trust {
    /// Trusts nothing yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The roots of this system. Reads files; roots that cannot be read are listed in `skipped`.
    #[must_use]
    pub fn system() -> Self {
        let loaded = rustls_native_certs::load_native_certs();
        let mut trust = Self { skipped: loaded.errors.iter().map(ToString::to_string).collect(), ..Self::default() };
        for certificate in loaded.certs {
            match webpki::anchor_from_trusted_cert(&certificate) {
                Ok(anchor) => trust.anchors.push(anchor.to_owned()),
                Err(error) => trust.skipped.push(format!("a root of the system: {error}")),
            }
        }
        trust
    }

    /// Also trusts the certificates in this PEM text; all of them or none.
    ///
    /// # Errors
    /// If the text holds no certificate, or one that cannot be used.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<usize, TrustError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| TrustError::Pem(error.to_string()))?;
        if certificates.is_empty() {
            return Err(TrustError::Empty);
        }
        let anchors = certificates
            .iter()
            .enumerate()
            .map(|(at, certificate)| match webpki::anchor_from_trusted_cert(certificate) {
                Ok(anchor) => Ok(anchor.to_owned()),
                Err(error) => Err(TrustError::Root { number: at + 1, why: error.to_string() }),
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.anchors.extend(anchors);
        let added = certificates.len();
        self.private += added;
        self.named.extend(certificates);
        Ok(added)
    }

    /// What it trusts so far stands for the roots that everybody trusts; what is added later does not.
    #[must_use]
    pub fn as_public(mut self) -> Self {
        self.private = 0;
        self
    }

    /// Also trusts these certificates; those that cannot be roots are listed in `skipped`.
    #[must_use]
    pub fn with(mut self, certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        for certificate in certificates {
            match webpki::anchor_from_trusted_cert(&certificate) {
                Ok(anchor) => {
                    self.anchors.push(anchor.to_owned());
                    self.private += 1;
                }
                Err(error) => self.skipped.push(error.to_string()),
            }
            self.named.push(certificate);
        }
        self
    }

    /// How many roots are trusted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.anchors.len()
    }

    pub(super) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// The anchors that do not rest on the word of the user.
    pub(super) fn public_anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors[..self.anchors.len() - self.private]
    }

    /// True if the user named this very certificate.
    pub(super) fn names_itself(&self, certificate: &CertificateDer<'_>) -> bool {
        self.named.iter().any(|named| named.as_ref() == certificate.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_usable_certificate_is_refused_as_a_whole() {
        let mut trust = Trust::nothing();
        assert_eq!(trust.add_pem(b"hello"), Err(TrustError::Empty));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(trust.add_pem(broken), Err(TrustError::Root { number: 1, .. })));
        assert_eq!(trust.count(), 0);
    }

    #[test]
    fn a_certificate_of_the_user_is_trusted() {
        let made = rcgen::generate_simple_self_signed(["payer.example".to_string()]).expect("a certificate");
        let mut trust = Trust::nothing();
        assert_eq!(trust.add_pem(made.cert.pem().as_bytes()), Ok(1));
        assert_eq!(trust.count(), 1);
        assert!(trust.names_itself(made.cert.der()));
    }
}
