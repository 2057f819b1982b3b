//! Where the OAuth endpoints are: smart-configuration first, then the older place in the CapabilityStatement.

use serde_json::Value;
use url::Url;

use crate::verbs::discovery::DocumentKind;
use crate::verbs::{Context, Observation};
use crate::vocabulary::{Cause, escape_to_width};

/// An endpoint that no flow can do without.
pub(super) async fn endpoint(context: &Context, member: &str, oauth_uri: &str) -> Result<Url, Cause> {
    let places = [
        (DocumentKind::Smart, format!("/json/{member}")),
        (DocumentKind::CapabilityStatement, format!("/oauth_uris/{oauth_uri}")),
    ];
    match first_text(context, places).await {
        Some(text) => parse(member, text),
        None => Err(Cause::new("input", format!("no discovery document names a {member}"))),
    }
}

/// An endpoint that a server may or may not offer: not offered is an answer.
pub(in crate::verbs) async fn optional_endpoint(context: &Context, member: &str) -> Result<Url, Observation> {
    let places = [DocumentKind::Smart, DocumentKind::OpenId].map(|document| (document, format!("/json/{member}")));
    if let Some(text) = first_text(context, places).await {
        return parse(member, text).map_err(Observation::Broken);
    }
    match context.documents.is_found(DocumentKind::Smart, context).await {
        true => Err(Observation::Absent(Cause::new("not-advertised", format!("no discovery document names a {member}")))),
        false => {
            Err(Observation::Broken(Cause::new("input", "smart-configuration was not found, so it is not known what is offered")))
        }
    }
}

/// The first of these facts that is a text.
async fn first_text(context: &Context, places: [(DocumentKind, String); 2]) -> Option<&str> {
    for (document, pointer) in places {
        if let Some(text) = context.documents.fact(document, &pointer, context).await.and_then(Value::as_str) {
            return Some(text);
        }
    }
    None
}

fn parse(member: &str, text: &str) -> Result<Url, Cause> {
    let wrong = || Cause::new("input", format!("the {member} '{}' is no absolute URL", escape_to_width(text, 200)));
    Url::parse(text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "https" | "http")).ok_or_else(wrong)
}
