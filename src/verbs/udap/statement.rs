//! A software statement: what a client that registers says of itself, and signs.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::clients::{UdapClients, UdapIdentity};
use super::metadata::Metadata;
use super::overrides::{Overrides, Signed};
use crate::verbs::Context;
use crate::vocabulary::Cause;

/// The name under which our clients register, which members see.
pub(super) const CLIENT_NAME: &str = "carinbb conformance test";

/// For which flow a client registers when the case does not say.
pub(super) const USUAL_FLOW: &str = "client_credentials";

/// The claims of a right statement, without times and `jti`.
fn claims(identity: &UdapIdentity, metadata: &Metadata, uri: &str, aud: &str, wish: &Wish<'_>) -> Map<String, Value> {
    let flow = wish.flow;
    let mut scopes = metadata.scopes(flow);
    if wish.tiered {
        scopes.insert(0, "udap".to_owned());
    }
    let scope = scopes.join(" ");
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", uri.into());
    put("sub", uri.into());
    put("aud", aud.into());
    put("client_name", CLIENT_NAME.into());
    put("contacts", json!([identity.contact]));
    put("token_endpoint_auth_method", "private_key_jwt".into());
    if flow == USUAL_FLOW {
        put("grant_types", json!(["client_credentials"]));
    } else {
        let refresh = metadata.lists("grant_types_supported", "refresh_token").then_some("refresh_token");
        put("grant_types", json!(["authorization_code"].into_iter().chain(refresh).collect::<Vec<_>>()));
        put("response_types", json!(["code"]));
        put("redirect_uris", json!([identity.redirect_uri.as_str()]));
        put("logo_uri", identity.logo_uri.as_str().into());
    }
    put("scope", scope.into());
    claims
}

/// What a client registers for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    /// `authorization_code` or `client_credentials`.
    pub flow: &'a str,
    /// To have members sign in at an identity provider of their choice.
    pub tiered: bool,
    /// Nothing any more.
    pub cancel: bool,
}

impl<'a> Wish<'a> {
    /// A flow and nothing else.
    pub fn of(flow: &'a str) -> Self {
        Self { flow, tiered: false, cancel: false }
    }
}

/// Signs the statement that these changes describe.
pub(super) async fn make(
    overrides: &Overrides,
    context: &Context,
    clients: &Arc<UdapClients>,
    uri: &str,
    wish: &Wish<'_>,
) -> Result<Signed, Cause> {
    let metadata = Metadata::of(context).await?;
    let (aud, _) = metadata.endpoint("registration_endpoint")?;
    let mut base = claims(clients.identity(), &metadata, uri, &aud, wish);
    if wish.cancel {
        ["redirect_uris", "response_types", "logo_uri"].iter().for_each(|name| {
            base.remove(*name);
        });
        base.insert("grant_types".into(), json!([]));
    }
    let claims = overrides.claims(base, context, &metadata.places(context, uri))?;
    overrides.sign_for(clients, uri, claims).await
}
