//! HAR 1.2 of the HTTP exchanges, one page per case. What HAR has no place for stands in members that begin with `_`.
//!
//! All of it is redacted already. Times are those of the whole exchange, since parts of it are not measured.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::engine::Run;
use crate::evidence::{Body, Exchange, HttpExchange, HttpResult, Record};

/// Exchanges that no case caused.
const DISCOVERY: &str = "discovery";

/// The whole log.
#[must_use]
pub fn har(run: &Run, exchanges: &[Exchange]) -> Value {
    let mut pages: Vec<Value> = Vec::new();
    let mut known: BTreeMap<&str, ()> = BTreeMap::new();
    let mut entries = Vec::new();
    let mut probes = Vec::new();
    for exchange in exchanges {
        let http = match &exchange.record {
            Record::Http(http) => http,
            Record::Tls(probe) => {
                probes.push(json!({
                    "_evidenceId": exchange.id, "_caseId": exchange.label.case, "startedDateTime": exchange.started,
                    "time": probe.elapsed_ms, "host": probe.host, "port": probe.port, "offered": probe.offered, "answered": probe.answered,
                }));
                continue;
            }
        };
        let page = page_of(exchange);
        if known.insert(page, ()).is_none() {
            pages.push(json!({ "id": page, "title": page, "startedDateTime": exchange.started, "pageTimings": {} }));
        }
        entries.push(entry(exchange, http));
    }
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "carinbb", "version": run.header.tool },
        "pages": pages,
        "entries": entries,
        "_run": run.header.run,
        "_probes": probes,
    } })
}

fn page_of(exchange: &Exchange) -> &str {
    if exchange.label.case.is_empty() { DISCOVERY } else { &exchange.label.case }
}

fn entry(exchange: &Exchange, http: &HttpExchange) -> Value {
    let mut entry = Map::new();
    let mut set = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    set("pageref", page_of(exchange).into());
    set("startedDateTime", exchange.started.clone().into());
    set("time", http.elapsed_ms.into());
    set("request", request(http));
    set("response", response(http));
    set("cache", json!({}));
    set("timings", json!({ "send": 0, "wait": http.elapsed_ms, "receive": 0 }));
    set("comment", exchange.label.step.clone().into());
    set("_evidenceId", exchange.id.as_str().into());
    set("_caseId", exchange.label.case.clone().into());
    set("_attempt", http.attempt.into());
    if let Some(tls) = &http.tls {
        set("_tls", json!(tls));
    }
    Value::Object(entry)
}

/// The version of HTTP is not recorded.
const HTTP_VERSION: &str = "unknown";

fn request(http: &HttpExchange) -> Value {
    let request = &http.request;
    let query = url::Url::parse(&request.url)
        .map(|url| url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>());
    let mut value = json!({
        "method": request.method, "url": address(&request.url), "httpVersion": HTTP_VERSION, "cookies": [],
        "headers": headers(&request.headers), "queryString": query.unwrap_or_default(), "headersSize": -1,
        "bodySize": request.body.as_ref().map_or(0, |body| body.bytes),
    });
    if let Some(body) = &request.body {
        value["postData"] = json!({ "mimeType": media_type(&request.headers), "text": body.text, "_sha256": body.sha256, "_cut": body.cut, "_redacted": body.redacted });
    }
    value
}

fn response(http: &HttpExchange) -> Value {
    match &http.result {
        HttpResult::Answer(answer) => json!({
            "status": answer.status, "statusText": "", "httpVersion": HTTP_VERSION, "cookies": [],
            "headers": headers(&answer.headers), "content": content(&answer.body, &answer.headers, answer.truncated),
            "redirectURL": value_of(&answer.headers, "location").unwrap_or_default(), "headersSize": -1, "bodySize": answer.body.bytes,
        }),
        // What browsers write when there was no answer.
        HttpResult::Failure(failure) => json!({
            "status": 0, "statusText": "", "httpVersion": HTTP_VERSION, "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "x-unknown" }, "redirectURL": "", "headersSize": -1, "bodySize": -1,
            "_error": format!("{} ({}): {}", failure.kind, failure.phase, failure.message),
        }),
    }
}

fn content(body: &Body, headers: &[(String, String)], truncated: bool) -> Value {
    json!({
        "size": body.bytes, "mimeType": media_type(headers), "text": body.text,
        "_sha256": body.sha256, "_cut": body.cut, "_redacted": body.redacted, "_truncated": truncated,
    })
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn media_type(headers: &[(String, String)]) -> &str {
    value_of(headers, "content-type").unwrap_or("x-unknown")
}

fn value_of<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The address as a URI: a pseudonym in it is percent-encoded, its number too, so that nothing of it becomes a fragment.
fn address(recorded: &str) -> String {
    let escaped = recorded.replace(" #", "%20%23");
    url::Url::parse(&escaped).map_or(escaped, String::from)
}
