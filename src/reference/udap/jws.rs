//! A JWT in compact form, taken apart strictly, and its signature by the key of its first certificate.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use openssl::x509::X509;
use serde_json::{Map, Value};

use super::super::site::Site;
use super::doubt::Doubt;
use super::place::Place;
use super::{confusion, object, signature};

/// The longest chain that is looked at, and its longest certificate.
const LONGEST_CHAIN: usize = 10;
const LARGEST_CERTIFICATE: usize = 16 * 1024;

/// A JWT whose signature was found right, or taken for right by a fault.
#[derive(Debug)]
pub(super) struct Jws {
    pub(super) claims: Map<String, Value>,
    /// Its certificates, the signer's first; empty only when a fault does without.
    pub(super) chain: Vec<X509>,
}

/// The parts of a compact JWT before anything is believed.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
}

/// Takes a JWT apart.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    split_by(&URL_SAFE_NO_PAD, text)
}

fn split_by<'a>(alphabet: &impl Engine, text: &'a str) -> Option<Parts<'a>> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let object = |part: &str| object::read(&alphabet.decode(part).ok()?);
    Some(Parts { header: object(header)?, claims: object(claims)?, signed, signature: alphabet.decode(signature).ok()? })
}

/// The parts of a JWT that end in padding, for the fault that takes them too.
fn padded<'a>(site: &Site, place: &Place, text: &'a str) -> Option<Parts<'a>> {
    split_by(&URL_SAFE, text).filter(|_| site.has(place.padding))
}

/// Reads a JWT and verifies its signature.
pub(super) fn read(site: &Site, place: &Place, text: &str) -> Result<Jws, Doubt> {
    let parts = split(text).or_else(|| padded(site, place, text)).ok_or(Doubt::Form("this is no signed JWT"))?;
    if parts.header.contains_key("crit") && !site.has(place.unknown_crit) {
        return Err(Doubt::Form("the header has a critical member that is not understood"));
    }
    let extra = parts.header.keys().any(|name| !matches!(name.as_str(), "alg" | "x5c" | "crit"));
    if extra && site.has(place.refuses_extra_header) {
        return Err(Doubt::Form("the header may have alg and x5c alone"));
    }
    let chain = chain(site, place, &parts)?;
    let algorithm = parts.header.get("alg").and_then(Value::as_str).ok_or(Doubt::Form("alg is missing"))?;
    let Some(chain) = with_leaf_first(site, place, algorithm, &parts, chain) else {
        // only a fault comes here without a certificate
        return Ok(Jws { claims: parts.claims, chain: Vec::new() });
    };
    verify(site, place, algorithm, &parts, &chain)?;
    Ok(Jws { claims: parts.claims, chain })
}

/// The certificates of the header; none only when a fault lets that pass.
fn chain(site: &Site, place: &Place, parts: &Parts<'_>) -> Result<Vec<X509>, Doubt> {
    let nothing = |reason| if site.has(place.without_x5c) { Ok(Vec::new()) } else { Err(Doubt::Form(reason)) };
    let texts: Vec<&str> = match parts.header.get("x5c") {
        Some(Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.ok_or(Doubt::Form("x5c holds something that is no string"))?
        }
        Some(Value::String(one)) if site.has(place.x5c_string) => vec![one.as_str()],
        Some(_) => return nothing("x5c is no array"),
        None => return nothing("x5c is missing"),
    };
    if texts.is_empty() {
        return nothing("x5c is empty");
    }
    if texts.len() > LONGEST_CHAIN || texts.iter().any(|text| text.len() > LARGEST_CERTIFICATE * 4 / 3) {
        return Err(Doubt::Form("x5c is too large"));
    }
    let one = |text: &&str| {
        let der = STANDARD.decode(text).ok().or_else(|| lenient(site, place, text))?;
        X509::from_der(&der).ok()
    };
    let chain: Option<Vec<X509>> = texts.iter().map(one).collect();
    let Some(chain) = chain else { return nothing("x5c holds something that is no certificate in base64") };
    if chain.len() > 3 && site.has(place.refuses_long_chain) {
        return Err(Doubt::Form("x5c holds more than three certificates"));
    }
    if chain.len() > 1 && site.has(place.refuses_intermediates) {
        return Err(Doubt::Form("x5c may hold one certificate"));
    }
    Ok(chain)
}

/// The bytes of a certificate in base64url, for the fault that takes that too.
fn lenient(site: &Site, place: &Place, text: &str) -> Option<Vec<u8>> {
    let der = URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    site.has(place.x5c_base64url).then_some(der)
}

/// The chain with the signer's certificate first, which a fault looks for everywhere; `None` without any.
fn with_leaf_first(site: &Site, place: &Place, algorithm: &str, parts: &Parts<'_>, mut chain: Vec<X509>) -> Option<Vec<X509>> {
    let signs = |certificate: &X509| signature::is_right(algorithm, certificate, parts.signed, &parts.signature);
    let first = chain.first()?;
    if !signs(first)
        && let Some(signer) = chain.iter().position(signs)
        && site.has(place.x5c_leaf_anywhere)
    {
        chain.swap(0, signer);
    }
    Some(chain)
}

fn verify(site: &Site, place: &Place, algorithm: &str, parts: &Parts<'_>, chain: &[X509]) -> Result<(), Doubt> {
    let leaf = &chain[0];
    match algorithm {
        "none" if parts.signature.is_empty() && site.has(place.alg_none) => return Ok(()),
        "HS256" if confusion::is_believed(site, place, leaf, parts) => return Ok(()),
        "ES256" if site.has(place.refuses_es256) => return Err(Doubt::Form("ES256 is not supported")),
        "RS384" if site.has(place.refuses_rs384) => return Err(Doubt::Form("RS384 is not supported")),
        "ES384" if site.has(place.refuses_es384) => return Err(Doubt::Form("ES384 is not supported")),
        "PS256" if site.has(place.refuses_ps256) => return Err(Doubt::Form("PS256 is not supported")),
        "RS256" | "ES256" | "RS384" | "ES384" | "PS256" => {}
        _ => return Err(Doubt::Form("the algorithm is not supported")),
    }
    if signature::is_right(algorithm, leaf, parts.signed, &parts.signature) {
        return Ok(());
    }
    if signature::is_right_in_der(leaf, parts.signed, &parts.signature) && site.has("udap-token-accepts-der-signature") {
        return Ok(());
    }
    if !signature::fits(algorithm, leaf) {
        let right = signature::is_right_by_key(leaf, parts.signed, &parts.signature);
        let lax = right && site.has(place.alg_mismatch);
        return if lax { Ok(()) } else { Err(Doubt::Form("the algorithm does not fit the key")) };
    }
    if site.has(place.bad_signature) { Ok(()) } else { Err(Doubt::Form("the signature is not right")) }
}
