//! The signing keys of the authorization server.

use std::sync::OnceLock;

use josekit::JoseError;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::{Value, json};

use super::exchange::Reply;
use super::keys;
use super::site::Site;

static KEYS: OnceLock<Result<[Jwk; 2], String>> = OnceLock::new();

/// The private keys: RSA, then EC.
pub(super) fn signing_keys() -> &'static Result<[Jwk; 2], String> {
    KEYS.get_or_init(|| make().map_err(|error| error.to_string()))
}

/// The key set as it is served.
pub(super) fn answer(site: &Site) -> Reply {
    if site.has("smart-jwks-missing") {
        return Reply::new(404, "text/plain", "not found");
    }
    let keys = match signing_keys() {
        Ok(keys) => keys,
        Err(message) => return Reply::new(500, "text/plain", message.as_str()),
    };
    if site.has("smart-jwks-not-a-set") {
        return Reply::json(200, &json!({"jwks": "ask the help desk"}));
    }
    let old = usize::from(site.keys_are_old());
    let publish_private = site.has("smart-jwks-private-key");
    let published: Vec<Value> = keys
        .iter()
        .skip(old)
        .map(|key| {
            let mut public = public(key);
            if publish_private && let Some(private) = key.parameter("d") {
                public["d"] = private.clone();
            }
            public
        })
        .collect();
    Reply::json(200, &json!({"keys": published})).with("access-control-allow-origin", "*")
}

fn make() -> Result<[Jwk; 2], JoseError> {
    let mut rsa = RsaKeyPair::from_pem(keys::SERVER)?.to_jwk_key_pair();
    rsa.set_algorithm("RS256");
    rsa.set_key_id("reference-rs256");
    let mut ec = Jwk::generate_ec_key(EcCurve::P256)?;
    ec.set_algorithm("ES256");
    ec.set_key_id("reference-es256");
    Ok([rsa, ec])
}

/// The public members of a key, picked one by one so that no private one can slip through.
pub(super) fn public(key: &Jwk) -> Value {
    let mut members = serde_json::Map::new();
    for name in ["kty", "alg", "kid", "crv", "x", "y", "n", "e"] {
        if let Some(value) = key.parameter(name) {
            members.insert(name.to_owned(), value.clone());
        }
    }
    members.insert("use".to_owned(), json!("sig"));
    Value::Object(members)
}
