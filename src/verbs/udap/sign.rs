//! `udap.sign`: makes a software statement or an authentication token without sending it.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::assertion::{self, Asking};
use super::metadata::Metadata;
use super::overrides::{Overrides, Signed, keep};
use super::statement::{self, USUAL_FLOW, Wish};
use crate::crypto::lab::Shape;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `udap.sign`
pub struct Sign;

impl Verb for Sign {
    fn help(&self) -> &'static VerbHelp {
        &help::SIGN
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost::default()
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match make(arguments, context).await {
                Ok((uri, label, signed)) => told(context, &uri, label, &signed),
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

async fn make(arguments: &Arguments, context: &Context) -> Result<(String, &'static str, Signed), Cause> {
    let clients = context.udap_clients()?;
    let overrides = Overrides::read(arguments.get("jwt"))?;
    let flow = arguments.text("flow").unwrap_or(USUAL_FLOW);
    let uri = clients.uri(arguments.text("client").unwrap_or("fresh"), flow);
    if arguments.text("kind") != Some("assertion") {
        let signed = statement::make(&overrides, context, clients, &uri, &Wish::of(flow)).await?;
        return Ok((uri, "software_statement", signed));
    }
    let metadata = Metadata::of(context).await?;
    let (aud, _) = metadata.endpoint("token_endpoint")?;
    let known = clients.last_id(&uri, Shape::Right);
    let client_id = arguments.text("client_id").map(str::to_owned).or(known).unwrap_or_else(|| uri.clone());
    let asking = Asking { uri: &uri, client_id: &client_id, aud: &aud, metadata: &metadata, with_extensions: flow == USUAL_FLOW };
    let signed = assertion::make(&overrides, context, clients, &asking).await?;
    Ok((uri, "client_assertion", signed))
}

fn told(context: &Context, uri: &str, label: &'static str, signed: &Signed) -> Observed {
    let certificates = signed.header.get("x5c").and_then(Value::as_array).map_or(0, Vec::len);
    let alg = signed.header.get("alg").cloned().unwrap_or_default();
    let facts = json!({
        "jwt": keep(context, label, &signed.text),
        "client_uri": uri,
        "sent": { "alg": alg, "certificates": certificates, "claims": signed.claims },
    });
    Observed::facts(tidy(facts.as_object().cloned().unwrap_or_default(), &context.world.redactor), Vec::new())
}
