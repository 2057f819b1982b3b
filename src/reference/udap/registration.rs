//! The registration endpoint: a software statement in, a client out; the same client again changes or cancels it.

use serde_json::{Map, Value, json};

use super::super::exchange::{Asked, Reply};
use super::super::oauth;
use super::super::site::Site;
use super::client_metadata::{self, Wanted};
use super::doubt::Doubt;
use super::place::REGISTRATION;
use super::registration_reply::{refusal, success};
use super::registry::Registration;
use super::replay;
use super::statement::{self, Statement};

const STATEMENT: &str = "invalid_software_statement";
const UNAPPROVED: &str = "unapproved_software_statement";
const METADATA: &str = "invalid_client_metadata";

/// Answers a request to the endpoint.
pub(in super::super) fn answer(site: &Site, asked: &Asked) -> Reply {
    if asked.method != "POST" {
        if site.has("udap-register-answers-get") {
            return Reply::json(200, &json!({"clients": []}));
        }
        return Reply::new(405, "text/plain", "method not allowed").with("allow", "POST");
    }
    if site.has("udap-registration-block-page") {
        return Reply::html(403, "Access denied", "<p>Your request was blocked. Support id: 17 04 2026.</p>");
    }
    match register(site, asked) {
        Ok(reply) => reply,
        Err((error, reason)) => refusal(site, error, reason),
    }
}

type Mistake = (&'static str, &'static str);

fn register(site: &Site, asked: &Asked) -> Result<Reply, Mistake> {
    let body = body(site, asked)?;
    let jwt = match body.get("software_statement") {
        Some(Value::String(jwt)) => jwt.as_str(),
        None if site.has("udap-registers-plain-metadata") => return Ok(without_statement(site, &body)),
        None => return Err((STATEMENT, "software_statement is missing")),
        Some(_) => return Err((STATEMENT, "software_statement is no text")),
    };
    let statement = statement::read(site, jwt, asked.connection).map_err(|doubt| {
        spoil_live(site, jwt);
        match doubt {
            Doubt::Form(reason) | Doubt::Claim(reason) => (STATEMENT, reason),
            Doubt::Trust(reason) => (UNAPPROVED, reason),
        }
    })?;
    let burns = site.has("udap-registration-burns-jti");
    let replay = statement.nonce.as_ref().is_some_and(|nonce| replay::is_replay(site, &REGISTRATION, nonce, burns));
    if replay {
        return again(site, &statement, jwt).ok_or((STATEMENT, "the jti was used before"));
    }
    certifications(site, &body)?;
    let mut wanted = client_metadata::read(site, &statement.claims)?;
    if let Some(name) = body.get("client_name").filter(|_| site.has("udap-registration-top-level-wins")) {
        wanted.metadata.insert("client_name".to_owned(), name.clone());
    }
    if let Some(name) = body.get("client_name").filter(|_| site.has("udap-registration-top-level-wins-as-sub")) {
        wanted.metadata.insert("client_name".to_owned(), name.clone());
        wanted.metadata.insert("sub".to_owned(), name.clone());
    }
    let raced = statement.nonce.as_ref().is_some_and(|nonce| replay::raced(site, &REGISTRATION, nonce));
    if statement.nonce.as_ref().is_some_and(|nonce| !replay::take(site, &REGISTRATION, nonce, burns)) {
        return Err((STATEMENT, "the jti was used before"));
    }
    upsert(site, &statement, wanted, jwt, raced)
}

fn body(site: &Site, asked: &Asked) -> Result<Map<String, Value>, Mistake> {
    let kind = asked.header("content-type").unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") && site.has("udap-registers-form-body") {
        return Ok(asked.form_parameters().into_iter().map(|(name, value)| (name, json!(value))).collect());
    }
    if !kind.starts_with("application/json") {
        return Err((METADATA, "the body is not application/json"));
    }
    match serde_json::from_slice(&asked.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err((METADATA, "the body is no JSON object")),
    }
}

/// A server that registers whoever asks, as RFC 7591 without software statements would.
fn without_statement(site: &Site, body: &Map<String, Value>) -> Reply {
    let mut members = body.clone();
    members.insert("client_id".to_owned(), json!(oauth::random()));
    success(site, 201, members)
}

/// No certification is known here: they are not looked at.
fn certifications(site: &Site, body: &Map<String, Value>) -> Result<(), Mistake> {
    let any = body.get("certifications").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if any && site.has("udap-registration-refuses-unknown-certification") {
        return Err(("unapproved_certification", "the certification is not known"));
    }
    Ok(())
}

/// The answer to a replay that is not refused: the registration as it stands.
fn again(site: &Site, statement: &Statement, jwt: &str) -> Option<Reply> {
    let registration = site.udap.registry().of(&statement.path.anchor, &statement.uri).cloned()?;
    site.has("udap-registration-answers-replay-again").then(|| success(site, 200, members(&registration, jwt)))
}

/// Refused, and yet it has done its work: the live registration of the client that the statement names is gone.
fn spoil_live(site: &Site, jwt: &str) {
    let Some(parts) = super::jws::split(jwt) else { return };
    let uri = parts.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let live = site.udap.registry().of_uri(uri).cloned();
    if let Some(live) = live
        && site.has("udap-refused-statement-cancels")
    {
        site.udap.registry().put(Registration { flow: None, ..live }, false);
    }
}

/// Registers a client, changes what is registered, or cancels it. Who `raced` looked before the other had written: it knows of no client.
fn upsert(site: &Site, statement: &Statement, wanted: Wanted, jwt: &str, raced: bool) -> Result<Reply, Mistake> {
    let by_uri_alone = |uri: &str| site.udap.registry().of_uri(uri).cloned();
    let mut before = site.udap.registry().of(&statement.path.anchor, &statement.uri).filter(|_| !raced).cloned();
    if before.is_none() && !raced {
        let other = by_uri_alone(&statement.uri);
        before = other.filter(|_| site.has("udap-registry-ignores-community"));
    }
    let cancels = wanted.flow.is_none();
    if cancels && site.has("udap-cancel-refused") {
        return Err((METADATA, "grant_types is empty"));
    }
    let live = before.as_ref().is_some_and(|before| before.flow.is_some());
    if cancels && !live && !site.has("udap-cancel-of-unknown-client-accepted") {
        return Err((METADATA, "there is nothing to cancel"));
    }
    if let Some(before) = &before
        && !cancels
        && before.certificate != statement.certificate
        && site.has("udap-registration-refuses-renewed-certificate")
    {
        return Err((METADATA, "the client is registered with another certificate"));
    }
    let modifies = before.is_some();
    let anchor = before.as_ref().map_or_else(|| statement.path.anchor.clone(), |before| before.anchor.clone());
    let old_id = before.as_ref().map(|before| before.client_id.clone());
    let new_id = || format!("udap-{}", &oauth::random()[..24]);
    let keeps_the_old = !cancels && modifies && site.has("udap-modify-keeps-old-id");
    let client_id = match old_id {
        Some(_) if !cancels && (keeps_the_old || site.has("udap-modify-gives-new-id")) => new_id(),
        Some(id) => id,
        None => new_id(),
    };
    let secret = wanted.wants_secret.then(oauth::random);
    let registration = Registration {
        client_id,
        uri: statement.uri.clone(),
        anchor,
        metadata: wanted.metadata,
        flow: wanted.flow,
        may_refresh: wanted.may_refresh,
        scopes: wanted.scopes,
        redirect_uris: wanted.redirect_uris,
        certificate: statement.certificate.clone(),
        secret,
    };
    let is_forgotten =
        (cancels && site.has("udap-cancel-without-effect")) || (modifies && !cancels && site.has("udap-modify-without-effect"));
    if !is_forgotten {
        forget_tokens(site, &registration, cancels);
        site.udap.registry().put(registration.clone(), keeps_the_old);
    }
    let wrong_status = modifies && site.has("udap-modify-201");
    let wrong_first = !modifies && site.has("udap-registration-200-on-first");
    let status = if (modifies && !wrong_status) || wrong_first { 200 } else { 201 };
    Ok(success(site, status, members(&registration, jwt)))
}

/// A client that is cancelled loses its tokens.
fn forget_tokens(site: &Site, registration: &Registration, cancels: bool) {
    if cancels {
        let mut store = site.store();
        store.access.retain(|_, access| access.client != registration.client_id);
        store.refresh.retain(|_, access| access.client != registration.client_id);
    }
}

/// The members of a success.
fn members(registration: &Registration, jwt: &str) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("client_id".to_owned(), json!(registration.client_id));
    members.insert("software_statement".to_owned(), json!(jwt));
    if let Some(secret) = &registration.secret {
        members.insert("client_secret".to_owned(), json!(secret));
        members.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    members.extend(registration.metadata.clone());
    members
}
