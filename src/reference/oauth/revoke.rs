//! Revocation (RFC 7009): the caller's own tokens go, with their grant when it was a refresh token; unknown ones are fine.

use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::authorize::value;
use super::{client_auth, token};

/// Answers a request to the endpoint.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    if asked.method != "POST" {
        return Reply::new(405, "text/plain", "method not allowed").with("allow", "POST");
    }
    if site.has("revocation-redirects") {
        return Reply::redirect(307, &site.authorization_url("/oauth2/revoke"));
    }
    let parameters = asked.form_parameters();
    let client = match client_auth::authenticate(site, asked, &parameters) {
        Ok(client) => client.id.clone(),
        Err(_) if site.has("revocation-open") => owner(site, &parameters),
        Err(reply) => return reply,
    };
    let Some(given) = value(&parameters, "token") else {
        return token::error(site, 400, "invalid_request", "token is missing");
    };
    let store = site.store();
    let found = store.access.get(given).or_else(|| store.refresh.get(given)).map(|access| access.client.clone());
    drop(store);
    match found {
        None if site.has("revocation-unknown-token-refused") => {
            token::error(site, 400, "invalid_request", "the token is not known")
        }
        None => done(),
        Some(owner) if owner != client && !site.has("revocation-by-other-client") => {
            token::error(site, 400, "invalid_grant", "the token was given to another app")
        }
        Some(_) if site.has("revocation-without-effect") => done(),
        Some(_) => {
            forget(site, given);
            done()
        }
    }
}

fn owner(site: &Site, parameters: &[(String, String)]) -> String {
    let given = value(parameters, "token").unwrap_or_default();
    let store = site.store();
    store.access.get(given).or_else(|| store.refresh.get(given)).map(|access| access.client.clone()).unwrap_or_default()
}

fn done() -> Reply {
    Reply::empty(200).with("cache-control", "no-store")
}

fn forget(site: &Site, given: &str) {
    let keeps_access = site.has("revocation-keeps-access-tokens");
    let mut store = site.store();
    if let Some(access) = store.refresh.remove(given) {
        if keeps_access {
            store.refresh.retain(|_, other| other.grant != access.grant);
        } else {
            store.take_back(access.grant);
        }
        store.revoked.insert(given.to_owned(), access);
    } else if let Some(access) = store.access.remove(given) {
        store.revoked.insert(given.to_owned(), access);
    }
}
