//! The UDAP side of the reference server: metadata, dynamic registration, client assertions, B2B grants.
//!
//! It reads JWTs and builds certificate chains by itself, with OpenSSL, and shares none of that with the checks.

mod authority;
mod community;
mod identity;
mod keys;
mod members;
mod metadata;
mod options;
mod signed;
mod state;
mod version;

pub use community::ServerCommunity;
pub(super) use keys::signing_key;
pub(super) use metadata::{answer as metadata, at_host_root};
pub(super) use options::VERSIONS;
pub use options::{Community, Revocation, UdapOptions};
pub(super) use state::Udap;
