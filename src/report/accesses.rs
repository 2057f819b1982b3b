//! What a run asked of a member's data and when, for whoever looks for it in a log: types, interactions, outcomes and times, and
//! no data of anybody.

use serde_json::Value;
use url::Url;

use crate::engine::Run;

/// One request with a token, or one sign-in that ended with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// When it began, RFC 3339 in UTC.
    pub at: String,
    /// For instance `read Patient`.
    pub what: String,
    /// The status code, or why there was none.
    pub outcome: String,
}

/// Every access, in the order of time.
#[must_use]
pub fn accesses(run: &Run) -> Vec<Access> {
    let base = run.header.target.trim_end_matches('/');
    let mut all: Vec<Access> = run.evidence.iter().filter_map(|own| access(&own.exchange, base)).collect();
    all.sort_by(|one, other| one.at.cmp(&other.at));
    all
}

fn access(exchange: &Value, base: &str) -> Option<Access> {
    let record = exchange.get("record").filter(|record| record.get("kind").and_then(Value::as_str) == Some("http"))?;
    let request = record.get("request")?;
    let what = data(request, base).or_else(|| sign_in(request))?;
    let result = record.get("result")?;
    let outcome = match result.get("status").and_then(Value::as_u64) {
        Some(status) => status.to_string(),
        None => format!("no answer ({})", result.get("kind").and_then(Value::as_str)?),
    };
    Some(Access { at: exchange.get("started")?.as_str()?.to_owned(), what, outcome })
}

/// A request for data that carried a token, right or wrong.
fn data(request: &Value, base: &str) -> Option<String> {
    let headers = request.get("headers")?.as_array()?;
    let named =
        |header: &Value| header.get(0).and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("authorization"));
    if !headers.iter().any(named) {
        return None;
    }
    let url = Url::parse(request.get("url")?.as_str()?).ok()?;
    let below = Url::parse(base).ok()?;
    if url.origin() != below.origin() {
        return None;
    }
    let path = url.path().strip_prefix(below.path().trim_end_matches('/'))?.trim_matches('/');
    let method = request.get("method")?.as_str()?;
    let mut segments = path.split('/');
    let kind = segments.next().unwrap_or_default();
    if kind.is_empty() {
        return Some(if method == "POST" { "batch".to_owned() } else { "page of a search".to_owned() });
    }
    let is_type = kind.starts_with(|first: char| first.is_ascii_uppercase())
        && kind.len() <= 64
        && kind.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_type {
        return None;
    }
    let interaction = match (method, segments.next()) {
        ("GET" | "HEAD", None) | ("POST", Some("_search")) => "search",
        ("GET" | "HEAD", Some(_)) => "read",
        ("POST", None) => "create",
        _ => "other request to",
    };
    Some(format!("{interaction} {kind}"))
}

/// An exchange of a code or of a refresh token.
fn sign_in(request: &Value) -> Option<String> {
    let body = request.pointer("/body/text")?.as_str()?;
    let grants = [("authorization_code", "exchange of a code after a sign-in"), ("refresh_token", "refresh")];
    let (_, what) = grants.into_iter().find(|(grant, _)| body.split('&').any(|pair| pair == format!("grant_type={grant}")))?;
    Some(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(method: &str, url: &str, headers: &Value, body: &str) -> Option<String> {
        let request = json!({ "method": method, "url": url, "headers": headers, "body": { "text": body } });
        let record = json!({ "kind": "http", "request": request, "result": { "result": "answer", "status": 200 } });
        access(&json!({ "started": "2026-11-28T10:00:00Z", "record": record }), "https://p.example/r4").map(|own| own.what)
    }

    #[test]
    fn requests_with_a_token_are_told_by_type_and_without_ids() {
        let bearer = json!([["authorization", "Bearer ‹access_token #1›"]]);
        for (method, url, what) in [
            ("GET", "https://p.example/r4/Patient/4711", Some("read Patient")),
            ("GET", "https://p.example/r4/Coverage?patient=4711", Some("search Coverage")),
            ("POST", "https://p.example/r4/Coverage/_search", Some("search Coverage")),
            ("POST", "https://p.example/r4", Some("batch")),
            ("GET", "https://p.example/r4/4711", None),
            ("GET", "https://login.example/r4/Patient/4711", None),
        ] {
            assert_eq!(seen(method, url, &bearer, "").as_deref(), what, "{method} {url}");
        }
        assert_eq!(seen("GET", "https://p.example/r4/Patient/4711", &json!([]), ""), None, "nobody asked");
    }

    #[test]
    fn a_sign_in_is_seen_where_its_code_is_spent() {
        let exchange = |body: &str| seen("POST", "https://login.example/token", &json!([]), body);
        assert_eq!(exchange("grant_type=authorization_code&code=x").as_deref(), Some("exchange of a code after a sign-in"));
        assert_eq!(exchange("grant_type=client_credentials"), None);
    }

    #[test]
    fn what_was_not_answered_says_why() {
        let request =
            json!({ "method": "GET", "url": "https://p.example/r4/Patient/1", "headers": [["Authorization", "Bearer x"]] });
        let record = json!({ "kind": "http", "request": request, "result": { "result": "failure", "kind": "timeout" } });
        let own = access(&json!({ "started": "2026-11-28T10:00:00Z", "record": record }), "https://p.example/r4/").unwrap();
        assert_eq!((own.at.as_str(), own.outcome.as_str()), ("2026-11-28T10:00:00Z", "no answer (timeout)"));
    }
}
