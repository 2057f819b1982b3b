//! The authorization server: login, consent, codes, tokens, keys. Nothing of it is shared with the checks.

mod accounts;
mod authorize;
mod client_assertion;
mod client_auth;
mod clients;
mod code;
mod connected_apps;
mod consent;
mod granted;
mod id_token;
mod introspect;
mod login_pages;
mod refresh;
mod revoke;
mod routes;
mod saml;
mod scopes;
mod store;
mod token;
mod userinfo;

#[cfg(test)]
pub(super) use accounts::one_time_code;
pub use accounts::{MemberKind, RegisteredMember};
pub(super) use accounts::{open, reach};
pub(super) use authorize::{back_with_error, is_doubled, signed_in_elsewhere, tiered_request, value};
pub(super) use clients::Dynamic;
#[cfg(test)]
pub(super) use clients::keys as app_keys;
pub use clients::{ClientKey, ClientKind, RegisteredClient};
pub(super) use clients::{key_set, private_keys, random, register};
pub(super) use login_pages::{browser_of, with_cookie};
pub(super) use routes::answer;
pub(super) use saml::elsewhere;
pub(super) use scopes::{Context, covers, grantable, resource_scopes};
pub(super) use store::{Access, Code, Page, Request, Store};
pub(super) use token::grant;
