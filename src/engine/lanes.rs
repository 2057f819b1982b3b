//! Which results of a frame act at the same time: those that register one URI go one after another, all others side by side. Two
//! registrations of one URI at once would show how a server resolves that race, not what the case asks.

use std::collections::BTreeMap;

use super::plan::Job;
use crate::testcase::{Action, resolve};

/// The verb that registers a client, or changes or cancels its registration.
const REGISTER: &str = "udap.register";
/// A URI that is new each time it is asked for.
const FRESH: &str = "fresh";

/// The results of a frame in lanes: what stands in one lane goes in that order.
pub(super) fn lanes<'f, 'j>(frame: &'f [(usize, &'j Job)]) -> Vec<Vec<&'f (usize, &'j Job)>> {
    let mut lanes: BTreeMap<(usize, String), Vec<&'f (usize, &'j Job)>> = BTreeMap::new();
    for result in frame {
        let (at, job) = result;
        let key = client_of(job).map_or_else(|| (*at, String::new()), |client| (0, client));
        lanes.entry(key).or_default().push(result);
    }
    lanes.into_values().collect()
}

/// The client that a result registers by name. One that only a capture tells is that of the result's own setup.
fn client_of(job: &Job) -> Option<String> {
    let steps = job.case.setup.iter().chain(&job.case.steps);
    let changing = steps.filter(|step| matches!(&step.action, Action::Verb(name) if name == REGISTER));
    let named = changing.filter_map(|step| step.with.0.iter().find(|(name, _, _)| name == "client"));
    let mut clients = named.filter_map(|(_, _, client)| Some(resolve(client, &job.scope).ok()?.as_str()?.to_owned()));
    clients.find(|client| !client.starts_with(FRESH))
}
