//! How a member signs in: from an authorization request to the redirect URI, by form script, by hand or not at all.
//!
//! A login observes and never judges: where it ends is an `Arrival`, and a page that it cannot pass is described, not
//! guessed at. Every byte of a page is hostile; what is secret is typed only where the operator allowed it.

mod arrival;
mod code;
mod form;
mod manual;
mod origins;
mod redirect;
mod request;
mod sessions;
mod sitting;
mod typed;
mod webdriver;

#[cfg(test)]
mod tests;

pub use arrival::{Arrival, FieldOutline, FormOutline, PageKind, PageOutline, SeenCookie, Stuck, StuckReason, Visit};
pub use request::{Approve, AuthorizeMethod, AuthorizeRequest, Detour, Passing};
pub use sessions::Sessions;
pub use sitting::{Nobody, Sitting};
