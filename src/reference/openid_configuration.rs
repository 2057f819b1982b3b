//! `{issuer}/.well-known/openid-configuration`.

use serde_json::{Value, json};

use super::endpoints::Endpoints;
use super::exchange::Reply;
use super::site::Site;

/// The document as it is served.
pub(super) fn answer(site: &Site) -> Reply {
    let endpoints = Endpoints::of(site);
    let mut algorithms = vec!["RS256", "ES256"];
    if site.has("openid-no-rs256") || site.has("token-issuer-no-rs256") {
        algorithms.remove(0);
    }
    let mut document = json!({
        "issuer": if site.has("openid-issuer-differs") || site.has("token-issuer-differs") { site.authorization_url("/elsewhere") } else { endpoints.issuer },
        "authorization_endpoint": if site.has("openid-authorization-endpoint-differs") { site.authorization_url("/login/authorize") } else { endpoints.authorize },
        "token_endpoint": endpoints.token,
        "userinfo_endpoint": site.authorization_url("/userinfo"),
        "jwks_uri": if site.has("openid-jwks-uri-differs") { site.authorization_url("/keys") } else { endpoints.jwks },
        "scopes_supported": ["openid", "fhirUser"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt", "none"],
        // RFC 8414 wants it wherever private_key_jwt is listed, and clients insist on it.
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser"],
        "code_challenge_methods_supported": ["S256"],
    });
    if site.has("openid-alg-values-string") {
        document["id_token_signing_alg_values_supported"] = json!("RS256 ES256");
    }
    if site.has("openid-fields-null") {
        for member in ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"] {
            document[member] = Value::Null;
        }
    }
    if (site.has("openid-missing-fields") || site.has("token-issuer-missing-fields"))
        && let Some(members) = document.as_object_mut()
    {
        members.shift_remove("subject_types_supported");
    }
    Reply::json(200, &document).with("access-control-allow-origin", "*")
}
