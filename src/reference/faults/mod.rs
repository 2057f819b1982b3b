//! The switches of the reference server: what each does, what it proves, and which are on.
//!
//! One flat table per group. The tables hold words only; the behaviour lies where the honest behaviour lies.

mod access;
mod audit;
mod capabilities;
mod client;
mod data;
mod discovery;
mod fault;
mod hostile;
mod launch;
mod openid;
mod refresh;
mod scopes;
mod switches;
mod table;
mod tiered;
mod tls;
mod token;
mod udap_metadata;
mod udap_registration;
mod udap_token;
mod withdrawal;

pub use fault::{Fault, FaultKind};
pub(super) use switches::Switches;
pub use table::faults;
pub(super) use table::{find, nearest};
