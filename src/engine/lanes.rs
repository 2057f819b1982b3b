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

/// The results in an order in which every frame has its share of each lane: a frame takes as long as its longest lane.
pub(super) fn dealt<'j>(group: &[(usize, &'j Job)]) -> Vec<(usize, &'j Job)> {
    interleaved(lanes(group)).into_iter().copied().collect()
}

/// All of the lanes in one, so that every stretch of it holds of each lane what is its share of the whole.
fn interleaved<T>(lanes: Vec<Vec<T>>) -> Vec<T> {
    let whole: usize = lanes.iter().map(Vec::len).sum();
    let mut placed: Vec<(usize, T)> = Vec::with_capacity(whole);
    for lane in lanes {
        let length = lane.len();
        // The middle of its part of the lane, in parts of the whole squared.
        placed.extend(lane.into_iter().enumerate().map(|(at, one)| ((2 * at + 1) * whole * whole / length, one)));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, one)| one).collect()
}

/// The client that a result registers by name. One that only a capture tells is that of the result's own setup.
fn client_of(job: &Job) -> Option<String> {
    let steps = job.case.setup.iter().chain(&job.case.steps);
    let changing = steps.filter(|step| matches!(&step.action, Action::Verb(name) if name == REGISTER));
    let named = changing.filter_map(|step| step.with.0.iter().find(|(name, _, _)| name == "client"));
    let mut clients = named.filter_map(|(_, _, client)| Some(resolve(client, &job.scope).ok()?.as_str()?.to_owned()));
    clients.find(|client| !client.starts_with(FRESH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_has_its_share_of_each_lane_and_each_lane_keeps_its_order() {
        let lane = |name: char, length: usize| (0..length).map(|at| (name, at)).collect::<Vec<_>>();
        let order = interleaved(vec![lane('a', 9), lane('b', 6), lane('c', 1)]);
        assert_eq!(order.len(), 16);
        for (name, length) in [('a', 9), ('b', 6), ('c', 1)] {
            let own: Vec<_> = order.iter().copied().filter(|(lane, _)| *lane == name).collect();
            assert_eq!(own, lane(name, length));
        }
        let of_a = order[..8].iter().filter(|(lane, _)| *lane == 'a').count();
        assert!((4..=5).contains(&of_a), "{order:?}");
        assert!(interleaved(Vec::<Vec<u8>>::new()).is_empty());
    }
}
