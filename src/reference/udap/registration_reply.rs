//! How the registration endpoint answers, under the faults that spoil its successes and its errors.

use serde_json::{Map, Value, json};

use super::super::exchange::Reply;
use super::super::site::Site;

/// A success with these members.
pub(super) fn success(site: &Site, status: u16, mut members: Map<String, Value>) -> Reply {
    for (fault, member) in MISSING {
        if members.contains_key(member) && site.has(fault) {
            members.shift_remove(member);
        }
    }
    if site.has("udap-registration-alters-statement")
        && let Some(Value::String(statement)) = members.get_mut("software_statement")
    {
        statement.push('A');
    }
    if site.has("udap-registration-returns-jwt-claims") {
        members.insert("iat".to_owned(), json!(site.now().unix_timestamp()));
        members.insert("jti".to_owned(), json!("a-jti"));
    }
    if site.has("udap-registration-returns-nulls") {
        members.insert("client_secret".to_owned(), Value::Null);
        members.insert("policy_uri".to_owned(), json!(""));
    }
    if site.has("udap-registration-returns-certifications") {
        members.insert("certifications".to_owned(), json!(["https://certifier.example/anything"]));
    }
    if site.has("udap-registration-narrows-grant-types") {
        members.insert("grant_types".to_owned(), json!(["refresh_token"]));
    }
    let html = site.has("udap-registration-text-html");
    let text = Value::Object(members).to_string();
    let reply = Reply::new(status, if html { "text/html" } else { "application/json" }, text);
    if site.has("udap-registration-cacheable") {
        return reply.with("cache-control", "private, max-age=600");
    }
    reply.with("cache-control", "no-store").with("pragma", "no-cache")
}

/// Per member the fault that leaves it out of a success.
const MISSING: [(&str, &str); 7] = [
    ("udap-registration-no-client-id", "client_id"),
    ("udap-registration-no-statement", "software_statement"),
    ("udap-registration-no-client-name", "client_name"),
    ("udap-registration-no-grant-types", "grant_types"),
    ("udap-registration-no-redirect-uris", "redirect_uris"),
    ("udap-registration-no-scope", "scope"),
    ("udap-registration-no-auth-method", "token_endpoint_auth_method"),
];

/// A refusal.
pub(super) fn refusal(site: &Site, error: &str, reason: &str) -> Reply {
    if site.has("udap-registration-errors-500") {
        return Reply::new(500, "text/plain", "internal server error");
    }
    if site.has("udap-registration-errors-html") {
        return Reply::html(400, "Bad request", "<p>Something was not right.</p>");
    }
    let mut status = 400;
    for (fault, other) in [
        ("udap-registration-errors-200", 200),
        ("udap-registration-errors-401", 401),
        ("udap-registration-errors-403", 403),
        ("udap-registration-errors-422", 422),
    ] {
        if site.has(fault) {
            status = other;
        }
    }
    let mut error = error.to_owned();
    for (fault, other) in [
        ("udap-registration-wrong-error-code", "invalid_request"),
        ("udap-registration-always-invalid-metadata", "invalid_client_metadata"),
        ("udap-registration-always-invalid-statement", "invalid_software_statement"),
    ] {
        if site.has(fault) {
            other.clone_into(&mut error);
        }
    }
    if error == "unapproved_software_statement" && site.has("udap-registration-never-unapproved") {
        "invalid_software_statement".clone_into(&mut error);
    }
    let mut body = json!({"error": error, "error_description": reason});
    if site.has("udap-registration-errors-without-code") {
        body = json!({"message": reason});
    }
    Reply::json(status, &body).with("cache-control", "no-store").with("pragma", "no-cache")
}
