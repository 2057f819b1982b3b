//! What follows from the plain members of the UDAP metadata alone.

use serde_json::{Map, Value};
use url::Url;

use crate::verbs::discovery::smart::{texts, url_members};

/// The facts. What is ill-typed counts as nothing here; that it is ill-typed is seen in `json`.
pub(super) fn facts_of(members: &Map<String, Value>) -> Map<String, Value> {
    let (mut relative, mut not_https, mut fragments) = (Vec::new(), Vec::new(), Vec::new());
    for (name, text) in url_members(members) {
        match Url::parse(text) {
            Ok(url) if url.has_host() => {
                if url.scheme() != "https" {
                    not_https.push(name.to_owned());
                }
                if url.fragment().is_some() {
                    fragments.push(name.to_owned());
                }
            }
            _ => relative.push(name.to_owned()),
        }
    }
    let beyond = |required: &str, supported: &str| -> Value {
        let supported = texts(members.get(supported));
        texts(members.get(required)).into_iter().filter(|own| !supported.contains(own)).collect::<Vec<_>>().into()
    };
    let certifications = texts(members.get("udap_certifications_supported")).into_iter();
    let not_uris: Vec<String> = certifications.filter(|text| Url::parse(text).is_err()).collect();
    let algorithms = |name: &str| -> Vec<String> {
        let is_refused = |own: &String| own.eq_ignore_ascii_case("none") || own.starts_with("HS");
        texts(members.get(name)).into_iter().filter(is_refused).collect()
    };
    let facts = [
        ("relative_urls", Value::from(relative)),
        ("http_urls", not_https.into()),
        ("fragment_urls", fragments.into()),
        (
            "extensions_beyond_supported",
            beyond("udap_authorization_extensions_required", "udap_authorization_extensions_supported"),
        ),
        ("certifications_beyond_supported", beyond("udap_certifications_required", "udap_certifications_supported")),
        ("certifications_not_uris", not_uris.into()),
        ("token_algorithms_not_asymmetric", algorithms("token_endpoint_auth_signing_alg_values_supported").into()),
        ("registration_algorithms_not_asymmetric", algorithms("registration_endpoint_jwt_signing_alg_values_supported").into()),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(value: &Value) -> Value {
        Value::Object(facts_of(value.as_object().unwrap()))
    }

    #[test]
    fn d3_what_is_required_and_not_supported_is_named() {
        let facts = facts(&json!({
            "udap_authorization_extensions_supported": ["hl7-b2b"],
            "udap_authorization_extensions_required": ["hl7-b2b", "other"],
            "udap_certifications_required": ["https://c.example/1"],
        }));
        assert_eq!(facts["extensions_beyond_supported"], json!(["other"]));
        assert_eq!(facts["certifications_beyond_supported"], json!(["https://c.example/1"]));
    }

    #[test]
    fn addresses_algorithms_and_uris_that_are_none_are_named() {
        let facts = facts(&json!({
            "token_endpoint": "http://p.example/token", "registration_endpoint": "/register",
            "authorization_endpoint": "https://p.example/a#top",
            "udap_certifications_supported": ["not a URI", "https://c.example/1", "urn:x"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "HS256", "None"],
            "registration_endpoint_jwt_signing_alg_values_supported": "none",
        }));
        assert_eq!(facts["http_urls"], json!(["token_endpoint"]));
        assert_eq!(facts["relative_urls"], json!(["registration_endpoint"]));
        assert_eq!(facts["fragment_urls"], json!(["authorization_endpoint"]));
        assert_eq!(facts["certifications_not_uris"], json!(["not a URI"]));
        assert_eq!(facts["token_algorithms_not_asymmetric"], json!(["HS256", "None"]));
        assert_eq!(facts["registration_algorithms_not_asymmetric"], json!([]));
    }
}
