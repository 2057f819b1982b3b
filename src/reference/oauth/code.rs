//! Back to the app: with a code, with an error, with whatever the faults make of either.

use time::Duration;
use url::Url;

use super::super::exchange::Reply;
use super::super::fhir;
use super::super::site::Site;
use super::clients::random;
use super::store::{Code, Transaction};
use super::token;

/// How long a code lives.
pub(in super::super) const LIFETIME: Duration = Duration::seconds(60);

/// What comes back as `state`.
pub(in super::super) fn echoed_state(site: &Site, state: Option<&str>) -> Option<String> {
    if site.has("state-dropped") {
        return None;
    }
    let state = state?;
    if site.has("state-truncated") {
        return Some(state.chars().take(32).collect());
    }
    if site.has("state-altered") {
        return Some(state.to_ascii_lowercase().replace('-', "_") + "x");
    }
    Some(state.to_owned())
}

/// Sends the browser back with an error.
pub(in super::super) fn error(site: &Site, to: &str, state: Option<&str>, error: &str, description: &str) -> Reply {
    if site.has("authorize-errors-as-json") {
        return token::error(site, 400, error, description);
    }
    let mut parameters = vec![("error", error.to_owned()), ("error_description", description.to_owned())];
    parameters.extend(state.map(|state| ("state", state.to_owned())));
    redirect(to, &parameters, false)
}

/// Gives out a code for the scopes that the member agreed to, and sends the browser back with it.
pub(in super::super) fn give(site: &Site, transaction: &Transaction, member: usize, scopes: Vec<String>) -> Reply {
    let request = &transaction.request;
    let state = echoed_state(site, request.state.as_deref());
    let now = site.now();
    let mut store = site.store();
    let auth_time = store.browsers.get(&transaction.browser).copied().flatten().map_or(now, |(_, time)| time);
    let grant = store.new_grant();
    let given = Code { request: request.clone(), grant, member, scopes, issued: now, auth_time, used: false };
    if request.response_type == "token" {
        let access = token::access_of(&given, now);
        let value = random();
        store.access.insert(value.clone(), access);
        let mut parameters = vec![("access_token", value), ("token_type", "Bearer".to_owned())];
        parameters.extend(state.map(|state| ("state", state)));
        return redirect(&request.redirect_uri, &parameters, true);
    }
    let code = random();
    store.codes.insert(code.clone(), given);
    drop(store);
    fhir::note_sign_in(site, &request.client, member);
    let mut parameters = vec![("code", code)];
    parameters.extend(state.map(|state| ("state", state)));
    if site.has("extra-redirect-parameters") {
        parameters.push(("session_state", random()));
        parameters.push(("scope", "openid".to_owned()));
    }
    redirect(&request.redirect_uri, &parameters, site.has("code-in-fragment"))
}

fn redirect(to: &str, parameters: &[(&str, String)], in_fragment: bool) -> Reply {
    let Ok(mut url) = Url::parse(to) else {
        return Reply::html(400, "This request cannot be answered", "<p>The app gave no address to return to.</p>");
    };
    if in_fragment {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        url.set_fragment(Some(&text));
    } else {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    Reply::redirect(302, url.as_str()).with("cache-control", "no-store").with("referrer-policy", "no-referrer")
}
