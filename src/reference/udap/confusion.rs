//! The key confusion: HS256 whose secret is something public, in six forms, each believed by a fault of its own.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::x509::X509Ref;

use super::super::site::Site;
use super::jws::Parts;
use super::place::Place;

/// The public key as PEM with LF and CRLF, as DER; the certificate likewise.
fn materials(certificate: &X509Ref) -> Result<[Vec<u8>; 6], ErrorStack> {
    let key = certificate.public_key()?;
    let with_crlf = |pem: &[u8]| String::from_utf8_lossy(pem).replace('\n', "\r\n").into_bytes();
    let (key_pem, certificate_pem) = (key.public_key_to_pem()?, certificate.to_pem()?);
    let (key_crlf, certificate_crlf) = (with_crlf(&key_pem), with_crlf(&certificate_pem));
    Ok([key_pem, key_crlf, key.public_key_to_der()?, certificate_pem, certificate_crlf, certificate.to_der()?])
}

/// Whether a fault believes this MAC.
pub(super) fn is_believed(site: &Site, place: &Place, certificate: &X509Ref, parts: &Parts<'_>) -> bool {
    let Ok(materials) = materials(certificate) else { return false };
    let mut believed = false;
    for (secret, fault) in materials.iter().zip(place.hs256) {
        if is_right(secret, parts) && site.has(fault) {
            believed = true;
        }
    }
    believed
}

fn is_right(secret: &[u8], parts: &Parts<'_>) -> bool {
    let mac = || -> Result<Vec<u8>, ErrorStack> {
        let key = PKey::hmac(secret)?;
        Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(parts.signed.as_bytes())
    };
    mac().is_ok_and(|mac| mac.len() == parts.signature.len() && memcmp::eq(&mac, &parts.signature))
}
