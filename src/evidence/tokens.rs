//! What signed tokens of an exchange say: header and claims, never the signature, so that nobody can use what is kept.
//!
//! Only members that a specification defines are shown by their value; of all others, which may be about a person, the
//! name alone. Whoever the token is about is a pseudonym.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::redaction::redact_text;
use crate::vocabulary::Redactor;

/// Header and claims of one signed token, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenOutline {
    /// The header; `x5c` as the number of its certificates.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

/// The most tokens of one exchange that are kept.
const MOST_TOKENS: usize = 4;
/// The most members of a header or of claims that are kept.
const MOST_MEMBERS: usize = 64;
/// A longer one, in bytes, is no token that anybody could send in a header.
const LARGEST: usize = 64 * 1024;
/// The longest text, in characters.
const LONGEST: usize = 300;

const WITHHELD: &str = "‹withheld›";

/// Members that no specification uses for anything about a person.
pub(super) const SHOWN: [&str; 44] = [
    "alg",
    "typ",
    "cty",
    "kid",
    "crit",
    "zip",
    "jku",
    "x5u",
    "x5t",
    "x5t#S256",
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "auth_time",
    "acr",
    "amr",
    "azp",
    "nonce",
    "jti",
    "scope",
    "at_hash",
    "c_hash",
    "client_id",
    "client_name",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "token_endpoint",
    "authorization_endpoint",
    "registration_endpoint",
    "certifications",
    "software_id",
    "software_version",
    "udap",
    "version",
    "token_type",
    "jwks_uri",
];

/// Members that say whom it is about.
const PSEUDONYMS: [&str; 4] = ["sub", "patient", "fhirUser", "profile"];

/// Two parts that can only be objects, and a signature that may be empty.
static SIGNED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\beyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*").ok());

/// The tokens in the texts of an exchange, each once, in order.
pub fn token_outlines<'a>(redactor: &Redactor, texts: impl IntoIterator<Item = &'a str>) -> Vec<TokenOutline> {
    let mut seen: Vec<&str> = Vec::new();
    let mut outlines = Vec::new();
    let Some(pattern) = SIGNED.as_ref() else { return outlines };
    for found in texts.into_iter().filter(|text| text.contains("eyJ")).flat_map(|text| pattern.find_iter(text)) {
        if outlines.len() == MOST_TOKENS {
            break;
        }
        if found.len() <= LARGEST && !seen.contains(&found.as_str()) {
            seen.push(found.as_str());
            outlines.extend(outline(redactor, found.as_str()));
        }
    }
    outlines
}

fn outline(redactor: &Redactor, token: &str) -> Option<TokenOutline> {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
    });
    let (header, claims) = (parts.next()??, parts.next()??);
    Some(TokenOutline { header: shown(redactor, &header), claims: shown(redactor, &claims) })
}

fn shown(redactor: &Redactor, members: &Map<String, Value>) -> Map<String, Value> {
    let show = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Array(certificates) if name == "x5c" => format!("{} certificates", certificates.len()).into(),
            Value::String(text) if PSEUDONYMS.contains(&name.as_str()) => redactor.pseudonym("value", text).into(),
            value if SHOWN.contains(&name.as_str()) => value_of(redactor, value),
            _ => WITHHELD.into(),
        };
        (text_of(redactor, name), value)
    };
    members.iter().take(MOST_MEMBERS).map(show).collect()
}

fn value_of(redactor: &Redactor, value: &Value) -> Value {
    match value {
        Value::String(text) => text_of(redactor, text).into(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().take(MOST_MEMBERS).filter_map(Value::as_str).map(|text| Value::from(text_of(redactor, text))).collect()
        }
        Value::Array(_) | Value::Object(_) => WITHHELD.into(),
        simple => simple.clone(),
    }
}

fn text_of(redactor: &Redactor, text: &str) -> String {
    let clean = redact_text(redactor, text);
    match clean.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vocabulary::Secret;

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
    }

    #[test]
    fn header_and_claims_are_kept_and_neither_signature_nor_person() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("client_secret", "hunter2hunter2"));
        let claims = json!({
            "iss": "https://p.example", "sub": "member-4711", "exp": 1_800_000_000, "ssn": "078-05-1120", "name": "Ann Canary",
            "scope": "openid hunter2hunter2", "extensions": { "hl7-b2b": { "subject_name": "Ann Canary" } }, "aud": ["a", "b"],
        });
        let signed = token(&json!({ "alg": "RS256", "x5c": ["MIIC", "MIID"], "kid": "k1" }), &claims);
        let body = format!("{{\"id_token\":\"{signed}\",\"again\":\"{signed}\"}}");
        let found = token_outlines(&redactor, [body.as_str(), "nothing"]);
        assert_eq!(found.len(), 1, "the same token once");
        let (header, claims) = (&found[0].header, &found[0].claims);
        assert_eq!((&header["alg"], &header["kid"], &header["x5c"]), (&json!("RS256"), &json!("k1"), &json!("2 certificates")));
        assert_eq!((&claims["iss"], &claims["exp"]), (&json!("https://p.example"), &json!(1_800_000_000)));
        assert_eq!(
            (&claims["aud"], &claims["ssn"], &claims["extensions"]),
            (&json!(["a", "b"]), &json!(WITHHELD), &json!(WITHHELD))
        );
        let text = serde_json::to_string(&found).unwrap();
        for hidden in ["4711", "078-05", "Canary", "hunter2", "c2lnbmF0dXJl", "MIIC"] {
            assert!(!text.contains(hidden), "{hidden} is shown in {text}");
        }
    }

    #[test]
    fn what_is_no_token_is_passed_over_and_much_is_cut() {
        let redactor = Redactor::new("salt");
        let long = token(&json!({ "alg": "none" }), &json!({ "iss": "x".repeat(1000), "iat": 1 }));
        let many: Vec<String> = (0..9).map(|at| token(&json!({ "alg": "none" }), &json!({ "iss": "i", "iat": at }))).collect();
        assert!(token_outlines(&redactor, ["eyJ", "eyJhb.eyJhb.", "eyJhbGciOiJub25lIn0.eyJub3QganNvbg.x"]).is_empty());
        let found = token_outlines(&redactor, [long.as_str()]);
        assert!(found[0].claims["iss"].as_str().unwrap().chars().count() == LONGEST + 1);
        assert_eq!(token_outlines(&redactor, many.iter().map(String::as_str)).len(), MOST_TOKENS);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "(eyJ|[A-Za-z0-9_.\\-]{0,20}|\\PC{0,5}){0,12}") {
            let _ = token_outlines(&Redactor::new("salt"), [text.as_str()]);
        }
    }
}
