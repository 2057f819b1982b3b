//! Certificates that today's libraries refuse to make: small RSA keys and SHA-1, through OpenSSL.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder};

use super::certificates::{RESPONDER_PATH, authority_url};

/// A fresh RSA key of 1024 bits, in PKCS #8.
pub(super) fn rsa_1024() -> Result<Vec<u8>, ErrorStack> {
    PKey::from_rsa(Rsa::generate(1024)?)?.private_key_to_pkcs8()
}

/// The certificate of a template with another key (PKCS #8) and signed by the issuer with this digest.
pub(super) fn sign(
    template: &[u8],
    issuer: &[u8],
    key: &[u8],
    issuer_key: &[u8],
    digest: MessageDigest,
    port: u16,
) -> Result<Vec<u8>, ErrorStack> {
    let (template, issuer) = (X509::from_der(template)?, X509::from_der(issuer)?);
    let key = PKey::private_key_from_pkcs8(key)?;
    let issuer_key = PKey::private_key_from_pkcs8(issuer_key)?;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(template.serial_number())?;
    builder.set_issuer_name(issuer.subject_name())?;
    builder.set_subject_name(template.subject_name())?;
    builder.set_not_before(template.not_before())?;
    builder.set_not_after(template.not_after())?;
    builder.set_pubkey(&key)?;
    let context = |builder: &X509Builder, oid: &str, value: &str| {
        let extension = builder.x509v3_context(Some(&issuer), None);
        #[allow(deprecated, reason = "the builders of extensions know no authorityInfoAccess")]
        openssl::x509::X509Extension::new(None, Some(&extension), oid, value)
    };
    let responder = authority_url(port, RESPONDER_PATH);
    let addresses = format!("OCSP;URI:{responder},caIssuers;URI:http://ca.reference.example/issuing.crt");
    for (name, value) in [
        ("basicConstraints", "critical,CA:FALSE"),
        ("keyUsage", "critical,digitalSignature"),
        ("extendedKeyUsage", "serverAuth"),
        ("subjectAltName", "DNS:localhost,IP:127.0.0.1"),
        ("subjectKeyIdentifier", "hash"),
        ("authorityKeyIdentifier", "keyid:always"),
        ("authorityInfoAccess", addresses.as_str()),
    ] {
        let extension = context(&builder, name, value)?;
        builder.append_extension(extension)?;
    }
    builder.sign(&issuer_key, digest)?;
    builder.build().to_der()
}
