//! What the flows that several cases share have brought, each made once and made anew when its token ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::record::StepResult;
use crate::verbs::Cost;
use crate::vocabulary::Outcome;

/// What the flows that several cases share have brought.
pub struct Setups {
    places: Mutex<BTreeMap<String, Arc<OnceCell<FlowResult>>>>,
    renewals: Mutex<Cost>,
}

impl Setups {
    /// None yet, and what those that have ended may send to be made anew.
    #[must_use]
    pub fn new(renewals: Cost) -> Self {
        Self { places: Mutex::default(), renewals: Mutex::new(renewals) }
    }

    /// The place of a shared setup; whoever comes first fills it. What has ended by now is made anew, as long as its cost is within
    /// what is kept for that; `None` afterwards.
    pub fn place(&self, key: &str, now: Duration, cost: Cost) -> Option<Arc<OnceCell<FlowResult>>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = places.entry(key.to_owned()).or_default();
        if cell.get().and_then(|known| known.good_until).is_some_and(|until| until <= now) {
            let mut renewals = self.renewals.lock().unwrap_or_else(PoisonError::into_inner);
            *renewals = renewals.less(cost)?;
            *cell = Arc::default();
        }
        Some(Arc::clone(cell))
    }
}

/// What a flow gave: its outputs, its steps, and why it stopped, if it did.
#[derive(Debug, Clone)]
pub struct FlowResult {
    /// The outputs as one object.
    pub outputs: Value,
    /// Its steps.
    pub steps: Vec<StepResult>,
    /// Why it stopped.
    pub stopped: Option<Outcome>,
    /// True when an observation had to be repeated.
    pub flaky: bool,
    /// When its token will have ended, on the clock of the run; absent when it is not known.
    pub good_until: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended_at(seconds: u64) -> FlowResult {
        let good_until = Some(Duration::from_secs(seconds));
        FlowResult { outputs: Value::Null, steps: Vec::new(), stopped: None, flaky: false, good_until }
    }

    #[test]
    fn h26_what_has_ended_is_made_anew_until_what_the_plan_kept_for_that_is_spent() {
        let cost = Cost { requests: 10, authorizations: 1, ..Cost::default() };
        let setups = Setups::new(cost + cost);
        let at = |seconds| setups.place("flow", Duration::from_secs(seconds), cost);
        let first = at(0).unwrap();
        first.set(ended_at(10)).unwrap();
        assert!(Arc::ptr_eq(&first, &at(9).unwrap()), "it is good for ten seconds");
        let second = at(10).unwrap();
        assert!(!Arc::ptr_eq(&first, &second) && second.get().is_none());
        second.set(ended_at(20)).unwrap();
        at(20).unwrap().set(ended_at(30)).unwrap();
        assert!(at(29).is_some());
        assert!(at(30).is_none(), "a third renewal was not planned");
    }
}
