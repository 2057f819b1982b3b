//! Discovery: what a server publishes about itself, each document fetched once per run and shared by all cases.

mod agreement;
mod canary;
mod capability_statement;
mod documents;
mod endpoints;
mod fetch;
mod openid;
mod readings;
mod smart;
mod target_facts;
mod udap;

pub use agreement::Agreement;
pub use canary::Canary;
pub use capability_statement::CapabilityStatement;
pub use documents::Documents;
pub(super) use documents::facts_in;
pub use endpoints::{Advertised, Endpoint};
pub(super) use fetch::MOST_REQUESTS as MOST_DOCUMENT_REQUESTS;
pub use openid::OpenId;
pub(super) use openid::ask as openid_of;
pub use readings::{DocumentKind, Reading};
pub use smart::Smart;
pub(super) use smart::texts;
pub(super) use target_facts::is_public_host;
pub use target_facts::target_facts;
pub use udap::{Discover, RevocationMode, Udap, UdapAnchors};
