//! How the API refuses: the challenge, the fronts that answer for it, and the 404.

use serde_json::{Value, json};

use super::super::exchange::{Asked, Reply};
use super::super::members;
use super::super::site::{BASE_PATH, Site};
use super::caller::has_valid_token;

/// Refuses a request without a token.
pub(super) fn refuse_nobody(site: &Site, asked: &Asked) -> Reply {
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

/// Refuses a request with a token that is not valid.
pub(super) fn refuse_stranger(site: &Site, asked: &Asked) -> Reply {
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

/// A refusal that is about somebody: it says whose data are kept.
pub(super) fn names_the_member(kind: &str, id: &str) -> Reply {
    let owner = members::all().iter().find(|member| member.of_type(kind).any(|resource| resource["id"] == id));
    let patient = owner.and_then(|member| member.of_type("Patient").next()).unwrap_or(&Value::Null);
    let name = &patient["name"][0];
    let (given, family) = (name["given"][0].as_str().unwrap_or_default(), name["family"].as_str().unwrap_or_default());
    outcome(403, "forbidden", &format!("the record of {given} {family} is not open to you"))
}

/// The refusals that nobody and strangers get alike, and that are none or have the wrong status.
fn odd_refusal(site: &Site, asked: &Asked) -> Option<Reply> {
    if site.has("refusal-names-the-member")
        && let [kind, id] = asked.path.trim_start_matches(BASE_PATH).trim_matches('/').split('/').collect::<Vec<_>>().as_slice()
    {
        return Some(challenged(site, asked, Reply { status: 401, ..names_the_member(kind, id) }));
    }
    if site.has("unauthorized-empty-bundle") {
        return Some(Reply::fhir(200, &super::search::empty(site, asked)));
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
pub(in super::super) fn unauthorized(site: &Site, asked: &Asked) -> Reply {
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
    if super::caller::token(site, asked).is_some() || error_without_token {
        return reply.with("www-authenticate", "Bearer realm=\"fhir\", error=\"invalid_token\"");
    }
    reply.with("www-authenticate", "Bearer realm=\"fhir\"")
}

/// What a path gets that nothing is behind.
pub(super) fn unknown_path(site: &Site, asked: &Asked) -> Reply {
    let is_alike = site.has("unauthorized-same-as-unknown") || site.has("gateway-401-everywhere");
    if is_alike && !has_valid_token(site, asked) {
        return unauthorized(site, asked);
    }
    not_found(site)
}

/// The 404 of the API.
pub(in super::super) fn not_found(site: &Site) -> Reply {
    if site.has("soft-404") {
        return Reply::html(200, "Member portal", "<p>Welcome.</p>");
    }
    outcome(404, "not-found", "nothing is here")
}

/// An `OperationOutcome` with one issue.
pub(in super::super) fn outcome(status: u16, code: &str, text: &str) -> Reply {
    let severity = if status < 400 { "information" } else { "error" };
    let issue = json!({"severity": severity, "code": code, "diagnostics": text});
    Reply::fhir(status, &json!({"resourceType": "OperationOutcome", "issue": [issue]}))
}

/// The refusal of what the token's scopes do not reach.
pub(super) fn insufficient_scope(site: &Site, scope: &str) -> Reply {
    if site.has("insufficient-scope-401") {
        return outcome(401, "login", "the token does not reach this")
            .with("www-authenticate", "Bearer realm=\"fhir\", error=\"insufficient_scope\"");
    }
    outcome(403, "forbidden", "the scopes of the token do not reach this")
        .with("www-authenticate", format!("Bearer realm=\"fhir\", error=\"insufficient_scope\", scope=\"{scope}\""))
}
