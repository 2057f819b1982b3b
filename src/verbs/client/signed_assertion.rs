//! What the assertions of a client show that was registered by hand with a public key (`private_key_jwt` of SMART).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::launch::Launch;
use super::stand::{KnownApp, Places};
use crate::crypto::Jwt;

/// The longest that such an assertion may still be valid when it comes, with a minute for clocks that differ.
const LONGEST: i64 = 300 + 60;

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The facts under `observed.signed_assertion`.
pub fn facts(launches: &[Launch<'_>], apps: &[KnownApp], places: &Places) -> Value {
    let all: Vec<(&Asked<'_>, &str)> = launches.iter().flat_map(Launch::assertions).collect();
    let defects: BTreeSet<&str> = all.iter().flat_map(|(asked, text)| defects_of(asked, text, apps, places)).collect();
    json!({ "count": all.len(), "defects": defects })
}

fn defects_of(asked: &Asked<'_>, text: &str, apps: &[KnownApp], places: &Places) -> Vec<&'static str> {
    let jwt = Jwt::parse(text);
    let nothing = Map::new();
    let claims = jwt.claims.as_ref().unwrap_or(&nothing);
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let exp = claims.get("exp").and_then(Value::as_i64);
    let late = exp.is_some_and(|exp| exp.saturating_sub(asked.raw.at.unix_timestamp()) > LONGEST);
    let token = places.token.as_str();
    let is_ours = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(|aud| aud == token),
        aud => aud.and_then(Value::as_str) == Some(token),
    };
    let is_known = claim("iss").is_some_and(|id| apps.iter().any(|app| app.client_id == id));
    let checks = [
        (!jwt.defects.is_empty(), "parts"),
        (!matches!(jwt.header_text_of("alg"), Some("RS384" | "ES384")), "alg"),
        (jwt.header_text_of("kid").is_none(), "kid"),
        (jwt.header_text_of("typ") != Some("JWT"), "typ"),
        (!is_known, "iss"),
        (claims.get("sub") != claims.get("iss"), "sub"),
        (!is_ours, "aud"),
        (exp.is_none(), "exp"),
        (late, "lifetime"),
        (claim("jti").is_none(), "jti"),
        (asked.parameter("client_assertion_type") != Some(KIND), "client_assertion_type"),
    ];
    checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, word)| word).collect()
}
