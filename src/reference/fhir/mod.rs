//! The FHIR API: reads, searches and batches of six types, for whom a token lets in, and the ways to be too open.

mod api;
mod audit;
mod caller;
mod data;
mod last_updated;
mod provenance;
mod refusal;
mod search;
mod shown;

pub(super) use api::answer;
pub(super) use audit::{Entry, note_sign_in};
pub(super) use caller::has_valid_token;
pub(super) use refusal::{not_found, outcome, unauthorized};
