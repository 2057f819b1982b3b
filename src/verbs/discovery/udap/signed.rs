//! The signed metadata, checked in the order of a client: form, algorithm, certificates, signature, chain, names, claims, endpoints.
//! Every failure is a fact of its own; none hides those behind it.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use url::Url;

use super::anchors::judge;
use crate::crypto::x509::Certificate;
use crate::crypto::{X5cJws, verify_x5c_jws};
use crate::verbs::Context;

/// A calendar year, leap day included.
const YEAR: i64 = 366 * 86_400;
const ENDPOINTS: [&str; 3] = ["authorization_endpoint", "token_endpoint", "registration_endpoint"];

/// The member that holds the token: `signed_metadata`, or `signed_endpoints` as version 0.1.0 calls it.
pub(super) fn token_of(members: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    ["signed_metadata", "signed_endpoints"].into_iter().find_map(|name| Some((name, members.get(name)?)))
}

/// The facts under `signed`, and the evidence of what was fetched for them.
pub(super) async fn facts_of(context: &Context, document: &Value, community: Option<&str>) -> (Value, Vec<String>) {
    let nothing = Map::new();
    let members = document.as_object().unwrap_or(&nothing);
    let Some((member, value)) = token_of(members) else { return (json!({ "present": false }), Vec::new()) };
    let Some(text) = value.as_str() else {
        return (json!({ "present": true, "member": member, "is_text": false }), Vec::new());
    };
    let now = context.world.clock.now();
    let jws = verify_x5c_jws(text);
    let mut facts = form(member, &jws);
    let mut evidence = Vec::new();
    if jws.leaf.is_some() {
        let (chain, fetched) = judge(context, &jws.chain, community, now).await;
        facts.insert("chain".into(), chain);
        evidence = fetched;
    }
    if let Some(claims) = &jws.jwt.claims {
        facts.extend(claims_facts(claims, jws.leaf.as_ref(), context, now));
        facts.extend(endpoint_facts(claims, members));
        facts.insert("claims".into(), Value::Object(claims.clone()));
    }
    (Value::Object(facts), evidence)
}

fn form(member: &str, jws: &X5cJws) -> Map<String, Value> {
    let words = |of_x5c: bool| -> Vec<&str> {
        jws.defects.iter().filter(|defect| defect.is_of_x5c() == of_x5c).map(|defect| defect.word()).collect()
    };
    let mut facts = Map::new();
    let mut set = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    set("present", true.into());
    set("member", member.into());
    set("is_text", true.into());
    set("parts", jws.jwt.parts.into());
    set("defects", words(false).into());
    set("x5c_defects", words(true).into());
    set("certificates", jws.chain.len().into());
    if let Some(algorithm) = &jws.algorithm {
        set("alg", algorithm.as_str().into());
    }
    if let Some(signature) = jws.signature {
        set("signature_valid", signature.into());
    }
    if let Some(leaf) = &jws.leaf {
        set("leaf", leaf_facts(leaf));
    }
    facts
}

fn leaf_facts(leaf: &Certificate) -> Value {
    json!({
        "subject": leaf.subject, "issuer": leaf.issuer, "serial": leaf.serial, "sha256": leaf.sha256,
        "not_before": instant(leaf.not_before), "not_after": instant(leaf.not_after),
        "key": leaf.key.word(), "key_bits": leaf.key.bits(), "signature_algorithm": leaf.signature.word(),
        "uris": leaf.uris, "dns_names": leaf.dns_names,
    })
}

fn instant(time: OffsetDateTime) -> String {
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

fn claims_facts(
    claims: &Map<String, Value>,
    leaf: Option<&Certificate>,
    context: &Context,
    now: OffsetDateTime,
) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut set = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (iss, iat, exp) = (text("iss"), integer(claims, "iat"), integer(claims, "exp"));
    let now = now.unix_timestamp();
    set("iss_and_base", iss_and_base(iss, &context.target.base, &context.target.typed).into());
    set("sub_is_iss", (iss.is_some() && claims.get("sub") == claims.get("iss")).into());
    if let Some(leaf) = leaf {
        // Byte for byte and by type: no DNS name, no common name, no part of a longer URI (trap 40).
        set("iss_in_certificate", iss.is_some_and(|iss| leaf.uris.iter().any(|uri| uri == iss)).into());
    }
    set("exp_is_integer", exp.is_some().into());
    set("iat_is_integer", iat.is_some().into());
    if let Some(exp) = exp {
        set("expired", (exp <= now).into());
    }
    if let Some(iat) = iat {
        set("iat_ahead_seconds", iat.saturating_sub(now).max(0).into());
    }
    if let (Some(iat), Some(exp)) = (iat, exp) {
        set("lifetime_seconds", exp.saturating_sub(iat).into());
        set("within_a_year", (exp.saturating_sub(iat) <= YEAR).into());
        set("exp_after_iat", (exp > iat).into());
    }
    set("jti_is_text", text("jti").is_some_and(|jti| !jti.is_empty()).into());
    set("nested", claims.contains_key("signed_metadata").into());
    let uris = ["iss", "authorization_endpoint", "token_endpoint", "registration_endpoint"];
    let odd: Vec<&str> = uris.into_iter().filter(|name| text(name).is_some_and(|uri| !is_normal(uri))).collect();
    set("not_normalised", odd.into());
    facts
}

/// A NumericDate that is a whole number, as the guide's table has it.
fn integer(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}

/// `same`, `slash` when only a slash at the end differs, `other`, or `missing`.
fn iss_and_base(iss: Option<&str>, base: &Url, typed: &str) -> &'static str {
    let base = base.as_str().trim_end_matches('/');
    match iss {
        None => "missing",
        Some(iss) if iss == base || iss == typed => "same",
        Some(iss) if iss.trim_end_matches('/') == base => "slash",
        Some(_) => "other",
    }
}

/// Scheme and host in lower case, no default port, no dot segments: then string comparison is enough.
fn is_normal(uri: &str) -> bool {
    match Url::parse(uri) {
        Ok(url) if url.has_host() => url.as_str() == uri || url.as_str() == format!("{uri}/"),
        _ => true,
    }
}

/// What the plain members say, compared letter by letter with what is signed.
fn endpoint_facts(claims: &Map<String, Value>, members: &Map<String, Value>) -> Map<String, Value> {
    let plain = |name: &str| members.get(name).is_some();
    let unsigned: Vec<&str> = ENDPOINTS.into_iter().filter(|name| plain(name) && !claims.contains_key(*name)).collect();
    let differing: Vec<&str> = ENDPOINTS
        .into_iter()
        .filter(|name| matches!((claims.get(*name), members.get(*name)), (Some(signed), Some(plain)) if signed != plain))
        .collect();
    let mut facts = Map::new();
    facts.insert("endpoints_unsigned".into(), unsigned.into());
    facts.insert("endpoints_differing".into(), differing.into());
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d9_a_slash_is_told_from_another_base() {
        let base = Url::parse("https://p.example/r4").unwrap();
        let word = |iss| iss_and_base(iss, &base, "https://P.example/r4/");
        assert_eq!(word(Some("https://p.example/r4")), "same");
        assert_eq!(word(Some("https://P.example/r4/")), "same", "as the operator typed it");
        assert_eq!(word(Some("https://p.example/r4/")), "slash");
        assert_eq!(word(Some("https://p.example/r4x")), "other");
        assert_eq!(word(None), "missing");
        let root = Url::parse("https://p.example").unwrap();
        assert_eq!(iss_and_base(Some("https://p.example"), &root, "https://p.example"), "same");
    }

    #[test]
    fn uris_that_a_string_comparison_could_miss_are_not_normal() {
        for uri in ["https://p.example/r4", "https://p.example", "https://p.example/", "urn:uuid:A", "https://p.example:8443/r4"]
        {
            assert!(is_normal(uri), "{uri}");
        }
        for uri in ["HTTPS://p.example/r4", "https://P.example/r4", "https://p.example:443/r4", "https://p.example/a/../r4"] {
            assert!(!is_normal(uri), "{uri}");
        }
    }

    #[test]
    fn signed_and_plain_endpoints_are_compared_letter_by_letter() {
        let members = json!({ "token_endpoint": "https://p.example/token", "registration_endpoint": "https://p.example/r" });
        let claims = json!({ "token_endpoint": "https://p.example/token/", "authorization_endpoint": "https://p.example/a" });
        let facts = endpoint_facts(claims.as_object().unwrap(), members.as_object().unwrap());
        assert_eq!(facts["endpoints_unsigned"], json!(["registration_endpoint"]));
        assert_eq!(facts["endpoints_differing"], json!(["token_endpoint"]));
    }

    proptest::proptest! {
        #[test]
        fn any_claims_are_looked_at_without_a_panic(name in "(iss|sub|iat|exp|jti|token_endpoint)", number: i64, text: String) {
            for value in [json!(number), json!(text), json!(null), json!([number])] {
                let claims = json!({ name.as_str(): value, "exp": i64::MAX, "iat": number });
                let claims = claims.as_object().unwrap();
                let _ = (endpoint_facts(claims, claims), integer(claims, "iat"), is_normal(&text));
            }
        }
    }
}
