//! Who calls the token, introspection or revocation endpoint: Basic, a signed assertion, or a public app's name.

use base64::Engine as _;

use super::super::exchange::{Asked, Reply};
use super::super::site::Site;
use super::authorize::value;
use super::clients::{ClientKind, RegisteredClient};
use super::{client_assertion, token};

/// The client that makes a request.
///
/// # Errors
/// The refusal to send, when nobody can be sure.
pub(in super::super) fn authenticate(
    site: &Site,
    asked: &Asked,
    parameters: &[(String, String)],
) -> Result<RegisteredClient, Reply> {
    let outcome = examine(site, asked, parameters);
    let named = asked.header("authorization").and_then(decode).map(|(id, _)| id);
    let named = named.or_else(|| value(parameters, "client_id").map(str::to_owned));
    let named = named.or_else(|| client_assertion::claimed_issuer(parameters));
    if let Some(client) = named.and_then(|id| site.client(&id)) {
        site.store().note_authentication(&client.id, outcome.is_err());
    }
    outcome
}

fn examine(site: &Site, asked: &Asked, parameters: &[(String, String)]) -> Result<RegisteredClient, Reply> {
    if let Some(credentials) = asked.header("authorization") {
        return basic(site, credentials, parameters);
    }
    if value(parameters, "client_assertion").is_some() {
        return client_assertion::authenticate(site, parameters).map_err(|reason| refuse(site, reason));
    }
    let Some(id) = value(parameters, "client_id") else { return Err(refuse(site, "client authentication is needed")) };
    let Some(client) = site.client(id) else {
        return lenient(site, "unknown-client-accepted-at-token").ok_or_else(|| refuse(site, "unknown client"));
    };
    if let Some(secret) = value(parameters, "client_secret") {
        let right = client.secret.as_ref().is_some_and(|own| own.expose() == secret);
        let accepted = site.has("secret-in-body-accepted") || site.has("basic-refused");
        return if right && accepted { Ok(client) } else { Err(refuse(site, "the secret belongs into Basic authentication")) };
    }
    match client.kind {
        ClientKind::Public if site.has("public-client-refused") => Err(refuse(site, "client authentication is needed")),
        ClientKind::Public => Ok(client),
        ClientKind::Confidential | ClientKind::Second if site.has("secretless-confidential-accepted") => Ok(client),
        ClientKind::Asymmetric if site.has("assertionless-asymmetric-accepted") => Ok(client),
        _ => Err(refuse(site, "client authentication is needed")),
    }
}

fn basic(site: &Site, credentials: &str, parameters: &[(String, String)]) -> Result<RegisteredClient, Reply> {
    let Some((id, secret)) = decode(credentials) else { return Err(refuse_basic(site, "no Basic credentials")) };
    if site.has("basic-refused") {
        return Err(refuse_basic(site, "Basic is not supported"));
    }
    if site.has("client-id-required-in-body") && value(parameters, "client_id").is_none() {
        return Err(token::error(site, 400, "invalid_request", "client_id is missing"));
    }
    let Some(client) = site.client(&id) else {
        return lenient(site, "unknown-client-accepted-at-token").ok_or_else(|| refuse_basic(site, "unknown client"));
    };
    if value(parameters, "client_id").is_some_and(|named| named != id) && !site.has("other-client-id-accepted") {
        return Err(token::error(site, 400, "invalid_request", "client_id is not that of the credentials"));
    }
    let named = value(parameters, "client_id").and_then(|named| site.client(named)).unwrap_or_else(|| client.clone());
    let Some(own) = &client.secret else {
        let accepted = client.kind == ClientKind::Public && site.has("public-client-secret-accepted");
        return if accepted { Ok(client) } else { Err(refuse_basic(site, "this app has no secret")) };
    };
    if secret.is_empty() && site.has("empty-secret-accepted") {
        return Ok(client);
    }
    if own.expose() == secret || site.has("wrong-secret-accepted") {
        return Ok(named);
    }
    Err(refuse_basic(site, "the secret is not right"))
}

/// Id and secret, both form-decoded as RFC 6749 2.3.1 wants.
fn decode(credentials: &str) -> Option<(String, String)> {
    let (scheme, encoded) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("v={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Some client, because a fault does not care which.
fn lenient(site: &Site, fault: &'static str) -> Option<RegisteredClient> {
    site.has(fault).then(|| site.clients.first().cloned()).flatten()
}

fn refuse(site: &Site, reason: &str) -> Reply {
    token::error(site, 401, "invalid_client", reason).with("www-authenticate", "Basic realm=\"oauth\"")
}

fn refuse_basic(site: &Site, reason: &str) -> Reply {
    if site.has("invalid-client-400") {
        return token::error(site, 400, "invalid_client", reason);
    }
    if site.has("invalid-client-without-challenge") {
        return token::error(site, 401, "invalid_client", reason);
    }
    refuse(site, reason)
}
