//! The operator's own certificate from a trust community: a PKCS#12 file, also one with the old encryption that many
//! communities still hand out.

use openssl::pkcs12::Pkcs12;
use openssl::provider::Provider;
use openssl::x509::X509;

use super::{Credential, LabError};
use crate::vocabulary::Secret;

/// Opens a PKCS#12. Gives the credential and the URIs of its certificate.
///
/// # Errors
/// When the password is wrong, or key or certificate is missing.
pub fn from_pkcs12(bytes: &[u8], password: &Secret) -> Result<(Credential, Vec<String>), LabError> {
    let wrong = |message: &str| LabError::Pkcs12(message.to_owned());
    let archive = Pkcs12::from_der(bytes).map_err(|_| wrong("it is no PKCS#12 file"))?;
    let parsed = match archive.parse2(password.expose()) {
        Ok(parsed) => parsed,
        Err(_) => {
            // RC2 and 3DES live in a module of OpenSSL that is loaded on demand and must stay while the file is read.
            let _legacy = Provider::try_load(None, "legacy", true);
            archive.parse2(password.expose()).map_err(|_| wrong("the password does not fit, or its encryption is unknown"))?
        }
    };
    let key = parsed.pkey.ok_or_else(|| wrong("it holds no private key"))?;
    let leaf = parsed.cert.ok_or_else(|| wrong("it holds no certificate that fits the key"))?;
    let uris = uris_of(&leaf);
    if uris.is_empty() {
        return Err(wrong("its certificate names no URI, so it cannot stand for a UDAP client"));
    }
    let is_root =
        |certificate: &X509| certificate.issuer_name().try_cmp(certificate.subject_name()).is_ok_and(|order| order.is_eq());
    let others: Vec<X509> = parsed.ca.into_iter().flatten().collect();
    let root = others.iter().find(|certificate| is_root(certificate)).and_then(|certificate| certificate.to_der().ok());
    let above = ordered(&leaf, others.into_iter().filter(|certificate| !is_root(certificate)).collect());
    let chain: Result<Vec<Vec<u8>>, _> = std::iter::once(&leaf).chain(&above).map(|certificate| certificate.to_der()).collect();
    Ok((Credential { chain: chain?, root, key }, uris))
}

/// The certificates above the leaf, each the issuer of the one before it; others are left out.
fn ordered(leaf: &X509, mut others: Vec<X509>) -> Vec<X509> {
    let mut above: Vec<X509> = Vec::new();
    loop {
        let last = above.last().unwrap_or(leaf);
        let issues = |certificate: &X509| certificate.subject_name().try_cmp(last.issuer_name()).is_ok_and(|order| order.is_eq());
        let Some(at) = others.iter().position(issues) else { return above };
        above.push(others.swap_remove(at));
    }
}

fn uris_of(certificate: &X509) -> Vec<String> {
    let names = certificate.subject_alt_names().into_iter().flatten();
    names.filter_map(|name| name.uri().map(str::to_owned)).collect()
}
