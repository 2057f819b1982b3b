//! A software statement: what a client that registers says of itself, and signs.

use serde_json::{Map, Value, json};

use super::clients::{UdapClients, UdapIdentity};
use super::metadata::Metadata;
use super::overrides::{Overrides, Signed};
use crate::verbs::Context;
use crate::vocabulary::Cause;

/// For which flow a client registers when the case does not say.
pub(super) const USUAL_FLOW: &str = "client_credentials";

/// The claims of a right statement, without times and `jti`.
pub(super) fn claims(identity: &UdapIdentity, metadata: &Metadata, uri: &str, aud: &str, flow: &str) -> Map<String, Value> {
    let scope = metadata.scopes(flow).join(" ");
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", uri.into());
    put("sub", uri.into());
    put("aud", aud.into());
    put("client_name", "carinbb conformance test".into());
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

/// Signs the statement that these changes describe.
pub(super) async fn make(
    overrides: &Overrides,
    context: &Context,
    clients: &UdapClients,
    uri: &str,
    flow: &str,
    cancel: bool,
) -> Result<Signed, Cause> {
    let metadata = Metadata::of(context).await?;
    let (aud, _) = metadata.endpoint("registration_endpoint")?;
    let mut base = claims(clients.identity(), &metadata, uri, &aud, flow);
    if cancel {
        ["redirect_uris", "response_types", "logo_uri"].iter().for_each(|name| {
            base.remove(*name);
        });
        base.insert("grant_types".into(), json!([]));
    }
    let claims = overrides.claims(base, context, &metadata.places(context, uri))?;
    overrides.sign(claims, &*overrides.credential(clients, uri)?)
}
