//! The one file of the vocabulary that the reader uses.

#[path = "../../src/vocabulary/hostile.rs"]
mod hostile;

pub use hostile::{escape, escape_to_width};
