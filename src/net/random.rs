//! Randomness: from the system, or from a seed so that a run can be repeated in a test.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::crypto::SecureRandom;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The only source of randomness.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// 32 bytes, for a `ClientHello` or a key.
    fn bytes32(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }

    /// A version 4 UUID.
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// 43 characters of base64url with 256 bits: a `state`, a `nonce`, a PKCE verifier.
    fn state(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes32())
    }

    /// A number from 0 up to, but not including, 1.
    fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / 4_294_967_296.0
    }
}

/// The random generator of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let source: &dyn SecureRandom = rustls::crypto::ring::default_provider().secure_random;
        if source.fill(buffer).is_ok() {
            return;
        }
        // Version 4 UUIDs come from the generator of the system as well.
        for chunk in buffer.chunks_mut(8) {
            let uuid = *Uuid::new_v4().as_bytes();
            let digest = Sha256::digest(uuid);
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// SHA-256 of a seed and a counter: the same seed gives the same run. Never for a real target's secrets.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRandom {
    /// A generator that starts anew from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let counter = self.counter.fetch_add(1, Ordering::Relaxed);
            let digest = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(counter.to_le_bytes()).finalize();
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run() {
        let (a, b, c) = (SeededRandom::new(1), SeededRandom::new(1), SeededRandom::new(2));
        let first = a.state();
        assert_eq!(first, b.state());
        assert_ne!(first, a.state());
        assert_ne!(first, c.state());
        assert_eq!(first.len(), 43);
    }

    #[test]
    fn system_randomness_does_not_repeat() {
        assert_ne!(SystemRandom.bytes32(), SystemRandom.bytes32());
        assert_eq!(SystemRandom.uuid().get_version_num(), 4);
        assert!((0.0..1.0).contains(&SystemRandom.fraction()));
    }
}
