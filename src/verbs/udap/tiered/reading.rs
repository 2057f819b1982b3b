//! What a data holder that registers or authenticates at our provider signed: read as facts, never refused. A provider of ours
//! goes on with anything, so that everything a data holder gets wrong is seen in one sign-in.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::crypto::verify_x5c_jws;

/// The longest life that the profile gives a JWT, and what clocks may differ.
const LONGEST_LIFE: i64 = 300;
const LEEWAY: i64 = 60;

/// The parameters of a query or a form; of doubled ones the first counts.
pub(super) fn parameters(text: &[u8]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(text).into_owned().take(64) {
        found.entry(name).or_insert(value);
    }
    found
}

/// What every JWT of a client is looked through for. `uri` is an issuer that the certificate must name, if it must.
pub(super) fn jwt_facts(text: &str, aud: &str, now: OffsetDateTime) -> (Map<String, Value>, Map<String, Value>) {
    let jws = verify_x5c_jws(text);
    let claims = jws.jwt.claims.clone().unwrap_or_default();
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = now.unix_timestamp();
    let in_time = match (number("iat"), number("exp")) {
        (Some(iat), Some(exp)) => iat <= now + LEEWAY && exp > now - LEEWAY && exp > iat && exp - iat <= LONGEST_LIFE,
        _ => false,
    };
    let is_for_us =
        claims.get("aud").is_some_and(|own| own == aud || own.as_array().is_some_and(|all| all.iter().any(|one| one == aud)));
    let defects: Vec<&str> = jws.defects.iter().map(|defect| defect.word()).collect();
    let names: Vec<String> = jws.leaf.as_ref().map(|leaf| leaf.uris.clone()).unwrap_or_default();
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let facts = json!({
        "sound": jws.is_sound(),
        "defects": defects,
        "aud_right": is_for_us,
        "in_time": in_time,
        "jti": claims.get("jti").is_some_and(|jti| jti.as_str().is_some_and(|jti| !jti.is_empty())),
        "issuer_in_certificate": names.iter().any(|name| name == issuer),
        "same_subject": claims.get("iss") == claims.get("sub") && !issuer.is_empty(),
    });
    (facts.as_object().cloned().unwrap_or_default(), claims)
}

/// The words of a scope.
pub(super) fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_ascii_whitespace().take(64).map(str::to_owned).collect()
}
