//! Signatures of ours: with a key in PEM, with a key that nobody registered, and with the public key as if it were a secret.

use std::sync::Mutex;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jws::{ES256, ES384, HS256, JwsSigner, RS256, RS384};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use sha2::{Digest, Sha256};

use crate::vocabulary::Secret;

/// Why something could not be signed. Never holds key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The algorithm is not one that we sign with.
    #[error("'{0}' is not an algorithm that assertions are signed with: RS256, RS384, ES256 or ES384")]
    Algorithm(String),
    /// The key does not fit the algorithm or cannot be read.
    #[error("the key cannot be used with {0}: it must be a PKCS#8 key in PEM of the right kind")]
    Key(String),
    /// The signature failed.
    #[error("signing with {0} failed")]
    Signing(String),
}

/// The signature of `message` by a private key in PEM.
///
/// # Errors
/// When the algorithm is unknown or the key does not fit.
pub fn sign_with_pem(algorithm: &str, pem: &Secret, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let key = |_| CryptoError::Key(algorithm.to_owned());
    let pem = pem.expose();
    let signer: Box<dyn JwsSigner> = match algorithm {
        "RS256" => Box::new(RS256.signer_from_pem(pem).map_err(key)?),
        "RS384" => Box::new(RS384.signer_from_pem(pem).map_err(key)?),
        "ES256" => Box::new(ES256.signer_from_pem(pem).map_err(key)?),
        "ES384" => Box::new(ES384.signer_from_pem(pem).map_err(key)?),
        _ => return Err(CryptoError::Algorithm(algorithm.to_owned())),
    };
    signer.sign(message).map_err(|_| CryptoError::Signing(algorithm.to_owned()))
}

/// The HS256 signature whose secret is the PEM text of the public key: what a verifier that mixes up the algorithms accepts.
///
/// # Errors
/// When the key cannot be read.
pub fn confused_with_public_key(pem: &Secret, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let unusable = || CryptoError::Key("HS256".to_owned());
    let public =
        PKey::private_key_from_pem(pem.expose().as_bytes()).and_then(|key| key.public_key_to_pem()).map_err(|_| unusable())?;
    let signer = HS256.signer_from_bytes(public).map_err(|_| unusable())?;
    signer.sign(message).map_err(|_| CryptoError::Signing("HS256".to_owned()))
}

/// A private key, fit for the algorithm, that nobody registered; the same for the whole process. Making an RSA key takes
/// a while: call it where that does not matter.
///
/// # Errors
/// When the algorithm is unknown or the system makes no key.
pub fn strangers_pem(algorithm: &str) -> Result<Secret, CryptoError> {
    static MADE: Mutex<Vec<(String, Secret)>> = Mutex::new(Vec::new());
    let kind = match algorithm {
        "RS256" | "RS384" => "RSA",
        "ES256" | "ES384" => algorithm,
        _ => return Err(CryptoError::Algorithm(algorithm.to_owned())),
    };
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, pem)) = made.iter().find(|(known, _)| known == kind) {
        return Ok(pem.clone());
    }
    let pem = make_pem(kind).map_err(|_| CryptoError::Key(algorithm.to_owned()))?;
    made.push((kind.to_owned(), pem.clone()));
    Ok(pem)
}

fn make_pem(kind: &str) -> Result<Secret, openssl::error::ErrorStack> {
    let curve = |nid| EcGroup::from_curve_name(nid).and_then(|group| EcKey::generate(&group)).and_then(PKey::from_ec_key);
    let key = match kind {
        "RSA" => Rsa::generate(2048).and_then(PKey::from_rsa)?,
        "ES256" => curve(Nid::X9_62_PRIME256V1)?,
        _ => curve(Nid::SECP384R1)?,
    };
    let pem = key.private_key_to_pem_pkcs8()?;
    Ok(Secret::new("signing_key", String::from_utf8_lossy(&pem)))
}

/// The S256 challenge of a PKCE verifier (RFC 7636 4.2).
#[must_use]
pub fn pkce_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_example_in_rfc_7636() {
        assert_eq!(pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn keys_that_do_not_fit_are_errors_that_hold_no_key() {
        let pem = strangers_pem("ES384").unwrap();
        for algorithm in ["RS384", "ES256", "HS256", "none", ""] {
            let error = sign_with_pem(algorithm, &pem, b"x").unwrap_err().to_string();
            assert!(!error.contains("BEGIN") && error.contains(algorithm), "{error}");
        }
        assert!(sign_with_pem("ES384", &Secret::new("signing_key", "no pem"), b"x").is_err());
        assert_eq!(sign_with_pem("ES384", &pem, b"x").unwrap().len(), 96);
        assert_eq!(confused_with_public_key(&pem, b"x").unwrap().len(), 32);
    }

    #[test]
    fn the_stranger_is_the_same_for_the_whole_process() {
        assert_eq!(strangers_pem("ES256").unwrap().expose(), strangers_pem("ES256").unwrap().expose());
    }
}
