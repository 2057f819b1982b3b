//! The words that every floor speaks: ids, verdicts, secrets, hostile text, positions in files.
//!
//! Nothing here reads a file, a clock, a socket or the environment.

pub mod document;
mod duration;
mod hostile;
mod ids;
mod layers;
mod leak;
mod markup;
mod needles;
mod public;
mod secret;
mod verdict;

pub use duration::{ParseDurationError, format_duration, parse_duration};
pub use hostile::{escape, escape_to_width, is_obeyed};
pub use ids::{CaseId, DocumentId, FaultName, ParseIdError, ProfileId, RequirementId};
pub use leak::LeakSearch;
pub use markup::MarkupLimits;
pub use secret::{Redactor, Secret};
pub use verdict::{Cause, Mismatch, Outcome, Strength, Verdict};
