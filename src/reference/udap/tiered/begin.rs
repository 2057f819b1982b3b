//! From the request of an app that names a provider to the authentication request at that provider.

use url::Url;

use super::super::super::exchange::{Asked, Reply};
use super::super::super::oauth::{self, Request, random, with_cookie};
use super::super::super::site::Site;
use super::CALLBACK;
use super::memory::{Known, Pending};
use super::provider;

/// The provider that a request names. Without the scope udap the parameter means nothing.
pub(in super::super::super) fn provider_of(request: &Request, parameters: &[(String, String)]) -> Option<String> {
    let named = parameters.iter().find(|(name, _)| name == "idp").map(|(_, value)| value.clone())?;
    let is_asked = request.scopes.iter().any(|scope| scope == "udap");
    is_asked.then_some(named)
}

/// Finds out about the provider that a request names.
pub(in super::super) async fn prepare(site: &Site, asked: &Asked) {
    let Some((request, address)) = oauth::tiered_request(site, asked) else { return };
    let held_against = site.has("tiered-no-second-try") && site.udap.tiered.open().failed.contains(&request.client);
    let found = if held_against { None } else { provider::find(site, &address).await };
    let mut memory = site.udap.tiered.open();
    if found.is_none() {
        memory.failed.insert(request.client);
    }
    memory.providers.insert(address, found);
}

/// Sends the browser to the provider, or back to the app.
pub(in super::super::super) fn begin(site: &Site, browser: &str, is_new: bool, request: Request, address: &str) -> Reply {
    let known = site.udap.tiered.open().providers.get(address).cloned().flatten();
    let Some(known) = known else { return not_usable(site, &request) };
    let state = match &request.state {
        Some(state) if site.has("tiered-state-passed-on") => state.clone(),
        _ => random(),
    };
    let pending = Pending { request, browser: browser.to_owned(), provider: known.clone(), nonce: random(), verifier: random() };
    let reply = match question(site, &known, &state, &pending) {
        Some(url) => Reply::redirect(302, url.as_str()).with("cache-control", "no-store"),
        None => return not_usable(site, &pending.request),
    };
    site.udap.tiered.open().pending.insert(state, pending);
    if is_new { with_cookie(site, reply, browser) } else { reply }
}

/// Back to the app: the provider cannot be used.
pub(super) fn not_usable(site: &Site, request: &Request) -> Reply {
    if site.has("tiered-invalid-idp-as-json") {
        return Reply::json(400, &serde_json::json!({ "error": "invalid_idp" }));
    }
    let error = if site.has("tiered-invalid-idp-as-server-error") { "server_error" } else { "invalid_idp" };
    oauth::back_with_error(site, request, error)
}

/// The authentication request.
fn question(site: &Site, known: &Known, state: &str, pending: &Pending) -> Option<Url> {
    let scope = match (site.has("tiered-asks-without-openid"), site.has("tiered-asks-without-udap")) {
        (true, _) => "udap",
        (_, true) => "openid",
        _ => "openid udap",
    };
    let response_type = if site.has("tiered-implicit") { "id_token" } else { "code" };
    let mut url = Url::parse(&known.authorization_endpoint).ok()?;
    let redirect_uri = redirect_uri(site);
    {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("response_type", response_type);
        pairs.append_pair("client_id", &known.client_id);
        pairs.append_pair("redirect_uri", &redirect_uri);
        pairs.append_pair("scope", scope);
        pairs.append_pair("state", state);
        if !site.has("tiered-without-nonce") {
            pairs.append_pair("nonce", &pending.nonce);
        }
        pairs.append_pair("code_challenge", &challenge(&pending.verifier));
        pairs.append_pair("code_challenge_method", "S256");
    }
    Some(url)
}

/// Where the provider sends the browser.
pub(super) fn redirect_uri(site: &Site) -> String {
    let own = site.authorization_url(CALLBACK);
    if site.has("tiered-other-redirect-uri") { format!("{own}?from=provider") } else { own }
}

fn challenge(verifier: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()))
}
