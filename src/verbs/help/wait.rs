//! Documentation of `wait.until`.

use super::facts::{argument, facts};
use crate::verbs::{Effect, Kind, VerbHelp};

/// `wait.until`
pub static UNTIL: VerbHelp = VerbHelp {
    name: "wait.until",
    summary: "Waits on the clock of the run.",
    effect: Effect::Observe,
    arguments: &[argument!("duration", Kind::Duration, required, "how long")],
    facts: facts! {
        "at": "what the clock shows then, in seconds since 1970",
        "waited": "how long was waited, as a duration",
    },
};
