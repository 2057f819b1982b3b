//! All demands side by side: first what each fault can matter to, then the proofs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::demand::{Demand, Proof};
use super::prove::prove;
use super::touch::{Touches, View};
use crate::cli::output;
use crate::cli::suite::LoadedSuite;
use crate::reference::{Fault, FaultKind};

/// Running every case alone costs about as much as so many proofs with the whole suite; below, it does not pay.
const WORTH_RECORDING: usize = 12;

/// Servers that are honest, odd or broken must be right under every profile, not only under one.
#[must_use]
pub fn everywhere(demands: Vec<Demand>, profiles: &[String]) -> Vec<Demand> {
    let mut all = Vec::new();
    for demand in demands {
        let only_here = demand.fault.is_none_or(|fault| fault.kind == FaultKind::Fault);
        if only_here {
            all.push(demand);
        } else {
            all.extend(profiles.iter().map(|profile| Demand { profile: profile.clone(), ..demand.clone() }));
        }
    }
    all
}

/// Proves all; with `full` every proof takes the whole suite.
pub async fn prove_all(demands: Vec<Demand>, loaded: &Arc<LoadedSuite>, jobs: usize, full: bool) -> Vec<Proof> {
    let slots = Arc::new(Semaphore::new(jobs));
    let touches = if full { BTreeMap::new() } else { record(&demands, loaded, &slots).await };
    let touches = Arc::new(touches);
    let tasks = demands.into_iter().map(|demand| {
        let (slots, loaded, touches) = (Arc::clone(&slots), Arc::clone(loaded), Arc::clone(&touches));
        tokio::spawn(async move {
            let _slot = slots.acquire_owned().await;
            let cases = if full { None } else { that_matter(&demand, &touches, &loaded).await };
            prove(&demand, &loaded, cases.as_ref()).await
        })
    });
    let tasks: Vec<JoinHandle<Proof>> = tasks.collect();
    let mut proofs = Vec::new();
    for task in tasks {
        match task.await {
            Ok(mut proof) => {
                proof.problems.extend(dependent(&proof.demand, &touches));
                proofs.push(proof);
            }
            Err(error) => output::complain(&format!("carinbb: a proof ended in a panic, which is our bug: {error}")),
        }
    }
    proofs
}

/// Of the clean server: each case that, run alone, came to something else than among all others.
fn dependent(demand: &Demand, touches: &BTreeMap<View, Touches>) -> Vec<String> {
    if demand.fault.is_some() || demand.client {
        return Vec::new();
    }
    let views = touches.iter().filter(|((profile, _), _)| *profile == demand.profile);
    let cases = views.flat_map(|((_, smart), touches)| touches.dependent().map(move |case| (case, smart)));
    let version = |smart: &Option<String>| smart.as_ref().map(|smart| format!(" under SMART {smart}")).unwrap_or_default();
    cases.map(|(case, smart)| format!("{case} alone comes to something else than among all others{}", version(smart))).collect()
}

/// The cases that a proof needs, by their ids or areas; nothing when it takes the whole suite.
async fn that_matter(demand: &Demand, touches: &BTreeMap<View, Touches>, loaded: &LoadedSuite) -> Option<BTreeSet<String>> {
    if let Some(word) = demand.judged_by() {
        return Some(BTreeSet::from([word.to_owned()]));
    }
    touches.get(&view(demand))?.of(narrowed(demand)?, demand, loaded).await
}

/// The fault whose proof may take less than the whole suite.
fn narrowed(demand: &Demand) -> Option<&'static Fault> {
    demand.fault.filter(|fault| !fault.kind.keeps_no_promise() && !demand.client)
}

fn view(demand: &Demand) -> View {
    (demand.profile.clone(), demand.smart.clone())
}

/// What each case asks, for every view that enough demands share. A view that could not be recorded is proved with the whole suite.
async fn record(demands: &[Demand], loaded: &Arc<LoadedSuite>, slots: &Arc<Semaphore>) -> BTreeMap<View, Touches> {
    let mut sharing: BTreeMap<View, usize> = BTreeMap::new();
    for demand in demands.iter().filter(|demand| narrowed(demand).is_some()) {
        *sharing.entry(view(demand)).or_default() += 1;
    }
    let worth = sharing.into_iter().filter(|(_, demands)| *demands >= WORTH_RECORDING).map(|(view, _)| view);
    let recordings = worth.map(|view| async move {
        let recorded = Touches::record(&view, loaded, None, slots).await;
        (view, recorded)
    });
    let mut touches = BTreeMap::new();
    for (view, recorded) in join_all(recordings).await {
        match recorded {
            Ok(recorded) => {
                touches.insert(view, recorded);
            }
            Err(problem) => output::complain(&format!("carinbb: every proof under {} takes the whole suite: {problem}", view.0)),
        }
    }
    touches
}
