//! TOML files that people type, read with positions, so that every mistake is shown where it stands.
//!
//! [`parse`] gives a tree in which each key and value knows its place; [`Reader`] takes a table apart,
//! collects every problem of a file instead of stopping at the first, and answers a typo with the words allowed.

mod problem;
mod reader;
mod source;
mod tree;

pub use problem::{Problem, Problems, did_you_mean, nearest};
pub use reader::Reader;
pub use source::{Place, Source, Span};
pub use tree::{Node, Table, Value, parse};
