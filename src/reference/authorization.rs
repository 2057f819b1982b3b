//! The authorization listener: the authorization server, and the documents that hang on the issuer.
//!
//! What belongs to the authorization server proper lies in `oauth`.

use serde_json::{Value, json};

use super::endpoints::{authorize_path, issuer_path};
use super::exchange::{Asked, Reply};
use super::site::Site;
use super::{jwks, oauth, openid_configuration, smart_configuration, udap};

const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// Answers a request to the authorization origin.
pub(super) fn answer(site: &Site, asked: &Asked) -> Reply {
    let is_read = matches!(asked.method.as_str(), "GET" | "HEAD");
    if let Some(reply) = oauth::answer(site, asked) {
        return reply;
    }
    match asked.path.as_str() {
        "/register" => udap::register(site, asked),
        "/manage" if is_read => Reply::html(200, "Your apps", "<p>Sign in to see which apps read your data.</p>"),
        "/jwks" | "/keys" if is_read => jwks::answer(site),
        "/brands.json" if is_read && site.smart_is_at_least("2.2.0") => brands(site),
        "/.well-known/smart-configuration" if site.has("smart-configuration-redirects") => smart_configuration::elsewhere(site),
        path if is_read && is_openid_configuration(site, path) => openid_configuration::answer(site),
        _ => not_found(site),
    }
}

/// Whether a path belongs to this listener, for the plain HTTP one that has to say where the real thing is.
pub(super) fn serves(site: &Site, path: &str) -> bool {
    let ours = ["/authorize", "/token", "/introspect", "/revoke", "/register", "/manage", "/jwks", "/keys", "/brands.json"];
    ours.contains(&path) || path == authorize_path(site) || path.strip_suffix(OPENID_CONFIGURATION) == Some(issuer_path(site))
}

fn is_openid_configuration(site: &Site, path: &str) -> bool {
    let below_issuer = path.strip_suffix(OPENID_CONFIGURATION) == Some(issuer_path(site));
    below_issuer && !site.has("openid-configuration-missing") && !site.has("token-issuer-configuration-missing")
}

/// The page that a member signs in on; for the faults that show it where it must not be.
pub(super) fn login_page() -> Reply {
    let form = "<form method=\"post\" action=\"/authorize\"><label>Member id <input name=\"username\"></label><label>Password <input type=\"password\" name=\"password\"></label><button>Sign in</button></form>";
    Reply::html(200, "Sign in", form)
}

fn not_found(site: &Site) -> Reply {
    if site.has("soft-404") {
        return Reply::html(200, "Member portal", "<p>Welcome.</p>");
    }
    Reply::new(404, "text/plain", "not found")
}

/// The user-access brand bundle that smart-configuration names (SMART 2.2.0).
fn brands(site: &Site) -> Reply {
    let url = site.authorization_url("/");
    let brand: Value = json!({
        "resourceType": "Organization",
        "id": "brand",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": url}],
        "active": true,
        "name": "Synthetic Health Plan",
        "endpoint": [{"reference": "Endpoint/fhir"}],
    });
    let endpoint: Value = json!({
        "resourceType": "Endpoint",
        "id": "fhir",
        "status": "active",
        "connectionType": {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest"},
        "payloadType": [{"text": "none"}],
        "address": site.base.as_str(),
    });
    let entries = json!([
        {"fullUrl": format!("{url}Organization/brand"), "resource": brand},
        {"fullUrl": format!("{url}Endpoint/fhir"), "resource": endpoint},
    ]);
    Reply::fhir(
        200,
        &json!({"resourceType": "Bundle", "type": "collection", "timestamp": "2026-11-01T00:00:00Z", "entry": entries}),
    )
    .with("access-control-allow-origin", "*")
}
