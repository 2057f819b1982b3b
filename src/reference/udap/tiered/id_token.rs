//! Whether an ID token is from the provider, for this server and of this sign-in.

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::x509::X509;
use serde_json::{Map, Value};

use super::super::super::site::Site;
use super::super::jws::{self, Parts};
use super::super::{chain, signature};
use super::memory::Known;
use super::provider::certificates;

/// How far a clock may be ahead.
const AHEAD: i64 = 300;

/// Whom the token is about; nothing when it is not to be believed.
pub(super) fn subject(site: &Site, provider: &Known, nonce: &str, text: &str) -> Option<String> {
    // an unsigned token has an empty third part
    let parts = jws::split(text)?;
    let is_signed = is_signed(site, provider, &parts);
    let claims = &parts.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let now = site.now().unix_timestamp();
    let at = |name: &str| claims.get(name).and_then(Value::as_i64);
    let wrong = [
        (text("iss") != Some(provider.issuer.as_str()), "tiered-id-token-issuer-ignored"),
        (!names(claims, &provider.client_id), "tiered-id-token-audience-ignored"),
        (names_others(claims, &provider.client_id), "tiered-id-token-other-audience-taken"),
        (at("exp").is_none_or(|exp| exp <= now), "tiered-id-token-expired-taken"),
        (at("iat").is_none_or(|iat| iat > now + AHEAD), "tiered-id-token-future-taken"),
        (text("nonce").is_some_and(|own| own != nonce), "tiered-id-token-nonce-ignored"),
        (text("nonce").is_none(), "tiered-id-token-without-nonce-taken"),
    ];
    // a server that sent no nonce cannot wait for one
    let no_nonce = site.has("tiered-without-nonce");
    let fails = |(is_so, fault): (bool, &'static str)| is_so && !(no_nonce && fault.contains("nonce")) && !site.has(fault);
    if is_refused(site, &parts) {
        return None;
    }
    if !is_signed || wrong.into_iter().any(fails) {
        return None;
    }
    match text("sub") {
        Some(subject) => Some(subject.to_owned()),
        None => site.has("tiered-id-token-without-subject-taken").then(|| "carinbb-member".to_owned()),
    }
}

/// The mistakes of a server that knows one form alone.
fn is_refused(site: &Site, parts: &Parts<'_>) -> bool {
    const USUAL: [&str; 11] = ["iss", "sub", "aud", "iat", "exp", "jti", "auth_time", "nonce", "acr", "amr", "nbf"];
    let claims = &parts.claims;
    let forms = [
        (claims.get("aud").is_some_and(Value::is_array), "tiered-id-token-aud-list-refused"),
        (claims.keys().any(|name| !USUAL.contains(&name.as_str())), "tiered-id-token-extra-claims-refused"),
        (claims.get("amr").is_some_and(Value::is_string), "tiered-id-token-amr-text-refused"),
        (certificates(parts.header.get("x5c")).len() > 2, "tiered-id-token-long-chain-refused"),
    ];
    forms.into_iter().any(|(is_so, fault)| is_so && site.has(fault))
}

/// True when `aud` is the client or a list with it.
fn names(claims: &Map<String, Value>, client: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(own)) => own == client,
        Some(Value::Array(all)) => all.iter().any(|own| own == client),
        _ => false,
    }
}

/// True when `aud` names somebody else beside the client.
fn names_others(claims: &Map<String, Value>, client: &str) -> bool {
    names(claims, client) && claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.iter().any(|own| own != client))
}

/// True when the certificate of the provider signed it, or a fault thinks so.
fn is_signed(site: &Site, provider: &Known, parts: &Parts<'_>) -> bool {
    let algorithm = parts.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let chain = certificates(parts.header.get("x5c"));
    let Some(leaf) = chain.first() else { return false };
    match algorithm {
        "none" => return site.has("tiered-id-token-alg-none-taken"),
        "HS256" => return by_public_key(leaf, parts) && site.has("tiered-id-token-hs256-taken"),
        _ => {}
    }
    let wrong = [
        (!signature::is_right(algorithm, leaf, parts.signed, &parts.signature), "tiered-id-token-signature-ignored"),
        (!chain::leads_to_an_anchor(site, &chain), "tiered-id-token-unknown-ca-taken"),
        (!chain::uris(leaf).contains(&provider.issuer), "tiered-id-token-of-other-certificate-taken"),
    ];
    !wrong.into_iter().any(|(is_so, fault)| is_so && !site.has(fault))
}

/// The key confusion: a MAC whose secret is the public key.
fn by_public_key(leaf: &X509, parts: &Parts<'_>) -> bool {
    let made = || -> Result<Vec<u8>, openssl::error::ErrorStack> {
        let secret = PKey::hmac(&leaf.public_key()?.public_key_to_pem()?)?;
        Signer::new(MessageDigest::sha256(), &secret)?.sign_oneshot_to_vec(parts.signed.as_bytes())
    };
    made().is_ok_and(|mac| mac.len() == parts.signature.len() && memcmp::eq(&mac, &parts.signature))
}
