//! What the data holder signs as the client of a provider: a software statement, an authentication token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::super::site::Site;
use super::super::identity;

/// How long one lives.
const LIFETIME: i64 = 240;

/// A JWT from the server to a provider, with these claims beside the usual ones.
pub(super) fn sign(site: &Site, issuer: &str, audience: &str, more: Value) -> Result<String, ErrorStack> {
    let now = site.now().unix_timestamp();
    let mut claims = json!({
        "iss": issuer,
        "sub": issuer,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": Uuid::new_v4().to_string(),
    });
    if let (Some(claims), Value::Object(more)) = (claims.as_object_mut(), more) {
        claims.extend(more);
    }
    sign_as_provider(site, claims, true)
}

/// A JWT of the server with exactly these claims.
pub(super) fn sign_as_provider(site: &Site, claims: Value, with_chain: bool) -> Result<String, ErrorStack> {
    let identity = identity::honest(site, site.udap.name_of(0))?;
    let mut header = json!({ "alg": "RS256" });
    if with_chain {
        let chain: Result<Vec<String>, ErrorStack> =
            identity.chain.iter().map(|one| Ok(STANDARD.encode(one.to_der()?))).collect();
        header["x5c"] = json!(chain?);
    }
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encoded(&header), encoded(&claims));
    let signature = Signer::new(MessageDigest::sha256(), &identity.key)?.sign_oneshot_to_vec(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
