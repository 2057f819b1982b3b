//! `[base]/.well-known/udap`: the unsigned members of the UDAP metadata.

use serde_json::{Map, Value, json};

use super::endpoints::Endpoints;
use super::exchange::Reply;
use super::site::Site;

/// The document as it is served.
pub(super) fn answer(site: &Site) -> Reply {
    let endpoints = Endpoints::of(site);
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    put("udap_versions_supported", json!(["1"]));
    put("udap_profiles_supported", json!(["udap_dcr", "udap_authn"]));
    put("udap_authorization_extensions_supported", json!([]));
    put("udap_certifications_supported", json!([]));
    put("grant_types_supported", json!(["authorization_code", "refresh_token"]));
    put("authorization_endpoint", json!(endpoints.authorize));
    put("token_endpoint", json!(endpoints.token));
    put("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]));
    put("token_endpoint_auth_signing_alg_values_supported", json!(["RS256", "RS384", "ES256", "ES384"]));
    if let Some(register) = endpoints.register {
        put("registration_endpoint", json!(register));
    }
    put("registration_endpoint_jwt_signing_alg_values_supported", json!(["RS256", "RS384", "ES256", "ES384"]));
    Reply::json(200, &Value::Object(document)).with("access-control-allow-origin", "*")
}
