//! The closed list of things that a case can do. Each verb observes and returns facts; none of them judges.

mod context;
mod verb;

pub use context::Context;
pub use verb::{ArgumentHelp, Arguments, Cost, Effect, FactHelp, Kind, Observation, Observed, Verb, VerbHelp};
