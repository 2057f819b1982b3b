//! `udap.id-token`: looks at the ID token that an identity provider under test gave to a data holder, which is us.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::reading::jwt_facts;
use crate::crypto::lab::Shape;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

const FLOW: &str = "authorization_code";

/// `udap.id-token`
pub struct UdapIdToken;

impl Verb for UdapIdToken {
    fn help(&self) -> &'static VerbHelp {
        &help::UDAP_ID_TOKEN
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost::default()
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        let observed = look(arguments, context).unwrap_or_else(|cause| Observed::broken(cause, Vec::new()));
        Box::pin(std::future::ready(observed))
    }
}

fn look(arguments: &Arguments, context: &Context) -> Result<Observed, Cause> {
    let input = |message: String| Cause::new("input", message);
    let token = context.vault.resolve("id_token", arguments.text("id_token").unwrap_or_default()).map_err(input)?.secret;
    let clients = context.udap_clients()?;
    let uri = clients.uri(arguments.text("client").unwrap_or_default(), FLOW);
    let client_id = clients
        .last_id(&uri, Shape::Right)
        .ok_or_else(|| Cause::new("input", "this client is not registered, so it has no id that a token could be for"))?;
    let (mut facts, claims) = jwt_facts(token.expose(), &client_id, context.world.clock.now());
    let base = context.target.base.as_str().trim_end_matches('/');
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let has_times = ["iat", "exp"].iter().all(|name| claims.get(*name).is_some_and(Value::is_number));
    let own = json!({
        "claims": claims.keys().collect::<Vec<_>>(),
        "iss_right": text("iss").is_some_and(|iss| iss == base),
        "sub": text("sub").is_some(),
        "times": has_times,
        "nonce_right": text("nonce") == arguments.text("nonce"),
        "acr": claims.get("acr").cloned().unwrap_or_default(),
        "amr": claims.get("amr").cloned().unwrap_or_default(),
    });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    Ok(Observed::facts(tidy(facts, &context.world.redactor), Vec::new()))
}
