//! A laboratory CA and clients with certificates of it, good ones and bad ones.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Extension, X509Name};
use serde_json::{Value, json};

/// Where the clock of the tests stands.
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const DAY: i64 = 86_400;
pub(super) const URI: &str = "https://client.harness.test/app-01";

/// A certificate with its key and the certificates above it.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
    /// Without itself; the root is not among them.
    pub(super) above: Vec<X509>,
}

/// What a certificate is to say.
#[derive(Clone)]
pub(super) struct Wish<'a> {
    pub(super) name: &'a str,
    pub(super) uris: &'a [&'a str],
    pub(super) dns: &'a [&'a str],
    pub(super) from: i64,
    pub(super) until: i64,
    /// For a CA, the path length.
    pub(super) ca: Option<u32>,
    pub(super) signs_certificates: bool,
    pub(super) signs: bool,
    /// More extensions, as OpenSSL's configuration writes them.
    pub(super) more: &'a [(Nid, &'a str)],
    pub(super) sha1: bool,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            name: "a client",
            uris: &[URI],
            dns: &[],
            from: NOW - DAY,
            until: NOW + 30 * DAY,
            ca: None,
            signs_certificates: false,
            signs: true,
            more: &[],
            sha1: false,
        }
    }
}

pub(super) fn p256() -> PKey<Private> {
    curve(Nid::X9_62_PRIME256V1)
}

pub(super) fn curve(nid: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap()
}

pub(super) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

/// The wish for a CA.
pub(super) fn authority(name: &str, length: u32) -> Wish<'_> {
    Wish { name, uris: &[], ca: Some(length), signs_certificates: true, until: NOW + 300 * DAY, ..Wish::default() }
}

pub(super) fn root(name: &str) -> Holder {
    let key = p256();
    let certificate = certify(&authority(name, 3), &key, None);
    Holder { certificate, key, above: Vec::new() }
}

impl Holder {
    /// A certificate below this one, with this key.
    pub(super) fn issue(&self, wish: &Wish<'_>, key: PKey<Private>) -> Self {
        let certificate = certify(wish, &key, Some(self));
        let is_root = self.above.is_empty() && self.certificate.verify(&self.certificate.public_key().unwrap()).unwrap();
        let own = if is_root { Vec::new() } else { vec![self.certificate.clone()] };
        Self { certificate, key, above: [own, self.above.clone()].concat() }
    }

    /// The certificate and those above it, as `x5c` takes them.
    pub(super) fn x5c(&self) -> Value {
        let all = std::iter::once(&self.certificate).chain(&self.above);
        all.map(|one| json!(STANDARD.encode(one.to_der().unwrap()))).collect()
    }

    /// The algorithm that fits the key.
    pub(super) fn algorithm(&self) -> &'static str {
        match (self.key.id(), self.key.bits()) {
            (Id::RSA, _) => "RS256",
            (_, 384) => "ES384",
            _ => "ES256",
        }
    }

    /// A JWT with these claims and the standard header.
    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({}), claims)
    }

    /// The same with changes to the header; `null` takes a member away.
    pub(super) fn sign_as(&self, changes: &Value, claims: &Value) -> String {
        let mut header = json!({"alg": self.algorithm(), "x5c": self.x5c()});
        change(&mut header, changes);
        let signed = format!("{}.{}", encoded(&header), encoded(claims));
        let signature = self.signature(header["alg"].as_str().unwrap_or_default(), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The same JWT with padding at the end of its parts, and its signature over them as they stand there.
    pub(super) fn sign_padded(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm(), "x5c": self.x5c()});
        let signed = format!("{}.{}", URL_SAFE.encode(header.to_string()), URL_SAFE.encode(claims.to_string()));
        let signature = self.signature(self.algorithm(), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE.encode(signature))
    }

    /// The same JWT with its ECDSA signature in DER.
    pub(super) fn sign_in_der(&self, claims: &Value) -> String {
        let jwt = self.sign(claims);
        let (signed, _) = jwt.rsplit_once('.').unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap()))
    }

    /// By the key, whatever the header says, unless it says how an RSA key is to be used.
    fn signature(&self, algorithm: &str, signed: &[u8]) -> Vec<u8> {
        if algorithm == "none" {
            return Vec::new();
        }
        let long = algorithm.ends_with("384") || self.key.bits() == 384;
        let digest = if long { MessageDigest::sha384() } else { MessageDigest::sha256() };
        let mut signer = Signer::new(digest, &self.key).unwrap();
        if algorithm == "PS256" {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        }
        let signature = signer.sign_oneshot_to_vec(signed).unwrap();
        if self.key.id() == Id::RSA {
            return signature;
        }
        let half = if self.key.bits() == 384 { 48 } else { 32 };
        let signature = EcdsaSig::from_der(&signature).unwrap();
        [signature.r().to_vec_padded(half).unwrap(), signature.s().to_vec_padded(half).unwrap()].concat()
    }
}

/// Takes changes over; `null` takes a member away.
pub(super) fn change(value: &mut Value, changes: &Value) {
    for (name, new) in changes.as_object().unwrap() {
        value[name] = new.clone();
    }
    value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
}

pub(super) fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A MAC over header and claims.
pub(super) fn by_secret(holder: &Holder, secret: &[u8], claims: &Value) -> String {
    let signed = format!("{}.{}", encoded(&json!({"alg": "HS256", "x5c": holder.x5c()})), encoded(claims));
    let key = PKey::hmac(secret).unwrap();
    let mac = Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// What is public and yet may not be a secret, in six forms.
pub(super) fn public_materials(holder: &Holder) -> [Vec<u8>; 6] {
    let crlf = |pem: Vec<u8>| String::from_utf8(pem).unwrap().replace('\n', "\r\n").into_bytes();
    let key = holder.key.public_key_to_pem().unwrap();
    let certificate = holder.certificate.to_pem().unwrap();
    [
        key.clone(),
        crlf(key),
        holder.key.public_key_to_der().unwrap(),
        certificate.clone(),
        crlf(certificate),
        holder.certificate.to_der().unwrap(),
    ]
}

fn certify(wish: &Wish<'_>, key: &PKey<Private>, by: Option<&Holder>) -> X509 {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(100, MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, wish.name).unwrap();
    let name = name.build();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(by.map_or(name.as_ref(), |by| by.certificate.subject_name())).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(wish.from).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(wish.until).unwrap()).unwrap();
    let mut constraints = BasicConstraints::new();
    if let Some(length) = wish.ca {
        constraints.ca().pathlen(length);
    }
    builder.append_extension(constraints.critical().build().unwrap()).unwrap();
    let mut usage = KeyUsage::new();
    usage.critical();
    if wish.signs {
        usage.digital_signature();
    } else {
        usage.key_encipherment();
    }
    if wish.signs_certificates {
        usage.key_cert_sign().crl_sign();
    }
    builder.append_extension(usage.build().unwrap()).unwrap();
    if !wish.uris.is_empty() || !wish.dns.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for uri in wish.uris {
            names.uri(uri);
        }
        for dns in wish.dns {
            names.dns(dns);
        }
        let names = names.build(&builder.x509v3_context(by.map(|by| by.certificate.as_ref()), None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    for (nid, value) in wish.more {
        #[allow(deprecated, reason = "OpenSSL's configuration syntax is the only way to these extensions")]
        let extension = X509Extension::new_nid(None, None, *nid, value).unwrap();
        builder.append_extension(extension).unwrap();
    }
    let digest = if wish.sha1 { MessageDigest::sha1() } else { MessageDigest::sha256() };
    builder.sign(by.map_or(key, |by| &by.key), digest).unwrap();
    builder.build()
}
