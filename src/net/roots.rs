//! What the HTTP client trusts and how it names itself in TLS: trust anchors, client certificate, crypto provider.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Installs ring as the crypto provider of the process. May be called any number of times.
pub fn install_crypto_provider() {
    // An error says that another call was first, with the same provider: no other is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A store of these trust anchors, and how many of them could not be read.
#[must_use]
pub fn roots_of(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> (Arc<RootCertStore>, usize) {
    let mut roots = RootCertStore::empty();
    let (_, unread) = roots.add_parsable_certificates(certificates);
    (Arc::new(roots), unread)
}

/// The certificate and key that we show to the target's own origins when they ask (mutual TLS).
#[derive(Debug)]
pub struct ClientIdentity {
    /// The chain, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the leaf.
    pub key: PrivateKeyDer<'static>,
}

impl Clone for ClientIdentity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}
