//! A compact JWS that brings its own certificates in `x5c`, as UDAP signs everything: taken apart, every defect named, the
//! signature verified with the key of the first certificate. Whether that certificate is trusted is for [`super::x509`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::X509;
use serde_json::Value;

use super::duplicate_keys::duplicate_keys;
use super::jwt::{Jwt, JwtDefect};
use super::x509::{Certificate, MOST_CERTIFICATES, PublicKeyKind};

/// What is wrong with such a JWS, the trust in its certificate aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwsDefect {
    /// Its form.
    Form(JwtDefect),
    /// A member stands twice in the header.
    DuplicateHeader,
    /// A claim stands twice.
    DuplicateClaim,
    /// The header has no text `alg`.
    AlgorithmMissing,
    /// `alg` is `none`, or there is no signature.
    Unsigned,
    /// `alg` names a shared secret.
    AlgorithmSymmetric,
    /// `alg` is not known here.
    AlgorithmUnknown,
    /// The key of the certificate is of another kind than `alg`.
    AlgorithmForAnotherKey,
    /// The header has `crit`: nothing that it could name is understood here.
    Critical,
    /// The header has no `x5c`.
    X5cMissing,
    /// `x5c` is not a list.
    X5cNotAList,
    /// `x5c` is empty.
    X5cEmpty,
    /// `x5c` has more entries than are read.
    X5cTooMany,
    /// An entry of `x5c` is not a text.
    X5cNotText,
    /// An entry of `x5c` is base64url instead of base64.
    X5cBase64Url,
    /// An entry of `x5c` is a PEM text.
    X5cPem,
    /// An entry of `x5c` is not base64.
    X5cNotBase64,
    /// The first entry of `x5c` is no certificate.
    X5cNotACertificate,
    /// The key of the first certificate did not make the signature.
    SignatureInvalid,
    /// An ECDSA signature in DER instead of the two numbers side by side.
    SignatureDer,
}

impl JwsDefect {
    /// The word of the fact.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Form(defect) => defect.word(),
            Self::DuplicateHeader => "duplicate-header",
            Self::DuplicateClaim => "duplicate-claim",
            Self::AlgorithmMissing => "alg-missing",
            Self::Unsigned => "unsigned",
            Self::AlgorithmSymmetric => "alg-symmetric",
            Self::AlgorithmUnknown => "alg-unknown",
            Self::AlgorithmForAnotherKey => "alg-for-another-key",
            Self::Critical => "crit",
            Self::X5cMissing => "x5c-missing",
            Self::X5cNotAList => "x5c-not-a-list",
            Self::X5cEmpty => "x5c-empty",
            Self::X5cTooMany => "x5c-too-many",
            Self::X5cNotText => "x5c-not-text",
            Self::X5cBase64Url => "x5c-base64url",
            Self::X5cPem => "x5c-pem",
            Self::X5cNotBase64 => "x5c-not-base64",
            Self::X5cNotACertificate => "x5c-not-a-certificate",
            Self::SignatureInvalid => "signature-invalid",
            Self::SignatureDer => "signature-der",
        }
    }

    /// True for a defect of `x5c`.
    #[must_use]
    pub fn is_of_x5c(self) -> bool {
        self.word().starts_with("x5c-")
    }
}

/// A JWS with the certificates that it brings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct X5cJws {
    /// It, taken apart.
    pub jwt: Jwt,
    /// `alg` of the header.
    pub algorithm: Option<String>,
    /// The certificates that could be decoded, in their order.
    pub chain: Vec<Vec<u8>>,
    /// The first certificate.
    pub leaf: Option<Certificate>,
    /// Whether the key of the first certificate made the signature; nothing when that cannot be said.
    pub signature: Option<bool>,
    /// Everything that is wrong.
    pub defects: Vec<JwsDefect>,
}

impl X5cJws {
    /// True when nothing is wrong with it and its signature holds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.defects.is_empty() && self.signature == Some(true)
    }
}

/// Takes a JWS apart and verifies its signature with the first certificate of `x5c`.
#[must_use]
pub fn verify_x5c_jws(text: &str) -> X5cJws {
    let jwt = Jwt::parse(text);
    let mut jws = X5cJws { defects: jwt.defects.iter().copied().map(JwsDefect::Form).collect(), ..X5cJws::default() };
    if !duplicate_keys(&jwt.header_text).is_empty() {
        jws.defects.push(JwsDefect::DuplicateHeader);
    }
    if !duplicate_keys(&jwt.claims_text).is_empty() {
        jws.defects.push(JwsDefect::DuplicateClaim);
    }
    if let Some(header) = &jwt.header {
        jws.algorithm = header.get("alg").and_then(Value::as_str).map(str::to_owned);
        if header.contains_key("crit") {
            jws.defects.push(JwsDefect::Critical);
        }
        match chain_of(header.get("x5c")) {
            Ok(chain) => jws.chain = chain,
            Err(defect) => jws.defects.push(defect),
        }
        match jws.chain.first().map(|leaf| Certificate::read(leaf)) {
            Some(Ok(leaf)) => jws.leaf = Some(leaf),
            Some(Err(_)) => jws.defects.push(JwsDefect::X5cNotACertificate),
            None => {}
        }
        let (signature, defect) = judge(&jwt, jws.algorithm.as_deref(), jws.leaf.as_ref());
        jws.signature = signature;
        jws.defects.extend(defect);
    }
    jws.jwt = jwt;
    jws
}

/// Every entry strictly as RFC 7515 4.1.6 says: base64 with its padding and nothing else.
fn chain_of(x5c: Option<&Value>) -> Result<Vec<Vec<u8>>, JwsDefect> {
    let entries = match x5c {
        None => return Err(JwsDefect::X5cMissing),
        Some(Value::Array(entries)) if entries.is_empty() => return Err(JwsDefect::X5cEmpty),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(JwsDefect::X5cNotAList),
    };
    if entries.len() > MOST_CERTIFICATES {
        return Err(JwsDefect::X5cTooMany);
    }
    entries.iter().map(|entry| certificate_of(entry.as_str().ok_or(JwsDefect::X5cNotText)?)).collect()
}

fn certificate_of(text: &str) -> Result<Vec<u8>, JwsDefect> {
    STANDARD.decode(text).map_err(|_| {
        let is_url = URL_SAFE.decode(text).is_ok() || URL_SAFE_NO_PAD.decode(text).is_ok();
        match text {
            _ if text.contains("-----BEGIN") => JwsDefect::X5cPem,
            _ if is_url => JwsDefect::X5cBase64Url,
            _ => JwsDefect::X5cNotBase64,
        }
    })
}

/// Whether the signature holds, and what is wrong with it or with `alg`.
fn judge(jwt: &Jwt, algorithm: Option<&str>, leaf: Option<&Certificate>) -> (Option<bool>, Option<JwsDefect>) {
    let Some(algorithm) = algorithm else { return (Some(false), Some(JwsDefect::AlgorithmMissing)) };
    if algorithm.eq_ignore_ascii_case("none") || jwt.signature.as_ref().is_some_and(Vec::is_empty) {
        return (Some(false), Some(JwsDefect::Unsigned));
    }
    if matches!(algorithm, "HS256" | "HS384" | "HS512") {
        return (Some(false), Some(JwsDefect::AlgorithmSymmetric));
    }
    let Some(scheme) = Scheme::of(algorithm) else { return (None, Some(JwsDefect::AlgorithmUnknown)) };
    let (Some(leaf), Some(signature)) = (leaf, &jwt.signature) else { return (None, None) };
    if !scheme.goes_with(&leaf.key) {
        return (Some(false), Some(JwsDefect::AlgorithmForAnotherKey));
    }
    let key = X509::from_der(&leaf.der).and_then(|parsed| parsed.public_key());
    let Some(key) = key.ok().filter(|_| leaf.key.is_affordable()) else { return (None, None) };
    match scheme.verify(&key, jwt.signed.as_bytes(), signature) {
        Ok(()) => (Some(true), None),
        Err(defect) => (Some(false), Some(defect)),
    }
}

/// A signature algorithm of RFC 7518.
struct Scheme {
    family: Family,
    digest: MessageDigest,
}

enum Family {
    Pkcs1,
    Pss,
    /// The curve, and the bytes of one of the two numbers.
    Ecdsa(&'static str, usize),
}

impl Scheme {
    fn of(algorithm: &str) -> Option<Self> {
        let (family, digest) = match algorithm {
            "RS256" => (Family::Pkcs1, MessageDigest::sha256()),
            "RS384" => (Family::Pkcs1, MessageDigest::sha384()),
            "RS512" => (Family::Pkcs1, MessageDigest::sha512()),
            "PS256" => (Family::Pss, MessageDigest::sha256()),
            "PS384" => (Family::Pss, MessageDigest::sha384()),
            "PS512" => (Family::Pss, MessageDigest::sha512()),
            "ES256" => (Family::Ecdsa("P-256", 32), MessageDigest::sha256()),
            "ES384" => (Family::Ecdsa("P-384", 48), MessageDigest::sha384()),
            "ES512" => (Family::Ecdsa("P-521", 66), MessageDigest::sha512()),
            _ => return None,
        };
        Some(Self { family, digest })
    }

    fn goes_with(&self, key: &PublicKeyKind) -> bool {
        match (&self.family, key) {
            (Family::Pkcs1 | Family::Pss, PublicKeyKind::Rsa { .. }) => true,
            (Family::Ecdsa(curve, _), PublicKeyKind::Ec { curve: own, .. }) => curve == own,
            _ => false,
        }
    }

    fn verify(&self, key: &PKey<Public>, message: &[u8], signature: &[u8]) -> Result<(), JwsDefect> {
        let der;
        let signature = match self.family {
            Family::Ecdsa(_, size) => {
                der = in_der(signature, size).ok_or_else(|| match EcdsaSig::from_der(signature) {
                    Ok(_) => JwsDefect::SignatureDer,
                    Err(_) => JwsDefect::SignatureInvalid,
                })?;
                der.as_slice()
            }
            Family::Pkcs1 | Family::Pss => signature,
        };
        let verified = self.verifier(key).and_then(|mut verifier| verifier.verify_oneshot(signature, message));
        if verified.unwrap_or(false) { Ok(()) } else { Err(JwsDefect::SignatureInvalid) }
    }

    fn verifier<'k>(&self, key: &'k PKey<Public>) -> Result<Verifier<'k>, openssl::error::ErrorStack> {
        let mut verifier = Verifier::new(self.digest, key)?;
        if matches!(self.family, Family::Pss) {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            verifier.set_rsa_mgf1_md(self.digest)?;
        }
        Ok(verifier)
    }
}

/// R and S side by side (RFC 7518 3.4), as openssl takes them.
fn in_der(signature: &[u8], size: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * size {
        return None;
    }
    let (r, s) = signature.split_at(size);
    let numbers = (BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?);
    EcdsaSig::from_private_components(numbers.0, numbers.1).ok()?.to_der().ok()
}
