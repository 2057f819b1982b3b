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
