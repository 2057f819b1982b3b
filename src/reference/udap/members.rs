//! The plain members of the UDAP metadata that are lists, each with the faults that spoil it.

use serde_json::{Value, json};

use super::super::site::Site;
use super::version::Version;

type Members = Vec<(&'static str, Value)>;

/// What a client can ask for; `system/` scopes read the data of every member.
pub(super) const SCOPES: [&str; 21] = [
    "openid",
    "fhirUser",
    "launch/patient",
    "offline_access",
    "patient/ExplanationOfBenefit.read",
    "patient/Coverage.read",
    "patient/Patient.read",
    "patient/Organization.read",
    "patient/Practitioner.read",
    "user/ExplanationOfBenefit.read",
    "user/Coverage.read",
    "user/Patient.read",
    "user/Organization.read",
    "user/Practitioner.read",
    "system/ExplanationOfBenefit.read",
    "system/Coverage.read",
    "system/Patient.read",
    "system/Organization.read",
    "system/Practitioner.read",
    "system/RelatedPerson.read",
    "udap",
];

/// What signs software statements and client assertions here.
pub(super) const ALGORITHMS: [&str; 5] = ["RS256", "ES256", "RS384", "ES384", "PS256"];

/// The members, in the order in which they are printed.
pub(super) fn lists(site: &Site) -> Members {
    let named = site.udap.version != Version::V0_1;
    let mut members: Members = vec![("udap_versions_supported", versions(site))];
    if named {
        members.push(("udap_profiles_supported", profiles(site)));
        members.extend(extensions(site));
    }
    members.extend(certifications(site));
    members.push(("grant_types_supported", grant_types(site)));
    members.push(("scopes_supported", scopes(site)));
    members.push(("token_endpoint_auth_methods_supported", auth_methods(site)));
    members.push((
        "token_endpoint_auth_signing_alg_values_supported",
        algorithms(site, "udap-metadata-token-algs-none", "udap-metadata-token-algs-without-rs256"),
    ));
    members.push((
        "registration_endpoint_jwt_signing_alg_values_supported",
        algorithms(site, "udap-metadata-registration-algs-none", "udap-metadata-registration-algs-without-rs256"),
    ));
    for (missing, string, member) in SPOILT {
        let Some(place) = members.iter().position(|(name, _)| *name == member) else { continue };
        if site.has(string) {
            let texts: Vec<&str> = members[place].1.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            members[place].1 = json!(texts.join(" "));
        }
        if site.has(missing) {
            members.remove(place);
        }
    }
    members
}

/// Per member the fault that leaves it out and the fault that makes a string of it.
const SPOILT: [(&str, &str, &str); 10] = [
    ("udap-metadata-no-versions", "udap-metadata-versions-string", "udap_versions_supported"),
    ("udap-metadata-no-profiles", "udap-metadata-profiles-string", "udap_profiles_supported"),
    ("udap-metadata-no-extensions", "udap-metadata-extensions-string", "udap_authorization_extensions_supported"),
    (
        "udap-metadata-no-extensions-required",
        "udap-metadata-extensions-required-string",
        "udap_authorization_extensions_required",
    ),
    ("udap-metadata-no-certifications", "udap-metadata-certifications-string", "udap_certifications_supported"),
    ("udap-metadata-no-grant-types", "udap-metadata-grant-types-string", "grant_types_supported"),
    ("udap-metadata-no-scopes", "udap-metadata-scopes-string", "scopes_supported"),
    ("udap-metadata-no-auth-methods", "udap-metadata-auth-methods-string", "token_endpoint_auth_methods_supported"),
    ("udap-metadata-no-token-algs", "udap-metadata-token-algs-string", "token_endpoint_auth_signing_alg_values_supported"),
    (
        "udap-metadata-no-registration-algs",
        "udap-metadata-registration-algs-string",
        "registration_endpoint_jwt_signing_alg_values_supported",
    ),
];

/// The scope udap says that members may sign in at a provider of their choice.
fn scopes(site: &Site) -> Value {
    let is_silent = site.has("tiered-scope-not-listed");
    if site.has("udap-scopes-wildcard-v2-alone") {
        return json!(["openid", "fhirUser", "launch/patient", "offline_access", "udap", "patient/*.rs", "system/*.rs"]);
    }
    json!(SCOPES.into_iter().filter(|scope| *scope != "udap" || !is_silent).collect::<Vec<_>>())
}

fn versions(site: &Site) -> Value {
    if site.has("udap-metadata-versions-number") {
        return json!([1]);
    }
    if site.has("udap-metadata-versions-other") {
        return json!(["2"]);
    }
    if site.has("udap-metadata-versions-several") { json!(["1", "2"]) } else { json!(["1"]) }
}

fn profiles(site: &Site) -> Value {
    let faults = [
        ("udap_dcr", "udap-metadata-profiles-without-dcr"),
        ("udap_authn", "udap-metadata-profiles-without-authn"),
        ("udap_authz", "udap-metadata-profiles-without-authz"),
    ];
    let kept = faults.into_iter().filter(|(_, fault)| !site.has(fault)).map(|(profile, _)| profile);
    json!(kept.chain(["udap_to"]).collect::<Vec<_>>())
}

fn extensions(site: &Site) -> Members {
    let without = site.has("udap-metadata-extensions-without-b2b");
    let required = if site.has("udap-metadata-extensions-required-not-supported") {
        json!(["hl7-b2b-user"])
    } else if (site.has("udap-b2b-required") || site.has("udap-token-accepts-without-required-b2b")) && !without {
        json!(["hl7-b2b"])
    } else {
        json!([])
    };
    vec![
        ("udap_authorization_extensions_supported", if without { json!([]) } else { json!(["hl7-b2b"]) }),
        ("udap_authorization_extensions_required", required),
    ]
}

/// A certification that nobody asks for.
const CERTIFICATION: &str = "https://certifier.example/udap/profiles/example-certification";

fn certifications(site: &Site) -> Members {
    let unsupported = site.has("udap-metadata-certifications-required-not-supported");
    let unsaid = site.has("udap-metadata-certifications-required-missing");
    let supported = if unsaid { json!([CERTIFICATION]) } else { json!([]) };
    let mut members: Members = vec![("udap_certifications_supported", supported)];
    if !unsaid {
        members.push(("udap_certifications_required", if unsupported { json!([CERTIFICATION]) } else { json!([]) }));
    }
    members
}

fn grant_types(site: &Site) -> Value {
    if site.has("udap-metadata-refresh-without-code") {
        return json!(["refresh_token", "client_credentials"]);
    }
    if site.has("udap-metadata-grant-types-empty") {
        return json!([]);
    }
    json!(["authorization_code", "refresh_token", "client_credentials"])
}

fn auth_methods(site: &Site) -> Value {
    if site.has("udap-metadata-auth-methods-extra") {
        return json!(["private_key_jwt", "client_secret_basic"]);
    }
    if site.has("udap-metadata-auth-methods-other") { json!(["client_secret_basic"]) } else { json!(["private_key_jwt"]) }
}

fn algorithms(site: &Site, none: &'static str, without_rs256: &'static str) -> Value {
    let mut algorithms = ALGORITHMS.to_vec();
    if site.has(none) {
        algorithms.push("none");
    }
    if site.has(without_rs256) {
        algorithms.retain(|algorithm| *algorithm != "RS256");
    }
    json!(algorithms)
}
