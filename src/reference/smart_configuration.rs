//! `[base]/.well-known/smart-configuration`: the document, field by field, and the ways to publish it wrongly.

use serde_json::{Map, Value, json};

use super::endpoints::Endpoints;
use super::exchange::{Asked, Reply};
use super::fhir;
use super::site::Site;

/// The scopes of CARIN BB, each with the fault that leaves it out.
const SCOPES: [(&str, &str); 13] = [
    ("openid", "scope-missing-openid"),
    ("fhirUser", "scope-missing-fhiruser"),
    ("launch/patient", "scope-missing-launch-patient"),
    ("patient/ExplanationOfBenefit.read", "scope-missing-patient-explanationofbenefit"),
    ("patient/Coverage.read", "scope-missing-patient-coverage"),
    ("patient/Patient.read", "scope-missing-patient-patient"),
    ("patient/Organization.read", "scope-missing-patient-organization"),
    ("patient/Practitioner.read", "scope-missing-patient-practitioner"),
    ("user/ExplanationOfBenefit.read", "scope-missing-user-explanationofbenefit"),
    ("user/Coverage.read", "scope-missing-user-coverage"),
    ("user/Patient.read", "scope-missing-user-patient"),
    ("user/Organization.read", "scope-missing-user-organization"),
    ("user/Practitioner.read", "scope-missing-user-practitioner"),
];

/// The capabilities of CARIN BB and `permission-v1`, each with the fault that leaves it out.
const CAPABILITIES: [(&str, &str); 9] = [
    ("launch-standalone", "capability-missing-launch-standalone"),
    ("client-public", "capability-missing-client-public"),
    ("client-confidential-symmetric", "capability-missing-client-confidential-symmetric"),
    ("sso-openid-connect", "capability-missing-sso-openid-connect"),
    ("context-standalone-patient", "capability-missing-context-standalone-patient"),
    ("permission-offline", "capability-missing-permission-offline"),
    ("permission-patient", "capability-missing-permission-patient"),
    ("permission-user", "capability-missing-permission-user"),
    ("permission-v1", "capability-missing-permission-v1"),
];

/// Answers a GET of the document below the FHIR base.
pub(super) fn answer(site: &Site, asked: &Asked) -> Reply {
    if site.has("smart-configuration-missing") || site.has("smart-configuration-at-host-root") {
        return fhir::not_found(site);
    }
    if site.has("smart-configuration-requires-token") && !fhir::has_valid_token(site, asked) {
        return fhir::unauthorized(site, asked);
    }
    if site.has("smart-configuration-500") {
        return fhir::outcome(500, "exception", "the document could not be read");
    }
    if site.has("smart-configuration-redirects") {
        return Reply::redirect(302, &site.authorization_url("/.well-known/smart-configuration"));
    }
    if site.has("smart-configuration-needs-accept")
        && !asked.header("accept").is_some_and(|accept| accept.contains("application/json"))
    {
        return Reply::new(406, "text/plain", "not acceptable");
    }
    if site.has("smart-configuration-html-page") {
        return Reply::html(200, "Sign in", "<p>Please sign in to the member portal.</p>");
    }
    published(site)
}

/// The document with its media type and CORS header, wherever it is served from.
pub(super) fn published(site: &Site) -> Reply {
    let document = document(site);
    let mut text = document.to_string();
    if site.has("smart-configuration-not-json") {
        text.truncate(text.len() / 2);
    }
    if site.has("smart-configuration-array") {
        text = format!("[{text}]");
    }
    if site.has("smart-configuration-duplicate-keys") {
        text = text.replacen('{', "{\"scopes_supported\":[\"openid\"],", 1);
    }
    let media_type = if site.has("smart-configuration-fhir-json") {
        "application/fhir+json"
    } else if site.has("smart-configuration-text-html") {
        "text/html"
    } else if site.has("smart-configuration-charset") {
        "application/json; charset=utf-8"
    } else {
        "application/json"
    };
    with_cors(site, Reply::new(200, media_type, text))
}

/// The CORS header that lets browser apps read the document.
pub(super) fn with_cors(site: &Site, reply: Reply) -> Reply {
    if site.has("cors-missing-on-smart-configuration") { reply } else { reply.with("access-control-allow-origin", "*") }
}

fn document(site: &Site) -> Value {
    let endpoints = Endpoints::of(site);
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    let sso = claims_sso(site);
    let issuer_is_there = sso || site.has("smart-issuer-without-sso");
    if site.smart_is_at_least("2.0.0") && issuer_is_there && !site.has("smart-no-issuer") {
        put("issuer", json!(if site.has("smart-issuer-empty") { String::new() } else { endpoints.issuer }));
    }
    if site.smart_is_at_least("2.0.0") && sso && !site.has("smart-no-jwks-uri") {
        put("jwks_uri", json!(endpoints.jwks));
    }
    let relative = site.has("smart-relative-endpoints");
    if !site.has("smart-no-authorization-endpoint") {
        put("authorization_endpoint", if relative { json!("/authorize") } else { json!(endpoints.authorize) });
    }
    if !site.has("smart-no-token-endpoint") {
        let not_url = site.has("smart-token-endpoint-not-url");
        put(
            "token_endpoint",
            if not_url {
                json!("see the portal")
            } else if relative {
                json!("/token")
            } else {
                json!(endpoints.token)
            },
        );
    }
    put("token_endpoint_auth_methods_supported", auth_methods(site));
    put("token_endpoint_auth_signing_alg_values_supported", auth_algorithms(site));
    if site.smart_is_at_least("2.0.0") {
        if !site.has("smart-no-grant-types") {
            put("grant_types_supported", grant_types(site));
        }
        if !site.has("smart-no-code-challenge-methods") {
            put("code_challenge_methods_supported", code_challenge_methods(site));
        }
    }
    if let Some(register) = endpoints.register {
        put("registration_endpoint", json!(register));
    }
    if !site.has("smart-no-scopes-supported") {
        put("scopes_supported", scopes_supported(site));
    }
    if !site.has("smart-no-response-types") {
        put(
            "response_types_supported",
            if site.has("smart-response-types-without-code") { json!(["token"]) } else { json!(["code"]) },
        );
    }
    if !site.has("smart-no-management-endpoint") {
        put("management_endpoint", json!(endpoints.manage));
    }
    if !site.has("smart-no-introspection-endpoint") {
        put("introspection_endpoint", json!(endpoints.introspect));
    }
    if !site.has("smart-no-revocation-endpoint") {
        put("revocation_endpoint", json!(endpoints.revoke));
    }
    if !site.has("smart-no-capabilities") {
        put("capabilities", capabilities(site));
    }
    if site.smart_is_at_least("2.2.0") {
        put("associated_endpoints", associated_endpoints(site));
        put("user_access_brand_bundle", json!(site.authorization_url("/brands.json")));
        put("user_access_brand_identifier", json!({"system": "urn:ietf:rfc:3986", "value": site.authorization_url("/")}));
    }
    if site.has("smart-configuration-extra-fields") {
        put("x_payer_portal", json!({"theme": "blue", "ports": [1, null, true]}));
    }
    Value::Object(document)
}

fn claims_sso(site: &Site) -> bool {
    // both questions are asked each time, so that both are on record
    let missing = site.has("capability-missing-sso-openid-connect");
    let contradicted = site.has("smart-issuer-without-sso");
    !missing && !contradicted
}

fn auth_methods(site: &Site) -> Value {
    let mut methods = vec!["client_secret_basic", "none"];
    if !site.has("smart-auth-methods-contradict") {
        methods.insert(1, "private_key_jwt");
    }
    if site.has("smart-auth-methods-string") { json!(methods.join(" ")) } else { json!(methods) }
}

fn auth_algorithms(site: &Site) -> Value {
    if site.has("auth-none-algorithm") { json!(["RS384", "ES384", "none"]) } else { json!(["RS384", "ES384"]) }
}

fn grant_types(site: &Site) -> Value {
    if site.has("smart-grant-types-string") {
        return json!("authorization_code refresh_token");
    }
    if site.has("smart-grant-types-without-code") {
        json!(["refresh_token"])
    } else {
        json!(["authorization_code", "refresh_token"])
    }
}

fn code_challenge_methods(site: &Site) -> Value {
    if site.has("smart-code-challenge-without-s256") {
        return json!([]);
    }
    if site.has("smart-code-challenge-plain") { json!(["S256", "plain"]) } else { json!(["S256"]) }
}

fn scopes_supported(site: &Site) -> Value {
    if site.has("smart-scopes-supported-empty") {
        return json!([]);
    }
    let mut scopes: Vec<&str> = SCOPES.iter().filter(|(_, missing)| !site.has(missing)).map(|(scope, _)| *scope).collect();
    if site.has("smart-scopes-v2") {
        scopes = vec!["openid", "fhirUser", "launch/patient", "patient/*.rs", "user/*.rs"];
    }
    if site.has("smart-scopes-wildcard") {
        scopes = vec!["openid", "fhirUser", "launch/patient", "patient/*.read", "user/*.read"];
    }
    scopes.push("offline_access");
    if site.has("smart-scopes-supported-string") { json!(scopes.join(" ")) } else { json!(scopes) }
}

fn capabilities(site: &Site) -> Value {
    if site.has("smart-capabilities-empty") {
        return json!([]);
    }
    let since_2 = site.smart_is_at_least("2.0.0");
    let mut capabilities: Vec<&str> =
        CAPABILITIES.iter().filter(|(_, missing)| !site.has(missing)).map(|(capability, _)| *capability).collect();
    if !claims_sso(site) {
        capabilities.retain(|capability| *capability != "sso-openid-connect");
    }
    if since_2 {
        capabilities.extend(["permission-v2", "client-confidential-asymmetric"]);
    } else {
        capabilities.retain(|capability| *capability != "permission-v1");
    }
    if site.has("smart-configuration-extra-fields") {
        capabilities.push("https://payer.example/capabilities/telepathy");
    }
    if site.has("smart-capabilities-string") { json!(capabilities.join(" ")) } else { json!(capabilities) }
}

fn associated_endpoints(site: &Site) -> Value {
    let base = site.base.as_str();
    if site.has("smart-associated-endpoints-string") {
        return json!(base);
    }
    json!([{"url": base, "capabilities": ["launch-standalone", "context-standalone-patient", "permission-patient"]}])
}
