//! Which SMART capabilities a target claims and no case of the run exercised: a claim that nobody tried is worth saying.

use std::collections::{BTreeMap, BTreeSet};

use super::capability::{Capabilities, Claimed};
use super::record::CaseResult;
use crate::catalogue::{CapabilityName, InForce};
use crate::testcase::Suite;
use crate::vocabulary::Verdict;

/// The elements of `capabilities` in smart-configuration, for instance `context-banner`, that are claimed and that no judged
/// result acted on. A result acts on a capability when somebody signed in for it and its case needs the capability or
/// serves a row that is conditional on it; that the word stands in the list is no act.
#[must_use]
pub fn not_exercised(
    suite: &Suite,
    in_force: &InForce,
    capabilities: &Capabilities,
    results: &[CaseResult],
    logged_in: &dyn Fn(&CaseResult) -> bool,
) -> Vec<String> {
    let mut rows: BTreeMap<&str, Vec<CapabilityName>> = BTreeMap::new();
    for rule in in_force.server_rules() {
        let names = rule.condition.iter().flatten().copied();
        rows.entry(rule.requirement.id.as_str()).or_default().extend(names);
    }
    let mut exercised: BTreeSet<&str> = BTreeSet::new();
    for result in results.iter().filter(|result| logged_in(result)) {
        let judged: Vec<&str> = result
            .judgements()
            .filter(|(_, judgement)| !matches!(judgement.verdict, Verdict::Blocked | Verdict::Error | Verdict::NotApplicable))
            .map(|(_, judgement)| judgement.requirement.as_str())
            .collect();
        if judged.is_empty() {
            continue;
        }
        let case = suite.cases.iter().find(|case| case.id.as_str() == result.case);
        exercised.extend(case.into_iter().flat_map(|case| case.needs.iter().map(String::as_str)));
        exercised.extend(judged.iter().filter_map(|id| rows.get(id)).flatten().map(|name| name.as_str()));
    }
    let claimed = CapabilityName::all().filter(|name| capabilities.claimed(name.as_str()) == Claimed::Yes);
    let idle = claimed.filter(|name| !exercised.contains(name.as_str()));
    idle.filter_map(CapabilityName::smart_element).map(str::to_owned).collect()
}
