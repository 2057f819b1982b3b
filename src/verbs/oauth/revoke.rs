//! `oauth.revoke`: makes a token of this run worthless (RFC 7009).

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use url::Url;

use super::alter::altered;
use super::client_auth::{client, identification};
use super::endpoint::optional_endpoint;
use super::form::Form;
use super::request::{identified, post_as};
use super::token_facts::{is_refusal, oauth_error};
use crate::verbs::exchange::MOST_SENT_ONCE;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `oauth.revoke`
pub struct Revoke;

impl Verb for Revoke {
    fn help(&self) -> &'static VerbHelp {
        &help::REVOKE
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: 2 * MOST_SENT_ONCE, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { revoke(arguments, context).await.unwrap_or_else(|observed| observed) })
    }
}

async fn revoke(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let url = advertised(context, "revocation_endpoint").await?;
    let unsent = |cause| Observed::broken(cause, Vec::new());
    let identification = identification(arguments, context).await.map_err(unsent)?;
    let form = identified(token_form(arguments, context).map_err(unsent)?, &identification);
    let form = form.broken_as(arguments, context).map_err(unsent)?;
    let answered = post_as(context, arguments, &url, form, &identification).await?;
    if answered.answer.status == 200 && arguments.text("hint") == Some("access_token") {
        context.observe("oauth.access-token-revocation");
    }
    let is_own = ["authenticate", "client_id", "alter"].iter().all(|name| arguments.get(name).is_none());
    if let (200, true, Ok(client), Some(handle)) =
        (answered.answer.status, is_own, client(arguments, context), arguments.text("token"))
    {
        context.leftovers().removed(client.key, handle);
    }
    let mut facts: Map<String, Value> = answered.facts;
    facts.insert("revoked".into(), (answered.answer.status == 200).into());
    facts.insert("refused".into(), is_refusal(answered.answer.status, &answered.document, &[400, 401, 403]).into());
    facts.insert("endpoint_https".into(), (url.scheme() == "https").into());
    facts.extend(oauth_error(&answered.document).map(|error| ("oauth_error".to_owned(), error.into())));
    Ok(Observed::facts(tidy(facts, &context.world.redactor), answered.evidence))
}

/// An endpoint that may not be there.
pub(super) async fn advertised(context: &Context, member: &str) -> Result<Url, Observed> {
    let none = |observation: Observation| Observed { observation, evidence: Vec::new(), flaky: false };
    optional_endpoint(context, member).await.map_err(none)
}

/// The token that is asked about, with its hint.
pub(super) fn token_form(arguments: &Arguments, context: &Context) -> Result<Form, Cause> {
    let text = arguments.text("token").unwrap_or_default();
    let resolved = context.vault.resolve("token", text).map_err(|message| Cause::new("input", message))?;
    let token = altered(resolved, arguments.text("alter"), &*context.world.random);
    let mut form = Form::default();
    form.secret("token", token.secret, token.made_up);
    if let Some(hint) = arguments.text("hint").filter(|hint| *hint != "none") {
        form.plain("token_type_hint", hint);
    }
    Ok(form)
}
