//! The RSA keys that sign the server's metadata. Those of faults are made once per process.

use std::sync::OnceLock;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::super::keys as known;

type Made = Result<PKey<Private>, ErrorStack>;

/// The key of every honest metadata certificate.
pub(super) fn signing_key() -> Result<&'static PKey<Private>, ErrorStack> {
    static KEY: OnceLock<Made> = OnceLock::new();
    KEY.get_or_init(|| PKey::private_key_from_pem(known::METADATA.as_bytes())).as_ref().map_err(Clone::clone)
}

/// A key that no certificate of ours is about.
pub(super) fn other_key() -> Result<&'static PKey<Private>, ErrorStack> {
    static KEY: OnceLock<Made> = OnceLock::new();
    get(&KEY, 2048)
}

/// A key that is too short to be trusted.
pub(super) fn weak_key() -> Result<&'static PKey<Private>, ErrorStack> {
    static KEY: OnceLock<Made> = OnceLock::new();
    get(&KEY, 1024)
}

fn get(key: &'static OnceLock<Made>, bits: u32) -> Result<&'static PKey<Private>, ErrorStack> {
    key.get_or_init(|| PKey::from_rsa(Rsa::generate(bits)?)).as_ref().map_err(Clone::clone)
}
