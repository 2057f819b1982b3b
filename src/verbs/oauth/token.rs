//! `oauth.token` and `oauth.refresh`: a code or a refresh token for an access token, sent once and never again.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::alter::altered;
use super::client_auth::{Identification, client, identification};
use super::endpoint::endpoint;
use super::form::Form;
use super::request::{Answered, identified, post_as};
use super::token_facts::token_facts;
use super::trouble;
use crate::crypto::pkce_challenge;
use crate::verbs::exchange::{MOST_SENT, MOST_SENT_ONCE};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Resolved, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, Secret};

/// The most that one use sends: the request, a right authentication before it, and the revocation of the two tokens that
/// it may bring, with the look whether that is needed.
pub const MOST_TOKEN_REQUESTS: u64 = 4 * MOST_SENT_ONCE + MOST_SENT;

/// `oauth.token`
pub struct Token;

impl Verb for Token {
    fn help(&self) -> &'static VerbHelp {
        &help::TOKEN
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_TOKEN_REQUESTS, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let observed = exchange_code(arguments, context).await.unwrap_or_else(|observed| observed);
            if arguments.flag("again") { trouble::with_fresh_codes(observed, arguments, context).await } else { observed }
        })
    }
}

/// `oauth.refresh`
pub struct Refresh;

impl Verb for Refresh {
    fn help(&self) -> &'static VerbHelp {
        &help::REFRESH
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        let times = if arguments.flag("again") { u64::from(trouble::MOST_IN_A_ROW) } else { 1 };
        Cost { requests: times * MOST_TOKEN_REQUESTS, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let observed = refresh(arguments, context).await.unwrap_or_else(|observed| observed);
            if arguments.flag("again") { trouble::with_the_same_token(observed, arguments, context).await } else { observed }
        })
    }
}

/// Exchanges the code that the arguments name.
pub(super) async fn exchange_code(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let code_handle = arguments.text("code").unwrap_or_default();
    let code = opened(arguments, context, "code", code_handle)?;
    let mut form = Form::default();
    form.plain("grant_type", arguments.text("grant_type").unwrap_or("authorization_code"));
    form.secret("code", code.secret, code.made_up);
    match arguments.text("redirect_uri") {
        Some("none") => {}
        Some(other) => form.plain("redirect_uri", other),
        None => form.plain("redirect_uri", client(arguments, context).map_err(unsent)?.redirect_uri.as_str()),
    }
    if let Some(verifier) = verifier(arguments.text("verifier"), code_handle, context).map_err(unsent)? {
        form.secret("code_verifier", verifier.secret, verifier.made_up);
    }
    let (answered, sent) = ask(arguments, context, form).await?;
    let mut facts = token_facts(&answered, &arguments.texts("scopes"), context);
    remember(&facts, arguments, context, None);
    facts.insert("sent".into(), sent.into());
    Ok(Observed::facts(tidy(facts, &context.world.redactor), answered.evidence))
}

/// Refreshes with the token that the arguments name.
pub(super) async fn refresh(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let handle = arguments.text("refresh_token").unwrap_or_default();
    let token = opened(arguments, context, "refresh_token", handle)?;
    let mut form = Form::default();
    form.plain("grant_type", "refresh_token");
    form.secret("refresh_token", token.secret, token.made_up);
    let scopes = arguments.texts("scopes");
    if arguments.get("scopes").is_some() {
        form.plain("scope", scopes.join(" "));
    }
    let (answered, sent) = ask(arguments, context, form).await?;
    // Without scope in the answer the scopes asked for were granted, and without those in the question the earlier ones.
    let asked = if arguments.get("scopes").is_some() { scopes } else { arguments.texts("granted") };
    let mut facts = token_facts(&answered, &asked, context);
    let rotated = facts.get("token").and_then(|token| token.get("refresh_token")?.as_str()).map(|new| new != handle);
    inherit_patient(&facts, handle, context);
    remember(&facts, arguments, context, Some(handle));
    if let Some(new) = facts.get("token").and_then(|token| token.get("refresh_token")?.as_str()) {
        context.vault.replace(handle, new);
    }
    facts.extend(rotated.map(|rotated| ("rotated".to_owned(), rotated.into())));
    facts.insert("sent".into(), sent.into());
    Ok(Observed::facts(tidy(facts, &context.world.redactor), answered.evidence))
}

/// A refreshed token stands for the patient of the refresh token unless the answer names one.
fn inherit_patient(facts: &Map<String, Value>, refresh_token: &str, context: &Context) {
    let Some(patient) = context.vault.bound(refresh_token) else { return };
    let handles = ["access_token", "refresh_token"].into_iter().filter_map(|name| facts.get("token")?.get(name)?.as_str());
    for handle in handles.filter(|handle| context.vault.bound(handle).is_none()) {
        context.vault.bind(handle, patient.clone());
    }
}

/// Remembers what was received, so that it can be revoked at the end. What comes of a refresh token that the operator gave
/// is the operator's.
fn remember(facts: &Map<String, Value>, arguments: &Arguments, context: &Context, refreshed: Option<&str>) {
    let is_success = facts.get("status").and_then(Value::as_u64) == Some(200);
    if let (Some(token), Ok(client), true) = (facts.get("token"), client(arguments, context), is_success) {
        context.leftovers().received(client.key, token, refreshed, context.world.clock.elapsed());
    }
}

/// Sends the form to the token endpoint as the client, with what the case breaks.
async fn ask(arguments: &Arguments, context: &Context, form: Form) -> Result<(Answered, Map<String, Value>), Observed> {
    let url = endpoint(context, "token_endpoint", "token").await.map_err(unsent)?;
    let identification: Identification = identification(arguments, context).await.map_err(unsent)?;
    let form = identified(form, &identification).broken_as(arguments, context).map_err(unsent)?;
    let mut sent = identification.sent.clone();
    sent.extend(form.sent(&["grant_type", "redirect_uri", "scope"]));
    let answered = post_as(context, arguments, &url, form, &identification).await?;
    Ok((answered, sent))
}

/// The secret of an argument, altered when the case wants it.
fn opened(arguments: &Arguments, context: &Context, label: &'static str, text: &str) -> Result<Resolved, Observed> {
    let resolved = context.vault.resolve(label, text).map_err(|message| unsent(Cause::new("input", message)))?;
    Ok(altered(resolved, arguments.text("alter"), &*context.world.random))
}

/// The verifier that goes with a code: the right one unless the case breaks it.
pub(in crate::verbs) fn verifier(word: Option<&str>, code: &str, context: &Context) -> Result<Option<Resolved>, Cause> {
    let made_up = |text: String| Some(Resolved { secret: Secret::new("code_verifier", text), made_up: true });
    let bound = context.vault.bound(code);
    let own = |secret| Resolved { secret, made_up: false };
    Ok(match word {
        None => bound.map(own),
        Some("none") => None,
        Some("empty") => made_up(String::new()),
        Some("wrong") => made_up(context.world.random.state()),
        Some("challenge") => {
            let missing = || Cause::new("input", "the code was not bound to a verifier, so there is no challenge to send");
            made_up(pkce_challenge(bound.ok_or_else(missing)?.expose()))
        }
        Some(handle) => Some(context.vault.resolve("code_verifier", handle).map_err(|message| Cause::new("input", message))?),
    })
}

fn unsent(cause: Cause) -> Observed {
    Observed::broken(cause, Vec::new())
}
