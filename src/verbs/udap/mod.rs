//! The UDAP verbs of a client: sign, register, authorize, authenticate, and look how long a `jti` is remembered.
//!
//! What is broken on purpose is broken in text and bytes: no library that refuses to make a wrong token stands in between.

mod answer;
mod assertion;
mod authorize;
mod cleanup;
mod clients;
mod header;
mod jti_ladder;
mod metadata;
mod overrides;
mod register;
mod registration_facts;
mod sign;
mod statement;
mod tiered;
mod token;

pub use authorize::UdapAuthorize;
pub use cleanup::cancel_registrations;
pub use clients::{Source, UdapClients, UdapIdentity};
pub use jti_ladder::JtiLadder;
pub use register::Register;
pub use sign::Sign;
pub use tiered::{Provider, Providers, TieredLogin, UdapIdToken};
pub use token::UdapToken;
