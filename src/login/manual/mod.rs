//! The strategy `manual`: a person signs in with a browser of their own, in one sitting.
//!
//! The callback of one authorization sends the browser straight on to the next. Nothing of the login itself is seen or
//! recorded; what the listener is told is hostile until the `state` of a waiting authorization is in it.

mod callback;
mod desk;
mod listener;
mod pages;
mod window;

pub(super) use desk::Desk;
