//! Where the OAuth endpoints are: smart-configuration first, then the older place in the CapabilityStatement.

use serde_json::Value;
use url::Url;

use crate::verbs::discovery::facts_in;
use crate::verbs::{Context, Observation};
use crate::vocabulary::{Cause, escape_to_width};

/// An endpoint that no flow can do without.
pub(super) async fn endpoint(context: &Context, member: &str, oauth_uri: &str) -> Result<Url, Cause> {
    let smart = facts_in(context.documents.smart(context).await);
    let place = |facts: &Value, pointer: &str| facts.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut text = smart.and_then(|facts| place(facts, &format!("/json/{member}")));
    if text.is_none() {
        let statement = facts_in(context.documents.capability_statement(context).await);
        text = statement.and_then(|facts| place(facts, &format!("/oauth_uris/{oauth_uri}")));
    }
    let Some(text) = text else {
        return Err(Cause::new("input", format!("no discovery document names a {member}")));
    };
    parse(member, &text)
}

/// An endpoint that a server may or may not offer: not offered is an answer.
pub(in crate::verbs) async fn optional_endpoint(context: &Context, member: &str) -> Result<Url, Observation> {
    let smart = context.documents.smart(context).await;
    let openid = context.documents.openid(context).await;
    let found =
        [smart, openid].into_iter().filter_map(facts_in).find_map(|facts| facts.pointer(&format!("/json/{member}"))?.as_str());
    if let Some(text) = found {
        return parse(member, text).map_err(Observation::Broken);
    }
    match facts_in(smart).is_some_and(|facts| facts.get("found") == Some(&Value::Bool(true))) {
        true => Err(Observation::Absent(Cause::new("not-advertised", format!("no discovery document names a {member}")))),
        false => {
            Err(Observation::Broken(Cause::new("input", "smart-configuration was not found, so it is not known what is offered")))
        }
    }
}

fn parse(member: &str, text: &str) -> Result<Url, Cause> {
    let wrong = || Cause::new("input", format!("the {member} '{}' is no absolute URL", escape_to_width(text, 200)));
    Url::parse(text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "https" | "http")).ok_or_else(wrong)
}
