//! At most so many failed authentications of a client in a row, then a right one: a server may lock a client that fails too
//! often, and every case behind that would be judged wrongly.

use super::client_auth::{Identification, identification};
use super::endpoint::endpoint;
use super::form::Form;
use super::request::{Answered, identified, post};
use super::token_facts::oauth_error;
use crate::target::ClientKey;
use crate::verbs::{Arguments, Context};

/// Sends a right authentication first when this client has failed as often in a row as it may. What is asked for is a
/// token for a made-up code: the client is known by its credentials before the code is refused.
pub(super) async fn relieve(context: &Context, arguments: &Arguments, sent_as: &str) -> Vec<String> {
    let Some(key) = key_of(context, sent_as) else { return Vec::new() };
    if is_right(arguments, context, sent_as) || context.failed_authentications(sent_as) < context.world.max_auth_failures {
        return Vec::new();
    }
    let mut with = serde_json::Map::new();
    with.insert("client".into(), key.word().into());
    let right = Arguments::unchecked(with);
    let (Ok(url), Ok(who)) = (endpoint(context, "token_endpoint", "token").await, identification(&right, context).await) else {
        return Vec::new();
    };
    let mut form = Form::default();
    form.plain("grant_type", "authorization_code");
    form.plain("code", context.world.random.state());
    if let Some(client) = context.launch.client(key) {
        form.plain("redirect_uri", client.redirect_uri.as_str());
    }
    let form = identified(form, &who);
    match post(context, &right, &url, form, who.credentials).await {
        Ok(answered) => {
            note(context, sent_as, &answered);
            answered.evidence
        }
        Err(observed) => observed.evidence,
    }
}

/// Counts what an answer says of the authentication.
pub(super) fn note(context: &Context, sent_as: &str, answered: &Answered) {
    let failed = answered.answer.status == 401 || oauth_error(&answered.document) == Some("invalid_client");
    context.note_authentication(sent_as, failed);
}

/// The id under which the client of a request goes.
pub(super) fn sent_as(identification: &Identification) -> &str {
    identification.sent.get("client_id").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// The registered client of this id: nobody else can be locked.
fn key_of(context: &Context, id: &str) -> Option<ClientKey> {
    context.launch.clients.iter().find(|client| client.client_id == id).map(|client| client.key)
}

/// True when the client authenticates as it should, so that the request is its own relief.
fn is_right(arguments: &Arguments, context: &Context, sent_as: &str) -> bool {
    let word = arguments.text("client").unwrap_or(ClientKey::Confidential.word());
    let own = ClientKey::from_word(word).and_then(|key| context.launch.client(key));
    let broken = ["authenticate", "assertion", "client_id", "omit"].iter().any(|name| arguments.get(name).is_some());
    !broken && own.is_some_and(|client| client.client_id == sent_as)
}
