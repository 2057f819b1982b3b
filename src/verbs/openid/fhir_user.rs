//! `fhirUser`: which resource the person is, written as an absolute URL or as a relative reference (trap 30).

use serde_json::{Map, Value, json};
use url::Url;

use crate::verbs::Context;
use crate::verbs::member_content::split_reference;

/// The facts `fhir_user.*`. No type is judged here.
pub(super) fn fhir_user(value: Option<&Value>, context: &Context) -> Map<String, Value> {
    let mut facts = Map::new();
    let text = value.and_then(Value::as_str);
    facts.insert("present".into(), text.is_some().into());
    let Some(text) = text else { return facts };
    let relative = Url::parse(text).is_err();
    let parts = split_reference(text);
    let seen = json!({
        "relative": relative,
        "host_matches": relative || lies_below(text, &context.target.base),
        "well_formed": parts.is_some_and(|(_, id)| is_logical_id(id)) && (!relative || text.matches('/').count() == 1),
    });
    facts.extend(seen.as_object().cloned().unwrap_or_default());
    if let Some((kind, id)) = parts {
        facts.insert("type".into(), kind.into());
        facts.insert("id".into(), context.vault.keep_value("id", id).into());
    }
    facts
}

fn lies_below(text: &str, base: &Url) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let path = base.path().trim_end_matches('/');
    url.origin() == base.origin() && url.path().strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// 1 to 64 letters, digits, hyphens and dots; servers use a leading hyphen as well.
fn is_logical_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_the_base_has_its_host() {
        let base = Url::parse("https://p.example/fhir/r4").unwrap();
        for (text, expected) in [
            ("https://p.example/fhir/r4/Patient/1", true),
            ("https://p.example:443/fhir/r4/Patient/1", true),
            ("https://p.example/fhir/r4x/Patient/1", false),
            ("https://p.example.evil/fhir/r4/Patient/1", false),
            ("http://p.example/fhir/r4/Patient/1", false),
        ] {
            assert_eq!(lies_below(text, &base), expected, "{text}");
        }
        assert!(is_logical_id("-1.a") && !is_logical_id("a_b") && !is_logical_id(&"a".repeat(65)));
    }
}
