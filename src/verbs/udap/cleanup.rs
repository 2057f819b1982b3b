//! Cancels what a run has registered, so that nothing of it stays behind.

use serde_json::{Map, Value, json};

use super::clients::Registration;
use crate::crypto::lab::Shape;
use crate::verbs::{Arguments, Context, Observation, Verb as _, udap::Register};
use crate::vocabulary::escape_to_width;

/// Cancels every registration that this run made and nobody cancelled yet. Gives a line for each that is left behind.
pub async fn cancel_registrations(context: &Context) -> Vec<String> {
    let Ok(clients) = context.udap_clients() else { return Vec::new() };
    clients.close_providers();
    let context = context.labelled("cleanup", "Cancel what was registered");
    let cancelled = clients.registered().into_iter().map(|(uri, registration)| cancel(&context, uri, registration));
    futures_util::future::join_all(cancelled).await.into_iter().flatten().collect()
}

/// Nothing when it is gone. What a lax server took with a certificate that nobody trusts may be cancelled with that alone.
async fn cancel(context: &Context, uri: String, registration: Registration) -> Option<String> {
    let left = cancel_with(context, &uri, &registration, registration.community).await?;
    if registration.shape == registration.community {
        return Some(left);
    }
    cancel_with(context, &uri, &registration, registration.shape).await
}

async fn cancel_with(context: &Context, uri: &str, registration: &Registration, shape: Shape) -> Option<String> {
    let mut given = Map::new();
    given.insert("client".into(), uri.into());
    given.insert("flow".into(), registration.flow.as_str().into());
    given.insert("cancel".into(), true.into());
    if shape != Shape::Right {
        given.insert("statement".into(), json!({ "certificate": shape.word() }));
    }
    let observed = Register.run(&Arguments::unchecked(given), context).await;
    let why = match &observed.observation {
        Observation::Facts(facts) if facts.get("outcome").and_then(Value::as_str) == Some("cancelled") => return None,
        Observation::Facts(facts) => {
            let status = facts.get("status").and_then(Value::as_u64).unwrap_or_default();
            format!("the server did not cancel it (status {status})")
        }
        Observation::Absent(cause) | Observation::Broken(cause) => cause.message.clone(),
    };
    let id = escape_to_width(&registration.client_id, 100);
    Some(format!("UDAP registration of {uri} as {id}: {why}"))
}
