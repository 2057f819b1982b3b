//! DSSE: an envelope that signs a payload together with its type, by Ed25519 or ECDSA on P-256.
//!
//! Nothing in an envelope is believed before its signature holds by a key that the reader brought.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public};
use openssl::sign::{Signer, Verifier};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::vocabulary::Secret;

/// Why something could not be signed, or is not signed by the key. Never holds key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsseError {
    /// A key of another kind, or no key.
    #[error("it is no {0} key in PEM of Ed25519 or ECDSA on P-256")]
    Key(&'static str),
    /// The system did not sign.
    #[error("signing failed")]
    Signing,
    /// Not an envelope, or not in the one form that we write.
    #[error("it is no DSSE envelope in the form that carinbb writes")]
    Form,
    /// Signed by another key.
    #[error("it is signed by the key {0}, not by the one that was given")]
    OtherKey(String),
    /// By the same key again, or a third time.
    #[error("it is signed by this key, or by two keys, already")]
    Twice,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
}

/// An envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The payload in base64.
    pub payload: String,
    /// What the payload is.
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// Ours, and behind it that of a reviewer.
    pub signatures: Vec<Signature>,
}

/// A signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`) in hex.
    pub keyid: String,
    /// The signature in base64.
    pub sig: String,
}

/// Whoever tested and whoever reviewed.
const MOST_SIGNATURES: usize = 2;

/// A private key that signs envelopes.
pub struct SigningKey(PKey<Private>);

impl SigningKey {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// When it is no private key, or of another kind.
    pub fn from_pem(pem: &Secret) -> Result<Self, DsseError> {
        let key = PKey::private_key_from_pem(pem.expose().as_bytes()).map_err(|_| DsseError::Key("private"))?;
        if is_usable(&key) { Ok(Self(key)) } else { Err(DsseError::Key("private")) }
    }

    /// SHA-256 of the public key in hex.
    ///
    /// # Errors
    /// When the key cannot be written.
    pub fn id(&self) -> Result<String, DsseError> {
        key_id(&self.0)
    }

    /// Signs what an envelope holds once more.
    ///
    /// # Errors
    /// When the system does not sign, or the envelope is signed by this key or by two already.
    pub fn sign_too(&self, envelope: &mut Envelope, payload: &[u8]) -> Result<(), DsseError> {
        let own = self.sign(&envelope.payload_type, payload)?.signatures;
        let known = |id: &str| envelope.signatures.iter().any(|signature| signature.keyid == id);
        if envelope.signatures.len() >= MOST_SIGNATURES || own.iter().any(|signature| known(&signature.keyid)) {
            return Err(DsseError::Twice);
        }
        envelope.signatures.extend(own);
        Ok(())
    }

    /// Signs a payload with its type.
    ///
    /// # Errors
    /// When the system does not sign.
    pub fn sign(&self, payload_type: &str, payload: &[u8]) -> Result<Envelope, DsseError> {
        let message = encoded(payload_type, payload);
        let signer = match self.0.id() {
            Id::ED25519 => Signer::new_without_digest(&self.0),
            _ => Signer::new(MessageDigest::sha256(), &self.0),
        };
        let signed = signer.and_then(|mut signer| signer.sign_oneshot_to_vec(&message)).map_err(|_| DsseError::Signing)?;
        Ok(Envelope {
            payload: STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: vec![Signature { keyid: self.id()?, sig: STANDARD.encode(signed) }],
        })
    }
}

/// SHA-256 of a public key (PEM) in hex.
///
/// # Errors
/// When it is no public key, or of another kind.
pub fn public_id(pem: &[u8]) -> Result<String, DsseError> {
    let key = PKey::public_key_from_pem(pem).map_err(|_| DsseError::Key("public"))?;
    if is_usable(&key) { key_id(&key) } else { Err(DsseError::Key("public")) }
}

/// An envelope as it stands in a file: one form only, so that a changed byte is a changed envelope.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn to_file(envelope: &Envelope) -> Result<Vec<u8>, DsseError> {
    let text = serde_json::to_string_pretty(envelope).map_err(|_| DsseError::Form)?;
    Ok((text + "\n").into_bytes())
}

/// Reads what [`to_file`] wrote, and the payload in it. Nothing of it is believed yet.
///
/// # Errors
/// When it is anything else.
pub fn from_file(bytes: &[u8]) -> Result<(Envelope, Vec<u8>), DsseError> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| DsseError::Form)?;
    let payload = STANDARD.decode(&envelope.payload).map_err(|_| DsseError::Form)?;
    if to_file(&envelope)? != bytes || !(1..=MOST_SIGNATURES).contains(&envelope.signatures.len()) {
        return Err(DsseError::Form);
    }
    Ok((envelope, payload))
}

/// Whether an envelope is signed by the owner of this public key (PEM).
///
/// # Errors
/// When the key is none, is another, or the signature does not hold.
pub fn check(envelope: &Envelope, payload: &[u8], public_pem: &[u8]) -> Result<(), DsseError> {
    let key: PKey<Public> = PKey::public_key_from_pem(public_pem).map_err(|_| DsseError::Key("public"))?;
    if !is_usable(&key) {
        return Err(DsseError::Key("public"));
    }
    let id = key_id(&key)?;
    let Some(signature) = envelope.signatures.iter().find(|own| own.keyid == id) else {
        let named: Vec<&str> = envelope.signatures.iter().map(|own| own.keyid.as_str()).collect();
        return Err(DsseError::OtherKey(named.join(" and ")));
    };
    let bytes = STANDARD.decode(&signature.sig).map_err(|_| DsseError::Form)?;
    let message = encoded(&envelope.payload_type, payload);
    let verifier = match key.id() {
        Id::ED25519 => Verifier::new_without_digest(&key),
        _ => Verifier::new(MessageDigest::sha256(), &key),
    };
    match verifier.and_then(|mut verifier| verifier.verify_oneshot(&bytes, &message)) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(DsseError::Signature),
    }
}

/// What is signed: DSSE's pre-authentication encoding.
fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

fn is_usable<T: HasPublic>(key: &PKeyRef<T>) -> bool {
    let is_p256 = || key.ec_key().is_ok_and(|key| key.group().curve_name() == Some(Nid::X9_62_PRIME256V1));
    key.id() == Id::ED25519 || key.id() == Id::EC && is_p256()
}

fn key_id<T: HasPublic>(key: &PKeyRef<T>) -> Result<String, DsseError> {
    let der = key.public_key_to_der().map_err(|_| DsseError::Key("public"))?;
    Ok(Sha256::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::rsa::Rsa;

    use super::*;

    fn ec(nid: Nid) -> PKey<Private> {
        EcGroup::from_curve_name(nid).and_then(|group| EcKey::generate(&group)).and_then(PKey::from_ec_key).unwrap()
    }

    fn pem(key: &PKey<Private>) -> Secret {
        Secret::new("signing_key", String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap())
    }

    #[test]
    fn the_encoding_is_that_of_the_example_in_the_specification() {
        assert_eq!(
            encoded("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn every_flipped_bit_of_an_envelope_is_found() {
        for key in [PKey::generate_ed25519().unwrap(), ec(Nid::X9_62_PRIME256V1)] {
            let public = key.public_key_to_pem().unwrap();
            let bytes = to_file(&SigningKey::from_pem(&pem(&key)).unwrap().sign("text/x", b"a payload").unwrap()).unwrap();
            let holds = |bytes: &[u8]| from_file(bytes).and_then(|(envelope, payload)| check(&envelope, &payload, &public));
            assert_eq!(holds(&bytes), Ok(()));
            for at in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[at / 8] ^= 1 << (at % 8);
                assert!(holds(&changed).is_err(), "bit {at} can be flipped unnoticed");
            }
        }
    }

    #[test]
    fn another_key_another_kind_of_key_and_no_key_are_refused() {
        let (own, other) = (PKey::generate_ed25519().unwrap(), PKey::generate_ed25519().unwrap());
        let envelope = SigningKey::from_pem(&pem(&own)).unwrap().sign("text/x", b"p").unwrap();
        let refused = |key: &[u8]| check(&envelope, b"p", key).unwrap_err();
        assert!(matches!(refused(&other.public_key_to_pem().unwrap()), DsseError::OtherKey(_)));
        let rsa = Rsa::generate(2048).and_then(PKey::from_rsa).unwrap();
        assert_eq!(refused(&rsa.public_key_to_pem().unwrap()), DsseError::Key("public"));
        assert_eq!(refused(b"no key"), DsseError::Key("public"));
        for key in [rsa, ec(Nid::SECP384R1)] {
            assert!(SigningKey::from_pem(&pem(&key)).is_err());
        }
        assert!(SigningKey::from_pem(&Secret::new("signing_key", "no key at all")).is_err());
    }
}
