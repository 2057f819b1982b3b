//! Proves one demand: a reference server in that state, a run against it, the comparison.

use std::collections::BTreeSet;

use super::demand::{Demand, Proof, findings};
use super::stand;
use crate::cli::suite::LoadedSuite;
use crate::vocabulary::Verdict;

/// Runs these cases and those that declare the fault, or the whole suite, against a server in the demanded state.
pub async fn prove(demand: &Demand, loaded: &LoadedSuite, cases: Option<&BTreeSet<String>>) -> Proof {
    let begun = std::time::Instant::now();
    let only = cases.map(|cases| cases.iter().cloned().chain(declaring(demand, loaded)).collect::<BTreeSet<_>>());
    let mut proof = Proof {
        demand: demand.clone(),
        findings: Vec::new(),
        problems: Vec::new(),
        passed: Vec::new(),
        elapsed_ms: 0,
        whole: only.is_none(),
    };
    match stand::run(demand, loaded, only.map(|only| only.into_iter().collect())).await {
        Ok(stood) => {
            proof.findings = findings(&stood.run);
            proof.problems = demand.compare(&stood.run, &loaded.suite);
            let passed = stood.run.cases.iter().filter(|case| case.verdict == Verdict::Pass);
            proof.passed = passed.map(|case| case.case.clone()).collect();
        }
        Err(problem) => proof.problems.push(problem),
    }
    proof.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    proof
}

fn declaring(demand: &Demand, loaded: &LoadedSuite) -> Vec<String> {
    let declares = |name: &str| demand.fault.is_some_and(|fault| fault.name == name);
    let cases = loaded.suite.cases.iter().filter(|case| case.faults.iter().any(|fault| declares(fault.as_str())));
    cases.map(|case| case.id.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::suite;
    use crate::reference::faults;

    fn demand(fault: Option<&str>) -> Demand {
        let fault = fault.map(|name| faults().iter().find(|row| row.name == name).unwrap());
        Demand { fault, profile: "carin-bb-2.2.0".to_owned(), smart: None, client: false }
    }

    #[tokio::test]
    async fn a_pass_at_a_server_that_proves_nothing_is_told_where_that_server_is_judged() {
        let loaded = suite::load(None).unwrap_or_else(|_| panic!("the suite is broken"));
        let cases = ["access.without-token", "tls.versions", "discovery.clock"].map(str::to_owned);
        let stood = stand::run(&demand(None), &loaded, Some(cases.to_vec())).await.unwrap();
        // What an honest server passes, as if one that proves nothing had passed it.
        let told = |fault| demand(Some(fault)).compare(&stood.run, &loaded.suite);
        for (fault, judged) in [("unauthorized-503", "access.without-token"), ("tls-hang", "tls.versions")] {
            let told = told(fault);
            assert!(!told.is_empty() && told.iter().all(|problem| problem.starts_with(judged)), "{fault}: {told:?}");
        }
        assert!(told("always-500").iter().any(|problem| problem.starts_with("discovery.clock")), "judged by all");
        assert_eq!(told("withdrawal-page-fails"), Vec::<String>::new(), "judged by a case that was not run");
    }

    #[test]
    fn a_server_that_says_nothing_is_judged_by_all_cases() {
        for (fault, judged) in [
            (None, None),
            (Some("open-coverage"), None),
            (Some("always-500"), None),
            (Some("client-breaks"), None),
            (Some("always-random"), Some("access")),
            (Some("tiered-refuses-with-500"), Some("tiered")),
        ] {
            assert_eq!(demand(fault).judged_by(), judged, "{fault:?}");
        }
    }
}
