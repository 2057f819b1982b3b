//! What kind of body an answer has, and its tree when it is JSON.
//!
//! The bytes decide, not the Content-Type: what a client would parse is what counts. Depth is bounded by the parser.

use serde::de::IgnoredAny;
use serde_json::Value;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// One JSON object.
    JsonObject,
    /// One JSON array.
    JsonArray,
    /// Another JSON value.
    Json,
    /// A page for a browser.
    Html,
    /// Anything else that is not empty.
    Text,
    /// Nothing, or white space.
    Empty,
}

impl BodyKind {
    /// The word of the fact `body_kind`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::JsonObject => "json-object",
            Self::JsonArray => "json-array",
            Self::Json => "json",
            Self::Html => "html",
            Self::Text => "text",
            Self::Empty => "empty",
        }
    }
}

/// A body that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonDocument {
    /// What it is.
    pub kind: BodyKind,
    /// The tree, when it is JSON.
    pub tree: Option<Value>,
}

impl JsonDocument {
    /// Looks at a body; `content_type` only helps to tell a page from other text.
    #[must_use]
    pub fn read(body: &[u8], content_type: Option<&str>) -> Self {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Self { kind: BodyKind::Empty, tree: None };
        }
        let Ok(tree) = serde_json::from_slice::<Value>(body) else {
            let kind = if is_page(body, content_type) { BodyKind::Html } else { BodyKind::Text };
            return Self { kind, tree: None };
        };
        let kind = match tree {
            Value::Object(_) => BodyKind::JsonObject,
            Value::Array(_) => BodyKind::JsonArray,
            _ => BodyKind::Json,
        };
        Self { kind, tree: Some(tree) }
    }

    /// The FHIR type that the document claims to be.
    #[must_use]
    pub fn resource_type(&self) -> Option<&str> {
        self.tree.as_ref()?.get("resourceType")?.as_str()
    }
}

/// True for a body that the grammar of JSON (RFC 8259) allows and that our parser cannot hold all the same: a number beyond
/// every double, half a surrogate pair, nesting without measure. That limit is ours and says nothing against the server.
#[must_use]
pub fn is_beyond_our_parser(body: &[u8]) -> bool {
    if serde_json::from_slice::<Value>(body).is_ok() {
        return false;
    }
    // What is ignored is only checked against the grammar, without recursion. JSON that is not UTF-8 is none.
    std::str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// The media type without parameters, in lower case.
#[must_use]
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// True when the text is a page that asks for a password.
#[must_use]
pub fn is_login_form(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let asks =
        ["type=\"password\"", "type='password'", "type=password", "name=\"password\"", "autocomplete=\"current-password\""];
    text.contains("<form") && asks.iter().any(|mark| text.contains(mark))
}

fn is_page(body: &[u8], content_type: Option<&str>) -> bool {
    if matches!(content_type.map(media_type).as_deref(), Some("text/html" | "application/xhtml+xml")) {
        return true;
    }
    let head =
        String::from_utf8_lossy(&body[..body.len().min(512)]).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(body: &str) -> &'static str {
        JsonDocument::read(body.as_bytes(), None).kind.word()
    }

    #[test]
    fn the_bytes_tell_what_a_body_is() {
        let cases = [
            ("{\"a\":1}", "json-object"),
            ("[1]", "json-array"),
            ("\"x\"", "json"),
            ("null", "json"),
            (" \n", "empty"),
            ("<!DOCTYPE html><p>", "html"),
            ("  <html lang=en>", "html"),
            ("nope", "text"),
            ("<Patient xmlns=\"http://hl7.org/fhir\"/>", "text"),
        ];
        for (body, expected) in cases {
            assert_eq!(kind(body), expected, "{body}");
        }
        assert_eq!(JsonDocument::read(b"sorry", Some("Text/HTML; charset=utf-8")).kind, BodyKind::Html);
        assert_eq!(JsonDocument::read(b"{}", Some("text/html")).kind, BodyKind::JsonObject);
    }

    #[test]
    fn h20_what_only_resembles_json_is_not_json() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for body in ["\u{feff}{}", "{} x", "{\"a\":NaN}", "{\"a\":1e400}", "{\"a\":\"\\ud800\"}", "{'a':1}", deep.as_str()] {
            assert!(JsonDocument::read(body.as_bytes(), Some("application/json")).tree.is_none(), "{:.20}", body);
        }
        let utf16: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(JsonDocument::read(&utf16, Some("application/json")).tree.is_none());
    }

    #[test]
    fn h20_what_the_grammar_allows_and_the_parser_does_not_hold_is_told_from_what_is_not_json() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for body in ["{\"a\":1e400}", "{\"a\":-1e400}", "{\"a\":\"\\ud800\"}", "[\"\\udc00x\"]", deep.as_str()] {
            assert!(is_beyond_our_parser(body.as_bytes()), "{body:.20}");
        }
        let open = "[".repeat(100_000);
        let not_json = ["\u{feff}{}", "{} x", "{\"a\":NaN}", "{'a':1}", "{\"a\":1e400", "{\"a\":\"\\ud8\"}", "<html>", "", &open];
        for body in not_json {
            assert!(!is_beyond_our_parser(body.as_bytes()), "{body:.20}");
        }
        assert!(!is_beyond_our_parser(b"{\"a\":1e300,\"b\":\"\\ud83d\\ude00\"}"), "the parser holds it");
        assert!(!is_beyond_our_parser(b"{\"a\":1e400,\"b\":\"\xff\"}"), "bytes that are not UTF-8 are no JSON");
    }

    #[test]
    fn trap_26_parameters_of_the_media_type_do_not_count() {
        assert_eq!(media_type("Application/JSON; charset=utf-8"), "application/json");
        assert_eq!(media_type("application/fhir+json"), "application/fhir+json");
        assert_eq!(media_type(";;"), "");
    }

    #[test]
    fn a_page_with_a_password_field_in_a_form_is_a_login_form() {
        assert!(is_login_form("<FORM method=post><input TYPE=\"password\" name=p></FORM>"));
        assert!(!is_login_form("<p>Forgot your password?</p>"));
        assert!(!is_login_form("<form><input type=\"search\"></form>"));
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_looked_at_without_a_panic(body: Vec<u8>, content_type: Option<String>) {
            let document = JsonDocument::read(&body, content_type.as_deref());
            proptest::prop_assert_eq!(document.tree.is_some(), document.kind.word().starts_with("json"));
            let _ = (is_login_form(&String::from_utf8_lossy(&body)), is_beyond_our_parser(&body));
        }
    }
}
