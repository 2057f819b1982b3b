//! `oauth.authorize`: makes the authorization request, right or broken, and lets the member answer it.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use url::Url;

use super::arrival::{Sent, arrival_facts};
use super::client_auth::client;
use super::endpoint::endpoint;
use super::form::Form;
use crate::crypto::pkce_challenge;
use crate::login::Detour;
use crate::net::FormValue;
use crate::target::MemberKey;
use crate::verbs::browser::{Approval, Arrival, Authorization, MOST_LOGIN_REQUESTS, Visit};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, Secret};

/// `oauth.authorize`
pub struct Authorize;

impl Verb for Authorize {
    fn help(&self) -> &'static VerbHelp {
        &help::AUTHORIZE
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_LOGIN_REQUESTS, authorizations: 1, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match authorize(arguments, context).await {
                Ok(observed) => observed,
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

/// Who asks, and where.
pub(in crate::verbs) struct Party {
    pub client_id: String,
    /// The redirect URI that is registered.
    pub redirect_uri: Url,
    /// The authorization endpoint.
    pub address: Url,
    /// What is asked for when the case does not say.
    pub scopes: Vec<String>,
    /// A place on the way that is ours.
    pub detour: Option<Detour>,
    /// The name under which it is registered, where it is known.
    pub name: Option<String>,
}

/// Authorizes as a client of the target file and tells what was seen.
pub(super) async fn authorize(arguments: &Arguments, context: &Context) -> Result<Observed, Cause> {
    let client = client(arguments, context)?;
    let address = endpoint(context, "authorization_endpoint", "authorize").await?;
    let (client_id, redirect_uri, name) = (client.client_id.clone(), client.redirect_uri.clone(), client.name.clone());
    authorize_as(arguments, context, &Party { client_id, redirect_uri, address, scopes: Vec::new(), detour: None, name }).await
}

/// Authorizes as this client and tells what was seen.
pub(in crate::verbs) async fn authorize_as(arguments: &Arguments, context: &Context, party: &Party) -> Result<Observed, Cause> {
    let missing = || Cause::new("input", "nobody can sign in: the target file names no login strategy");
    let browser = context.browser.as_ref().ok_or_else(missing)?;
    let right = is_right(arguments, party);
    // Until one right request has brought a code, they go one by one: what the first learns of `aud` holds for all.
    let mut tries = if right { Some(context.aud_tries().lock().await).filter(|tries| !tries.is_over()) } else { None };
    let with_slash = context.aud_ends_with_slash();
    let (authorization, mut sent) = request(arguments, context, party, with_slash)?;
    let mut visit = browser.authorize(&authorization).await;
    if let Some(tries) = &mut tries {
        tries.settled = brought_a_code(&visit);
        // Trap 40: a base with and without a slash at its end is one base, and a server may insist on either.
        if !with_slash && was_refused(&visit) {
            let (again, sent_again) = request(arguments, context, party, true)?;
            let mut second = browser.authorize(&again).await;
            second.evidence.splice(0..0, visit.evidence.iter().cloned());
            if brought_a_code(&second) {
                context.remember_aud_with_slash();
                tries.settled = true;
                (visit, sent) = (second, sent_again);
            } else {
                tries.in_vain += 1;
                visit.evidence = second.evidence;
            }
        }
    }
    drop(tries);
    let evidence = visit.evidence.clone();
    if let Some(cause) = nothing_to_tell(&visit, arguments.flag("must_arrive")) {
        return Ok(Observed::broken(cause, evidence));
    }
    let mut facts = arrival_facts(&visit, &sent, context);
    facts.insert("authorizations".into(), browser.count().into());
    Ok(Observed { observation: Observation::Facts(tidy(facts, &context.world.redactor)), evidence, flaky: false })
}

/// True for a request that nothing was broken in. One that goes to an identity provider names that in a parameter more.
fn is_right(arguments: &Arguments, party: &Party) -> bool {
    let broken = ["aud", "omit", "double", "client_id", "redirect_uri", "response_type"];
    let is_bound = matches!(arguments.text("pkce"), None | Some("S256"));
    let has_more = arguments.get("extra").is_some() && party.detour.is_none();
    is_bound && !has_more && broken.iter().all(|name| arguments.get(name).is_none())
}

fn brought_a_code(visit: &Visit) -> bool {
    matches!(&visit.arrival, Arrival::Redirected(url) if url.query_pairs().any(|(name, _)| name == "code"))
}

/// The errors that speak of the member, of a server in trouble or of an identity provider, and not of what the request says.
const NOT_OF_THE_REQUEST: [&str; 4] = ["access_denied", "server_error", "temporarily_unavailable", "invalid_idp"];

/// True when the server itself said no to the request, in a redirect or in an answer. No document names the error for an `aud` that is
/// not liked, so that whatever else is said may mean it.
fn was_refused(visit: &Visit) -> bool {
    match &visit.arrival {
        Arrival::Redirected(url) => {
            url.query_pairs().any(|(name, value)| name == "error" && !NOT_OF_THE_REQUEST.contains(&value.as_ref()))
        }
        Arrival::ErrorAnswer { status, .. } => (400..500).contains(status) && *status != 429,
        _ => false,
    }
}

/// Why a visit says nothing about the server.
fn nothing_to_tell(visit: &Visit, must_arrive: bool) -> Option<Cause> {
    match &visit.arrival {
        Arrival::Broken(cause) => Some(cause.clone()),
        Arrival::Unavailable(why) => Some(Cause::new("input", why.clone())),
        Arrival::Stuck { ours, why, .. } if *ours || must_arrive => Some(Cause::new("input", why.clone())),
        Arrival::ErrorAnswer { status: 429, .. } => {
            Some(Cause::new("rate-limited", "the server asks to be left alone for a while (status 429)"))
        }
        Arrival::ErrorAnswer { status: status @ 502..=504, .. } => {
            Some(Cause::new("unavailable", format!("the server or a gateway in front of it is not available (status {status})")))
        }
        Arrival::Confirmed
        | Arrival::Stuck { .. }
        | Arrival::ErrorAnswer { .. }
        | Arrival::Redirected(_)
        | Arrival::Posted { .. } => None,
    }
}

/// The request that these arguments describe, and what is remembered of it.
fn request(arguments: &Arguments, context: &Context, party: &Party, with_slash: bool) -> Result<(Authorization, Sent), Cause> {
    let redirect_uri = match arguments.text("redirect_uri") {
        Some(text) => {
            Url::parse(text).map_err(|error| Cause::new("input", format!("the redirect_uri of the case is no URL: {error}")))?
        }
        None => party.redirect_uri.clone(),
    };
    let (scopes, left_out) = scopes(arguments, context, party)?;
    let verifier = Secret::new("code_verifier", context.world.random.state());
    let mut form = Form::default();
    form.plain("response_type", arguments.text("response_type").unwrap_or("code"));
    form.plain("client_id", arguments.text("client_id").unwrap_or(&party.client_id));
    form.plain("redirect_uri", arguments.text("redirect_uri").unwrap_or(redirect_uri.as_str()));
    form.plain("scope", scopes.join(" "));
    form.plain("state", arguments.text("state").map_or_else(|| context.world.random.state(), str::to_owned));
    match arguments.text("aud") {
        Some("none") => {}
        Some(aud) => form.plain("aud", aud),
        None => {
            let base = context.target.base.as_str().trim_end_matches('/');
            form.plain("aud", if with_slash { format!("{base}/") } else { base.to_owned() });
        }
    }
    let bound = add_pkce(&mut form, arguments.text("pkce"), &verifier);
    let nonce = arguments.text("nonce").map(str::to_owned);
    if let Some(nonce) = nonce.or_else(|| scopes.iter().any(|scope| scope == "openid").then(|| context.world.random.state())) {
        form.plain("nonce", nonce);
    }
    let form = form.broken_as(arguments, context)?;
    let names = ["state", "redirect_uri", "scope", "client_id", "aud", "response_type", "nonce"];
    let sent = Sent {
        parameters: form.sent(&names),
        scopes: if form.text("scope").is_some() { scopes } else { Vec::new() },
        left_out,
        verifier: bound.then_some(verifier),
        registered: party.redirect_uri.clone(),
    };
    let (url, form) = addressed(party.address.clone(), form, arguments.text("method") == Some("post"));
    let member = arguments.text("member").and_then(MemberKey::from_word).unwrap_or(MemberKey::First);
    let approve = approval(arguments.get("approve"))?;
    let fresh = arguments.flag("fresh");
    Ok((
        Authorization {
            url,
            form,
            redirect_uri,
            member,
            fresh,
            approve,
            detour: party.detour.clone(),
            label: context.label.clone(),
            app: party.name.clone(),
            withdrawal: None,
        },
        sent,
    ))
}

/// The scopes to ask for, without those that the target file leaves out, and those.
fn scopes(arguments: &Arguments, context: &Context, party: &Party) -> Result<(Vec<String>, Vec<String>), Cause> {
    let asked: Vec<String> = match arguments.get("scopes") {
        Some(_) => arguments.texts("scopes").into_iter().map(str::to_owned).collect(),
        None => party.scopes.clone(),
    };
    let Some(allowed) = &context.launch.scopes else { return Ok((asked, Vec::new())) };
    let (kept, left_out): (Vec<String>, Vec<String>) = asked.into_iter().partition(|scope| allowed.contains(scope));
    if kept.is_empty() && !left_out.is_empty() {
        return Err(Cause::new(
            "input",
            format!("the target file leaves every scope out that is asked for: {}", left_out.join(" ")),
        ));
    }
    Ok((kept, left_out))
}

/// Adds the challenge. True when the code will be bound to the verifier.
fn add_pkce(form: &mut Form, word: Option<&str>, verifier: &Secret) -> bool {
    match word {
        Some("none") => return false,
        Some("plain") => {
            form.secret("code_challenge", verifier.clone(), false);
            form.plain("code_challenge_method", "plain");
        }
        Some("challenge-only") => form.secret("code_challenge", verifier.clone(), false),
        _ => {
            form.plain("code_challenge", pkce_challenge(verifier.expose()));
            form.plain("code_challenge_method", "S256");
        }
    }
    true
}

/// Into the query, where there may be parameters already, or into a form.
fn addressed(mut url: Url, form: Form, post: bool) -> (Url, Option<Vec<(String, String)>>) {
    let text = |value: FormValue| match value {
        FormValue::Plain(text) => text,
        FormValue::Secret(secret) => secret.expose().to_owned(),
    };
    let pairs: Vec<(String, String)> = form.into_fields().into_iter().map(|(name, value)| (name, text(value))).collect();
    if post {
        return (url, Some(pairs));
    }
    url.query_pairs_mut().extend_pairs(&pairs);
    (url, None)
}

fn approval(value: Option<&Value>) -> Result<Approval, Cause> {
    match value {
        None => Ok(Approval::All),
        Some(Value::String(word)) if word == "all" => Ok(Approval::All),
        Some(Value::String(word)) if word == "none" => Ok(Approval::Deny),
        Some(Value::Array(scopes)) => Ok(Approval::Only(scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect())),
        Some(_) => Err(Cause::new("input", "'approve' must be all, none or a list of scopes")),
    }
}

/// The facts `sent.*`.
pub(super) fn sent_facts(sent: &Sent, context: &Context) -> Map<String, Value> {
    let mut facts = sent.parameters.clone();
    facts.insert("scopes".into(), sent.scopes.clone().into());
    let redirect = facts.get("redirect_uri").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
    if let Some(origin) = redirect.map(|url| url.origin()).filter(url::Origin::is_tuple) {
        facts.insert("redirect_origin".into(), origin.ascii_serialization().into());
    }
    if let Some(verifier) = &sent.verifier {
        facts.insert("verifier".into(), context.vault.keep(verifier.clone()).into());
    }
    facts
}
