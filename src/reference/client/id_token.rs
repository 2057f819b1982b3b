//! Whether an ID token is for this app and this launch (OpenID Connect Core 3.1.3.7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::{JwsVerifier, RS256};
use serde_json::Value;

use super::Failed;
use super::launch::Launch;

/// Refuses a token that is not right.
pub(super) async fn check(launch: &Launch<'_>, token: &str, issuer: &str, nonce: &str) -> Result<(), Failed> {
    let app = launch.app;
    if app.has("client-ignores-id-token") {
        return Ok(());
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err("the ID token has no three parts".to_owned()) };
    let signed = format!("{header}.{claims}");
    let (header, claims) = (read(header)?, read(claims)?);
    if !app.has("client-ignores-id-token-signature") {
        if header["alg"] != "RS256" {
            return Err("the ID token is not signed with RS256".to_owned());
        }
        let configuration = launch.web.json(&format!("{issuer}/.well-known/openid-configuration")).await?;
        let set = launch.web.json(configuration["jwks_uri"].as_str().unwrap_or_default()).await?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|error| error.to_string())?;
        let keys = set["keys"].as_array().into_iter().flatten().filter(|key| key["kty"] == "RSA");
        let verifies = |key: &Value| {
            let key = key.as_object().cloned().and_then(|members| Jwk::from_map(members).ok());
            let verifier = key.and_then(|key| RS256.verifier_from_jwk(&key).ok());
            verifier.is_some_and(|verifier| verifier.verify(signed.as_bytes(), &signature).is_ok())
        };
        if !keys.into_iter().any(verifies) {
            return Err("the signature of the ID token is not right".to_owned());
        }
    }
    if !app.has("client-ignores-id-token-issuer") && claims["iss"] != issuer {
        return Err("the ID token is of another issuer".to_owned());
    }
    if !app.has("client-ignores-id-token-audience") && claims["aud"] != launch.client_id.as_str() {
        return Err("the ID token is for another app".to_owned());
    }
    if !app.has("client-ignores-id-token-expiry") && claims["exp"].as_i64().is_none_or(|end| end <= launch.now) {
        return Err("the ID token has expired".to_owned());
    }
    if !app.has("client-ignores-id-token-nonce") && claims["nonce"] != nonce {
        return Err("the ID token is of another launch".to_owned());
    }
    Ok(())
}

/// One part of a compact JWT.
pub(super) fn read(part: &str) -> Result<Value, Failed> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}
