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

/// Answers a GET of the document below the FHIR base, whatever comes of it with the CORS header.
pub(super) fn answer(site: &Site, asked: &Asked) -> Reply {
    with_cors(site, below_base(site, asked))
}

fn below_base(site: &Site, asked: &Asked) -> Reply {
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
    document_reply(site)
}

/// The document where a fault has moved it to.
pub(super) fn elsewhere(site: &Site) -> Reply {
    with_cors(site, document_reply(site))
}

fn document_reply(site: &Site) -> Reply {
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
    Reply::new(200, media_type, text)
}

/// The CORS header that lets browser apps read the document.
pub(super) fn with_cors(site: &Site, reply: Reply) -> Reply {
    if site.has("cors-missing-on-smart-configuration") { reply } else { reply.with("access-control-allow-origin", "*") }
}

fn document(site: &Site) -> Value {
    let mut document = Map::new();
    let members = sign_on(site).into_iter().chain(endpoints(site)).chain(lists(site)).chain(since_2_2(site));
    for (name, value) in members {
        document.insert(name.to_owned(), value);
    }
    if site.has("smart-configuration-extra-fields") {
        document.insert("x_payer_portal".to_owned(), json!({"theme": "blue", "ports": [1, null, true]}));
    }
    if site.has("cors-reflects-origin-it-teaches") {
        document.insert("sub".to_owned(), json!("https://foreign.example"));
    }
    if site.has("smart-configuration-names-a-person") {
        let Endpoints { authorize, token, .. } = Endpoints::of(site);
        let claims = [
            ("sub", token),
            ("username", authorize),
            ("name", site.base.to_string()),
            ("patient", "authorization_code".to_owned()),
            ("fhirUser", "launch/patient".to_owned()),
            ("preferred_username", "client-confidential-symmetric".to_owned()),
        ];
        claims.into_iter().for_each(|(name, value)| drop(document.insert(name.to_owned(), json!(value))));
    }
    Value::Object(document)
}

/// Members of the document, in the order in which they are printed.
type Members = Vec<(&'static str, Value)>;

/// What SMART 2 publishes for single sign-on.
fn sign_on(site: &Site) -> Members {
    let mut members = Members::new();
    if !site.smart_is_at_least("2.0.0") {
        return members;
    }
    let Endpoints { issuer, jwks, .. } = Endpoints::of(site);
    let sso = claims_sso(site);
    if (sso || site.has("smart-issuer-without-sso")) && !site.has("smart-no-issuer") && !only_the_token_names_it(site) {
        members.push(("issuer", json!(if site.has("smart-issuer-empty") { String::new() } else { issuer })));
    }
    if sso && !site.has("smart-no-jwks-uri") {
        members.push(("jwks_uri", json!(jwks)));
    }
    members
}

/// As in SMART 1.0.0, where smart-configuration has no member for the issuer.
fn only_the_token_names_it(site: &Site) -> bool {
    let reasons = [
        "token-issuer-alone",
        "token-issuer-configuration-missing",
        "token-issuer-differs",
        "token-issuer-missing-fields",
        "token-issuer-no-rs256",
    ];
    reasons.map(|fault| site.has(fault)) != [false; 5]
}

fn endpoints(site: &Site) -> Members {
    let endpoints = Endpoints::of(site);
    let (mut authorize, mut token) = (endpoints.authorize, endpoints.token);
    if site.has("smart-relative-endpoints") {
        (authorize, token) = ("/authorize".to_owned(), "/token".to_owned());
    }
    if site.has("smart-token-endpoint-not-url") {
        token = "see the portal".to_owned();
    }
    let unless = |fault: &'static str, url: String| (!site.has(fault)).then_some(url);
    let all = [
        ("authorization_endpoint", unless("smart-no-authorization-endpoint", authorize)),
        ("token_endpoint", unless("smart-no-token-endpoint", token)),
        ("registration_endpoint", endpoints.register),
        ("management_endpoint", unless("smart-no-management-endpoint", endpoints.manage)),
        ("introspection_endpoint", unless("smart-no-introspection-endpoint", endpoints.introspect)),
        ("revocation_endpoint", unless("smart-no-revocation-endpoint", endpoints.revoke)),
    ];
    all.into_iter().filter_map(|(name, url)| Some((name, json!(url?)))).collect()
}

fn lists(site: &Site) -> Members {
    let mut members: Members = vec![("token_endpoint_auth_methods_supported", auth_methods(site))];
    members.extend(since_2_0(site));
    if !site.has("smart-no-scopes-supported") {
        members.push(("scopes_supported", scopes_supported(site)));
    }
    if !site.has("smart-no-response-types") {
        let without_code = site.has("smart-response-types-without-code");
        members.push(("response_types_supported", if without_code { json!(["token"]) } else { json!(["code"]) }));
    }
    if !site.has("smart-no-capabilities") {
        members.push(("capabilities", capabilities(site)));
    }
    members
}

/// What SMART 2.0.0 added to the lists.
fn since_2_0(site: &Site) -> Members {
    if !site.smart_is_at_least("2.0.0") {
        return Members::new();
    }
    let mut members: Members = vec![("token_endpoint_auth_signing_alg_values_supported", auth_algorithms(site))];
    if !site.has("smart-no-grant-types") {
        members.push(("grant_types_supported", grant_types(site)));
    }
    let unadvertised = ["smart-no-code-challenge-methods", "pkce-demanded-unadvertised", "pkce-demanded-and-ignored"];
    if unadvertised.map(|fault| site.has(fault)) == [false; 3] {
        members.push(("code_challenge_methods_supported", code_challenge_methods(site)));
    }
    members
}

/// What SMART 2.2.0 added.
fn since_2_2(site: &Site) -> Members {
    if !site.smart_is_at_least("2.2.0") {
        return Members::new();
    }
    vec![
        ("associated_endpoints", associated_endpoints(site)),
        ("user_access_brand_bundle", json!(site.authorization_url("/brands.json"))),
        ("user_access_brand_identifier", json!({"system": "urn:ietf:rfc:3986", "value": site.authorization_url("/")})),
    ]
}

fn claims_sso(site: &Site) -> bool {
    // every question is asked each time, so that all are on record
    let reasons = ["capability-missing-sso-openid-connect", "smart-issuer-without-sso", "smart-capabilities-empty"];
    reasons.map(|fault| site.has(fault)) == [false; 3]
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
        capabilities.extend(["permission-v2", "client-confidential-asymmetric", "authorize-post"]);
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
