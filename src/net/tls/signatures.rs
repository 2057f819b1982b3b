//! Signatures of certificates that were found right before: a run sees the same chain with every connection, and whether a key made a
//! signature over some bytes does not change.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};
use sha2::{Digest, Sha256};

/// A target that shows another chain with every connection must not fill the memory.
const MOST: usize = 512;

/// The digests of signatures that were right, each with its key, its bytes and its algorithm. Clones share one.
#[derive(Debug, Clone, Default)]
pub(super) struct RightSignatures(Arc<Mutex<HashSet<[u8; 32]>>>);

impl RightSignatures {
    /// The algorithms, each of which asks here first.
    pub(super) fn before(&self, algorithms: &[&'static dyn SignatureVerificationAlgorithm]) -> Vec<Remembering> {
        algorithms.iter().map(|algorithm| Remembering { algorithm: *algorithm, known: self.clone() }).collect()
    }

    fn holds(&self, digest: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    fn keep(&self, digest: [u8; 32]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(digest);
        }
    }
}

/// An algorithm that checks no signature twice that was right.
#[derive(Debug)]
pub(super) struct Remembering {
    algorithm: &'static dyn SignatureVerificationAlgorithm,
    known: RightSignatures,
}

impl SignatureVerificationAlgorithm for Remembering {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let kinds = [self.algorithm.public_key_alg_id(), self.algorithm.signature_alg_id()];
        let mut digest = Sha256::new();
        for part in [kinds[0].as_ref(), kinds[1].as_ref(), public_key, message, signature] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let digest = digest.finalize().into();
        if !self.known.holds(&digest) {
            self.algorithm.verify_signature(public_key, message, signature)?;
            self.known.keep(digest);
        }
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rustls_pki_types::alg_id;

    use super::*;

    /// Takes `key` + `message` for a signature.
    #[derive(Debug)]
    struct Counting(AtomicUsize);

    impl SignatureVerificationAlgorithm for Counting {
        fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
            self.0.fetch_add(1, Ordering::Relaxed);
            if [public_key, message].concat() == signature { Ok(()) } else { Err(InvalidSignature) }
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ECDSA_P256
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ECDSA_SHA256
        }
    }

    #[test]
    fn only_what_was_right_is_remembered_and_only_for_the_same_key_bytes_and_signature() {
        let counting: &'static Counting = Box::leak(Box::new(Counting(AtomicUsize::new(0))));
        let right = RightSignatures::default();
        let ask = |key: &[u8], message: &[u8], signature: &[u8]| {
            // One for each chain, as `examine` makes them.
            let algorithms = right.before(&[counting]);
            (algorithms[0].verify_signature(key, message, signature).is_ok(), counting.0.load(Ordering::Relaxed))
        };
        assert_eq!(ask(b"ab", b"c", b"abc"), (true, 1));
        assert_eq!(ask(b"ab", b"c", b"abc"), (true, 1), "known");
        assert_eq!(ask(b"a", b"bc", b"abc"), (true, 2), "another key");
        assert_eq!(ask(b"ab", b"d", b"abc"), (false, 3), "other bytes");
        assert_eq!(ask(b"ab", b"d", b"abc"), (false, 4), "a wrong one is checked each time");
        for number in 0..2 * MOST {
            let key = number.to_be_bytes();
            assert!(ask(&key, b"", &key).0);
        }
        assert_eq!(right.0.lock().unwrap().len(), MOST);
    }
}
