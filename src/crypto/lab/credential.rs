//! A client's certificate chain with its key, and what can be signed with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

use crate::crypto::CryptoError;
use crate::vocabulary::Secret;

/// Which key of the laboratory a client holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// RSA with 2048 bits.
    Rsa,
    /// RSA with 4096 bits.
    Rsa4096,
    /// P-256.
    Ec256,
    /// P-384.
    Ec384,
    /// A P-256 key that is new for this certificate.
    Renewed,
}

impl KeyKind {
    /// Every kind by the word of the cases.
    pub const WORDS: [(&'static str, KeyKind); 5] = [
        ("rsa", Self::Rsa),
        ("rsa-4096", Self::Rsa4096),
        ("ec256", Self::Ec256),
        ("ec384", Self::Ec384),
        ("renewed", Self::Renewed),
    ];

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(own, _)| *own == word).map(|(_, kind)| *kind)
    }
}

/// A chain, leaf first and without its root, with the key of the leaf.
#[derive(Clone)]
pub struct Credential {
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The root above it in DER, when it is known.
    pub root: Option<Vec<u8>>,
    pub(super) key: PKey<Private>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential of {} certificates", self.chain.len())
    }
}

impl Credential {
    /// A credential from parts.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn new(chain: Vec<Vec<u8>>, root: Option<Vec<u8>>, pem: &Secret) -> Result<Self, CryptoError> {
        let key = PKey::private_key_from_pem(pem.expose().as_bytes()).map_err(|_| CryptoError::Key("a client key".into()))?;
        Ok(Self { chain, root, key })
    }

    /// The algorithm that the key is for when nothing else is said.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match (self.key.id(), self.key.bits()) {
            (Id::EC, 256) => "ES256",
            (Id::EC, _) => "ES384",
            _ => "RS256",
        }
    }

    /// Signs. A key of any size is taken, a weak one on purpose as well.
    ///
    /// # Errors
    /// When key and algorithm do not go together.
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (id, digest) = match algorithm {
            "RS256" | "PS256" => (Id::RSA, MessageDigest::sha256()),
            "RS384" | "PS384" => (Id::RSA, MessageDigest::sha384()),
            "RS512" | "PS512" => (Id::RSA, MessageDigest::sha512()),
            "ES256" => (Id::EC, MessageDigest::sha256()),
            "ES384" => (Id::EC, MessageDigest::sha384()),
            _ => return Err(CryptoError::Algorithm(algorithm.to_owned())),
        };
        let width = if algorithm == "ES256" { 32 } else { 48 };
        if self.key.id() != id || (id == Id::EC && self.key.bits() != 8 * width) {
            return Err(CryptoError::Key(algorithm.to_owned()));
        }
        let signed = || -> Result<Vec<u8>, openssl::error::ErrorStack> {
            let mut signer = Signer::new(digest, &self.key)?;
            if algorithm.starts_with("PS") {
                signer.set_rsa_padding(Padding::PKCS1_PSS)?;
                signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
                signer.set_rsa_mgf1_md(digest)?;
            }
            let signature = signer.sign_oneshot_to_vec(message)?;
            if id != Id::EC {
                return Ok(signature);
            }
            // JWS has the two numbers one behind the other (RFC 7518 3.4), not the DER of X.509.
            let pair = EcdsaSig::from_der(&signature)?;
            Ok([pair.r().to_vec_padded(i32::from(width as u16))?, pair.s().to_vec_padded(i32::from(width as u16))?].concat())
        };
        signed().map_err(|_| CryptoError::Signing(algorithm.to_owned()))
    }

    /// The secret of an HS256 signature that a verifier accepts when it takes public material for a shared secret: four
    /// materials, of which two are texts that may end their lines in two ways.
    ///
    /// # Errors
    /// When there is no such word or no certificate.
    pub fn confusion(&self, word: &str) -> Result<Vec<u8>, CryptoError> {
        let failed = |_| CryptoError::Key("HS256".into());
        let with_crlf = |pem: Vec<u8>| String::from_utf8_lossy(&pem).replace('\n', "\r\n").into_bytes();
        let leaf = self.chain.first().cloned().unwrap_or_default();
        let certificate = || openssl::x509::X509::from_der(&leaf);
        match word {
            "spki-pem-lf" => self.key.public_key_to_pem().map_err(failed),
            "spki-pem-crlf" => self.key.public_key_to_pem().map(with_crlf).map_err(failed),
            "spki-der" => self.key.public_key_to_der().map_err(failed),
            "certificate-pem-lf" => certificate().and_then(|certificate| certificate.to_pem()).map_err(failed),
            "certificate-pem-crlf" => certificate().and_then(|certificate| certificate.to_pem()).map(with_crlf).map_err(failed),
            "certificate-der" => Ok(leaf),
            _ => Err(CryptoError::Algorithm(word.to_owned())),
        }
    }

    /// The public key as a JWK with this id; of an RSA key, which is what ours are.
    ///
    /// # Errors
    /// When it is another key.
    pub fn public_jwk(&self, id: &str) -> Result<serde_json::Value, CryptoError> {
        let rsa = self.key.rsa().map_err(|_| CryptoError::Key(self.algorithm().to_owned()))?;
        let number = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        let (n, e) = (number(rsa.n().to_vec()), number(rsa.e().to_vec()));
        Ok(serde_json::json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": n, "e": e }))
    }

    /// The public key in PEM, for whoever verifies.
    ///
    /// # Errors
    /// When OpenSSL cannot write it.
    pub fn public_pem(&self) -> Result<Vec<u8>, CryptoError> {
        self.key.public_key_to_pem().map_err(|_| CryptoError::Key(self.algorithm().to_owned()))
    }
}
