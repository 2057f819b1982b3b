//! Keys and signature algorithms of certificates: which they are, and which are too weak to prove anything.

use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// The fewest bits of an RSA key (RFC 7518 3.3, and every community that issues for UDAP).
const FEWEST_RSA_BITS: usize = 2048;
/// The most: a larger key only costs time.
const MOST_RSA_BITS: usize = 16_384;
/// The longest public exponent: real ones have three bytes, and a long one makes a verification slow.
const LONGEST_EXPONENT: usize = 8;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKeyKind {
    /// RSA.
    Rsa {
        /// The size of the modulus.
        bits: usize,
        /// False when the exponent makes the key worthless (1, even) or slow (longer than 64 bits).
        sane_exponent: bool,
    },
    /// On a curve of FIPS 186.
    Ec {
        /// `P-256`, `P-384` or `P-521`.
        curve: &'static str,
        /// Its size.
        bits: usize,
    },
    /// Ed25519.
    Ed25519,
    /// Another one; the object identifier of the algorithm or the curve.
    Other(String),
}

impl PublicKeyKind {
    pub(super) fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = key.algorithm.algorithm.to_id_string();
        match (algorithm.as_str(), key.parsed()) {
            ("1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10", Ok(PublicKey::RSA(rsa))) => {
                let exponent = without_zeros(rsa.exponent);
                let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
                let sane_exponent = is_odd && exponent != [1] && exponent.len() <= LONGEST_EXPONENT;
                Self::Rsa { bits: bits_of(rsa.modulus), sane_exponent }
            }
            ("1.2.840.10045.2.1", _) => {
                let curve = key.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
                match curve.map(|oid| oid.to_id_string()).as_deref() {
                    Some("1.2.840.10045.3.1.7") => Self::Ec { curve: "P-256", bits: 256 },
                    Some("1.3.132.0.34") => Self::Ec { curve: "P-384", bits: 384 },
                    Some("1.3.132.0.35") => Self::Ec { curve: "P-521", bits: 521 },
                    Some(other) => Self::Other(other.to_owned()),
                    None => Self::Other(algorithm),
                }
            }
            ("1.3.101.112", _) => Self::Ed25519,
            _ => Self::Other(algorithm),
        }
    }

    /// `RSA`, `EC`, `Ed25519` or the object identifier.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::Ec { .. } => "EC",
            Self::Ed25519 => "Ed25519",
            Self::Other(oid) => oid,
        }
    }

    /// Its size in bits; 0 when unknown.
    #[must_use]
    pub fn bits(&self) -> usize {
        match self {
            Self::Rsa { bits, .. } | Self::Ec { bits, .. } => *bits,
            Self::Ed25519 => 256,
            Self::Other(_) => 0,
        }
    }

    /// Why nothing that this key signs proves anything.
    #[must_use]
    pub fn weakness(&self) -> Option<String> {
        match self {
            Self::Rsa { bits, .. } if *bits < FEWEST_RSA_BITS => {
                Some(format!("an RSA key of {bits} bits, fewer than {FEWEST_RSA_BITS}"))
            }
            Self::Rsa { bits, .. } if *bits > MOST_RSA_BITS => {
                Some(format!("an RSA key of {bits} bits, more than {MOST_RSA_BITS}"))
            }
            Self::Rsa { sane_exponent: false, .. } => Some("an RSA key with a public exponent that nobody should use".into()),
            Self::Other(oid) => Some(format!("a key of a kind that is not used for signatures here ({oid})")),
            Self::Rsa { .. } | Self::Ec { .. } | Self::Ed25519 => None,
        }
    }

    /// False for keys with which a verification may take long.
    pub(in crate::crypto) fn is_affordable(&self) -> bool {
        match self {
            Self::Rsa { bits, sane_exponent } => *bits <= MOST_RSA_BITS && *sane_exponent,
            _ => true,
        }
    }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

fn bits_of(modulus: &[u8]) -> usize {
    let bytes = without_zeros(modulus);
    bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize)
}

/// How a certificate, a CRL or a response is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureKind {
    /// With an algorithm that is accepted; its name.
    Strong(&'static str),
    /// With one that is broken; its name.
    Weak(&'static str),
    /// With one that is not known here; its object identifier.
    Unknown(String),
}

impl SignatureKind {
    pub(super) fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let oid = algorithm.algorithm.to_id_string();
        match oid.as_str() {
            "1.2.840.113549.1.1.11" => Self::Strong("sha256WithRSAEncryption"),
            "1.2.840.113549.1.1.12" => Self::Strong("sha384WithRSAEncryption"),
            "1.2.840.113549.1.1.13" => Self::Strong("sha512WithRSAEncryption"),
            "1.2.840.113549.1.1.10" => rsa_pss(algorithm),
            "1.2.840.10045.4.3.2" => Self::Strong("ecdsa-with-SHA256"),
            "1.2.840.10045.4.3.3" => Self::Strong("ecdsa-with-SHA384"),
            "1.2.840.10045.4.3.4" => Self::Strong("ecdsa-with-SHA512"),
            "1.3.101.112" => Self::Strong("Ed25519"),
            "1.2.840.113549.1.1.2" => Self::Weak("md2WithRSAEncryption"),
            "1.2.840.113549.1.1.4" => Self::Weak("md5WithRSAEncryption"),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::Weak("sha1WithRSAEncryption"),
            "1.2.840.10045.4.1" => Self::Weak("ecdsa-with-SHA1"),
            "1.2.840.10040.4.3" => Self::Weak("dsa-with-sha1"),
            _ => Self::Unknown(oid),
        }
    }

    /// Its name, or its object identifier.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Strong(name) | Self::Weak(name) => name,
            Self::Unknown(oid) => oid,
        }
    }
}

/// RSASSA-PSS says its hash in parameters; without them it is SHA-1 (RFC 4055 3.1).
fn rsa_pss(algorithm: &AlgorithmIdentifier<'_>) -> SignatureKind {
    let hash = algorithm.parameters.as_ref().and_then(|any| {
        let params = RsaSsaPssParams::try_from(any).ok()?;
        Some(params.hash_algorithm_oid().to_id_string())
    });
    match hash.as_deref() {
        Some("2.16.840.1.101.3.4.2.1") => SignatureKind::Strong("rsassaPss with SHA-256"),
        Some("2.16.840.1.101.3.4.2.2") => SignatureKind::Strong("rsassaPss with SHA-384"),
        Some("2.16.840.1.101.3.4.2.3") => SignatureKind::Strong("rsassaPss with SHA-512"),
        Some("1.3.14.3.2.26") | None => SignatureKind::Weak("rsassaPss with SHA-1"),
        Some(other) => SignatureKind::Unknown(other.to_owned()),
    }
}
