//! Renders a finished run record. The record is the only input; nothing here judges, asks a target or prints.
//!
//! Every format escapes for itself, because every text of a record may have been written by a hostile target.

mod accesses;
mod badge;
pub mod bundle;
mod compare;
mod csv;
pub mod dispute;
mod earl;
mod fhir;
mod finding;
mod format;
mod gate;
mod github;
mod html;
mod json;
mod junit;
mod own_words;
mod place;
mod repeat;
mod result_row;
mod sarif;
mod schema;
mod standing;
pub mod statements;
mod tap;
mod words;

pub use accesses::{Access, accesses};
pub use badge::Badge;
pub use compare::{Change, Comparison, Difference, compare};
pub use csv::Csv;
pub use earl::Earl;
pub use fhir::Fhir;
pub use finding::{Finding, Required, findings, ranked};
pub use format::{FORMATS, Options, Report, UnknownFormat, by_name};
pub use gate::{Blame, Gate, gate};
pub use github::{GitHub, annotations};
pub use html::Html;
pub use json::{Json, ReadError, plain_json, read};
pub use junit::Junit;
pub use own_words::own_words;
pub use result_row::{ResultRow, fingerprint, result_rows};
pub use sarif::Sarif;
pub use schema::schema;
pub use tap::Tap;
