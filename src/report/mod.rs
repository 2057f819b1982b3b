//! Renders a finished run record. The record is the only input; nothing here judges, asks a target or prints.
//!
//! Every format escapes for itself, because every text of a record may have been written by a hostile target.

mod finding;
mod format;
mod github;
mod json;
mod junit;
mod place;
mod result_row;
mod schema;
mod words;

pub use finding::{Finding, Required, findings, ranked};
pub use format::{FORMATS, Options, Report, UnknownFormat, by_name};
pub use github::{GitHub, annotations};
pub use json::{Json, ReadError, plain_json, read};
pub use junit::Junit;
pub use result_row::{ResultRow, fingerprint, result_rows};
pub use schema::schema;
