//! `private_key_jwt`: a signed assertion, checked claim by claim, each check with the fault that leaves it out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::{ES384, JwsVerifier, RS384};
use serde_json::Value;

use super::super::site::Site;
use super::authorize::value;
use super::clients::{self, ClientKind, RegisteredClient};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest time in seconds that an assertion may be valid.
const LONGEST: i64 = 300;

struct Parts<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

/// The client whose assertion is good.
///
/// # Errors
/// What is wrong with it.
pub(in super::super) fn authenticate(site: &Site, parameters: &[(String, String)]) -> Result<RegisteredClient, &'static str> {
    let kind_is_right = value(parameters, "client_assertion_type") == Some(KIND);
    if !kind_is_right && !site.has("assertion-type-ignored") {
        return Err("client_assertion_type is not right");
    }
    let text = value(parameters, "client_assertion").unwrap_or_default();
    let parts = split(text).ok_or("the assertion is no JWT")?;
    let client = issuer(site, &parts.claims)?;
    if value(parameters, "client_id").is_some_and(|named| named != client.id) {
        return Err("client_id is not that of the assertion");
    }
    signature(site, &parts)?;
    audience(site, &parts.claims)?;
    let expiry = times(site, &parts.claims)?;
    replay(site, &client, &parts.claims, expiry)?;
    Ok(client)
}

/// Who an assertion says it is from, whether it is good or not.
pub(in super::super) fn claimed_issuer(parameters: &[(String, String)]) -> Option<String> {
    let parts = split(value(parameters, "client_assertion")?)?;
    parts.claims["sub"].as_str().or_else(|| parts.claims["iss"].as_str()).map(str::to_owned)
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let json = |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (header, claims) = (json(header)?, json(claims)?);
    let both = header.is_object() && claims.is_object();
    both.then_some(Parts { header, claims, signed, signature: URL_SAFE_NO_PAD.decode(signature).ok()? })
}

/// `iss` and `sub` both name the client.
fn issuer(site: &Site, claims: &Value) -> Result<RegisteredClient, &'static str> {
    let client = |name: &str| {
        claims[name]
            .as_str()
            .and_then(|id| site.client(id))
            .filter(|client| client.kind == ClientKind::Asymmetric && client.dynamic.is_none())
    };
    match (client("iss"), client("sub")) {
        (Some(issuer), Some(_)) => Ok(issuer),
        (Some(issuer), None) if site.has("assertion-wrong-sub-accepted") => Ok(issuer),
        (None, Some(subject)) if site.has("assertion-wrong-iss-accepted") => Ok(subject),
        _ => Err("iss and sub do not name a client with keys"),
    }
}

fn signature(site: &Site, parts: &Parts<'_>) -> Result<(), &'static str> {
    let algorithm = parts.header["alg"].as_str().unwrap_or_default();
    match algorithm {
        "none" if site.has("assertion-alg-none-accepted") => return Ok(()),
        "HS256" if site.has("assertion-hs256-accepted") => return Ok(()),
        "RS384" if site.has("assertion-rs384-refused") => return Err("RS384 is not supported"),
        "ES384" if site.has("assertion-es384-refused") => return Err("ES384 is not supported"),
        "RS384" | "ES384" => {}
        _ => return Err("the algorithm is not supported"),
    }
    if site.has("assertion-wrong-signature-accepted") {
        return Ok(());
    }
    let kid = parts.header["kid"].as_str();
    let key = clients::keys().iter().find(|key| key.key_id() == kid && key.algorithm() == Some(algorithm));
    let Some(key) = key else {
        return if site.has("assertion-unknown-key-accepted") { Ok(()) } else { Err("the key is not registered") };
    };
    let verified =
        verifier(algorithm, key).is_some_and(|verifier| verifier.verify(parts.signed.as_bytes(), &parts.signature).is_ok());
    if verified { Ok(()) } else { Err("the signature is not right") }
}

fn verifier(algorithm: &str, key: &Jwk) -> Option<Box<dyn JwsVerifier>> {
    let public = key.to_public_key().ok()?;
    match algorithm {
        "RS384" => RS384.verifier_from_jwk(&public).ok().map(|verifier| Box::new(verifier) as Box<dyn JwsVerifier>),
        _ => ES384.verifier_from_jwk(&public).ok().map(|verifier| Box::new(verifier) as Box<dyn JwsVerifier>),
    }
}

fn audience(site: &Site, claims: &Value) -> Result<(), &'static str> {
    let own = site.authorization_url("/token");
    let named = match &claims["aud"] {
        Value::String(one) => *one == own,
        Value::Array(many) => many.iter().any(|one| *one == own),
        _ => false,
    };
    if named || site.has("assertion-wrong-aud-accepted") { Ok(()) } else { Err("aud is not this token endpoint") }
}

/// The expiry, when the times are in order.
fn times(site: &Site, claims: &Value) -> Result<i64, &'static str> {
    let now = site.now().unix_timestamp();
    let Some(expiry) = claims["exp"].as_i64() else {
        return if site.has("assertion-without-exp-accepted") { Ok(now + LONGEST) } else { Err("exp is missing") };
    };
    if expiry <= now && !site.has("assertion-expired-accepted") {
        return Err("the assertion has expired");
    }
    if expiry > now + LONGEST && !site.has("assertion-too-long-accepted") {
        return Err("the assertion is valid for too long");
    }
    let early = ["nbf", "iat"].iter().any(|name| claims[*name].as_i64().is_some_and(|time| time > now + 60));
    if early && !site.has("assertion-not-yet-valid-accepted") {
        return Err("the assertion is not valid yet");
    }
    Ok(expiry)
}

fn replay(site: &Site, client: &RegisteredClient, claims: &Value, expiry: i64) -> Result<(), &'static str> {
    let Some(jti) = claims["jti"].as_str().filter(|jti| !jti.is_empty()) else {
        return if site.has("assertion-without-jti-accepted") { Ok(()) } else { Err("jti is missing") };
    };
    let now = site.now().unix_timestamp();
    let mut store = site.store();
    store.assertions.retain(|_, expiry| *expiry > now);
    let before = store.assertions.insert((client.id.clone(), jti.to_owned()), expiry);
    drop(store);
    if before.is_some() && !site.has("assertion-replay-accepted") { Err("the assertion was used before") } else { Ok(()) }
}
