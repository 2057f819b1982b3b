//! What the answer to a registration says.

use serde_json::{Map, Value, json};
use url::Url;

use super::answer::Answered;
use super::overrides::{Overrides, Signed};
use crate::verbs::Context;
use crate::vocabulary::Secret;

/// Claims of the JWT itself: no metadata of the client.
const OF_THE_JWT: [&str; 7] = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"];

/// What is known beforehand.
pub(super) struct Question<'a> {
    pub signed: Option<&'a Signed>,
    pub overrides: &'a Overrides,
    /// The id that the URI has, or had before it was cancelled.
    pub earlier: Option<String>,
    /// True when it was cancelled since.
    pub cancelled: bool,
    pub cancel: bool,
    /// True when the issuer sent the same `jti` before.
    pub repeated: bool,
}

/// The `client_id` of an accepted registration.
pub(super) fn client_id(answered: &Answered) -> Option<String> {
    let members = answered.members();
    let id = members.get("client_id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    answered.is_success().then(|| id.to_owned())
}

/// The facts.
pub(super) fn facts(answered: &Answered, question: &Question<'_>, context: &Context) -> Map<String, Value> {
    let members = answered.members();
    let id = client_id(answered);
    let mut facts = answered.facts.clone();
    if answered.facts.get("json").is_some_and(Value::is_object) {
        facts.insert("json".into(), masked(&members, question.signed, context));
    }
    let is_same = question.earlier.as_ref().zip(id.as_ref()).map(|(earlier, id)| earlier == id);
    let optional = [
        ("oauth_error", members.get("error").and_then(Value::as_str).map(Value::from)),
        ("client_id", id.clone().map(Value::from)),
        ("earlier_client_id", question.earlier.clone().map(Value::from)),
        ("same_client", is_same.map(Value::from)),
        ("statement_returned", statement_returned(&members, question).map(Value::from)),
    ];
    let own = json!({
        "outcome": outcome(answered, id.is_some(), is_same, question),
        "accepted": answered.is_success(),
        "refused": !answered.is_success(),
        "missing": missing(&members, question),
        "nulls": members.iter().filter(|(_, value)| value.is_null() || value.as_str() == Some("")).map(|(name, _)| name).collect::<Vec<_>>(),
        "jwt_claims": members.keys().filter(|name| OF_THE_JWT.contains(&name.as_str())).collect::<Vec<_>>(),
        "returned": members.keys().collect::<Vec<_>>(),
    });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    facts
}

fn outcome(answered: &Answered, has_id: bool, is_same: Option<bool>, question: &Question<'_>) -> &'static str {
    let members = answered.members();
    let ended = members.get("grant_types").and_then(Value::as_array).is_some_and(Vec::is_empty);
    match () {
        () if !answered.is_success() => "refused",
        () if question.cancel && (ended || answered.answer.status == 204) => "cancelled",
        () if !has_id => "malformed",
        () if question.repeated && is_same == Some(true) => "idempotent",
        () if is_corrected(&members, question) => "corrected",
        () if answered.answer.status == 201 && (is_same.is_none() || question.cancelled) => "created",
        () => "modified",
    }
}

/// True when every parameter that the case changed came back with another value that will do: the server put something better in its
/// place.
fn is_corrected(members: &Map<String, Value>, question: &Question<'_>) -> bool {
    let Some(signed) = question.signed else { return false };
    let changed: Vec<String> =
        question.overrides.changed().into_iter().filter(|name| !OF_THE_JWT.contains(&name.as_str())).collect();
    let is_better = |name: &String| {
        let Some(seen) = members.get(name) else { return false };
        is_right(name, seen) && signed.claims.get(name).is_none_or(|sent| differs(sent, seen) && !survives(name, sent, seen))
    };
    !changed.is_empty() && changed.iter().all(is_better)
}

/// Whether a server can register this value of a parameter and keep to the guide.
fn is_right(name: &str, seen: &Value) -> bool {
    let mut words = texts(seen);
    words.sort_unstable();
    let all =
        |is_one: fn(&Url) -> bool| !words.is_empty() && words.iter().all(|word| Url::parse(word).is_ok_and(|url| is_one(&url)));
    match name {
        // One flow for one client, and refresh tokens with codes alone.
        "grant_types" => {
            seen.is_array()
                && matches!(words[..], ["client_credentials"] | ["authorization_code"] | ["authorization_code", "refresh_token"])
        }
        "response_types" => seen.is_array() && words == ["code"],
        "token_endpoint_auth_method" => seen == "private_key_jwt",
        "redirect_uris" => seen.is_array() && all(|url| url.scheme() == "https" && url.fragment().is_none()),
        "logo_uri" => seen.is_string() && all(|url| url.scheme() == "https"),
        "contacts" => seen.is_array() && words.iter().any(|contact| contact.starts_with("mailto:") && contact.contains('@')),
        _ => match seen {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        },
    }
}

/// Whether an address that was sent came back among others, or written in another way.
fn survives(name: &str, sent: &Value, seen: &Value) -> bool {
    let normal = |text: &str| {
        let url = Url::parse(text).map_or_else(|_| text.to_owned(), String::from);
        url.trim_end_matches('/').replace("%2A", "*").replace("%2a", "*")
    };
    name == "redirect_uris" && texts(sent).iter().any(|sent| texts(seen).iter().any(|seen| normal(sent) == normal(seen)))
}

/// The texts of a list, or the one text.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

/// Lists differ when nothing of what was sent alone came through unchanged; an order is no difference, and neither is the order of
/// the words of a scope.
fn differs(sent: &Value, seen: &Value) -> bool {
    let sorted = |value: &Value| -> Vec<String> {
        let mut words: Vec<String> = match value {
            Value::Array(items) => items.iter().map(Value::to_string).collect(),
            Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
            other => vec![other.to_string()],
        };
        words.sort();
        words
    };
    sorted(sent) != sorted(seen)
}

/// Parameters of the statement that did not come back.
fn missing(members: &Map<String, Value>, question: &Question<'_>) -> Vec<String> {
    let names = question.signed.iter().flat_map(|signed| signed.claims.keys());
    let is_metadata = |name: &&String| !OF_THE_JWT.contains(&name.as_str()) && name.as_str() != "extensions";
    names.filter(is_metadata).filter(|name| !members.contains_key(*name)).cloned().collect()
}

fn statement_returned(members: &Map<String, Value>, question: &Question<'_>) -> Option<&'static str> {
    let returned = members.get("software_statement")?.as_str().unwrap_or_default();
    let sent = question.signed?;
    Some(if returned == sent.text { "same" } else { "different" })
}

/// The body with handles in place of secrets, and with a word in place of the statement.
fn masked(members: &Map<String, Value>, signed: Option<&Signed>, context: &Context) -> Value {
    let shown = |name: &String, value: &Value| match (name.as_str(), value.as_str()) {
        ("client_secret", Some(text)) => context.vault.keep(Secret::new("client_secret", text)).into(),
        ("registration_access_token", Some(text)) => context.vault.keep(Secret::new("registration_access_token", text)).into(),
        ("software_statement", Some(text)) if signed.is_some_and(|signed| signed.text == text) => "as it was sent".into(),
        _ => value.clone(),
    };
    Value::Object(members.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect())
}
