//! Which cases a fault can matter to at all.
//!
//! Each case is run alone against a server without faults, which remembers every switch that it asked itself about. Up to
//! the first question about a fault, a server with that fault does what the clean one does; so a case in whose run nobody
//! asked cannot be influenced by it. What was asked in stage 0 goes before every case; there it matters to those that look at what
//! the fault has changed: see [`Discovered`]. A handshake goes before every request; where stage 0 shows that connections come about
//! in spite of the fault, it matters to those that look at TLS itself. Left to `--full` is what a case leaves behind for others at the
//! server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::demand::Demand;
use super::discovered::{Discovered, Questions};
use super::stand::{self, Stood};
use crate::cli::suite::LoadedSuite;
use crate::engine::Run;
use crate::engine::record::CaseResult;
use crate::reference::Fault;
use crate::verbs::Reading;
use crate::vocabulary::{FaultName, Verdict};

/// One way to look at the server: under a profile, with a SMART version where one is given.
pub type View = (String, Option<String>);

/// What a case asked the clean server.
#[derive(Debug)]
enum Touched {
    /// What is not known, because alone it went another way than in company: whatever there is.
    Anything,
    /// These faults, and these parts of what stage 0 found.
    Only(BTreeSet<FaultName>, BTreeSet<Reading>),
}

/// What the cases asked the clean server in one view.
#[derive(Debug, Default)]
pub struct Touches {
    cases: BTreeMap<String, Touched>,
    /// Asked when all cases ran together and by none alone.
    in_company: BTreeSet<FaultName>,
    /// Asked in stage 0.
    before: BTreeSet<FaultName>,
    /// What stage 0 found.
    discovered: Discovered,
    /// What was asked for each part of stage 0.
    questions: Questions,
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
        let (whole, (discovered, questions)) = {
            let _slot = slots.acquire().await;
            (stand::run(&demand, loaded, among).await?, Discovered::with_questions(&demand, loaded).await?)
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
        let alone: Vec<_> = alone.collect();
        let (mut cases, mut before) = (BTreeMap::new(), whole.asked_before.clone());
        let mut in_company = whole.asked.clone();
        for task in alone {
            let (case, stood) = task.await.map_err(|error| error.to_string())?;
            let stood = stood?;
            let touched = touched(&case, &whole, &stood);
            before.extend(stood.asked_before);
            if let Touched::Only(asked, _) = &touched {
                in_company.retain(|fault| !asked.contains(fault));
            }
            cases.insert(case, touched);
        }
        Ok(Self { cases, in_company, before, discovered, questions })
    }

    /// The cases that a fault can matter to; nothing when that may be any.
    pub async fn of(&self, fault: &'static Fault, demand: &Demand, loaded: &LoadedSuite) -> Option<BTreeSet<String>> {
        let name = FaultName::parse(fault.name).ok()?;
        if self.in_company.contains(&name) {
            return None;
        }
        let mut cases: BTreeSet<String> = self.asking(&name).map(str::to_owned).collect();
        if self.before.contains(&name) {
            let faulty = Discovered::of(demand, loaded).await.ok()?;
            if self.questions.for_handshake.contains(&name) {
                let of_tls = self.discovered.of_tls(&faulty)?.iter().map(String::as_str);
                cases = of_tls.filter(|case| self.cases.contains_key(*case)).chain(self.dependent()).map(str::to_owned).collect();
            } else if fault.group == "tls" {
                return None;
            }
            cases.extend(self.looking_at_what_differs(&name, &faulty)?);
        }
        (cases.len() < self.cases.len()).then_some(cases)
    }

    fn asking(&self, fault: &FaultName) -> impl Iterator<Item = &str> {
        let asks = |touched: &Touched| match touched {
            Touched::Anything => true,
            Touched::Only(asked, _) => asked.contains(fault),
        };
        self.cases.iter().filter(move |(_, touched)| asks(touched)).map(|(case, _)| case.as_str())
    }

    fn looking_at_what_differs(&self, fault: &FaultName, faulty: &Discovered) -> Option<BTreeSet<String>> {
        let known = self.cases.iter().filter_map(|(case, touched)| match touched {
            Touched::Anything => None,
            Touched::Only(_, readings) => Some((case.as_str(), readings)),
        });
        let Questions { for_document, for_handshake } = &self.questions;
        let asked = |document| for_document.get(&document).is_none_or(|asked: &BTreeSet<FaultName>| asked.contains(fault));
        // What is sent over a connection that came about is not the handshake's.
        self.discovered.differs_for(faulty, known, |document| asked(document) && !for_handshake.contains(fault))
    }

    /// The cases that alone came to something else than in company: they live on what another case did before them.
    pub fn dependent(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().filter(|(_, touched)| matches!(touched, Touched::Anything)).map(|(case, _)| case.as_str())
    }
}

/// Alone, a case must come to what it came to in company; otherwise it may have asked less than it would there.
fn touched(case: &str, whole: &Stood, alone: &Stood) -> Touched {
    if verdicts(&whole.run, case) == verdicts(&alone.run, case) {
        Touched::Only(alone.asked.clone(), alone.readings.clone())
    } else {
        Touched::Anything
    }
}

/// What each result came to: its verdict, that of each row, and how many of its steps were done.
type Came = (Verdict, Vec<(String, Verdict)>, usize);

fn verdicts(run: &Run, case: &str) -> BTreeMap<String, Came> {
    let results = run.cases.iter().filter(|result| result.case == case);
    let of = |result: &CaseResult| {
        let rows = result.judgements().map(|(_, row)| (row.requirement.clone(), row.verdict)).collect();
        (result.verdict, rows, result.steps.iter().filter(|step| step.done).count())
    };
    results.map(|result| (result.variant.clone(), of(result))).collect()
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

    fn row(fault: &str) -> &'static Fault {
        crate::reference::faults().iter().find(|row| row.name == fault).unwrap()
    }

    fn demand(fault: &str) -> Demand {
        Demand { fault: Some(row(fault)), profile: "carin-bb-2.2.0".to_owned(), smart: None, client: false }
    }

    #[tokio::test]
    async fn a_fault_is_proved_with_every_case_that_it_can_influence_and_with_no_other() {
        let (touches, loaded) = touches().await;
        let of =
            async |fault: &str| touches.of(row(fault), &demand(fault), &loaded).await.map(|cases| cases.into_iter().collect());
        let some = |cases: &[&str]| Some(cases.iter().map(|case| (*case).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("open-coverage").await, some(&["access.without-token"]));
        assert_eq!(of("token-type-mac").await, some(&["launch.standalone"]));
        // A handshake comes before every request.
        for fault in ["certificate-expired", "auth-certificate-expired"] {
            assert_eq!(of(fault).await, None, "{fault}");
        }
        // These requests begin with hellos of today, and come about.
        for fault in
            ["tls-closes-old-versions", "tls-odd-length-intolerant", "ssl-3-enabled", "tls-rc4-suite-accepted", "tls-1.1-enabled"]
        {
            assert_eq!(of(fault).await, some(&[]), "{fault}");
        }
        // Stage 0 comes before every case, but not every case looks at everything.
        assert_eq!(of("smart-no-issuer").await, some(&["launch.standalone"]));
        assert_eq!(of("udap-metadata-no-signed-metadata").await, some(&[]));
        // What the whole of these cases finds, the narrowed proof would find as well.
        for fault in ["open-coverage", "token-type-mac", "unauthorized-403", "unauthorized-500", "smart-no-issuer"] {
            let stood = stand::run(&demand(fault), &loaded, Some(CASES.map(str::to_owned).to_vec())).await.unwrap();
            let found = super::super::demand::findings(&stood.run);
            let found: BTreeSet<&str> = found.iter().filter_map(|(label, _)| label.split(' ').next()).collect();
            let touched = touches.of(row(fault), &demand(fault), &loaded).await;
            assert!(found.iter().all(|case| touched.as_ref().is_none_or(|cases| cases.contains(*case))), "{found:?} {touched:?}");
        }
    }

    #[test]
    fn what_is_not_known_for_sure_takes_every_case() {
        let fault = |name: &str| FaultName::parse(name).unwrap();
        let only = |names: &[&str]| Touched::Only(names.iter().map(|name| fault(name)).collect(), BTreeSet::new());
        let cases = BTreeMap::from([
            ("a.one".to_owned(), only(&["f-one"])),
            ("a.two".to_owned(), Touched::Anything),
            ("a.three".to_owned(), only(&["f-three"])),
        ]);
        let touches = Touches { cases, ..Touches::default() };
        let asking = |name: &str| touches.asking(&fault(name)).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(asking("f-one"), ["a.one", "a.two"]);
        assert_eq!(asking("f-nobody"), ["a.two"]);
        assert_eq!(touches.dependent().collect::<Vec<_>>(), ["a.two"]);
    }
}
