//! Where an issuer's keys are, and the keys: each address is fetched once per run unless fresh ones are wanted.

use serde_json::Value;
use url::Url;

use crate::crypto::Key;
use crate::net::{HttpOutcome, Request};
use crate::verbs::Context;
use crate::verbs::context::KeySet;
use crate::verbs::discovery::{DocumentKind, facts_in, openid_of};
use crate::verbs::exchange::exchange;
use crate::verbs::http_facts::{document_of, silence_of};
use crate::vocabulary::{Cause, escape_to_width};

/// What is published about an issuer.
pub(super) struct Issuer {
    /// The issuer as its documents name it.
    pub name: Option<String>,
    /// Where its keys are, with the document that says so.
    pub keys: Option<(Url, &'static str)>,
    /// The algorithms that openid-configuration lists.
    pub algorithms: Option<Vec<String>>,
    pub evidence: Vec<String>,
}

/// Looks in smart-configuration and in openid-configuration; where neither names an issuer, below the one that the token
/// names (trap 29: SMART 1.0.0 has no such member).
pub(super) async fn issuer(context: &Context, claimed: Option<&str>) -> Issuer {
    let smart = |pointer: &'static str| context.documents.fact(DocumentKind::Smart, pointer, context);
    let text = |fact: Option<&Value>| fact.and_then(Value::as_str).map(str::to_owned);
    let published = text(smart("/json/issuer").await);
    let asked = match (&published, claimed.filter(|claimed| claimed.starts_with("https://"))) {
        (None, Some(claimed)) => Some(openid_of(context, claimed).await),
        _ => None,
    };
    let openid = async |pointer: &'static str| match &asked {
        Some(asked) => facts_in(asked).and_then(|facts| facts.pointer(pointer)).cloned(),
        None => context.documents.fact(DocumentKind::OpenId, pointer, context).await.cloned(),
    };
    let place = |fact: Option<&Value>, document| Some((Url::parse(fact?.as_str()?).ok()?, document));
    let keys = place(openid("/json/jwks_uri").await.as_ref(), "openid-configuration");
    let listed = openid("/json/id_token_signing_alg_values_supported").await;
    Issuer {
        name: match published {
            Some(published) => Some(published),
            None => text(openid("/json/issuer").await.as_ref()),
        },
        keys: match keys {
            Some(keys) => Some(keys),
            None => place(smart("/json/jwks_uri").await, "smart-configuration"),
        },
        algorithms: listed
            .as_ref()
            .and_then(Value::as_array)
            .map(|items| items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        evidence: asked.map(|asked| asked.evidence).unwrap_or_default(),
    }
}

/// The keys at an address.
pub(super) async fn keys(context: &Context, url: &Url, fresh: bool) -> KeySet {
    let mut sets = context.key_sets().lock().await;
    if let Some(known) = sets.get(url.as_str()).filter(|_| !fresh) {
        return known.clone();
    }
    let fetched = fetch(context, url).await;
    sets.insert(url.as_str().to_owned(), fetched.clone());
    fetched
}

async fn fetch(context: &Context, url: &Url) -> KeySet {
    let exchange = exchange(context, Request::get(url.clone()).anonymously().header("accept", "application/json")).await;
    let keys = match &exchange.outcome {
        HttpOutcome::Failure(failure) => Err(failure.cause.clone()),
        HttpOutcome::Response(answer) => match silence_of(answer) {
            Some(cause) => Err(cause),
            None if answer.status != 200 => Err(Cause::new(
                "no-keys",
                format!("{} answered with status {}", escape_to_width(url.as_str(), 200), answer.status),
            )),
            None => document_of(answer)
                .tree
                .as_ref()
                .and_then(Key::of_set)
                .ok_or_else(|| Cause::new("no-keys", format!("{} holds no JWK Set", escape_to_width(url.as_str(), 200)))),
        },
    };
    (keys, exchange.evidence)
}
