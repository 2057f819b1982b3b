//! The strategy `manual`: a person signs in with a browser of their own.

mod desk;

pub(super) use desk::Desk;
