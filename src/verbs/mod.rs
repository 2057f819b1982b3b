//! The closed list of things that a case can do. Each verb observes and returns facts; none of them judges.

mod context;
mod help;
mod registry;
mod verb;

pub use context::Context;
pub use registry::HELPS;
pub use verb::{ArgumentHelp, Arguments, Cost, Effect, FactHelp, Kind, Observation, Observed, Verb, VerbHelp};
