//! Signatures of JWTs, verified with OpenSSL: RSA, RSA-PSS and ECDSA in the raw form of JWS.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::X509Ref;

/// Whether an algorithm can be used with the key of a certificate.
pub(super) fn fits(algorithm: &str, certificate: &X509Ref) -> bool {
    certificate.public_key().is_ok_and(|key| of_key(&key).iter().any(|(name, _)| *name == algorithm))
}

/// Whether a signature is right by the algorithm that the header names.
pub(super) fn is_right(algorithm: &str, certificate: &X509Ref, signed: &str, signature: &[u8]) -> bool {
    let Ok(key) = certificate.public_key() else { return false };
    let digest = of_key(&key).into_iter().find(|(name, _)| *name == algorithm).map(|(_, digest)| digest);
    let right = digest.map(|digest| verify(algorithm, digest, &key, signed, signature));
    matches!(right, Some(Ok(true)))
}

/// Whether a signature is right by the algorithm that the key alone suggests, whatever the header says.
pub(super) fn is_right_by_key(certificate: &X509Ref, signed: &str, signature: &[u8]) -> bool {
    let Ok(key) = certificate.public_key() else { return false };
    of_key(&key).into_iter().any(|(name, digest)| matches!(verify(name, digest, &key, signed, signature), Ok(true)))
}

/// Whether an ECDSA signature is right by the form that X.509 has for it, which JWS does not use.
pub(super) fn is_right_in_der(certificate: &X509Ref, signed: &str, signature: &[u8]) -> bool {
    let key = certificate.public_key().ok().filter(|key| key.id() == Id::EC);
    let verified = key.map(|key| Verifier::new(MessageDigest::sha256(), &key)?.verify_oneshot(signature, signed.as_bytes()));
    matches!(verified, Some(Ok(true)))
}

/// The algorithms that a key can be used with.
fn of_key(key: &PKey<Public>) -> Vec<(&'static str, MessageDigest)> {
    let (short, long) = (MessageDigest::sha256(), MessageDigest::sha384());
    match key.id() {
        Id::RSA => vec![("RS256", short), ("RS384", long), ("PS256", short)],
        Id::EC => match key.ec_key().ok().and_then(|key| key.group().curve_name()) {
            Some(Nid::X9_62_PRIME256V1) => vec![("ES256", short)],
            Some(Nid::SECP384R1) => vec![("ES384", long)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn verify(
    algorithm: &str,
    digest: MessageDigest,
    key: &PKey<Public>,
    signed: &str,
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    let mut verifier = Verifier::new(digest, key)?;
    if algorithm == "PS256" {
        verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    if !algorithm.starts_with("ES") {
        return verifier.verify_oneshot(signature, signed.as_bytes());
    }
    let half = if algorithm == "ES256" { 32 } else { 48 };
    if signature.len() != 2 * half {
        return Ok(false);
    }
    let (r, s) = signature.split_at(half);
    let der = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()?;
    verifier.verify_oneshot(&der, signed.as_bytes())
}
