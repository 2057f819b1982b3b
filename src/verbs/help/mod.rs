//! The documentation of every verb as data: what `explain`, `check` and the generated reference print.
//!
//! The words here are the contract with the cases. A fact that is not described here cannot be named by a case.

mod audit;
mod authorization;
mod client;
mod discovery;
mod facts;
mod fhir;
mod http;
mod oauth;
mod openid;
mod tiered;
mod tls;
mod udap_client;
mod udap_discovery;
mod wait;
mod withdraw;

pub use audit::AUDIT_FIND;
pub use client::{CLIENT_AWAIT, SERVE_WITH_FAULT};
pub use discovery::{AGREEMENT, CANARY, CAPABILITY_STATEMENT, OPENID, SMART, UDAP};
pub use fhir::{BATCH, CREATE, READ, SEARCH};
pub use http::{GET, OPTIONS, POST};
pub use oauth::{ATTEMPT, AUTHORIZE, CLIENT_ASSERTION, GIVEN, INTROSPECT, REFRESH, REVOKE, TOKEN};
pub use openid::{ID_TOKEN, USERINFO};
pub use tiered::{TIERED, UDAP_ID_TOKEN};
pub use tls::{FLIGHT, HANDSHAKE, OFFER, REVOCATION, SUITES, SURVEY};
pub use udap_client::{JTI_LADDER, REGISTER, SIGN, UDAP_AUTHORIZE, UDAP_TOKEN};
pub use udap_discovery::DISCOVER;
pub use wait::UNTIL;
pub use withdraw::WITHDRAW;
