//! The command line: settings in, live output and exit code out.

mod findings;
mod layout;
pub mod ndjson;
mod page;
pub mod paint;
pub mod progress;
pub mod terminal;
