//! Compares one fact with one predicate. Knows no requirement and no strength.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::scopes;
use crate::testcase::{Predicate, TypeWord};
use crate::vocabulary::{Mismatch, escape_to_width, parse_duration};

/// The longest rendering of a value in a mismatch, in characters.
const WIDTH: usize = 400;

/// `Ok` when the predicate holds of the fact, otherwise what was expected and what was seen.
///
/// A fact that is absent or null meets only `absent = true`, `exists = false` and `is_not`; every other comparison needs a fact.
///
/// # Errors
/// The mismatch, with target text escaped and shortened.
pub fn compare(seen: Option<&Value>, predicate: &Predicate) -> Result<(), Mismatch> {
    let present = seen.filter(|value| !value.is_null());
    if holds(present, predicate) {
        return Ok(());
    }
    Err(Mismatch { expected: in_words(predicate), actual: seen.map_or("nothing".into(), show) })
}

/// The expectation in words, for instance `one of 401, 403`.
#[must_use]
pub fn in_words(predicate: &Predicate) -> String {
    let (word, value) = predicate.parts();
    match predicate {
        Predicate::Exists(true) | Predicate::Absent(false) => "to be present".into(),
        Predicate::Exists(false) | Predicate::Absent(true) => "to be absent".into(),
        Predicate::IsA(kind) => match kind {
            TypeWord::String => "a string that is not empty".into(),
            TypeWord::Strings => "a list of strings".into(),
            TypeWord::HttpsUrl => "an absolute https URL".into(),
            TypeWord::Uri => "an absolute URI".into(),
            TypeWord::Jwt => "a JWT".into(),
            TypeWord::Integer => "an integer".into(),
            TypeWord::Boolean => "true or false".into(),
            TypeWord::Object => "a JSON object".into(),
        },
        Predicate::Is(_) => show(&value),
        _ => format!("{} {}", word.replace('_', " "), show(&value)),
    }
}

/// A value as a person reads it: lists without brackets, texts without quotes, escaped and shortened.
#[must_use]
pub fn show(value: &Value) -> String {
    let text = match value {
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(items) => items.iter().map(show_item).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    escape_to_width(&text, WIDTH)
}

fn show_item(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn holds(seen: Option<&Value>, predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Exists(wanted) => seen.is_some() == *wanted,
        Predicate::Absent(wanted) => seen.is_none() == *wanted,
        Predicate::IsNot(value) => !seen.is_some_and(|seen| same(seen, value)),
        _ => seen.is_some_and(|seen| holds_of(seen, predicate)),
    }
}

fn holds_of(seen: &Value, predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Is(value) => same(seen, value),
        Predicate::OneOf(list) => elements(list).iter().any(|value| same(seen, value)),
        Predicate::NoneOf(list) => !elements(list).iter().any(|value| same(seen, value)),
        Predicate::Contains(value) => match (seen.as_str(), value.as_str()) {
            (Some(text), Some(part)) => text.to_lowercase().contains(&part.to_lowercase()),
            _ => false,
        },
        Predicate::Matches(pattern) => {
            let regex = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
            regex.is_ok_and(|regex| seen.as_str().is_some_and(|text| regex.is_match(text)))
        }
        Predicate::Count(value) => count(seen).map(Value::from).is_some_and(|own| same(&own, value)),
        Predicate::Includes(value) => list(seen).is_some_and(|own| own.iter().any(|item| same(item, value))),
        Predicate::IncludesAll(wanted) | Predicate::SupersetOf(wanted) => {
            list(seen).is_some_and(|own| all_in(elements(wanted), own))
        }
        Predicate::IncludesNone(unwanted) => {
            list(seen).is_some_and(|own| !elements(unwanted).iter().any(|value| own.iter().any(|item| same(item, value))))
        }
        Predicate::SubsetOf(allowed) => list(seen).is_some_and(|own| all_in(own, elements(allowed))),
        Predicate::GrantsOnly(allowed) => scopes::grants_only(&texts(seen), &texts(allowed)),
        Predicate::Grants(wanted) => scopes::grants(&texts(seen), &texts(wanted)),
        Predicate::AtLeast(bound) => ordered(seen, bound).is_some_and(std::cmp::Ordering::is_ge),
        Predicate::AtMost(bound) => ordered(seen, bound).is_some_and(std::cmp::Ordering::is_le),
        Predicate::Before(bound) => instants(seen, bound).is_some_and(|(own, bound)| own < bound),
        Predicate::After(bound) => instants(seen, bound).is_some_and(|(own, bound)| own > bound),
        Predicate::IsA(kind) => is_a(seen, *kind),
        Predicate::Exists(_) | Predicate::Absent(_) | Predicate::IsNot(_) => false,
    }
}

/// Equality of JSON values, where `1` and `1.0` are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => a == b,
    }
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn list(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

fn all_in(items: &[Value], whole: &[Value]) -> bool {
    items.iter().all(|item| whole.iter().any(|own| same(own, item)))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text.split_whitespace().collect(),
        _ => elements(value).iter().filter_map(Value::as_str).collect(),
    }
}

fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

/// Compares numbers, or durations written as words on either side.
fn ordered(seen: &Value, bound: &Value) -> Option<std::cmp::Ordering> {
    if let (Some(seen), Some(bound)) = (seen.as_f64(), bound.as_f64()) {
        return seen.partial_cmp(&bound);
    }
    let duration = |value: &Value| value.as_str().and_then(|text| parse_duration(text).ok());
    Some(duration(seen)?.cmp(&duration(bound)?))
}

fn instants(seen: &Value, bound: &Value) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let instant = |value: &Value| OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok();
    Some((instant(seen)?, instant(bound)?))
}

fn is_a(seen: &Value, kind: TypeWord) -> bool {
    match kind {
        TypeWord::String => seen.as_str().is_some_and(|text| !text.trim().is_empty()),
        TypeWord::Integer => seen.is_i64() || seen.is_u64(),
        TypeWord::Boolean => seen.is_boolean(),
        TypeWord::Object => seen.is_object(),
        TypeWord::Strings => seen.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        TypeWord::Uri => seen.as_str().is_some_and(|text| is_plain(text) && url::Url::parse(text).is_ok()),
        TypeWord::HttpsUrl => seen.as_str().is_some_and(is_https_url),
        TypeWord::Jwt => seen.as_str().is_some_and(is_jwt),
    }
}

/// No white space or control characters, which the URL parser would silently drop.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_https_url(text: &str) -> bool {
    // The parser also takes `https:host` and back slashes; a published URL has to be written out.
    let written_out = text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) && !text.contains('\\');
    let parsed = url::Url::parse(text);
    written_out
        && is_plain(text)
        && parsed.is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

fn is_jwt(text: &str) -> bool {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let is_object = |part: &str| {
        let bytes = engine.decode(part).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).is_ok_and(|value| value.is_object())
    };
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts.as_slice(), [header, claims, signature] if is_object(header) && is_object(claims) && engine.decode(signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(seen: &Value, word: &str, value: Value) -> bool {
        compare(Some(seen), &Predicate::new(word, value).unwrap()).is_ok()
    }

    #[test]
    fn every_predicate_holds_and_fails_as_its_word_says() {
        let rows = [
            (json!(401), "is", json!(401), json!(403)),
            (json!("a"), "is_not", json!("b"), json!("a")),
            (json!(401), "one_of", json!([401, 403]), json!([200])),
            (json!(401), "none_of", json!([200]), json!([401])),
            (json!("No-Store, x"), "contains", json!("no-store"), json!("private")),
            (json!("Bearer realm"), "matches", json!("^Bearer"), json!("^Basic")),
            (json!(["a", "b"]), "count", json!(2), json!(3)),
            (json!(["a", "b"]), "includes", json!("a"), json!("c")),
            (json!(["a", "b"]), "includes_all", json!(["a", "b"]), json!(["a", "c"])),
            (json!(["a", "b"]), "includes_none", json!(["c"]), json!(["b"])),
            (json!(["a"]), "subset_of", json!(["a", "b"]), json!(["b"])),
            (json!(["a", "b"]), "superset_of", json!(["a"]), json!(["c"])),
            (json!(["patient/*.rs"]), "grants", json!(["patient/Coverage.read"]), json!(["user/Coverage.read"])),
            (json!(["patient/Coverage.rs", "openid"]), "grants_only", json!(["patient/*.read"]), json!(["patient/Patient.read"])),
            (json!(5), "at_least", json!(5), json!(6)),
            (json!("65s"), "at_most", json!("2m"), json!("60s")),
            (json!("2026-01-01T00:00:00Z"), "before", json!("2026-01-02T00:00:00Z"), json!("2025-01-01T00:00:00Z")),
            (json!("2026-01-01T00:00:00Z"), "after", json!("2025-01-01T00:00:00Z"), json!("2026-01-02T00:00:00Z")),
        ];
        for (seen, word, good, bad) in rows {
            assert!(check(&seen, word, good.clone()), "{seen} {word} {good}");
            assert!(!check(&seen, word, bad.clone()), "{seen} {word} {bad}");
        }
    }

    #[test]
    fn types_are_told_apart() {
        let rows = [
            ("string", json!("a"), json!("")),
            ("integer", json!(1), json!(1.5)),
            ("boolean", json!(false), json!("false")),
            ("object", json!({}), json!([])),
            ("strings", json!(["a"]), json!("a")),
            ("uri", json!("urn:x:y"), json!("/authorize")),
            ("https-url", json!("https://a.example/x"), json!("http://a.example/x")),
            ("jwt", json!("e30.e30.c2ln"), json!("e30.e30")),
        ];
        for (word, good, bad) in rows {
            assert!(check(&good, "is_a", json!(word)), "{word} {good}");
            assert!(!check(&bad, "is_a", json!(word)), "{word} {bad}");
        }
        for text in ["https:a.example", "https://user@a.example", "https:\\\\a.example", "https://a.example/ x", "https://", ""] {
            assert!(!check(&json!(text), "is_a", json!("https-url")), "{text}");
        }
    }

    #[test]
    fn an_absent_or_null_fact_meets_no_positive_comparison() {
        for word in Predicate::WORDS.into_iter().filter(|word| !["absent", "is_not", "exists"].contains(word)) {
            let value = match word {
                "matches" => json!(""),
                "is_a" => json!("string"),
                _ => json!([]),
            };
            let predicate = Predicate::new(word, value).unwrap();
            assert!(compare(None, &predicate).is_err(), "{word}");
            assert!(compare(Some(&Value::Null), &predicate).is_err(), "{word}");
        }
        assert!(compare(Some(&Value::Null), &Predicate::Absent(true)).is_ok());
        assert!(compare(None, &Predicate::IsNot(json!(1))).is_ok());
        assert!(compare(Some(&json!(1.0)), &Predicate::IsNot(json!(1))).is_err());
    }

    #[test]
    fn a_mismatch_says_what_was_expected_and_seen_in_safe_words() {
        let mismatch = compare(Some(&json!("a\u{1b}[2J")), &Predicate::OneOf(json!([401, 403]))).unwrap_err();
        assert_eq!((mismatch.expected.as_str(), mismatch.actual.as_str()), ("one of 401, 403", "a\\u{1b}[2J"));
        assert_eq!(compare(None, &Predicate::Exists(true)).unwrap_err().actual, "nothing");
    }
}
