//! Plans cases, runs them, compares what the verbs saw with what the cases expect, and judges.
//!
//! The only floor that knows both what happened and how much it matters. It prints nothing: live listeners
//! get [`Event`]s, and reports get the finished [`Run`].

mod across;
mod assertion;
mod attested;
mod capability;
mod case_run;
mod certification;
mod claim;
mod compare;
mod comparison;
mod condition;
mod curtain;
mod economy;
mod event;
mod exercised;
mod facts;
mod fingerprint;
mod hindrance;
pub mod inputs;
mod join;
mod judge;
mod lanes;
mod outcome_text;
mod plan;
mod prepare;
pub mod record;
mod rejudge;
mod replay;
mod rollup;
mod rules;
mod run;
mod schedule;
mod scopes;
mod selection;
mod setups;
mod sighting;
mod smart_version;
mod stage;
mod swept;
mod swept_evidence;
mod udap_version;
mod waived;
mod worth;

pub use attested::is_attestable;
pub use capability::{Capabilities, Claimed};
pub use certification::{Certification, MethodValidation, Organisation, Party, Reading, Signatory};
pub use claim::exit;
pub use claim::is_denied;
pub use comparison::Comparison;
pub use condition::Condition;
pub use event::{Event, Listener};
pub use join::{JoinError, join, to_repeat};
pub use judge::judge;
pub use outcome_text::sentence;
pub use plan::verbs_of;
pub use prepare::{Knowledge, Prepared, named_profiles};
pub use record::Run;
pub use rejudge::{Rejudged, rejudge};
pub use replay::{Replayed, replay};
pub use run::{ObservedClient, PlanView, RunError, RunOptions, Statements, check_selection, plan, run, timestamp};
pub use selection::Selection;
pub use stage::Interrupt;
pub use waived::ends_soon;
pub use worth::{Worth, worth};
