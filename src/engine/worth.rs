//! What each input would settle: the requirements in force whose cases need it. Sends nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::capability::{Capabilities, Documents};
use super::inputs::{INPUTS, InputHelp, inputs_of};
use super::plan::Planner;
use super::prepare::{rules_of, scope};
use super::selection::Selection;
use crate::catalogue::{Actor, InForce, Profile};
use crate::net::Random;
use crate::testcase::{Role, Suite};
use crate::vocabulary::Strength;

/// One input and what rests on it.
#[derive(Debug, Clone)]
pub struct Worth {
    /// Which, and how it is given.
    pub input: InputHelp,
    /// The SHALL rows in force that a case with this input serves.
    pub shall: BTreeSet<String>,
    /// The other rows.
    pub other: BTreeSet<String>,
}

/// Every input that at least one case in force needs, in the order of [`INPUTS`].
#[must_use]
pub fn worth(suite: &Suite, in_force: &InForce, profiles: &[&Profile], random: &dyn Random) -> Vec<Worth> {
    let rules = rules_of(in_force, Actor::Server);
    let scope = scope(json!({ "endpoints": [], "advertised": [], "public_types": [] }), profiles);
    let capabilities = Capabilities::new(Documents::default(), std::iter::empty(), Arc::new(Mutex::default()));
    let planner = Planner {
        suite,
        rules: &rules,
        capabilities: &capabilities,
        scope: &scope,
        selection: &Selection { slow: true, ..Selection::default() },
        required_capabilities: &[],
        random,
        declined: &[],
        role: Role::Server,
        assume_claimed: true,
    };
    let mut served: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for job in planner.plan().jobs {
        for input in inputs_of(&job.case, &job.scope, suite) {
            served.entry(input).or_default().extend(job.planned.requirements.iter().cloned());
        }
    }
    let is_shall: BTreeSet<String> = in_force
        .server_rules()
        .filter(|rule| matches!(rule.strength, Strength::Shall | Strength::ShallNot))
        .map(|rule| rule.requirement.id.to_string())
        .collect();
    let rows = INPUTS.into_iter().filter_map(|input| {
        let (shall, other) = served.remove(input.name)?.into_iter().partition(|id| is_shall.contains(id));
        Some(Worth { input, shall, other })
    });
    rows.collect()
}
