//! `[base]/metadata`: the `CapabilityStatement` (FHIR R4), and the ways to publish it wrongly.

use serde_json::{Value, json};

use super::endpoints::Endpoints;
use super::exchange::{Asked, Reply};
use super::fhir;
use super::members::TYPES;
use super::site::Site;

const OAUTH_URIS: &str = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
const SECURITY_SERVICE: &str = "http://terminology.hl7.org/CodeSystem/restful-security-service";
/// The code of UDAP, which version 0.1.0 of the HL7 guide asks for.
const UDAP_SERVICE: &str = "http://fhir.udap.org/CodeSystem/capability-rest-security-service";
const C4BB: &str = "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb";

/// Answers a GET of the `CapabilityStatement`, whatever comes of it with the CORS header.
pub(super) fn answer(site: &Site, asked: &Asked) -> Reply {
    with_cors(site, metadata(site, asked))
}

fn metadata(site: &Site, asked: &Asked) -> Reply {
    if site.has("metadata-missing") {
        return fhir::not_found(site);
    }
    if site.has("metadata-requires-token") && !fhir::has_valid_token(site, asked) {
        return fhir::unauthorized(site, asked);
    }
    if site.has("metadata-html-page") {
        return Reply::html(200, "Sign in", "<p>Please sign in to the member portal.</p>");
    }
    if site.has("metadata-not-a-capability-statement") {
        return fhir::outcome(200, "informational", "metadata is being rebuilt");
    }
    let mut text = statement(site).to_string();
    if site.has("metadata-duplicate-keys") {
        text = text.replacen('{', "{\"fhirVersion\":\"3.0.2\",", 1);
    }
    Reply::new(200, "application/fhir+json", text)
}

/// The CORS header that lets browser apps read the statement.
pub(super) fn with_cors(site: &Site, reply: Reply) -> Reply {
    if site.has("cors-missing-on-metadata") { reply } else { reply.with("access-control-allow-origin", "*") }
}

fn statement(site: &Site) -> Value {
    let mut statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "software": {"name": "Reference payer", "version": "1.0.0"},
        "implementation": {"description": "Reference payer with invented members", "url": site.base.as_str()},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "instantiates": [C4BB],
        "rest": [{"mode": "server", "security": security(site), "resource": resources(site)}],
    });
    if !site.has("batch-not-taken") {
        statement["rest"][0]["interaction"] = json!([{"code": "batch"}]);
    }
    if site.has("metadata-instantiates-versioned") {
        statement["instantiates"] = json!([format!("{C4BB}|2.2.0")]);
    }
    if site.has("metadata-instantiates-other") {
        statement["instantiates"] = json!(["http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server"]);
    }
    if site.has("metadata-no-instantiates")
        && let Some(members) = statement.as_object_mut()
    {
        members.shift_remove("instantiates");
    }
    statement
}

fn security(site: &Site) -> Value {
    let mut security = json!({
        "cors": true,
        "description": "Every FHIR call needs an access token of the authorization server.",
    });
    if !site.has("metadata-no-oauth-uris") {
        security["extension"] = json!([{"url": OAUTH_URIS, "extension": oauth_uris(site)}]);
    }
    if !site.has("metadata-no-security-service") {
        security["service"] = services(site);
    }
    security
}

fn services(site: &Site) -> Value {
    let mut services = json!([{"coding": [{"system": SECURITY_SERVICE, "code": "SMART-on-FHIR"}], "text": "OAuth2 using SMART-on-FHIR profile"}]);
    if site.udap.is_announced_in_metadata()
        && !site.has("udap-metadata-no-udap-code")
        && let Some(services) = services.as_array_mut()
    {
        services.push(json!({"coding": [{"system": UDAP_SERVICE, "code": "UDAP"}], "text": "UDAP"}));
    }
    services
}

fn oauth_uris(site: &Site) -> Value {
    let endpoints = Endpoints::of(site);
    let token = if site.has("metadata-oauth-uris-differ") { site.authorization_url("/oauth2/token") } else { endpoints.token };
    let token = (!site.has("metadata-oauth-uris-no-token")).then_some(token);
    let uris = [
        ("authorize", Some(endpoints.authorize)),
        ("token", token),
        ("register", endpoints.register),
        ("manage", Some(endpoints.manage)),
        ("introspect", Some(endpoints.introspect)),
        ("revoke", Some(endpoints.revoke)),
    ];
    uris.into_iter().filter_map(|(name, uri)| uri.map(|uri| json!({"url": name, "valueUri": uri}))).collect()
}

fn resources(site: &Site) -> Value {
    let mut resources: Vec<Value> = TYPES
        .iter()
        .map(|kind| json!({"type": kind, "interaction": [{"code": "read"}, {"code": "search-type"}], "searchParam": search_parameters(kind)}))
        .collect();
    if !site.has("provenance-not-offered") {
        let claims = resources.iter_mut().filter(|resource| resource["type"] == "ExplanationOfBenefit");
        claims.for_each(|claims| claims["searchRevInclude"] = json!(["Provenance:target"]));
        let interactions = json!([{"code": "read"}, {"code": "search-type"}]);
        resources.push(
            json!({"type": "Provenance", "interaction": interactions, "searchParam": [{"name": "target", "type": "reference"}]}),
        );
    }
    if !site.has("audit-events-not-offered") {
        let parameters = json!([{"name": "date", "type": "date"}, {"name": "patient", "type": "reference"}]);
        resources.push(json!({"type": "AuditEvent", "interaction": [{"code": "search-type"}], "searchParam": parameters}));
    }
    Value::Array(resources)
}

/// The parameters that a search knows; apps look here for the one that names the member.
fn search_parameters(kind: &str) -> Value {
    let more: &[(&str, &str)] = match kind {
        "Patient" => &[("identifier", "token"), ("name", "string"), ("family", "string")],
        "Coverage" => &[("patient", "reference"), ("beneficiary", "reference"), ("status", "token")],
        "ExplanationOfBenefit" => &[("patient", "reference"), ("identifier", "token"), ("status", "token")],
        "RelatedPerson" => &[("patient", "reference"), ("identifier", "token")],
        _ => &[("identifier", "token"), ("name", "string")],
    };
    std::iter::once(&("_id", "token")).chain(more).map(|(name, kind)| json!({"name": name, "type": kind})).collect()
}
