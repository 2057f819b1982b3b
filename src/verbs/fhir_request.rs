//! The requests of the FHIR verbs: addresses that nothing can lead out of its place, and the token where the case wants it.

use serde_json::json;
use url::Url;

use super::oauth::altered;
use super::{Arguments, Context};
use crate::net::{Credentials, FormValue, Method, Payload, Request};
use crate::vocabulary::{Cause, escape_to_width};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interaction {
    Search,
    Read,
    Batch,
    Create,
}

/// A request with the handle of the token that it carries.
pub(super) struct Question {
    pub request: Request,
    /// Nothing for a made-up token or none.
    pub token_handle: Option<String>,
}

/// The request that these arguments describe.
pub(super) fn question(interaction: Interaction, arguments: &Arguments, context: &Context) -> Result<Question, Cause> {
    let request = match interaction {
        Interaction::Search if arguments.text("method") == Some("post") => posted_search(arguments, context)?,
        Interaction::Search => Request::get(with_parameters(arguments, context)?),
        Interaction::Read => Request::get(address(arguments, context, arguments.text("id"))?),
        Interaction::Batch => batch(arguments, context)?,
        Interaction::Create => create(arguments, context)?,
    };
    let mut request = request.header("accept", "application/fhir+json");
    if let Some(origin) = arguments.text("origin") {
        request = request.header("origin", origin);
    }
    authorized(request, arguments, context)
}

fn authorized(request: Request, arguments: &Arguments, context: &Context) -> Result<Question, Cause> {
    let Some(text) = arguments.text("token") else { return Ok(Question { request: request.anonymously(), token_handle: None }) };
    let resolved = context.vault.resolve("access_token", text).map_err(input)?;
    let handle = (!resolved.made_up).then(|| text.to_owned());
    let token = altered(resolved, arguments.text("alter"), &*context.world.random);
    let mut request = if handle.is_some() { request } else { request.anonymously() };
    match (arguments.text("token_in"), token.made_up) {
        (Some("query"), made_up) => {
            if !made_up {
                context.world.redactor.register_learnt(&token.secret);
            }
            request.url.query_pairs_mut().append_pair("access_token", token.secret.expose());
        }
        (_, true) => request = request.header("authorization", &format!("Bearer {}", token.secret.expose())),
        (_, false) => request.credentials = Credentials::Bearer(token.secret),
    }
    Ok(Question { request, token_handle: handle })
}

fn with_parameters(arguments: &Arguments, context: &Context) -> Result<Url, Cause> {
    // A page's address is whole.
    if let Some(page) = context.vault.open(arguments.text("type").unwrap_or_default()).filter(|page| page.label() == "page") {
        return Url::parse(page.expose()).map_err(|_| Cause::new("url", "the address of the page is no URL"));
    }
    let mut url = address(arguments, context, None)?;
    let parameters = parameters(arguments, context)?;
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    Ok(url)
}

fn parameters(arguments: &Arguments, context: &Context) -> Result<Vec<(String, String)>, Cause> {
    let mut pairs = Vec::new();
    for (name, value) in arguments.text_table("parameters") {
        pairs.push((name.to_owned(), context.vault.fill(value).map_err(input)?));
    }
    for pair in arguments.texts("repeated") {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((name.to_owned(), context.vault.fill(value).map_err(input)?));
    }
    Ok(pairs)
}

fn posted_search(arguments: &Arguments, context: &Context) -> Result<Request, Cause> {
    let url = address(arguments, context, Some("_search"))?;
    let fields = parameters(arguments, context)?.into_iter().map(|(name, value)| (name, FormValue::Plain(value)));
    let payload = Payload::Form(fields.collect());
    Ok(Request { payload, ..Request::new(Method::POST, url) })
}

fn batch(arguments: &Arguments, context: &Context) -> Result<Request, Cause> {
    let mut entries = Vec::new();
    for text in arguments.texts("requests") {
        let url = context.vault.fill(text).map_err(input)?;
        entries.push(json!({ "request": { "method": "GET", "url": url } }));
    }
    let bundle = json!({ "resourceType": "Bundle", "type": "batch", "entry": entries });
    let mut request = Request::new(Method::POST, context.target.base.clone());
    request.payload = Payload::Bytes("application/fhir+json".into(), bundle.to_string().into_bytes());
    Ok(request)
}

/// The body names its type and is wrong in a way that no server can take for a resource: an id is never a list.
fn create(arguments: &Arguments, context: &Context) -> Result<Request, Cause> {
    let body = json!({ "resourceType": arguments.text("type").unwrap_or_default(), "id": ["not", "a", "resource"] });
    let mut request = Request::new(Method::POST, address(arguments, context, None)?);
    request.payload = Payload::Bytes("application/fhir+json".into(), body.to_string().into_bytes());
    Ok(request)
}

/// The address of the type or resource; neither may leave its place in the path.
fn address(arguments: &Arguments, context: &Context, last: Option<&str>) -> Result<Url, Cause> {
    let base = &context.target.base;
    let wrong = || Cause::new("url", format!("{} has no path below it", escape_to_width(base.as_str(), 200)));
    let last = last.map(|last| context.vault.fill(last)).transpose().map_err(input)?;
    let mut url = base.clone();
    {
        let mut path = url.path_segments_mut().map_err(|()| wrong())?;
        path.pop_if_empty().push(arguments.text("type").unwrap_or_default());
        if let Some(last) = &last {
            path.push(last);
        }
    }
    Ok(url)
}

fn input(message: String) -> Cause {
    Cause::new("input", message)
}
