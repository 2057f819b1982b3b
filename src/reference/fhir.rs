//! The FHIR API: reads and searches of six types, only with the access token, and the ways to be too open or to refuse oddly.
//!
//! Routing comes before authentication: an unknown type is 404 for everybody, without a challenge.

use serde_json::{Value, json};

use super::exchange::{Asked, Reply};
use super::members::{self, TYPES};
use super::site::Site;

/// The types that can be read without a token or with any token, each with its two faults.
const LEAKS: [(&str, &str, &str); 5] = [
    ("Patient", "open-patient", "garbage-token-accepted-patient"),
    ("Coverage", "open-coverage", "garbage-token-accepted-coverage"),
    ("ExplanationOfBenefit", "open-explanationofbenefit", "garbage-token-accepted-explanationofbenefit"),
    ("Organization", "open-organization", "garbage-token-accepted-organization"),
    ("Practitioner", "open-practitioner", "garbage-token-accepted-practitioner"),
];

/// Who a request says it comes from.
enum Caller {
    Nobody,
    Stranger,
    Member,
}

/// Answers a request below the base; `path` is what follows the base and its slash.
pub(super) fn answer(site: &Site, asked: &Asked, path: &str) -> Reply {
    let segments: Vec<&str> = path.split('/').collect();
    let (kind, id, methods) = match segments.as_slice() {
        [kind] if TYPES.contains(kind) => (*kind, None, ["GET", "HEAD"].as_slice()),
        [kind, "_search"] if TYPES.contains(kind) => (*kind, None, ["POST"].as_slice()),
        [kind, id] if TYPES.contains(kind) && !id.is_empty() => (*kind, Some(*id), ["GET", "HEAD"].as_slice()),
        _ => return unknown_path(site, asked),
    };
    if !methods.contains(&asked.method.as_str()) {
        return outcome(405, "not-supported", "this interaction is not supported").with("allow", methods.join(", "));
    }
    match caller(site, asked) {
        Caller::Member => data(site, asked, kind, id),
        Caller::Stranger if leaks(site, kind).1 => data(site, asked, kind, id),
        Caller::Nobody if leaks(site, kind).0 => data(site, asked, kind, id),
        Caller::Stranger => refuse_stranger(site, asked),
        Caller::Nobody => refuse_nobody(site, asked),
    }
}

/// Whether the request carries the access token.
pub(super) fn has_valid_token(site: &Site, asked: &Asked) -> bool {
    matches!(caller(site, asked), Caller::Member)
}

fn caller(site: &Site, asked: &Asked) -> Caller {
    match bearer_token(asked) {
        None => Caller::Nobody,
        Some(token) if token == site.token.expose() => Caller::Member,
        Some(_) => Caller::Stranger,
    }
}

/// The token of a request. Credentials of another scheme are none: whoever brings them has made no error with a token.
fn bearer_token(asked: &Asked) -> Option<&str> {
    let (scheme, token) = asked.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether this type is open to nobody, and to strangers.
fn leaks(site: &Site, kind: &str) -> (bool, bool) {
    LEAKS
        .iter()
        .find(|(leaking, _, _)| *leaking == kind)
        .map_or((false, false), |(_, open, garbage)| (site.has(open), site.has(garbage)))
}

fn refuse_nobody(site: &Site, asked: &Asked) -> Reply {
    if let Some(front) = front_refusal(site) {
        return front;
    }
    if let Some(odd) = odd_refusal(site, asked) {
        return odd;
    }
    if site.has("unauthorized-redirects-to-login") {
        return Reply::redirect(302, &site.authorization_url("/authorize"));
    }
    if site.has("unauthorized-403") {
        return outcome(403, "forbidden", "not allowed");
    }
    if site.has("unauthorized-500") {
        return outcome(500, "exception", "something went wrong");
    }
    unauthorized(site, asked)
}

fn refuse_stranger(site: &Site, asked: &Asked) -> Reply {
    if let Some(front) = front_refusal(site) {
        return front;
    }
    if let Some(odd) = odd_refusal(site, asked) {
        return odd;
    }
    if site.has("invalid-token-403") {
        return outcome(403, "forbidden", "not allowed");
    }
    unauthorized(site, asked)
}

/// The refusals that nobody and strangers get alike, and that are none or have the wrong status.
fn odd_refusal(site: &Site, asked: &Asked) -> Option<Reply> {
    if site.has("unauthorized-empty-bundle") {
        return Some(Reply::fhir(200, &searchset(site, asked, &[])));
    }
    site.has("unauthorized-400").then(|| challenged(site, asked, outcome(400, "login", "an access token is needed")))
}

/// What stands in front of the API and answers for it.
fn front_refusal(site: &Site) -> Option<Reply> {
    if site.has("unauthorized-404") {
        return Some(outcome(404, "not-found", "not found"));
    }
    if site.has("unauthorized-429") {
        return Some(Reply::new(429, "text/plain", "too many requests").with("retry-after", "1"));
    }
    site.has("unauthorized-503").then(|| Reply::new(503, "text/plain", "service unavailable"))
}

/// The 401 with its challenge.
pub(super) fn unauthorized(site: &Site, asked: &Asked) -> Reply {
    let mut reply = outcome(401, "login", "an access token is needed");
    if site.has("refusal-carries-data")
        && let Some(patient) = members::first().of_type("Patient").next()
    {
        reply.body = patient.to_string().into_bytes();
    }
    if site.has("refusal-carries-internals") {
        let trace = "java.lang.IllegalStateException: no token\n\tat org.payer.fhir.AuthFilter.doFilter(AuthFilter.java:118)\n\tat org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:199)\nCaused by: java.sql.SQLException: ORA-01017 at /opt/payer/conf/db.properties";
        reply.body = outcome(401, "login", trace).body;
    }
    challenged(site, asked, reply)
}

fn challenged(site: &Site, asked: &Asked, reply: Reply) -> Reply {
    if site.has("challenge-missing") {
        return reply;
    }
    if site.has("challenge-basic") {
        return reply.with("www-authenticate", "Basic realm=\"fhir\"");
    }
    let error_without_token = site.has("challenge-error-without-token");
    if bearer_token(asked).is_some() || error_without_token {
        return reply.with("www-authenticate", "Bearer realm=\"fhir\", error=\"invalid_token\"");
    }
    reply.with("www-authenticate", "Bearer realm=\"fhir\"")
}

fn data(site: &Site, asked: &Asked, kind: &str, id: Option<&str>) -> Reply {
    let member = members::first();
    let Some(id) = id else {
        let matches: Vec<&Value> = member.of_type(kind).filter(|resource| selects(asked, resource)).collect();
        return Reply::fhir(200, &searchset(site, asked, &matches)).with("cache-control", "no-store");
    };
    match member.read_one(kind, id) {
        Some(resource) => Reply::fhir(200, resource).with("cache-control", "no-store"),
        None => outcome(404, "not-found", "there is no such resource"),
    }
}

/// Whether the search parameters let a resource through. Parameters that are not known select nothing away.
fn selects(asked: &Asked, resource: &Value) -> bool {
    let subject = ["patient", "beneficiary"].iter().find_map(|member| resource[*member]["reference"].as_str());
    asked.parameters().iter().all(|(name, value)| match name.as_str() {
        "_id" => resource["id"] == value.as_str(),
        "patient" | "beneficiary" => {
            subject.is_some_and(|subject| subject == value || subject.strip_prefix("Patient/") == Some(value))
        }
        _ => true,
    })
}

fn searchset(site: &Site, asked: &Asked, resources: &[&Value]) -> Value {
    let base = site.base.as_str();
    let origin = base.trim_end_matches(super::site::BASE_PATH);
    let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
    let entries: Vec<Value> = resources
        .iter()
        .map(|resource| {
            let (kind, id) = (resource["resourceType"].as_str().unwrap_or_default(), resource["id"].as_str().unwrap_or_default());
            json!({"fullUrl": format!("{base}/{kind}/{id}"), "resource": resource, "search": {"mode": "match"}})
        })
        .collect();
    let mut bundle = json!({
        "resourceType": "Bundle",
        "type": "searchset",
        "total": entries.len(),
        "link": [{"relation": "self", "url": format!("{origin}{}{query}", asked.path)}],
    });
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    bundle
}

/// What a path gets that nothing is behind.
fn unknown_path(site: &Site, asked: &Asked) -> Reply {
    if site.has("unauthorized-same-as-unknown") && !has_valid_token(site, asked) {
        return unauthorized(site, asked);
    }
    not_found(site)
}

/// The 404 of the API.
pub(super) fn not_found(site: &Site) -> Reply {
    if site.has("soft-404") {
        return Reply::html(200, "Member portal", "<p>Welcome.</p>");
    }
    outcome(404, "not-found", "nothing is here")
}

/// An `OperationOutcome` with one issue.
pub(super) fn outcome(status: u16, code: &str, text: &str) -> Reply {
    let severity = if status < 400 { "information" } else { "error" };
    let issue = json!({"severity": severity, "code": code, "diagnostics": text});
    Reply::fhir(status, &json!({"resourceType": "OperationOutcome", "issue": [issue]}))
}
