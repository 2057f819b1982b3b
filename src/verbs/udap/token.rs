//! `udap.token`: asks for a token by client credentials, with a code or with a refresh token, authenticated by a signed
//! authentication token, with everything that a case breaks on the way.

use std::sync::Arc;

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::answer::{Answered, send};
use super::assertion::{self, Asking};
use super::clients::{UdapClients, community_of};
use super::metadata::Metadata;
use super::overrides::{Overrides, Signed, input, keep};
use super::register::turn_to;
use super::statement::USUAL_FLOW;
use crate::crypto::lab::Shape;
use crate::net::{Credentials, FormValue, Method, Payload, Request};
use crate::verbs::exchange::{MOST_SENT_ONCE, ages};
use crate::verbs::oauth::{Form, TokenAnswer, token_facts, verifier_of};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, Secret};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `udap.token`
pub struct UdapToken;

impl Verb for UdapToken {
    fn help(&self) -> &'static VerbHelp {
        &help::UDAP_TOKEN
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        Cost { requests: arguments.number("copies").unwrap_or(1) * MOST_SENT_ONCE, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { ask(arguments, context).await.unwrap_or_else(|observed| observed) })
    }
}

/// A token request that can be sent.
pub(super) struct Prepared {
    pub request: Request,
    assertion: Option<String>,
    signed: Option<Signed>,
    scopes: Vec<String>,
    uri: String,
    client_id: String,
    is_repeated: bool,
}

/// Asks for a token.
pub(super) async fn ask(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let unsent = |cause: Cause| Observed::broken(cause, Vec::new());
    let clients = context.udap_clients().map_err(unsent)?;
    let _alone = clients.alone().await;
    let flow = flow_of(arguments);
    turn_to(flow, &clients.uri(arguments.text("client").unwrap_or("credentials"), flow), context, clients).await;
    let prepared = prepare(arguments, context).await.map_err(unsent)?;
    let copies = usize::try_from(arguments.number("copies").unwrap_or(1)).unwrap_or(1);
    let answers = send(context, &prepared.request, copies, arguments.flag("any_form")).await?;
    let tokens: Vec<String> = answers.iter().filter_map(issued).collect();
    let distinct: BTreeSet<&String> = tokens.iter().collect();
    let (accepted, distinct) = (tokens.len(), distinct.len());
    let Some(first) = answers.into_iter().next() else { return Err(unsent(input("nothing was sent"))) };
    if prepared.is_repeated && first.is_refusal() {
        context.observe("udap.replay-tracking");
    }
    Ok(told(arguments, context, prepared, first, accepted, distinct))
}

/// The access token of an answer.
pub(super) fn issued(answered: &Answered) -> Option<String> {
    let members = answered.members();
    let token = members.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty())?;
    answered.is_success().then(|| token.to_owned())
}

fn told(
    arguments: &Arguments,
    context: &Context,
    prepared: Prepared,
    first: Answered,
    accepted: usize,
    distinct: usize,
) -> Observed {
    let refused = !first.is_success();
    let evidence = first.evidence.clone();
    let asked: Vec<&str> = match arguments.get("scopes").is_some() {
        true => arguments.texts("scopes"),
        false => prepared.scopes.iter().map(String::as_str).collect(),
    };
    let members = first.members();
    let optional = [
        ("oauth_error", members.get("error").and_then(Value::as_str).map(Value::from)),
        ("client_id", Some(prepared.client_id.into())),
    ];
    let answer = TokenAnswer { answer: first.answer, document: first.document, facts: first.facts, evidence: Vec::new() };
    let mut facts = token_facts(&answer, &asked, context);
    let mut sent = Map::new();
    let handle = prepared.assertion.as_ref().map(|text| keep(context, "client_assertion", text));
    sent.extend(handle.map(|handle| ("assertion".to_owned(), handle.into())));
    if let Some(signed) = &prepared.signed {
        let certificates = signed.header.get("x5c").and_then(Value::as_array).map(Vec::len);
        sent.extend(certificates.map(|count| ("certificates".to_owned(), count.into())));
        sent.extend(signed.header.get("alg").map(|alg| ("alg".to_owned(), alg.clone())));
        sent.insert("claims".into(), signed.claims.clone().into());
    }
    sent.insert("scopes".into(), prepared.scopes.into());
    let own = json!({
        "refused": refused,
        "issued": accepted > 0,
        "client_uri": prepared.uri,
        "accepted_count": accepted,
        "distinct_tokens": distinct,
        "has_refresh_token": members.contains_key("refresh_token"),
        "sent": sent,
    });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Observed::facts(tidy(facts, &context.world.redactor), evidence)
}

/// The flow that a grant belongs to.
fn flow_of(arguments: &Arguments) -> &str {
    match arguments.text("grant") {
        None => USUAL_FLOW,
        Some(USUAL_FLOW) => USUAL_FLOW,
        Some(_) => "authorization_code",
    }
}

/// Makes the request.
pub(super) async fn prepare(arguments: &Arguments, context: &Context) -> Result<Prepared, Cause> {
    let clients = context.udap_clients()?;
    let grant = arguments.text("grant").unwrap_or(USUAL_FLOW);
    let uri = clients.uri(arguments.text("client").unwrap_or("credentials"), flow_of(arguments));
    let overrides = match arguments.get("assertion") {
        Some(Value::String(_)) => Overrides::default(),
        table => Overrides::read(table)?,
    };
    let community = community_of(overrides.shape()?);
    let client_id = match arguments.text("client_id") {
        Some(id) => id.to_owned(),
        None => known_id(clients, &uri, community)?,
    };
    let metadata = Metadata::of(context).await?;
    let (aud, url) = metadata.endpoint("token_endpoint")?;
    let asking = Asking {
        uri: &uri,
        client_id: &client_id,
        aud: &aud,
        metadata: &metadata,
        with_extensions: grant == USUAL_FLOW || arguments.flag("extensions"),
    };
    let (assertion, signed, is_repeated) = the_assertion(arguments, context, clients, &overrides, &asking).await?;
    let scopes = asked_scopes(arguments, clients, &uri, community);
    let mut form = Form::default();
    form.plain("grant_type", arguments.text("grant_type").unwrap_or(grant));
    grant_fields(&mut form, arguments, context, clients, grant, &scopes)?;
    form.plain("client_assertion_type", JWT_BEARER);
    form.secret("client_assertion", Secret::new("client_assertion", assertion.clone()), false);
    form.plain("udap", "1");
    let mut form = form.broken_as(arguments, context)?;
    form.fill("{client_id}", &client_id);
    let request = request(arguments, context, url, form, &client_id);
    Ok(Prepared { request, assertion: Some(assertion), signed, scopes, uri, client_id, is_repeated })
}

fn known_id(clients: &UdapClients, uri: &str, community: Shape) -> Result<String, Cause> {
    let missing = || input("this client is not registered, so it has no id to ask with");
    clients.last_id(uri, community).or_else(|| clients.last_id(uri, Shape::Right)).ok_or_else(missing)
}

/// The authentication token to send, whether it was made for this, and whether its `jti` was sent before.
async fn the_assertion(
    arguments: &Arguments,
    context: &Context,
    clients: &Arc<UdapClients>,
    overrides: &Overrides,
    asking: &Asking<'_>,
) -> Result<(String, Option<Signed>, bool), Cause> {
    if let Some(Value::String(handle)) = arguments.get("assertion") {
        let resolved = context.vault.resolve("client_assertion", handle).map_err(|message| input(&message))?;
        return Ok((resolved.secret.expose().to_owned(), None, true));
    }
    let signed = assertion::make(overrides, context, clients, asking).await?;
    let jti = signed.claims.get("jti").and_then(Value::as_str);
    let issuer = signed.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let is_repeated = jti.is_some_and(|jti| !clients.uses(issuer, jti));
    Ok((signed.text.clone(), Some(signed), is_repeated))
}

/// The scopes of the argument; those of the registration when the grant is that of the client itself.
fn asked_scopes(arguments: &Arguments, clients: &UdapClients, uri: &str, community: Shape) -> Vec<String> {
    if arguments.get("scopes").is_some() {
        return arguments.texts("scopes").into_iter().map(str::to_owned).collect();
    }
    let registration = clients.registration(uri, community).or_else(|| clients.registration(uri, Shape::Right));
    registration.map(|registration| registration.scopes).unwrap_or_default()
}

/// The parameters of the grant.
fn grant_fields(
    form: &mut Form,
    arguments: &Arguments,
    context: &Context,
    clients: &UdapClients,
    grant: &str,
    scopes: &[String],
) -> Result<(), Cause> {
    let opened = |label, text: &str| context.vault.resolve(label, text).map_err(|message| input(&message));
    match grant {
        "authorization_code" => {
            let handle = arguments.text("code").unwrap_or_default();
            let code = opened("code", handle)?;
            form.secret("code", code.secret, code.made_up);
            form.plain("redirect_uri", arguments.text("redirect_uri").unwrap_or(clients.identity().redirect_uri.as_str()));
            if let Some(verifier) = verifier_of(arguments.text("verifier"), handle, context)? {
                form.secret("code_verifier", verifier.secret, verifier.made_up);
            }
        }
        "refresh_token" => {
            let token = opened("refresh_token", arguments.text("refresh_token").unwrap_or_default())?;
            form.secret("refresh_token", token.secret, token.made_up);
            if arguments.get("scopes").is_some() {
                form.plain("scope", scopes.join(" "));
            }
        }
        _ => form.plain("scope", scopes.join(" ")),
    }
    Ok(())
}

/// The request, as RFC 6749 has it or as the case breaks it.
fn request(arguments: &Arguments, context: &Context, url: url::Url, form: Form, client_id: &str) -> Request {
    let way = arguments.text("send").unwrap_or("form");
    let method = if way == "get" { Method::GET } else { Method::POST };
    let mut request = Request::new(method, url).header("accept", "application/json");
    if arguments.flag("basic") {
        request.credentials = Credentials::Basic {
            name: client_id.to_owned(),
            password: Secret::new("client_secret", context.world.random.state()),
        };
    }
    let fields = form.into_fields();
    request.good_for = ages(fields.iter().map(|(name, _)| name.as_str()));
    let text = |value: &FormValue| match value {
        FormValue::Plain(text) => text.clone(),
        FormValue::Secret(secret) => secret.expose().to_owned(),
    };
    // Only of a form does the client know by itself which of its values are secret.
    for (_, value) in &fields {
        if let FormValue::Secret(secret) = value {
            context.world.redactor.register(secret);
        }
    }
    let pairs = || fields.iter().map(|(name, value)| (name.as_str(), text(value)));
    let encoded = || url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs()).finish();
    if way == "get" {
        request.url.query_pairs_mut().extend_pairs(pairs());
    }
    const FORM: &str = "application/x-www-form-urlencoded";
    request.payload = match way {
        "get" => Payload::None,
        "json" => Payload::Json(Value::Object(fields.iter().map(|(name, value)| (name.clone(), text(value).into())).collect())),
        "percent" => Payload::Bytes(FORM.into(), encoded().replace('+', "%20").into_bytes()),
        "charset" => Payload::Bytes(format!("{FORM}; charset=UTF-8"), encoded().into_bytes()),
        _ => Payload::Form(fields),
    };
    request
}
