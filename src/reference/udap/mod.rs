//! The UDAP side of the reference server: metadata, dynamic registration, client assertions, B2B grants.
//!
//! It reads JWTs and builds certificate chains by itself, with OpenSSL, and shares none of that with the checks.

mod assertion;
mod authority;
mod chain;
mod claims;
mod client;
mod client_metadata;
mod community;
mod confusion;
mod doubt;
mod extension;
mod fetch;
mod identity;
mod jws;
mod keys;
mod members;
mod metadata;
mod object;
mod options;
mod place;
mod prepare;
mod published;
mod put_right;
mod registration;
mod registration_reply;
mod registry;
mod replay;
mod revocation;
mod scopes;
mod signature;
mod signed;
mod state;
mod statement;
mod tiered;
mod token;
mod version;

pub(super) use version::Version;

#[cfg(test)]
mod vectors;

pub(super) use client::{covers, find as client, requires_pkce};
pub use community::ServerCommunity;
pub(super) use metadata::{answer as metadata, at_host_root};
pub(super) use options::VERSIONS;
pub use options::{Community, Revocation, UdapOptions};
pub(super) use prepare::prepare;
pub(super) use published::answer as published;
pub(super) use registration::answer as register;
pub(super) use scopes::system_reads;
pub(super) use state::Udap;
pub(super) use tiered::{begin as begin_tiered, callback as tiered_callback, provider_of};
pub(super) use token::{answer as token, json_parameters};
