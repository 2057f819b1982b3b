//! Checks that the server has the private key of the certificate that it shows.
//!
//! First through rustls. What rustls does not read (RSA below 2048 bits, version 1 certificates) is checked through OpenSSL, so
//! that a small key is reported as small and not as stolen.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::X509;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::CertificateDer;

/// Which of the two ways to sign a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Tls12,
    Tls13,
}

/// `Err` says in words why the signature was not accepted.
pub(super) fn check(
    protocol: Protocol,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<(), String> {
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let first = match protocol {
        Protocol::Tls12 => verify_tls12_signature(message, certificate, signed, &algorithms),
        Protocol::Tls13 => verify_tls13_signature(message, certificate, signed, &algorithms),
    };
    let Err(error) = first else { return Ok(()) };
    match second_opinion(message, certificate, signed) {
        Ok(true) => Ok(()),
        _ => Err(error.to_string()),
    }
}

fn second_opinion(message: &[u8], certificate: &CertificateDer<'_>, signed: &DigitallySignedStruct) -> Result<bool, ErrorStack> {
    let key = X509::from_der(certificate)?.public_key()?;
    let (digest, is_pss) = match signed.scheme {
        SignatureScheme::RSA_PKCS1_SHA256 | SignatureScheme::ECDSA_NISTP256_SHA256 => (MessageDigest::sha256(), false),
        SignatureScheme::RSA_PKCS1_SHA384 | SignatureScheme::ECDSA_NISTP384_SHA384 => (MessageDigest::sha384(), false),
        SignatureScheme::RSA_PKCS1_SHA512 => (MessageDigest::sha512(), false),
        SignatureScheme::RSA_PSS_SHA256 => (MessageDigest::sha256(), true),
        SignatureScheme::RSA_PSS_SHA384 => (MessageDigest::sha384(), true),
        SignatureScheme::RSA_PSS_SHA512 => (MessageDigest::sha512(), true),
        _ => return Ok(false),
    };
    let mut verifier = Verifier::new(digest, &key)?;
    if is_pss {
        verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        verifier.set_rsa_mgf1_md(digest)?;
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    verifier.verify_oneshot(signed.signature(), message)
}
