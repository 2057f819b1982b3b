//! The claims of an ID token, each looked at by itself whatever the others are.

use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::vocabulary::Redactor;

/// Claims that say nothing about the member; the others become pseudonyms.
const SHOWN: [&str; 10] = ["iss", "aud", "azp", "exp", "iat", "nbf", "auth_time", "acr", "amr", "nonce"];
/// OpenID Connect Core 2.
const REQUIRED: [&str; 5] = ["iss", "sub", "aud", "exp", "iat"];

/// What the claims are compared with.
pub(super) struct Expected<'a> {
    pub issuer: Option<&'a str>,
    pub client_id: &'a str,
    pub nonce: Option<&'a str>,
    pub now: OffsetDateTime,
    pub leeway: Duration,
}

/// The facts of the claims.
pub(super) fn claim_facts(claims: &Map<String, Value>, expected: &Expected<'_>, redactor: &Redactor) -> Map<String, Value> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let audiences = audiences(claims.get("aud"));
    let now = expected.now.unix_timestamp() as f64;
    let leeway = expected.leeway.as_secs_f64();
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    let types: Map<String, Value> = claims.iter().map(|(name, value)| (name.clone(), type_of(value).into())).collect();
    let shown: Map<String, Value> = claims.iter().map(|(name, value)| (name.clone(), shown(name, value, redactor))).collect();
    let azp_ok = match claims.get("azp") {
        Some(azp) => azp.as_str() == Some(expected.client_id),
        None => audiences.len() <= 1,
    };
    let facts = json!({
        "fields": claims.keys().collect::<Vec<_>>(),
        "types": types,
        "claims": shown,
        "missing": REQUIRED.into_iter().filter(|name| !claims.contains_key(*name)).collect::<Vec<_>>(),
        "ill_typed": ill_typed(claims),
        "aud_matches": audiences.contains(&expected.client_id),
        "aud_count": audiences.len(),
        "azp_ok": azp_ok,
        "exp_in_future": number("exp").is_some_and(|exp| exp > now - leeway),
        "iat_not_in_future": number("iat").is_some_and(|iat| iat < now + leeway),
        "nbf_not_in_future": number("nbf").is_none_or(|nbf| nbf < now + leeway),
        "sub_present": text("sub").is_some_and(|sub| !sub.is_empty() && sub.len() <= 255 && sub.is_ascii()),
        "profile_present": claims.contains_key("profile"),
    });
    let mut facts = facts.as_object().cloned().unwrap_or_default();
    if let Some(issuer) = expected.issuer {
        facts.insert("iss_matches".into(), (text("iss") == Some(issuer)).into());
    }
    if let Some(nonce) = expected.nonce {
        facts.insert("nonce_matches".into(), (text("nonce") == Some(nonce)).into());
    }
    facts
}

fn audiences(aud: Option<&Value>) -> Vec<&str> {
    match aud {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn ill_typed(claims: &Map<String, Value>) -> Vec<&str> {
    let is_wrong = |name: &str, value: &Value| match name {
        "iss" | "sub" | "nonce" | "azp" | "fhirUser" => !value.is_string(),
        "exp" | "iat" | "nbf" => !value.is_number(),
        "aud" => match value {
            Value::String(_) => false,
            Value::Array(items) => items.is_empty() || !items.iter().all(Value::is_string),
            _ => true,
        },
        _ => false,
    };
    claims.iter().filter(|(name, value)| is_wrong(name, value)).map(|(name, _)| name.as_str()).collect()
}

fn shown(name: &str, value: &Value, redactor: &Redactor) -> Value {
    match value {
        _ if SHOWN.contains(&name) => value.clone(),
        Value::Bool(_) | Value::Null => value.clone(),
        Value::String(text) => redactor.pseudonym("value", text).into(),
        other => redactor.pseudonym("value", &other.to_string()).into(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const ALL: [&str; 8] = [
        "iss_matches",
        "aud_matches",
        "azp_ok",
        "exp_in_future",
        "iat_not_in_future",
        "nbf_not_in_future",
        "nonce_matches",
        "sub_present",
    ];
    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00:00 UTC);

    fn of(claims: &Value) -> Map<String, Value> {
        let expected = Expected {
            issuer: Some("https://as.example"),
            client_id: "app",
            nonce: Some("n-1"),
            now: NOW,
            leeway: Duration::from_secs(60),
        };
        claim_facts(claims.as_object().unwrap(), &expected, &Redactor::new("salt"))
    }

    fn good() -> Value {
        let now = NOW.unix_timestamp();
        json!({ "iss": "https://as.example", "sub": "m1", "aud": "app", "exp": now + 300, "iat": now, "nonce": "n-1" })
    }

    /// The good claims with one member changed; `null` takes it out.
    fn with(name: &str, value: Value) -> Map<String, Value> {
        let mut claims = good();
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
        };
        of(&claims)
    }

    #[test]
    fn good_claims_have_nothing_wrong() {
        let facts = of(&good());
        for name in ALL {
            assert_eq!(facts[name], true, "{name}");
        }
        assert_eq!((&facts["missing"], &facts["ill_typed"]), (&json!([]), &json!([])));
        assert!(facts["claims"]["sub"].as_str().unwrap().starts_with('‹'), "who it is about is not shown");
    }

    #[test]
    fn each_defect_of_a_claim_is_its_own_fact() {
        let now = NOW.unix_timestamp();
        for (name, value, fact) in [
            ("iss", json!("https://as.example/"), "iss_matches"),
            ("aud", json!("other"), "aud_matches"),
            ("aud", json!(["other"]), "aud_matches"),
            ("aud", json!(["app", "other"]), "azp_ok"),
            ("azp", json!("other"), "azp_ok"),
            ("exp", json!(now - 61), "exp_in_future"),
            ("exp", json!("never"), "exp_in_future"),
            ("exp", Value::Null, "exp_in_future"),
            ("iat", json!(now + 61), "iat_not_in_future"),
            ("nbf", json!(now + 61), "nbf_not_in_future"),
            ("nonce", json!("n-2"), "nonce_matches"),
            ("nonce", Value::Null, "nonce_matches"),
            ("sub", json!(""), "sub_present"),
        ] {
            let facts = with(name, value.clone());
            assert_eq!(facts[fact], false, "{name} {value}");
            for other in ALL.into_iter().filter(|other| *other != fact) {
                assert_eq!(facts[other], true, "{name} {value} broke {other} as well");
            }
        }
        assert_eq!(with("aud", json!(["app"]))["azp_ok"], true, "a list of one needs no azp");
        assert_eq!(with("exp", json!(now - 59))["exp_in_future"], true, "within the leeway");
        assert_eq!(with("exp", json!("1"))["ill_typed"], json!(["exp"]));
        assert_eq!(with("sub", Value::Null)["missing"], json!(["sub"]));
    }
}
