//! The other side: the server as the identity provider of a data holder, which is a client that registered for nothing but
//! `openid` and `udap`.

use serde_json::{Map, Value, json};
use time::Duration;

use super::super::super::exchange::Reply;
use super::super::super::oauth::{Code, random, value};
use super::super::super::site::Site;
use super::super::{client, jws};
use super::sign::sign_as_provider;

/// How long the access token of a data holder lives.
const LIFETIME: i64 = 300;

/// The answer to a token request, as a data holder gets it; that of everybody else stays as it is.
pub(in super::super) fn finish(site: &Site, parameters: &[(String, String)], mut reply: Reply) -> Reply {
    if reply.status != 200 || value(parameters, "grant_type") != Some("authorization_code") {
        return reply;
    }
    let Some(client_id) = data_holder(site, parameters) else { return reply };
    let Ok(Value::Object(mut members)) = serde_json::from_slice(&reply.body) else { return reply };
    if site.has("tiered-provider-gives-refresh-token") {
        members.insert("refresh_token".to_owned(), json!("a-refresh-token-that-nobody-may-have"));
    } else {
        members.shift_remove("refresh_token");
    }
    let lifetime = if site.has("tiered-provider-access-for-an-hour") { 3600 } else { LIFETIME };
    members.insert("expires_in".to_owned(), json!(lifetime));
    if let Some(token) = members.get("access_token").and_then(Value::as_str)
        && let Some(access) = site.store().access.get_mut(token)
    {
        access.expires = site.now() + Duration::seconds(lifetime);
    }
    let code = value(parameters, "code").and_then(|code| site.store().codes.get(code).cloned());
    if let Some(code) = code
        && members.contains_key("id_token")
    {
        let with_chain = !site.has("tiered-provider-id-token-without-x5c");
        if let Ok(token) = sign_as_provider(site, claims(site, &client_id, &code), with_chain) {
            members.insert("id_token".to_owned(), json!(token));
        }
    }
    reply.body = Value::Object(members).to_string().into_bytes();
    reply
}

/// The id of the client, when it is a data holder.
fn data_holder(site: &Site, parameters: &[(String, String)]) -> Option<String> {
    let parts = jws::split(value(parameters, "client_assertion")?)?;
    let id = parts.claims.get("sub").and_then(Value::as_str)?.to_owned();
    let scopes = client::find(site, &id)?.dynamic?.scopes;
    let is_one = scopes.iter().any(|scope| scope == "udap") && scopes.iter().all(|scope| !scope.contains('/'));
    is_one.then_some(id)
}

/// The claims of the profile.
fn claims(site: &Site, client_id: &str, code: &Code) -> Value {
    let now = site.now().unix_timestamp();
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(format!("portal-{}", code.member + 1)));
    claims.insert("auth_time".to_owned(), json!(code.auth_time.unix_timestamp()));
    claims.extend(code.request.nonce.clone().map(|nonce| ("nonce".to_owned(), json!(nonce))));
    claims.insert("iss".to_owned(), json!(site.base.as_str()));
    claims.insert("aud".to_owned(), json!(client_id));
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now + LIFETIME));
    claims.insert("jti".to_owned(), json!(random()));
    claims.insert("acr".to_owned(), json!("http://udap.org/ial2"));
    claims.insert("amr".to_owned(), json!(["http://udap.org/aal2"]));
    let wrong = [
        ("tiered-provider-id-token-other-issuer", "iss", json!(site.authorization_url("/elsewhere"))),
        ("tiered-provider-id-token-other-audience", "aud", json!("somebody-else")),
    ];
    for (fault, claim, value) in wrong {
        if site.has(fault) {
            claims.insert(claim.to_owned(), value);
        }
    }
    let missing = [
        ("tiered-provider-id-token-without-jti", "jti"),
        ("tiered-provider-id-token-without-nonce", "nonce"),
        ("tiered-provider-id-token-without-acr", "acr"),
    ];
    for (fault, claim) in missing {
        if site.has(fault) {
            claims.shift_remove(claim);
        }
    }
    Value::Object(claims)
}
