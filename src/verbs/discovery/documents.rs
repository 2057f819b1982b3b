//! The memo of stage 0: every document of the target is fetched at most once in a run, whoever asks first.
//!
//! Who asks while another fetches waits for that one answer. The evidence is the same for all.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::canary::TIMES as CANARIES;
use super::fetch::MOST_REQUESTS;
use super::readings::Readings;
use super::udap::MOST_FETCHED;
use crate::verbs::exchange::MOST_SENT;
use crate::verbs::{Cost, Observation, Observed};

/// What most documents are asked for as.
pub(super) const ACCEPT_JSON: &str = "application/json";
/// What FHIR resources are asked for as.
pub(super) const ACCEPT_FHIR: &str = "application/fhir+json";

/// The documents of one run. Clones share them.
#[derive(Clone, Default)]
pub struct Documents {
    pub(super) memo: Arc<Memo>,
    pub(super) readings: Arc<Readings>,
}

impl fmt::Debug for Documents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Documents").finish_non_exhaustive()
    }
}

/// What was fetched so far.
#[derive(Default)]
pub(super) struct Memo {
    pub smart: OnceCell<Observed>,
    pub capability_statement: OnceCell<Observed>,
    pub openid: OnceCell<Observed>,
    pub udap: OnceCell<Observed>,
    pub canary: OnceCell<Observed>,
}

impl Documents {
    /// The most that all memoised documents and the canary take together, once per run: smart-configuration,
    /// CapabilityStatement, openid-configuration, UDAP metadata and what its chain takes, canaries, `/metadata` once more. Verbs that read the memo cost nothing beyond it.
    pub const COST: Cost = Cost {
        requests: 4 * MOST_REQUESTS + (CANARIES + 1) * MOST_SENT + MOST_FETCHED,
        probes: 0,
        authorizations: 0,
        wait: Duration::ZERO,
    };
}

/// The facts of a document, when there are some.
pub(in crate::verbs) fn facts_in(observed: &Observed) -> Option<&Value> {
    match &observed.observation {
        Observation::Facts(facts) => Some(facts),
        Observation::Absent(_) | Observation::Broken(_) => None,
    }
}
