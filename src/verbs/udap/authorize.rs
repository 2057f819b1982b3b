//! `udap.authorize`: the authorization request of a client that registered itself, answered by the member.

use futures_util::future::BoxFuture;

use super::metadata::Metadata;
use super::overrides::input;
use super::register::turn_to;
use super::statement::CLIENT_NAME;
use crate::crypto::lab::Shape;
use crate::verbs::browser::MOST_LOGIN_REQUESTS;
use crate::verbs::oauth::{Party, authorize_as};
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

const FLOW: &str = "authorization_code";

/// `udap.authorize`
pub struct UdapAuthorize;

impl Verb for UdapAuthorize {
    fn help(&self) -> &'static VerbHelp {
        &help::UDAP_AUTHORIZE
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: 2 * MOST_LOGIN_REQUESTS, authorizations: 2, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let told = async { authorize_as(arguments, context, &party(arguments, context).await?).await };
            told.await.unwrap_or_else(|cause| Observed::broken(cause, Vec::new()))
        })
    }
}

/// The client as the server registered it.
async fn party(arguments: &Arguments, context: &Context) -> Result<Party, Cause> {
    let clients = context.udap_clients()?;
    let uri = clients.uri(arguments.text("client").unwrap_or("code"), FLOW);
    {
        let _alone = clients.alone().await;
        turn_to(FLOW, &uri, context, clients).await;
    }
    let registration = clients
        .registration(&uri, Shape::Right)
        .ok_or_else(|| input("this client is not registered, so it has no id to ask with"))?;
    let (_, address) = Metadata::of(context).await?.endpoint("authorization_endpoint")?;
    let redirect_uri = clients.identity().redirect_uri.clone();
    let name = Some(CLIENT_NAME.to_owned());
    Ok(Party { client_id: registration.client_id, redirect_uri, address, scopes: registration.scopes, detour: None, name })
}
