//! What happens while a run goes on, for those who watch it live.

use super::record::{CaseResult, Header, PlannedCase, Run, Traffic};
use crate::verbs::Documents;

/// One thing that happened. Texts in it are redacted but not escaped for any format.
#[derive(Debug)]
pub enum Event<'a> {
    /// The documents were fetched and the plan is made.
    Started {
        /// Tool, target, criteria.
        header: &'a Header,
        /// Every case that will run.
        plan: &'a [PlannedCase],
        /// The most that all of them send together, what they share counted once; what was sent is still zero.
        traffic: &'a Traffic,
        /// What stage 0 fetched.
        documents: &'a Documents,
    },
    /// A case has begun.
    CaseStarted {
        /// The case.
        case: &'a PlannedCase,
    },
    /// A case waits on purpose, for instance until an assertion has expired.
    Waiting {
        /// The case.
        case: &'a PlannedCase,
        /// How long it will wait.
        seconds: u64,
    },
    /// A case has its verdict.
    CaseFinished {
        /// The result.
        result: &'a CaseResult,
    },
    /// All is done, cleanup included.
    Finished {
        /// The whole record.
        run: &'a Run,
    },
}

/// Watches a run while it goes on: the terminal, a progress bar, NDJSON.
pub trait Listener: Send {
    /// Called for each event, in order.
    fn notice(&mut self, event: &Event<'_>);
}
