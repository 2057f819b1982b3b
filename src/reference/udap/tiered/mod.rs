//! The data holder of Tiered OAuth: believes what an identity provider says of a member, once it has found out whether the
//! provider itself is to be believed.
//!
//! Answering never waits: what has to be asked of a provider is asked before.

mod as_provider;
mod begin;
mod callback;
mod https;
mod id_token;
mod memory;
mod provider;
mod sign;

pub(super) use as_provider::finish;
pub(super) use begin::prepare as prepare_authorization;
pub(in super::super) use begin::{begin, provider_of};
pub(in super::super) use callback::answer as callback;
pub(super) use callback::prepare as prepare_callback;
pub(super) use memory::Memory;

/// Where providers send browsers back to, on the authorization origin.
pub(super) const CALLBACK: &str = "/tiered/callback";
