//! The reference server: an honest payer front whose faults can be switched on one by one.
//!
//! It exists so that every check can be proved: no fault, no finding; each fault, exactly its findings.
//! It shares no protocol code with the checks, because a misreading shared by both would hide itself.

mod authorization;
mod capability_statement;
mod certificates;
mod client;
mod client_hello;
mod door;
mod endpoints;
mod exchange;
mod faults;
mod fhir;
mod front;
mod gzip_bomb;
mod hostile;
mod hostile_echo;
mod hostile_json;
mod journal;
mod jwks;
mod keys;
mod legacy_leaf;
mod listener;
mod members;
mod oauth;
mod ocsp;
mod openid_configuration;
mod options;
mod raw_http;
mod running;
mod site;
mod smart_configuration;
mod tls_script;
mod tls_stack;
mod tls_weak;
mod udap;
mod wire;

#[cfg(test)]
mod tests;

pub use client::{App, AppIdentity, Task};
pub use faults::{Fault, FaultKind, faults};
pub use journal::Witnessed;
pub use oauth::{ClientKey, ClientKind, MemberKind, RegisteredClient, RegisteredMember};
pub use options::{LoginVariant, Now, Options, StartError};
pub use running::{Running, start};
pub use udap::{Community, Revocation, ServerCommunity, UdapOptions};
