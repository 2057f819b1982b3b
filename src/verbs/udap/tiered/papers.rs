//! What our provider says of itself and of the member: metadata, key set, ID token; right but for what the case changes.

use serde_json::{Map, Value, json};

use super::conduct::Conduct;
use crate::verbs::Context;
use crate::verbs::udap::clients::UdapClients;
use crate::verbs::udap::overrides::{Overrides, Places};
use crate::vocabulary::Cause;

/// The id of the provider's key.
const KEY_ID: &str = "carinbb-provider";
/// A day, in the words of the changes.
const A_DAY: i64 = 86_400;
/// Where the endpoints are that only the plain metadata names.
pub(super) const ELSEWHERE: &str = "unsigned/";

const ENDPOINTS: [(&str, &str); 3] =
    [("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("registration_endpoint", "register")];

/// `.well-known/udap`.
pub(super) fn metadata(base: &str, conduct: &Conduct, context: &Context) -> Result<Value, Cause> {
    let clients = context.udap_clients()?;
    let scopes = conduct.scopes.clone().unwrap_or_else(|| ["openid", "udap", "profile"].map(str::to_owned).to_vec());
    let mut document = json!({
        "udap_versions_supported": ["1"],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_to"],
        "udap_authorization_extensions_supported": [],
        "udap_certifications_supported": [],
        "grant_types_supported": ["authorization_code"],
        "scopes_supported": scopes,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256", "RS384", "ES384"],
        "registration_endpoint_jwt_signing_alg_values_supported": ["RS256", "ES256", "RS384", "ES384"],
        "userinfo_endpoint": format!("{base}/userinfo"),
        "jwks_uri": format!("{base}/jwks"),
        "signed_metadata": signed_metadata(base, &conduct.metadata, context, clients)?,
    });
    let elsewhere = if conduct.other_endpoints { ELSEWHERE } else { "" };
    for (member, path) in ENDPOINTS {
        document[member] = format!("{base}/{elsewhere}{path}").into();
    }
    Ok(document)
}

fn signed_metadata(base: &str, changes: &Overrides, context: &Context, clients: &UdapClients) -> Result<String, Cause> {
    let mut claims = Map::new();
    claims.insert("iss".into(), base.into());
    claims.insert("sub".into(), base.into());
    for (member, path) in ENDPOINTS {
        claims.insert(member.into(), format!("{base}/{path}").into());
    }
    let mut claims = changes.claims(claims, context, &places(base, ""))?;
    // Metadata lives for a day where the case says nothing of it; the usual JWT of ours is one for a single request.
    if changes.get("exp").is_none() && changes.get("lifetime").is_none() && claims.contains_key("exp") {
        let iat = claims.get("iat").and_then(Value::as_i64).unwrap_or_default();
        claims.insert("exp".into(), (iat + A_DAY).into());
    }
    Ok(changes.sign(claims, &*changes.credential(clients, base)?)?.text)
}

fn places(base: &str, client_id: &str) -> Places {
    Places(vec![("{own}", base.to_owned()), ("{client_id}", client_id.to_owned())])
}

/// `.well-known/openid-configuration`.
pub(super) fn configuration(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "jwks_uri": format!("{base}/jwks"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "udap", "profile"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256", "RS384", "ES384"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The key that signs, for those who look there and not at the certificate.
pub(super) fn key_set(base: &str, context: &Context) -> Result<Value, Cause> {
    let credential = Overrides::default().credential(context.udap_clients()?, base)?;
    let key = credential.public_jwk(KEY_ID).map_err(|error| Cause::new("input", error.to_string()))?;
    Ok(json!({ "keys": [key] }))
}

/// For whom an ID token is.
pub(super) struct Audience<'a> {
    pub client_id: &'a str,
    pub nonce: Option<&'a str>,
}

/// The ID token of the member.
pub(super) fn id_token(
    base: &str,
    changes: &Overrides,
    audience: &Audience<'_>,
    member: &Map<String, Value>,
    context: &Context,
) -> Result<String, Cause> {
    let mut claims = member.clone();
    claims.insert("iss".into(), base.into());
    claims.insert("aud".into(), audience.client_id.into());
    claims.extend(audience.nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
    claims.insert("auth_time".into(), context.world.clock.now().unix_timestamp().into());
    claims.insert("acr".into(), "http://udap.org/ial2".into());
    claims.insert("amr".into(), json!(["http://udap.org/aal2"]));
    let claims = changes.claims(claims, context, &places(base, audience.client_id))?;
    let credential = changes.credential(context.udap_clients()?, base)?;
    Ok(changes.with_key_id(KEY_ID).sign(claims, &credential)?.text)
}
