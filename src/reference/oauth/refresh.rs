//! Refresh tokens: bound to their client, never wider than the grant, the same again unless rotation is on.

use super::super::exchange::Reply;
use super::super::site::Site;
use super::authorize::value;
use super::clients::{RegisteredClient, random};
use super::scopes;
use super::store::Access;
use super::token::{Answer, error, expiry, may_refresh};

/// The refresh token that comes with a code's tokens, when the member allowed offline access.
pub(in super::super) fn first(site: &Site, client: &RegisteredClient, access: &Access) -> Option<String> {
    let asked = access.scopes.iter().any(|scope| scope == "offline_access") || site.has("refresh-token-without-offline-access");
    let allowed = may_refresh(client) || site.has("refresh-token-for-public-client");
    if !asked || !allowed || site.has("no-refresh-token") {
        return None;
    }
    let token = random();
    site.store().refresh.insert(token.clone(), access.clone());
    Some(token)
}

/// Answers `grant_type=refresh_token`.
pub(in super::super) fn refresh(site: &Site, client: &RegisteredClient, parameters: &[(String, String)]) -> Reply {
    let Some(given) = value(parameters, "refresh_token") else {
        return error(site, 400, "invalid_request", "refresh_token is missing");
    };
    let Some((name, original)) = find(site, client, given) else {
        return error(site, 400, "invalid_grant", "the refresh token is not known");
    };
    if site.has("refresh-refused") {
        return error(site, 400, "invalid_grant", "the refresh token has expired");
    }
    if original.client != client.id && !site.has("refresh-not-bound-to-client") {
        return error(site, 400, "invalid_grant", "the refresh token was given to another app");
    }
    if client.dynamic.is_none() && site.has("refresh-500-once") && site.store().is_first("refresh", &client.id) {
        return Reply::new(500, "text/plain", "internal server error");
    }
    let scopes = match narrowed(site, &original, value(parameters, "scope")) {
        Ok(scopes) => scopes,
        Err(reason) => return error(site, 400, "invalid_scope", reason),
    };
    let now = site.now();
    let access = Access { scopes, issued: now, expires: expiry(now), ..original.clone() };
    let token = random();
    site.store().access.insert(token.clone(), access.clone());
    let refresh = rotate(site, &name, &original);
    Answer { access: &access, token, refresh, id_token: None, refreshed: true }.reply(site)
}

/// The refresh token with what it stands for.
fn find(site: &Site, client: &RegisteredClient, given: &str) -> Option<(String, Access)> {
    let store = site.store();
    if let Some(access) = store.refresh.get(given) {
        return Some((given.to_owned(), access.clone()));
    }
    let replaced = store.replaced.get(given).cloned();
    if let Some(access) = replaced {
        return reuse(site, store, given, &access);
    }
    let revoked = store.revoked.get(given).cloned();
    let own: Vec<(String, Access)> = store
        .refresh
        .iter()
        .filter(|(_, access)| access.client == client.id)
        .map(|(name, access)| (name.clone(), access.clone()))
        .collect();
    drop(store);
    if let Some(access) = revoked {
        return site.has("revoked-refresh-token-accepted").then(|| (given.to_owned(), access));
    }
    let altered = own.iter().find(|(name, _)| given.len() == name.len() && given.get(..32) == name.get(..32));
    if let Some(found) = altered {
        return site.has("altered-refresh-token-accepted").then(|| found.clone());
    }
    if site.has("unknown-refresh-token-accepted") { own.into_iter().next() } else { None }
}

/// A token that was replaced: a theft, so the whole grant goes.
fn reuse(
    site: &Site,
    mut store: std::sync::MutexGuard<'_, super::store::Store>,
    given: &str,
    access: &Access,
) -> Option<(String, Access)> {
    if site.has("replaced-refresh-token-accepted") {
        return Some((given.to_owned(), access.clone()));
    }
    store.take_back(access.grant);
    None
}

fn narrowed(site: &Site, original: &Access, wanted: Option<&str>) -> Result<Vec<String>, &'static str> {
    let Some(wanted) = wanted else {
        let lost = site.has("refresh-loses-scope");
        let scopes = original.scopes.iter().filter(|scope| !lost || !scope.contains("ExplanationOfBenefit"));
        return Ok(widened(site, scopes.cloned().collect()));
    };
    let wanted = scopes::split(wanted);
    if site.has("refresh-narrow-refused") && wanted.len() < original.scopes.len() {
        return Err("scope must be that of the grant");
    }
    if wanted.iter().all(|scope| scopes::covers(&original.scopes, scope)) {
        return Ok(if site.has("refresh-narrow-ignored") { original.scopes.clone() } else { wanted });
    }
    if site.has("refresh-widens-scope") {
        return Ok(wanted.iter().filter_map(|scope| scopes::grantable(scope)).collect());
    }
    if site.has("refresh-widens-scope-by-letters") {
        return Ok(wanted.iter().map(|scope| writing(scope)).collect());
    }
    if site.has("refresh-widens-scope-to-wildcard") {
        return Ok(vec!["patient/*.cruds".to_owned()]);
    }
    if site.has("refresh-wider-cut-down") {
        return Ok(wanted.into_iter().filter(|scope| scopes::covers(&original.scopes, scope)).collect());
    }
    Err("scope is wider than the grant")
}

/// What two mistaken servers make of a refresh that asks for nothing in particular.
fn widened(site: &Site, mut scopes: Vec<String>) -> Vec<String> {
    if site.has("refresh-adds-letters") {
        scopes = scopes.iter().map(|scope| writing(scope)).collect();
    }
    if site.has("refresh-adds-wildcard") {
        scopes.push("user/*.rs".to_owned());
    }
    scopes
}

/// The same scope with all letters, when it is one to read with.
fn writing(scope: &str) -> String {
    scope.strip_suffix(".read").map_or_else(|| scope.to_owned(), |resource| format!("{resource}.cruds"))
}

/// The next refresh token, when they rotate; else the old one stays valid and is not repeated.
fn rotate(site: &Site, name: &str, original: &Access) -> Option<String> {
    let rotates = site.has("refresh-rotates") || site.has("replaced-refresh-token-accepted");
    if !rotates {
        return None;
    }
    let next = random();
    let mut store = site.store();
    store.refresh.insert(next.clone(), original.clone());
    store.refresh.remove(name);
    store.replaced.insert(name.to_owned(), original.clone());
    Some(next)
}
