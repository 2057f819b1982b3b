//! An authentication token: what a client that asks for a token signs, with the B2B object where the flow has one.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::clients::UdapClients;
use super::metadata::Metadata;
use super::overrides::{Overrides, Signed, input};
use crate::verbs::Context;
use crate::vocabulary::Cause;

/// The claims of a right authentication token, without times and `jti`.
fn claims(client: &Asking<'_>, context: &Context) -> Map<String, Value> {
    let mut claims = Map::new();
    // Version 0.1.0 of the guide has the URI of the client as its issuer.
    let issuer = if context.speaks_first_udap_version() { client.uri } else { client.client_id };
    for (name, value) in [("iss", issuer), ("sub", client.client_id), ("aud", client.aud)] {
        claims.insert(name.to_owned(), value.into());
    }
    claims
}

/// The B2B object of an organization that asks for itself.
fn b2b(uri: &str) -> Value {
    json!({
        "version": "1",
        "subject_name": "carinbb conformance test",
        "organization_name": "carinbb laboratory",
        "organization_id": format!("{uri}/organization"),
        "purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#HPAYMT"],
    })
}

/// The extensions of the argument: the right B2B object, none, anything, or the right one changed.
fn extensions(argument: Option<&Value>, uri: &str) -> Result<Option<Value>, Cause> {
    let with = |object: Value| json!({ "hl7-b2b": object });
    match argument {
        None => Ok(Some(with(b2b(uri)))),
        Some(Value::String(word)) if word == "none" => Ok(None),
        Some(Value::String(word)) if word == "null" => Ok(Some(Value::Null)),
        Some(Value::String(word)) if word == "null-object" => Ok(Some(with(Value::Null))),
        Some(Value::Object(changes)) => {
            let mut object = b2b(uri);
            if let Some(whole) = changes.get("whole") {
                return Ok(Some(whole.clone()));
            }
            let members = object.as_object_mut().ok_or_else(|| input("the B2B object is an object"))?;
            members.extend(changes.get("set").and_then(Value::as_object).cloned().unwrap_or_default());
            let omitted: Vec<&str> =
                changes.get("omit").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            members.retain(|name, _| !omitted.contains(&name.as_str()));
            for name in changes.get("null").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                members.insert(name.to_owned(), Value::Null);
            }
            let mut all = with(object);
            if let (Some(all), Some(beside)) = (all.as_object_mut(), changes.get("beside").and_then(Value::as_object)) {
                all.extend(beside.clone());
            }
            Ok(Some(all))
        }
        Some(_) => Err(input("'extensions' is none, null, null-object, or a table with set, omit, null, beside or whole")),
    }
}

/// Signs the authentication token that these changes describe.
pub(super) async fn make(
    overrides: &Overrides,
    context: &Context,
    clients: &Arc<UdapClients>,
    client: &Asking<'_>,
) -> Result<Signed, Cause> {
    let mut base = claims(client, context);
    if client.with_extensions {
        let value = extensions(overrides.get("extensions"), client.uri)?;
        // Version 0.1.0 has a list of objects.
        let in_form =
            |value: Value| if context.speaks_first_udap_version() && value.is_object() { json!([value]) } else { value };
        base.extend(value.map(|value| ("extensions".to_owned(), in_form(value))));
    }
    let claims = overrides.claims(base, context, &client.metadata.places(context, client.uri))?;
    overrides.sign_for(clients, client.uri, claims).await
}

/// Who asks whom.
pub(super) struct Asking<'a> {
    pub uri: &'a str,
    pub client_id: &'a str,
    pub aud: &'a str,
    pub metadata: &'a Metadata,
    /// True for client_credentials.
    pub with_extensions: bool,
}
