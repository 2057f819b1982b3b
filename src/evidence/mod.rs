//! What was sent and received, in the form in which it may be shown to others.
//!
//! Everything is redacted at the moment it is recorded, so a report cannot leak what is not there.
//! Nothing here opens a socket or judges; hostile text is kept as it came and escaped by whoever shows it.

mod curl;
mod exchange;
mod members;
mod page_words;
mod pem;
mod redaction;
mod sign_in_page;
mod store;
mod sweep;
mod tokens;

pub use curl::curl_line;
pub use exchange::{
    Body, EvidenceId, Exchange, HttpAnswer, HttpExchange, HttpFailure, HttpRequest, HttpResult, Label, Record, TlsExchange,
    TlsSummary,
};
pub use page_words::PageWords;
pub use pem::pem;
pub use redaction::{header_of_fact, hex, redact_bytes, redact_form, redact_header, redact_text, withheld_page};
pub use sign_in_page::SignInPage;
pub use store::EvidenceStore;
pub use sweep::{sweep, sweep_fact, sweep_public, sweep_text};
pub use tokens::{TokenOutline, token_outlines};

/// How many bytes of a body are kept as evidence; the digest covers the rest.
pub const BODY_KEPT: usize = 8 * 1024;
