//! `udap.register`: registers a client, modifies or cancels its registration, with everything that a case breaks on the way.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::answer::{Answered, send};
use super::clients::{Registration, UdapClients, community_of};
use super::metadata::Metadata;
use super::overrides::{Overrides, Signed, input, keep};
use super::registration_facts::{self, Question};
use super::statement::{self, USUAL_FLOW, Wish};
use crate::crypto::lab::Shape;
use crate::net::{Method, Payload, Request};
use crate::verbs::exchange::{MOST_SENT_ONCE, ages};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `udap.register`
pub struct Register;

impl Verb for Register {
    fn help(&self) -> &'static VerbHelp {
        &help::REGISTER
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        // What is registered is cancelled when the run is over.
        Cost { requests: (arguments.number("copies").unwrap_or(1) + 1) * MOST_SENT_ONCE, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let Ok(clients) = context.udap_clients() else { return refused_for_want_of_a_certificate(context) };
            let _alone = clients.alone().await;
            let observed = register(arguments, context).await.unwrap_or_else(|observed| observed);
            restore(arguments, context, clients, &observed).await;
            observed
        })
    }
}

fn refused_for_want_of_a_certificate(context: &Context) -> Observed {
    let cause = context.udap_clients().err().unwrap_or_else(|| input("there is no certificate"));
    Observed::broken(cause, Vec::new())
}

/// In a community something wrong that was taken has replaced the one registration there is: a right one is put back at once.
async fn restore(arguments: &Arguments, context: &Context, clients: &UdapClients, observed: &Observed) {
    let is_changed = arguments.get("statement").is_some_and(Value::is_object) || arguments.flag("cancel");
    let was_taken =
        matches!(&observed.observation, Observation::Facts(facts) if facts.get("accepted") == Some(&Value::Bool(true)));
    if clients.are_apart() || !is_changed || !was_taken {
        return;
    }
    let flow = arguments.text("flow").unwrap_or(USUAL_FLOW);
    let right: Map<String, Value> =
        [("client", "restored"), ("flow", flow)].into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    // When this fails as well, the controls of the cases that come show it.
    let _ = register(&Arguments::unchecked(right), context).await;
}

/// Where one URI has to do for both flows, the flow that is wanted now may have been replaced by the other: it is registered again.
/// The case has the registration for itself meanwhile.
pub(super) async fn turn_to(flow: &str, uri: &str, context: &Context, clients: &UdapClients) {
    let is_other = clients.registration(uri, Shape::Right).is_some_and(|registration| registration.flow != flow);
    if clients.share_one_uri() && is_other {
        let right = [("client", uri), ("flow", flow)].into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        // When this fails, the premises of the case show it.
        let _ = register(&Arguments::unchecked(right), context).await;
    }
}

async fn register(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let unsent = |cause: Cause| Observed::broken(cause, Vec::new());
    let clients = context.udap_clients().map_err(unsent)?;
    let flow = arguments.text("flow").unwrap_or(USUAL_FLOW);
    let cancel = arguments.flag("cancel");
    let uri = clients.uri(arguments.text("client").unwrap_or("fresh"), flow);
    let (text, signed, overrides) = the_statement(arguments, context, clients, &uri, flow).await.map_err(unsent)?;
    let community = community_of(signed.as_ref().map_or(Shape::Right, |signed| signed.shape));
    let jti = signed.as_ref().and_then(|signed| signed.claims.get("jti")?.as_str()).map(str::to_owned);
    let is_new = match &jti {
        Some(jti) => clients.uses(&uri, jti),
        None => !arguments.get("statement").is_some_and(Value::is_string),
    };
    let question = Question {
        signed: signed.as_ref(),
        overrides: &overrides,
        earlier: clients.last_id(&uri, community),
        cancelled: clients.registration(&uri, community).is_none(),
        cancel,
        repeated: !is_new,
    };
    let request = request(arguments, context, &text).await.map_err(unsent)?;
    let copies = usize::try_from(arguments.number("copies").unwrap_or(1)).unwrap_or(1);
    let answers = send(context, &request, copies, arguments.flag("any_form")).await?;
    for answered in &answers {
        learn(clients, answered, &uri, flow, &signed, community, cancel);
    }
    let mut ids: Vec<String> = answers.iter().filter_map(registration_facts::client_id).collect();
    let accepted = answers.iter().filter(|answered| answered.is_success()).count();
    ids.sort();
    ids.dedup();
    let Some(first) = answers.into_iter().next() else { return Err(unsent(input("nothing was sent"))) };
    if question.repeated && first.is_refusal() {
        context.observe("udap.replay-tracking");
    }
    let mut facts = registration_facts::facts(&first, &question, context);
    let own =
        json!({ "client_uri": uri, "accepted_count": accepted, "client_ids": ids.len(), "sent": sent(&signed, &text, context) });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    Ok(Observed::facts(tidy(facts, &context.world.redactor), first.evidence))
}

/// The statement to send: one that was made before, or one as the case wants it.
async fn the_statement(
    arguments: &Arguments,
    context: &Context,
    clients: &Arc<UdapClients>,
    uri: &str,
    flow: &str,
) -> Result<(String, Option<Signed>, Overrides), Cause> {
    if let Some(Value::String(handle)) = arguments.get("statement") {
        let resolved = context.vault.resolve("software_statement", handle).map_err(|message| input(&message))?;
        return Ok((resolved.secret.expose().to_owned(), None, Overrides::default()));
    }
    let overrides = Overrides::read(arguments.get("statement"))?;
    let wish = Wish { flow, tiered: arguments.flag("tiered"), cancel: arguments.flag("cancel") };
    let signed = statement::make(&overrides, context, clients, uri, &wish).await?;
    Ok((signed.text.clone(), Some(signed), overrides))
}

/// The request, as RFC 7591 has it or as the case breaks it.
async fn request(arguments: &Arguments, context: &Context, statement: &str) -> Result<Request, Cause> {
    let (_, url) = Metadata::of(context).await?.endpoint("registration_endpoint")?;
    let mut body = Map::new();
    body.insert("software_statement".into(), statement.into());
    body.insert("udap".into(), "1".into());
    body.extend(arguments.get("body").and_then(Value::as_object).cloned().unwrap_or_default());
    let omitted = arguments.texts("omit");
    body.retain(|name, _| !omitted.contains(&name.as_str()));
    let method = match arguments.text("send") {
        Some("get") => Method::GET,
        Some("put") => Method::PUT,
        _ => Method::POST,
    };
    let mut request = Request::new(method, url).header("accept", "application/json");
    request.good_for = ages(["software_statement"].into_iter());
    request.payload = match arguments.text("send") {
        Some("get") => Payload::None,
        Some("form") => {
            let fields = body.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            Payload::Bytes("application/x-www-form-urlencoded".into(), text.into_bytes())
        }
        Some("broken-json") => {
            Payload::Bytes("application/json".into(), format!("{{\"software_statement\":\"{statement}\"").into_bytes())
        }
        _ => Payload::Json(Value::Object(body)),
    };
    Ok(request)
}

/// Remembers what is registered now, whether it should be or not: it has to be cancelled in the end.
fn learn(
    clients: &UdapClients,
    answered: &Answered,
    uri: &str,
    flow: &str,
    signed: &Option<Signed>,
    community: Shape,
    cancel: bool,
) {
    if cancel && answered.is_success() {
        clients.forget(uri, community);
        return;
    }
    let Some(client_id) = registration_facts::client_id(answered) else { return };
    let scope = |members: &Map<String, Value>| members.get("scope").and_then(Value::as_str).map(str::to_owned);
    let asked = signed.as_ref().and_then(|signed| scope(&signed.claims));
    let granted = scope(&answered.members()).or(asked).unwrap_or_default();
    let scopes = granted.split_ascii_whitespace().map(str::to_owned).collect();
    let shape = signed.as_ref().map_or(community, |signed| signed.shape);
    clients.remember(uri, Registration { client_id, flow: flow.to_owned(), scopes, community, shape });
}

/// The facts `sent.*`.
fn sent(signed: &Option<Signed>, text: &str, context: &Context) -> Value {
    let mut sent = Map::new();
    sent.insert("statement".into(), keep(context, "software_statement", text).into());
    if let Some(signed) = signed {
        let certificates = signed.header.get("x5c").and_then(Value::as_array).map(Vec::len);
        sent.extend(certificates.map(|count| ("certificates".to_owned(), count.into())));
        sent.extend(signed.header.get("alg").map(|alg| ("alg".to_owned(), alg.clone())));
        sent.insert("claims".into(), signed.claims.clone().into());
    }
    sent.into()
}
