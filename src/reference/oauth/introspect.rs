//! Introspection (RFC 7662): a client asks about its own tokens; every other token is simply not active.

use serde_json::{Value, json};

use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::authorize::value;
use super::store::Access;
use super::{client_auth, id_token, token};

/// Answers a request to the endpoint.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    if asked.method != "POST" {
        return Reply::new(405, "text/plain", "method not allowed").with("allow", "POST");
    }
    if site.has("introspection-redirects") {
        return Reply::redirect(307, &site.authorization_url("/oauth2/introspect"));
    }
    let parameters = asked.form_parameters();
    let caller = match caller(site, asked, &parameters) {
        Ok(caller) => Some(caller),
        Err(_) if site.has("introspection-open") => None,
        Err(_) if site.has("introspection-invalid-client-403") => {
            return token::error(site, 403, "access_denied", "who asks is not known");
        }
        Err(reply) => return reply,
    };
    let Some(given) = value(&parameters, "token") else {
        return token::error(site, 400, "invalid_request", "token is missing");
    };
    let now = site.now();
    let store = site.store();
    let found = store.access.get(given).or_else(|| store.refresh.get(given)).cloned();
    drop(store);
    let answer = match found {
        Some(access) if access.expires <= now && !is_refresh(site, given) => inactive(site),
        Some(access) if caller.as_ref().is_some_and(|caller| *caller != access.client) => {
            if site.has("introspection-of-other-clients") { active(site, &access) } else { json!({"active": false}) }
        }
        Some(_) if site.has("introspection-active-as-inactive") => json!({"active": false}),
        Some(access) => active(site, &access),
        None => inactive(site),
    };
    Reply::json(200, &answer).with("cache-control", "no-store").with("pragma", "no-cache")
}

fn is_refresh(site: &Site, given: &str) -> bool {
    site.store().refresh.contains_key(given)
}

/// A client with its credentials, or with one of its own access tokens (SMART 2.2.0).
fn caller(site: &Site, asked: &Asked, parameters: &[(String, String)]) -> Result<String, Reply> {
    let bearer = asked.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    if let Some(bearer) = bearer {
        let now = site.now();
        let client = site.store().access.get(bearer).filter(|access| access.expires > now).map(|access| access.client.clone());
        return client.ok_or_else(|| {
            token::error(site, 401, "invalid_token", "the token is not valid").with("www-authenticate", "Bearer realm=\"oauth\"")
        });
    }
    client_auth::authenticate(site, asked, parameters).map(|client| client.id.clone())
}

fn inactive(site: &Site) -> Value {
    if site.has("introspection-inactive-as-active") { json!({"active": true}) } else { json!({"active": false}) }
}

fn active(site: &Site, access: &Access) -> Value {
    if site.has("introspection-only-active") {
        return json!({"active": true});
    }
    let mut answer = json!({
        "active": true,
        "scope": access.scopes.join(" "),
        "client_id": access.client,
        "exp": access.expires.unix_timestamp(),
        "iat": access.issued.unix_timestamp(),
        "sub": id_token::subject(access.member),
        "token_type": "Bearer",
    });
    if let Some(patient) = &access.patient {
        answer["patient"] = json!(patient);
    }
    if access.scopes.iter().any(|scope| scope == "openid") {
        answer["iss"] = json!(id_token::issuer(site));
        answer["fhirUser"] = json!(id_token::fhir_user(site, access.member));
    }
    answer
}
