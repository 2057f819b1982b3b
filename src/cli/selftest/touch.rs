//! Which cases a fault can matter to at all.
//!
//! Each case is run alone against a server without faults, which remembers every switch that it asked itself about. Up to
//! the first question about a fault, a server with that fault does what the clean one does; so a case in whose run nobody
//! asked cannot be influenced by it. What stage 0 asks, each case's run asks too, and every handshake asks anew; so faults of
//! discovery and of TLS touch every case. Left to `--full` is what a case leaves behind for others at the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::demand::Demand;
use super::stand::{self, Stood};
use crate::cli::suite::LoadedSuite;
use crate::engine::Run;
use crate::vocabulary::{FaultName, Verdict};

/// One way to look at the server: under a profile, with a SMART version where one is given.
pub type View = (String, Option<String>);

/// What a case asked the clean server.
#[derive(Debug)]
enum Touched {
    /// What is not known, because alone it went another way than in company: whatever there is.
    Anything,
    /// These.
    Only(BTreeSet<FaultName>),
}

/// What the cases asked the clean server in one view.
#[derive(Debug, Default)]
pub struct Touches {
    cases: BTreeMap<String, Touched>,
    /// Asked when all cases ran together and by none alone.
    in_company: BTreeSet<FaultName>,
}

impl Touches {
    /// Runs these cases, or the whole suite, and then each case alone.
    ///
    /// # Errors
    /// When a run could not be made.
    pub async fn record(
        view: &View,
        loaded: &Arc<LoadedSuite>,
        among: Option<Vec<String>>,
        slots: &Arc<Semaphore>,
    ) -> Result<Self, String> {
        let demand = Demand { fault: None, profile: view.0.clone(), smart: view.1.clone(), client: false };
        let whole = {
            let _slot = slots.acquire().await;
            stand::run(&demand, loaded, among).await?
        };
        let cases: BTreeSet<&str> = whole.run.cases.iter().map(|result| result.case.as_str()).collect();
        let alone = cases.iter().map(|case| {
            let (demand, loaded, slots) = (demand.clone(), Arc::clone(loaded), Arc::clone(slots));
            let case = (*case).to_owned();
            tokio::spawn(async move {
                let _slot = slots.acquire_owned().await;
                let stood = stand::run(&demand, &loaded, Some(vec![case.clone()])).await;
                (case, stood)
            })
        });
        let mut touches = Self::default();
        let alone: Vec<_> = alone.collect();
        for task in alone {
            let (case, stood) = task.await.map_err(|error| error.to_string())?;
            let touched = touched(&case, &whole, &stood?);
            touches.cases.insert(case, touched);
        }
        touches.in_company = whole.asked.into_iter().filter(|fault| !touches.asked_alone(fault)).collect();
        Ok(touches)
    }

    fn asked_alone(&self, fault: &FaultName) -> bool {
        self.cases.values().any(|touched| matches!(touched, Touched::Only(asked) if asked.contains(fault)))
    }

    /// The cases that a fault can matter to; nothing when that may be any.
    #[must_use]
    pub fn of(&self, fault: &str) -> Option<BTreeSet<String>> {
        let fault = FaultName::parse(fault).ok()?;
        if self.in_company.contains(&fault) {
            return None;
        }
        let matters = |touched: &Touched| match touched {
            Touched::Anything => true,
            Touched::Only(asked) => asked.contains(&fault),
        };
        let cases = self.cases.iter().filter(|(_, touched)| matters(touched)).map(|(case, _)| case.clone());
        let cases: BTreeSet<String> = cases.collect();
        (cases.len() < self.cases.len()).then_some(cases)
    }
}

/// Alone, a case must come to what it came to in company; otherwise it may have asked less than it would there.
fn touched(case: &str, whole: &Stood, alone: &Stood) -> Touched {
    if verdicts(&whole.run, case) == verdicts(&alone.run, case) { Touched::Only(alone.asked.clone()) } else { Touched::Anything }
}

fn verdicts(run: &Run, case: &str) -> BTreeMap<String, (Verdict, usize)> {
    let results = run.cases.iter().filter(|result| result.case == case);
    results
        .map(|result| (result.variant.clone(), (result.verdict, result.steps.iter().filter(|step| step.done).count())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::suite;

    const CASES: [&str; 3] = ["access.without-token", "launch.standalone", "discovery.clock"];

    async fn touches() -> (Touches, Arc<LoadedSuite>) {
        let loaded = Arc::new(suite::load(None).unwrap_or_else(|_| panic!("the suite is broken")));
        let view = ("carin-bb-2.2.0".to_owned(), None);
        let cases = CASES.map(str::to_owned).to_vec();
        let touches = Touches::record(&view, &loaded, Some(cases), &Arc::new(Semaphore::new(2))).await.unwrap();
        (touches, loaded)
    }

    #[tokio::test]
    async fn a_fault_is_proved_with_every_case_that_it_can_influence_and_with_no_other() {
        let (touches, loaded) = touches().await;
        let of = |fault: &str| touches.of(fault).map(|cases| cases.into_iter().collect::<Vec<_>>());
        assert_eq!(of("open-coverage"), Some(vec!["access.without-token".to_owned()]));
        assert_eq!(of("token-type-mac"), Some(vec!["launch.standalone".to_owned()]));
        // Discovery comes before every case and a handshake before every request.
        for fault in ["smart-no-issuer", "certificate-expired", "tls-1.1-enabled", "auth-certificate-expired"] {
            assert_eq!(of(fault), None, "{fault}");
        }
        // These requests begin with hellos of today.
        for fault in ["tls-closes-old-versions", "tls-odd-length-intolerant", "ssl-3-enabled", "tls-rc4-suite-accepted"] {
            assert_eq!(of(fault), Some(Vec::new()), "{fault}");
        }
        // What the whole of these cases finds, the narrowed proof would find as well.
        for fault in ["open-coverage", "token-type-mac", "unauthorized-403", "unauthorized-500"] {
            let fault = crate::reference::faults().iter().find(|row| row.name == fault).unwrap();
            let demand = Demand { fault: Some(fault), profile: "carin-bb-2.2.0".to_owned(), smart: None, client: false };
            let stood = stand::run(&demand, &loaded, Some(CASES.map(str::to_owned).to_vec())).await.unwrap();
            let found = super::super::demand::findings(&stood.run);
            let found: BTreeSet<&str> = found.iter().filter_map(|(label, _)| label.split(' ').next()).collect();
            let touched = touches.of(fault.name);
            assert!(found.iter().all(|case| touched.as_ref().is_none_or(|cases| cases.contains(*case))), "{found:?} {touched:?}");
        }
    }

    #[test]
    fn what_is_not_known_for_sure_takes_every_case() {
        let fault = |name: &str| FaultName::parse(name).unwrap();
        let only = |names: &[&str]| Touched::Only(names.iter().map(|name| fault(name)).collect());
        let cases = BTreeMap::from([
            ("a.one".to_owned(), only(&["f-one"])),
            ("a.two".to_owned(), Touched::Anything),
            ("a.three".to_owned(), only(&["f-three"])),
        ]);
        let touches = Touches { cases, in_company: BTreeSet::from([fault("f-company")]) };
        let of = |name: &str| touches.of(name).map(|cases| cases.into_iter().collect::<Vec<_>>());
        assert_eq!(of("f-one"), Some(vec!["a.one".to_owned(), "a.two".to_owned()]));
        assert_eq!(of("f-nobody"), Some(vec!["a.two".to_owned()]));
        assert_eq!(of("f-company"), None);
    }
}
