//! The closed list of things that a case can do. Each verb observes and returns facts; none of them judges.

mod audit;
mod audit_event;
mod browser;
mod challenge;
mod client;
mod context;
mod discovery;
mod exchange;
mod fhir;
mod fhir_content;
mod fhir_request;
mod help;
mod http;
mod http_facts;
mod internals;
mod json_document;
mod json_tree;
mod known_members;
mod member_content;
mod narrative;
mod oauth;
mod openid;
mod provenance;
mod published;
mod refusal;
mod security_labels;
mod signed_in;
mod registry;
mod tidy;
mod tls;
mod udap;
mod vault;
mod verb;
mod wait;
mod withdraw;
mod words;

#[cfg(test)]
mod tests;

pub use browser::{Approval, Arrival, Authorization, Browser, MOST_LOGIN_REQUESTS, SeenPage, Visit};
pub use challenge::{Challenge, challenges};
pub use client::{ClientExchange, ClientStand, KnownApp, LaunchAsk, Launched, Places};
pub use context::{Context, MOST_AUD_TRIES, MOST_FRESH_CODES, TlsSettings};
pub use discovery::{Advertised, DocumentKind, Documents, Endpoint, Reading, RevocationMode, UdapAnchors, target_facts};
pub use oauth::{MOST_TOKEN_REQUESTS, remove_leftovers};
pub use registry::{HELPS, all, find};
pub use udap::{Provider, Providers, Source, UdapIdentity, cancel_registrations};
pub use vault::{Resolved, Vault};
pub use verb::{ArgumentHelp, Arguments, Cost, Effect, FactHelp, Kind, Observation, Observed, Verb, VerbHelp};
