//! `oauth.introspect`: what the server says of a token (RFC 7662).

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::client_auth::identification;
use super::request::{Answered, identified, post, post_as};
use super::revoke::{advertised, token_form};
use super::token_facts::{oauth_error, words};
use crate::net::Credentials;
use crate::verbs::exchange::MOST_SENT_ONCE;
use crate::verbs::http_facts::is_page;
use crate::verbs::json_document::BodyKind;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// Members that say nothing about the member behind the token; the others are masked.
const SHOWN: [&str; 8] = ["active", "scope", "client_id", "token_type", "exp", "iat", "nbf", "error"];

/// `oauth.introspect`
pub struct Introspect;

impl Verb for Introspect {
    fn help(&self) -> &'static VerbHelp {
        &help::INTROSPECT
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: 2 * MOST_SENT_ONCE, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { introspect(arguments, context).await.unwrap_or_else(|observed| observed) })
    }
}

async fn introspect(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let url = advertised(context, "introspection_endpoint").await?;
    let unsent = |cause| Observed::broken(cause, Vec::new());
    let form = token_form(arguments, context).map_err(unsent)?;
    let answered = match arguments.text("bearer") {
        Some(bearer) => {
            let input = |message| unsent(Cause::new("input", message));
            let credentials = Credentials::Bearer(context.vault.resolve("access_token", bearer).map_err(input)?.secret);
            let form = form.broken_as(arguments, context).map_err(unsent)?;
            post(context, arguments, &url, form, credentials).await?
        }
        None => {
            let identification = identification(arguments, context).await.map_err(unsent)?;
            let form = identified(form, &identification).broken_as(arguments, context).map_err(unsent)?;
            post_as(context, arguments, &url, form, &identification).await?
        }
    };
    let mut facts = own_facts(&answered, context);
    facts.insert("endpoint_https".into(), (url.scheme() == "https").into());
    Ok(Observed::facts(tidy(facts, &context.world.redactor), answered.evidence))
}

fn own_facts(answered: &Answered, context: &Context) -> Map<String, Value> {
    let nothing = Map::new();
    let members = answered.document.tree.as_ref().and_then(Value::as_object).unwrap_or(&nothing);
    let status = answered.answer.status;
    let active = members.get("active");
    let is_object = answered.document.kind == BodyKind::JsonObject;
    let own = json!({
        "answered": status == 200 && is_object && active.is_some_and(Value::is_boolean),
        "refused": matches!(status, 400 | 401 | 403) && !is_page(&answered.document),
        "fields": members.keys().collect::<Vec<_>>(),
        "patient_present": members.contains_key("patient"),
    });
    let mut facts = answered.facts.clone();
    facts.extend(own.as_object().cloned().unwrap_or_default());
    facts.extend(active.map(|active| ("active".to_owned(), active.clone())));
    facts.extend(members.get("scope").and_then(Value::as_str).map(|scope| ("scopes".to_owned(), words(scope).into())));
    facts.extend(oauth_error(&answered.document).map(|error| ("oauth_error".to_owned(), error.into())));
    if is_object {
        let masked = members.iter().map(|(name, value)| match value {
            Value::String(text) if !SHOWN.contains(&name.as_str()) => {
                (name.clone(), context.world.redactor.pseudonym("value", text).into())
            }
            other => (name.clone(), other.clone()),
        });
        facts.insert("json".into(), Value::Object(masked.collect()));
    }
    facts
}
