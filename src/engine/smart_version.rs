//! Which SMART App Launch version holds. No server states one, so it is decided once, from smart-configuration alone.

use serde_json::Value;

use super::record::VersionChoice;

/// The decision for a published document, or for none.
///
/// Given by the operator: that one. Otherwise `permission-v2` listed means 2.0.0; else the newer of 2.0.0 and 1.0.0 whose
/// discovery demands on this document all hold; else 1.0.0.
#[must_use]
pub fn decide(declared: Option<&str>, smart_configuration: Option<&Value>) -> VersionChoice {
    if let Some(version) = declared {
        return VersionChoice { version: version.to_owned(), declared: true, why: "declared".into() };
    }
    let found = |version: &str, why: &str| VersionChoice { version: version.into(), declared: false, why: why.into() };
    let Some(json) = smart_configuration else {
        return found("1.0.0", "no smart-configuration was read; not declared");
    };
    if lists(json, "capabilities", "permission-v2") {
        return found("2.0.0", "found: permission-v2; not declared");
    }
    if holds_2_0_0(json) {
        return found("2.0.0", "found: every field that 2.0.0 demands; not declared");
    }
    found("1.0.0", "found: no permission-v2 and not every field that 2.0.0 demands; not declared")
}

/// The demands of SMART 2.0.0 on the document (smart-app-launch/metadata-1, -3, -4 to -9).
fn holds_2_0_0(json: &Value) -> bool {
    let endpoints = ["authorization_endpoint", "token_endpoint"];
    let single_sign_on = !lists(json, "capabilities", "sso-openid-connect") || (text(json, "issuer") && text(json, "jwks_uri"));
    endpoints.iter().all(|member| text(json, member))
        && lists(json, "grant_types_supported", "authorization_code")
        && lists(json, "code_challenge_methods_supported", "S256")
        && !lists(json, "code_challenge_methods_supported", "plain")
        && json.get("capabilities").is_some_and(Value::is_array)
        && single_sign_on
}

fn text(json: &Value, member: &str) -> bool {
    json.get(member).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

fn lists(json: &Value, member: &str, wanted: &str) -> bool {
    let items = json.get(member).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).any(|item| item == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn trap_18_the_version_is_decided_from_the_document_alone() {
        let full = json!({
            "authorization_endpoint": "https://a", "token_endpoint": "https://t", "capabilities": ["launch-standalone"],
            "grant_types_supported": ["authorization_code"], "code_challenge_methods_supported": ["S256"],
        });
        assert_eq!(decide(None, Some(&full)).version, "2.0.0");
        let mut plain = full.clone();
        plain["code_challenge_methods_supported"] = json!(["S256", "plain"]);
        assert_eq!(decide(None, Some(&plain)).version, "1.0.0");
        let v2 = json!({ "capabilities": ["permission-v2"] });
        assert_eq!(decide(None, Some(&v2)).version, "2.0.0");
        assert_eq!(decide(None, None).version, "1.0.0");
        let declared = decide(Some("2.2.0"), Some(&v2));
        assert!(declared.declared && declared.version == "2.2.0");
    }
}
