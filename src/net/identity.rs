//! How we name ourselves in TLS, and the crypto provider of the process.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Installs ring as the crypto provider of the process. May be called any number of times.
pub fn install_crypto_provider() {
    // An error says that another call was first, with the same provider: no other is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
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
