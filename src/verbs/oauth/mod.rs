//! The OAuth verbs: authorize, exchange, refresh, revoke, introspect, each with every parameter to leave out or to break.

mod alter;
mod arrival;
mod assertion;
mod attempt;
mod authorize;
mod client_auth;
mod endpoint;
mod fhir_context;
mod form;
mod given;
mod guessing;
mod introspect;
mod leftovers;
mod lockout;
mod page_safety;
mod request;
mod revoke;
mod token;
mod token_facts;
mod trouble;

pub(super) use alter::altered;
pub use assertion::ClientAssertion;
pub use attempt::Attempt;
pub use authorize::Authorize;
pub(super) use authorize::{Party, authorize_as};
pub(super) use endpoint::optional_endpoint;
pub(super) use form::Form;
pub use given::Given;
pub use introspect::Introspect;
pub(super) use leftovers::Leftovers;
pub use leftovers::remove_leftovers;
pub(super) use request::Answered as TokenAnswer;
pub use revoke::Revoke;
pub(super) use token::verifier as verifier_of;
pub use token::{MOST_TOKEN_REQUESTS, Refresh, Token};
pub(super) use token_facts::{oauth_error, token_facts};
