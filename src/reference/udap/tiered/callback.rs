//! What comes back from a provider: the code is redeemed, the ID token is looked at, and the member is found or not.

use serde_json::{Value, json};
use url::Url;

use super::super::super::exchange::{Asked, Reply};
use super::super::super::oauth::{self, browser_of, value};
use super::super::super::site::Site;
use super::begin::{not_usable, redirect_uri};
use super::https::{Sent, ask};
use super::id_token;
use super::memory::{Ended, Known, Pending};
use super::sign::sign;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What providers call the one member that the server knows by them; her number.
const SUBJECT: &str = "carinbb-member";
const MEMBER: usize = 0;

/// Asks the provider for everything that the answer to this request needs.
pub(in super::super) async fn prepare(site: &Site, asked: &Asked) {
    let parameters = asked.parameters();
    let Some((state, pending)) = pending_of(site, asked, &parameters) else { return };
    let ended = redeem(site, &pending, &parameters).await;
    let mut memory = site.udap.tiered.open();
    if let Ok(member) = ended {
        memory.last = Some(member);
    }
    memory.ended.insert(state, ended);
}

/// The sign-in that a request belongs to. Whoever sends no state, or one of somebody else, gets nothing redeemed.
fn pending_of(site: &Site, asked: &Asked, parameters: &[(String, String)]) -> Option<(String, Pending)> {
    let browser = browser_of(asked)?;
    let memory = site.udap.tiered.open();
    let of_browser = || memory.pending.iter().find(|(_, pending)| pending.browser == browser);
    let found = match value(parameters, "state") {
        Some(state) => match memory.pending.get_key_value(state).filter(|(_, pending)| pending.browser == browser) {
            Some(found) => Some(found),
            None => of_browser().filter(|_| site.has("tiered-wrong-state-taken")),
        },
        None => of_browser().filter(|_| site.has("tiered-missing-state-taken")),
    };
    found.map(|(state, pending)| (state.clone(), pending.clone()))
}

/// Sends the browser on: to the consent of the member, or back to the app with an error.
pub(in super::super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    let parameters = asked.parameters();
    let Some((state, pending)) = pending_of(site, asked, &parameters) else { return without_state(site, asked) };
    let ended = {
        let mut memory = site.udap.tiered.open();
        memory.pending.remove(&state);
        memory.ended.remove(&state)
    };
    match ended.unwrap_or(Err("server_error")) {
        Ok(member) => oauth::signed_in_elsewhere(site, &pending.browser, pending.request, member),
        Err("invalid_idp") => not_usable(site, &pending.request),
        Err(error) => oauth::back_with_error(site, &pending.request, error),
    }
}

/// Nobody knows what this is about; where the browser has one sign-in on its way, that one has failed.
fn without_state(site: &Site, asked: &Asked) -> Reply {
    let lost = || Reply::html(400, "Please start again", "<p>This sign-in is not known here. Go back to the app.</p>");
    let Some(browser) = browser_of(asked) else { return lost() };
    let mut memory = site.udap.tiered.open();
    let Some(state) = memory.pending.iter().find(|(_, pending)| pending.browser == browser).map(|(state, _)| state.clone())
    else {
        return lost();
    };
    let Some(pending) = memory.pending.remove(&state) else { return lost() };
    drop(memory);
    let error = if site.has("tiered-wrong-state-as-access-denied") { "access_denied" } else { "server_error" };
    oauth::back_with_error(site, &pending.request, error)
}

/// Redeems the code and finds the member.
async fn redeem(site: &Site, pending: &Pending, parameters: &[(String, String)]) -> Ended {
    let Some(code) = value(parameters, "code") else {
        if site.has("tiered-provider-error-taken") {
            return Ok(MEMBER);
        }
        return Err(if site.has("tiered-provider-error-as-server-error") { "server_error" } else { "access_denied" });
    };
    let provider = &pending.provider;
    // RFC 9207: an answer that names another issuer is not the answer that was waited for
    let is_of_another = value(parameters, "iss").is_some_and(|issuer| issuer != provider.issuer);
    if is_of_another && !site.has("tiered-providers-mixed-up") {
        return Err("invalid_idp");
    }
    let answer = match tokens(site, provider, code, &pending.verifier).await {
        Some(answer) => answer,
        None => {
            let last = site.udap.tiered.open().last;
            return last.filter(|_| site.has("tiered-token-refusal-ignored")).ok_or("invalid_idp");
        }
    };
    let subject = match answer.get("id_token").and_then(Value::as_str) {
        Some(text) => id_token::subject(site, provider, &pending.nonce, text).ok_or("invalid_idp")?,
        None if site.has("tiered-id-token-missing-taken") => SUBJECT.to_owned(),
        None => return Err("invalid_idp"),
    };
    if !user_info_agrees(site, provider, &answer, &subject).await {
        return Err("access_denied");
    }
    if subject == SUBJECT || site.has("tiered-unknown-member-taken") {
        return Ok(MEMBER);
    }
    Err(if site.has("tiered-unknown-member-as-server-error") { "server_error" } else { "access_denied" })
}

/// The answer of the token endpoint.
async fn tokens(site: &Site, provider: &Known, code: &str, verifier: &str) -> Option<Value> {
    let url = Url::parse(&provider.token_endpoint).ok()?;
    let audience = if site.has("tiered-authenticates-for-other-audience") { &provider.issuer } else { &provider.token_endpoint };
    let assertion = sign(site, &provider.client_id, audience, json!({})).ok()?;
    let redirect_uri = redirect_uri(site);
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri.as_str())];
    form.push(("code_verifier", verifier));
    if site.has("tiered-redeems-without-assertion") {
        form.push(("client_id", &provider.client_id));
    } else {
        form.extend([("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion), ("udap", "1")]);
    }
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let body = Some(("application/x-www-form-urlencoded", body.as_bytes()));
    ask(site, &url, Sent { body, bearer: None }).await?.json()
}

/// Whether `UserInfo`, where there is one, is about the same member.
async fn user_info_agrees(site: &Site, provider: &Known, tokens: &Value, subject: &str) -> bool {
    let endpoint = provider.userinfo_endpoint.as_deref().and_then(|text| Url::parse(text).ok());
    let (Some(url), Some(token)) = (endpoint, tokens.get("access_token").and_then(Value::as_str)) else { return true };
    let told = ask(site, &url, Sent { body: None, bearer: Some(token) }).await.and_then(|answer| answer.json());
    let same = told.and_then(|told| told.get("sub").and_then(Value::as_str).map(|own| own == subject));
    same == Some(true) || site.has("tiered-userinfo-subject-ignored")
}
