//! A client under observation: it is asked to launch against a server of ours, and what it sends is looked at.

mod assertion;
mod asked;
mod authorize;
mod awaited;
mod evidence;
mod facts;
mod jti;
mod launch;
mod refresh;
mod registration;
mod resource;
mod signed_assertion;
mod stand;
mod statement;
mod token;

pub use awaited::{Await, WithFault};
pub use stand::{ClientExchange, ClientStand, KnownApp, LaunchAsk, Launched, Places};
