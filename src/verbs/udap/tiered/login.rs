//! `udap.tiered`: a member signs in to an app of ours through an identity provider of ours, of which the data holder knows nothing
//! but what it fetches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use url::Url;

use super::conduct::Conduct;
use super::provider::Provider;
use crate::crypto::lab::Shape;
use crate::login::Detour;
use crate::verbs::browser::MOST_LOGIN_REQUESTS;
use crate::verbs::oauth::{Party, authorize_as};
use crate::verbs::tidy::tidy;
use crate::verbs::udap::metadata::Metadata;
use crate::verbs::udap::overrides::input;
use crate::verbs::udap::statement::CLIENT_NAME;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

const FLOW: &str = "authorization_code";
/// The client of the cases, which registered for the scope udap.
const CLIENT: &str = "tiered";
/// The provider at which everything is right but what the case names.
const PROVIDER: &str = "main";

/// `udap.tiered`
pub struct TieredLogin;

impl Verb for TieredLogin {
    fn help(&self) -> &'static VerbHelp {
        &help::TIERED
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_LOGIN_REQUESTS, authorizations: 1, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { sign_in(arguments, context).await.unwrap_or_else(|cause| Observed::broken(cause, Vec::new())) })
    }
}

async fn sign_in(arguments: &Arguments, context: &Context) -> Result<Observed, Cause> {
    let clients = context.udap_clients()?;
    let given = arguments.get("provider");
    let name = given.and_then(|table| table.get("name")).and_then(Value::as_str).unwrap_or(PROVIDER);
    let provider = clients.provider(name)?;
    let open =
        |handle: &str| context.vault.resolve("code", handle).map(|resolved| resolved.secret).map_err(|message| input(&message));
    let conduct = Conduct::read(given, open)?;
    let keeps_on = conduct.hold;
    let uri = clients.uri(arguments.text("client").unwrap_or(CLIENT), FLOW);
    let registration = clients
        .registration(&uri, Shape::Right)
        .ok_or_else(|| input("this client is not registered, so it has no id to ask with"))?;
    let (_, address) = Metadata::of(context).await?.endpoint("authorization_endpoint")?;
    let idp = idp_of(arguments, &provider);
    let asked = Arguments::unchecked(request(arguments, context, &registration.scopes, idp.as_deref()));
    let state = asked.text("state").map(str::to_owned);
    let redirect_uri = clients.identity().redirect_uri.clone();
    let went = Arc::new(AtomicBool::new(false));
    let detour = idp.as_deref().and_then(|idp| detour(idp, &provider, &went));
    let home = address.clone();
    let name = Some(CLIENT_NAME.to_owned());
    let party = Party { client_id: registration.client_id, redirect_uri, address, scopes: Vec::new(), detour, name };
    let _turn = provider.turn().await;
    provider.begin(context.clone(), conduct, state, Some(home));
    let observed = authorize_as(&asked, context, &party).await;
    let (seen, code) = provider.end(keeps_on);
    let mut observed = observed?;
    if let Observation::Facts(Value::Object(facts)) = &mut observed.observation {
        let mut seen = seen;
        seen.insert("base".into(), provider.base().into());
        seen.extend(code.map(|code| ("code".to_owned(), context.vault.keep(code).into())));
        let seen = tidy(seen, &context.world.redactor);
        let own = told(facts, went.load(Ordering::Relaxed), idp.as_deref());
        facts.extend(own);
        facts.insert("provider".into(), seen);
    }
    Ok(observed)
}

/// What the parameter idp says; nothing when it is left out.
fn idp_of(arguments: &Arguments, provider: &Provider) -> Option<String> {
    let base = provider.base();
    match arguments.text("idp") {
        None => Some(base.to_owned()),
        Some("none") => None,
        Some(text) => {
            let place = base.split_once("://").map_or(base, |(_, place)| place);
            Some(text.replace("{provider}", base).replace("{place}", place))
        }
    }
}

/// The arguments of the authorization request.
fn request(arguments: &Arguments, context: &Context, registered: &[String], idp: Option<&str>) -> Map<String, Value> {
    let mut asked = Map::new();
    for name in ["member", "redirect_uri", "approve", "must_arrive", "pkce"] {
        asked.extend(arguments.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    // Nobody is signed in at the data holder: what it knows of the member it knows from the provider.
    asked.insert("fresh".into(), true.into());
    asked.insert("state".into(), arguments.text("state").map_or_else(|| context.world.random.state(), str::to_owned).into());
    let others = registered.iter().map(String::as_str).filter(|scope| *scope != "udap");
    asked.insert("scopes".into(), ["udap"].into_iter().chain(others).collect::<Vec<_>>().into());
    let mut extra: Map<String, Value> =
        arguments.text_table("extra").into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    extra.extend(idp.map(|idp| ("idp".to_owned(), idp.into())));
    asked.insert("extra".into(), extra.into());
    asked
}

/// The browser is not let out to the provider: what it would be told there is told here.
fn detour(idp: &str, provider: &Arc<Provider>, went: &Arc<AtomicBool>) -> Option<Detour> {
    let beneath = Url::parse(idp).ok().filter(Url::has_host)?;
    let (provider, went) = (Arc::clone(provider), Arc::clone(went));
    let pass = move |url: &Url, fields: &[(String, String)]| {
        went.store(true, Ordering::Relaxed);
        provider.pass(url, fields)
    };
    Some(Detour { beneath, pass: Arc::new(pass) })
}

/// What both sides together say.
fn told(facts: &Map<String, Value>, was_sent: bool, idp: Option<&str>) -> Map<String, Value> {
    let signed_in_there = facts.get("sign_in_pages").and_then(Value::as_u64).unwrap_or_default() > 0;
    let issued = facts.get("issued") == Some(&Value::Bool(true));
    let in_trouble = facts.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 500);
    let own = json!({
        // Trouble of the server is no refusal.
        "settled": !in_trouble,
        // A member who said at the data holder who she is was not believed on the provider's word.
        "by_provider": issued && !signed_in_there,
        "browser_sent": was_sent,
        "idp": idp.unwrap_or_default(),
    });
    own.as_object().cloned().unwrap_or_default()
}
