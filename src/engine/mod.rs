//! Plans cases, runs them, compares what the verbs saw with what the cases expect, and judges.
//!
//! The only floor that knows both what happened and how much it matters. It prints nothing: live listeners
//! get [`Event`]s, and reports get the finished [`Run`].

mod compare;
mod event;
mod facts;
mod judge;
pub mod record;
mod scopes;

pub use event::{Event, Listener};
pub use judge::judge;
pub use record::Run;
