//! From an answer to the facts that all HTTP verbs share.
//!
//! Says what is there. An answer that tells nothing about the target's rules (rate limit, gateway trouble, a body that was
//! not read to its end) becomes a cause instead.

use serde_json::{Map, Value, json};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use url::Url;

use super::json_document::{BodyKind, JsonDocument, is_beyond_our_parser, is_login_form, media_type};
use crate::crypto::duplicate_keys;
use crate::evidence::header_of_fact;
use crate::net::Answer;
use crate::vocabulary::{Cause, Redactor, escape_to_width};

/// The cause when an answer tells nothing; nothing when it tells something.
pub(super) fn silence_of(answer: &Answer) -> Option<Cause> {
    match answer.status {
        429 => return Some(Cause::new("rate-limited", "the server asks to be left alone for a while (status 429)")),
        status @ (502..=504) => {
            return Some(Cause::new(
                "unavailable",
                format!("the server or a gateway in front of it is not available (status {status})"),
            ));
        }
        _ => {}
    }
    if answer.truncated {
        return Some(Cause::new("body-too-large", "the body is larger than is read"));
    }
    if let Some(encoding) = answer.encoded.as_ref().filter(|_| !answer.body.is_empty()) {
        let shown = escape_to_width(encoding, 40);
        return Some(Cause::new(
            "encoded",
            format!("the body has the Content-Encoding {shown} although identity was asked for, and is not decoded"),
        ));
    }
    is_beyond_our_parser(&answer.body)
        .then(|| Cause::new("client-limit", "the body is JSON with a number, a string or a nesting beyond what is read here"))
}

/// What the body is.
pub(super) fn document_of(answer: &Answer) -> JsonDocument {
    JsonDocument::read(&answer.body, answer.header("content-type"))
}

/// The common facts. `asked` is the URL that this answer belongs to, for relative locations.
pub(super) fn facts_of(
    answer: &Answer,
    document: &JsonDocument,
    asked: &Url,
    now: OffsetDateTime,
    redactor: &Redactor,
) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut set = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    set("status", answer.status.into());
    set("header", headers(answer, redactor));
    set("is_json", document.tree.is_some().into());
    set("body_kind", document.kind.word().into());
    set("body_bytes", answer.body.len().into());
    set("duplicate_keys", duplicate_keys(&answer.body).into());
    set("login_form", (document.tree.is_none() && is_login_form(&answer.text())).into());
    set("elapsed_ms", u64::try_from(answer.elapsed.as_millis()).unwrap_or(u64::MAX).into());
    let content_type = answer.header("content-type").map(media_type).filter(|essence| !essence.is_empty());
    let tls = answer.tls.as_ref().map(|tls| json!({ "trusted": tls.trusted, "defects": tls.defects, "version": tls.version }));
    let optional = [
        ("json", document.tree.clone()),
        ("content_type", content_type.map(Value::from)),
        ("location", location_of(answer, asked).map(|url| url.as_str().into())),
        ("resource_type", document.resource_type().map(Value::from)),
        ("date_skew_seconds", date_skew(answer, now).map(Value::from)),
        ("tls", tls),
    ];
    facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    facts
}

/// The absolute address that the answer points to.
pub(super) fn location_of(answer: &Answer, asked: &Url) -> Option<Url> {
    asked.join(answer.header("location")?.trim()).ok()
}

/// True when the body is a page for a browser.
pub(super) fn is_page(document: &JsonDocument) -> bool {
    document.kind == BodyKind::Html
}

fn headers(answer: &Answer, redactor: &Redactor) -> Value {
    let mut joined: Map<String, Value> = Map::new();
    for (name, value) in &answer.headers {
        let value = header_of_fact(redactor, name, value);
        let text = match joined.get(name).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier}, {value}"),
            None => value,
        };
        joined.insert(name.clone(), text.into());
    }
    Value::Object(joined)
}

/// Seconds that the clock of the server is ahead of ours, as the Date header says.
pub(super) fn date_skew(answer: &Answer, now: OffsetDateTime) -> Option<i64> {
    let format = format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let sent = PrimitiveDateTime::parse(answer.header("date")?.trim(), format).ok()?.assume_utc();
    Some((sent - now).whole_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::TlsFacts;
    use std::time::Duration;
    use time::macros::datetime;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            truncated: false,
            encoded: None,
            elapsed: Duration::from_millis(7),
            tls: Some(TlsFacts { trusted: false, version: Some("TLSv1.3".into()), ..TlsFacts::default() }),
        }
    }

    fn facts(answer: &Answer) -> Value {
        let asked = Url::parse("https://p.example/r4/metadata").unwrap();
        let document = document_of(answer);
        Value::Object(facts_of(answer, &document, &asked, datetime!(2026-01-01 12:00:00 UTC), &Redactor::new("salt")))
    }

    #[test]
    fn every_common_fact_is_told() {
        let headers = [
            ("content-type", "Application/FHIR+json; charset=utf-8"),
            ("vary", "a"),
            ("vary", "b"),
            ("location", "../login"),
            ("date", "Thu, 01 Jan 2026 12:05:00 GMT"),
            ("set-cookie", "session=very-secret-value"),
        ];
        let facts = facts(&answer(200, &headers, "{\"resourceType\":\"Patient\",\"id\":\"a\",\"id\":\"b\"}"));
        assert_eq!(facts["status"], 200);
        assert_eq!(facts["content_type"], "application/fhir+json");
        assert_eq!(facts["header"]["vary"], "a, b");
        assert_eq!(facts["location"], "https://p.example/login");
        assert_eq!(facts["date_skew_seconds"], 300);
        assert_eq!(facts["duplicate_keys"], json!(["id"]));
        assert_eq!(facts["resource_type"], "Patient");
        assert_eq!(facts["tls"]["trusted"], false);
        assert_eq!((facts["body_kind"].as_str(), facts["elapsed_ms"].as_u64()), (Some("json-object"), Some(7)));
        assert!(!facts.to_string().contains("very-secret-value"));
    }

    #[test]
    fn what_is_not_there_is_absent() {
        let facts = facts(&answer(
            200,
            &[("location", "http://["), ("date", "soon"), ("content-type", "")],
            "<html><form><input type=password>",
        ));
        for name in ["json", "location", "date_skew_seconds", "content_type", "resource_type"] {
            assert!(facts.get(name).is_none(), "{name}");
        }
        assert_eq!((facts["login_form"].as_bool(), facts["body_kind"].as_str()), (Some(true), Some("html")));
    }

    #[test]
    fn trap_58_and_65_rate_limits_and_gateway_trouble_tell_nothing() {
        for (status, kind) in [(429, "rate-limited"), (502, "unavailable"), (503, "unavailable"), (504, "unavailable")] {
            assert_eq!(silence_of(&answer(status, &[], "")).unwrap().kind, kind);
        }
        for status in [200, 204, 302, 400, 401, 403, 404, 500, 501] {
            assert_eq!(silence_of(&answer(status, &[], "")), None, "{status}");
        }
    }

    #[test]
    fn h03_an_encoded_body_is_not_taken_for_the_content() {
        let encoded = Answer { encoded: Some("gzip".into()), ..answer(200, &[], "\u{1f}bytes") };
        assert_eq!(silence_of(&encoded).unwrap().kind, "encoded");
        let empty = Answer { encoded: Some("gzip".into()), ..answer(401, &[], "") };
        assert_eq!(silence_of(&empty), None, "a refusal without a body is still a refusal");
        assert_eq!(silence_of(&Answer { truncated: true, ..answer(200, &[], "{") }).unwrap().kind, "body-too-large");
    }

    #[test]
    fn h20_json_beyond_our_parser_is_our_limit_and_says_nothing_of_the_server() {
        assert_eq!(silence_of(&answer(200, &[], "{\"a\":1e400}")).unwrap().kind, "client-limit");
        assert_eq!(silence_of(&answer(200, &[], "{\"a\":NaN}")), None, "what is not JSON is an observation");
    }

    proptest::proptest! {
        #[test]
        fn any_answer_gives_facts_without_a_panic(status: u16, names in proptest::collection::vec("(date|location|content-type|x)", 0..4), value: String, body: Vec<u8>) {
            let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
            let answer = Answer { body, ..answer(status, &headers, "") };
            let _ = (facts(&answer), silence_of(&answer));
        }
    }
}
