//! How a client says who it is, at every endpoint that asks: by Basic, in the body, by an assertion, not at all, or wrongly.
//!
//! Unless a case says otherwise, `client_id` is in the body only when nothing else names the client (trap 36).

use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use super::assertion;
use crate::net::{Credentials, FormValue};
use crate::target::{Client, ClientKey};
use crate::verbs::{Arguments, Context};
use crate::vocabulary::{Cause, Secret};

/// What says who the client is.
pub(super) struct Identification {
    pub credentials: Credentials,
    pub fields: Vec<(String, FormValue)>,
    /// Facts `sent.*`.
    pub sent: Map<String, Value>,
}

/// The client that the argument names.
pub(super) fn client<'a>(arguments: &Arguments, context: &'a Context) -> Result<&'a Client, Cause> {
    let word = arguments.text("client").unwrap_or(ClientKey::Confidential.word());
    let key = ClientKey::from_word(word).ok_or_else(|| Cause::new("input", format!("there is no client '{word}'")))?;
    by_key(context, key)
}

fn by_key(context: &Context, key: ClientKey) -> Result<&Client, Cause> {
    let missing = || Cause::new("input", format!("the target file has no {} client", key.word()));
    context.launch.client(key).ok_or_else(missing)
}

/// What says who the client is, as the arguments want it.
pub(super) async fn identification(arguments: &Arguments, context: &Context) -> Result<Identification, Cause> {
    let client = client(arguments, context)?;
    let way = arguments.text("authenticate").unwrap_or_else(|| usual(client));
    let own_id = arguments.text("client_id").unwrap_or(&client.client_id);
    let mut sent = Map::new();
    sent.insert("authenticate".into(), way.into());
    sent.insert("client_id".into(), own_id.into());
    let of = |credentials, fields| Identification { credentials, fields, sent: sent.clone() };
    let plain_id = |id: &str| ("client_id".to_owned(), FormValue::Plain(id.to_owned()));
    let in_body = |secret: Secret| vec![plain_id(own_id), ("client_secret".to_owned(), FormValue::Secret(secret))];
    Ok(match way {
        "none" => of(Credentials::None, vec![plain_id(own_id)]),
        "basic" => of(basic(own_id, &secret_of(client)?), Vec::new()),
        "body" => of(Credentials::None, in_body(secret_of(client)?)),
        "wrong-secret" => of(basic(own_id, &wrong_secret(context)), Vec::new()),
        "empty-secret" => of(basic(own_id, &Secret::new("client_secret", "")), Vec::new()),
        "wrong-secret-body" => of(Credentials::None, in_body(wrong_secret(context))),
        "other-client" => {
            let other = if client.key == ClientKey::Confidential { ClientKey::Second } else { ClientKey::Confidential };
            let other = by_key(context, other)?;
            sent.insert("client_id".into(), other.client_id.as_str().into());
            let credentials = basic(&other.client_id, &secret_of(client)?);
            Identification { credentials, fields: Vec::new(), sent }
        }
        "assertion" => {
            let made = assertion::of_argument(arguments, context, client).await?;
            sent.insert("client_assertion_seconds_left".into(), made.seconds_left(context).into());
            sent.insert("client_assertion".into(), made.handle.into());
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let fields = vec![
                ("client_assertion_type".to_owned(), FormValue::Plain(kind.to_owned())),
                ("client_assertion".to_owned(), FormValue::Secret(made.assertion)),
            ];
            Identification { credentials: Credentials::None, fields, sent }
        }
        other => return Err(Cause::new("input", format!("there is no way '{other}' to authenticate"))),
    })
}

/// As this kind of client does.
fn usual(client: &Client) -> &'static str {
    match client.key {
        ClientKey::Public => "none",
        ClientKey::Asymmetric => "assertion",
        _ if client.secret.is_none() && client.signing_key.is_some() => "assertion",
        _ => "basic",
    }
}

fn secret_of(client: &Client) -> Result<Secret, Cause> {
    let missing = || Cause::new("input", format!("the target file gives no secret of the {} client", client.key.word()));
    client.secret.clone().ok_or_else(missing)
}

fn wrong_secret(context: &Context) -> Secret {
    Secret::new("client_secret", context.world.random.state())
}

/// Name and password are form-encoded first (RFC 6749 2.3.1).
fn basic(id: &str, secret: &Secret) -> Credentials {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    Credentials::Basic { name: encoded(id), password: Secret::new(secret.label(), encoded(secret.expose())) }
}
