//! `[base]/.well-known/udap`: the document of each version, for each community, and the ways to publish it wrongly.

use serde_json::{Map, Value, json};

use super::super::exchange::{Asked, Reply};
use super::super::fhir;
use super::super::site::Site;
use super::members;
use super::signed::{Endpoints, signed};
use super::version::Version;

/// Answers a GET of the document below the base.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    below_base(site, asked).with("access-control-allow-origin", "*")
}

fn below_base(site: &Site, asked: &Asked) -> Reply {
    if site.has("udap-metadata-missing") || site.has("udap-metadata-at-host-root") {
        return fhir::not_found(site);
    }
    if site.has("udap-metadata-needs-token") && !fhir::has_valid_token(site, asked) {
        return fhir::unauthorized(site, asked);
    }
    if site.has("udap-metadata-500") {
        return fhir::outcome(500, "exception", "the document could not be read");
    }
    if site.has("udap-metadata-html") {
        return Reply::html(200, "Member portal", "<p>Welcome.</p>");
    }
    if site.has("udap-metadata-no-udap-is-403") {
        return Reply::new(403, "text/plain", "forbidden");
    }
    match community(site, asked) {
        Wanted::Served(index) => document_reply(site, index),
        Wanted::Unknown => unknown(site),
    }
}

/// Answers a GET at the root of the host, for the fault that puts the document there alone.
pub(in super::super) fn at_host_root(site: &Site) -> Option<Reply> {
    site.has("udap-metadata-at-host-root").then(|| document_reply(site, 0))
}

enum Wanted {
    /// The community of this number.
    Served(usize),
    Unknown,
}

/// Which community a request is about; the first one when it names none.
fn community(site: &Site, asked: &Asked) -> Wanted {
    let query = asked.query_parameters();
    let Some((_, uri)) = query.iter().find(|(name, _)| name == "community") else { return Wanted::Served(0) };
    if site.udap.version == Version::V0_1 {
        return Wanted::Served(0);
    }
    match site.udap.communities.iter().position(|community| community.uri == *uri) {
        Some(_) if site.has("udap-metadata-community-refused") => Wanted::Unknown,
        // the default's certificate, whatever was asked for
        Some(index) if index > 0 && site.has("udap-metadata-community-ignored") => Wanted::Served(0),
        Some(index) => Wanted::Served(index),
        None => Wanted::Unknown,
    }
}

/// The answer for a community that is not known.
fn unknown(site: &Site) -> Reply {
    if site.has("udap-metadata-unknown-community-default") {
        return document_reply(site, 0);
    }
    if site.has("udap-metadata-unknown-community-400") {
        return Reply::json(400, &json!({"error": "invalid_request"}));
    }
    if site.has("udap-metadata-unknown-community-500") {
        return Reply::new(500, "text/plain", "internal server error");
    }
    if site.has("udap-metadata-unknown-community-404") {
        return Reply::new(404, "text/plain", "not found");
    }
    if site.udap.version == Version::V1_0 {
        return Reply::new(404, "text/plain", "not found");
    }
    Reply::empty(204)
}

fn document_reply(site: &Site, community: usize) -> Reply {
    let document = match document(site, community) {
        Ok(document) => document,
        Err(error) => return Reply::new(500, "text/plain", error.to_string()),
    };
    let mut text = document.to_string();
    if site.has("udap-metadata-not-json") {
        text.truncate(text.len() / 2);
    }
    if site.has("udap-metadata-duplicate-keys") {
        text = text.replacen('{', "{\"token_endpoint\":\"https://as.elsewhere.example/token\",", 1);
    }
    if site.has("udap-metadata-array") {
        text = format!("[{text}]");
    }
    let html = site.has("udap-metadata-text-html");
    Reply::new(200, if html { "text/html" } else { "application/json" }, text)
}

/// The endpoints that the document names. They are those of UDAP alone: what is wrong with smart-configuration is not
/// wrong here too.
fn endpoints(site: &Site) -> Endpoints {
    let mut endpoints: Endpoints = Vec::new();
    if !site.has("udap-metadata-no-authorization-endpoint") {
        endpoints.push(("authorization_endpoint", site.authorization_url("/authorize")));
    }
    let mut token = site.authorization_url("/token");
    if site.has("udap-metadata-token-endpoint-http") {
        token = token.replacen("https:", "http:", 1);
    }
    if site.has("udap-metadata-token-endpoint-relative") {
        "/token".clone_into(&mut token);
    }
    if !site.has("udap-metadata-no-token-endpoint") {
        endpoints.push(("token_endpoint", token));
    }
    let nowhere = site.has("udap-metadata-no-registration-endpoint") || site.has("udap-registration-endpoint-missing");
    if !nowhere {
        let register = site.authorization_url("/register");
        let http = site.has("udap-metadata-registration-endpoint-http");
        endpoints.push(("registration_endpoint", if http { register.replacen("https:", "http:", 1) } else { register }));
    }
    endpoints
}

fn document(site: &Site, community: usize) -> Result<Value, openssl::error::ErrorStack> {
    let endpoints = endpoints(site);
    let mut document: Map<String, Value> =
        members::lists(site).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, url) in &endpoints {
        document.insert((*name).to_owned(), json!(url));
    }
    let missing =
        if site.udap.version == Version::V0_1 { "udap-metadata-no-signed-endpoints" } else { "udap-metadata-no-signed-metadata" };
    if !site.has(missing) {
        let name = if site.udap.version == Version::V0_1 { "signed_endpoints" } else { "signed_metadata" };
        let name = if site.has("udap-metadata-signed-under-old-name") { "signed_endpoints" } else { name };
        document.insert(name.to_owned(), json!(signed(site, site.udap.name_of(community), &endpoints)?));
    }
    if site.has("udap-metadata-extra-members") {
        document.insert("x_payer_portal".to_owned(), json!({"theme": "blue", "ports": [1, null, true]}));
    }
    Ok(Value::Object(document))
}
