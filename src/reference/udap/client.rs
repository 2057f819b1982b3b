//! A registered client as the authorization server sees it.

use url::Url;

use crate::vocabulary::Secret;

use super::super::oauth::{ClientKind, Dynamic, RegisteredClient};
use super::super::site::Site;
use super::registry::Registration;
use super::scopes::Flow;

/// The client of this id, if it is not cancelled and has members sign in.
pub(in super::super) fn find(site: &Site, id: &str) -> Option<RegisteredClient> {
    of(site.udap.registry().of_id(id)?)
}

/// The same client in the terms of the authorization server.
pub(super) fn of(registration: &Registration) -> Option<RegisteredClient> {
    registration.flow.filter(|flow| *flow == Flow::AuthorizationCode)?;
    let name = registration.metadata.get("client_name").and_then(serde_json::Value::as_str).unwrap_or("An app");
    let first = registration.redirect_uris.first().map_or("https://app.example/none", String::as_str);
    Some(RegisteredClient {
        kind: if registration.secret.is_some() { ClientKind::Confidential } else { ClientKind::Asymmetric },
        id: registration.client_id.clone(),
        name: name.to_owned(),
        secret: registration.secret.as_ref().map(|secret| Secret::new("client_secret", secret.clone())),
        redirect_uri: Url::parse(first).ok()?,
        dynamic: Some(Dynamic {
            redirect_uris: registration.redirect_uris.clone(),
            scopes: registration.scopes.clone(),
            may_refresh: registration.may_refresh,
        }),
    })
}

/// Whether clients that registered by UDAP must bring PKCE.
pub(in super::super) fn requires_pkce(site: &Site) -> bool {
    site.udap.version >= super::version::Version::V2_0 && !site.has("udap-authorize-without-pkce")
}

/// Whether a client registered for everything that a scope lets through.
pub(in super::super) fn covers(site: &Site, registered: &[String], scope: &str) -> bool {
    super::scopes::covers(registered, scope) || site.has("udap-authorize-exceeds-registered-scope")
}
