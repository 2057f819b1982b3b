//! `carinbb selftest`: prove every case by its faults.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::cli::args::{Global, SelftestArgs};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::selftest::{Demand, Proof, as_json, as_table, demands, prove, summary};
use crate::cli::suite::{self, LoadedSuite};

/// Proves and prints. Exit code 1 when anything is not proved.
///
/// # Errors
/// When the suite is broken or nothing is called as was asked.
pub fn selftest(global: &Global, arguments: &SelftestArgs, _: &Environment) -> Result<u8, Failure> {
    let loaded = Arc::new(suite::load(global.testcases.as_deref())?);
    let profiles: Vec<String> = loaded.catalogue.profiles().map(|profile| profile.id.to_string()).collect();
    let mut wanted = demands(&profiles, &loaded.suite, &arguments.what);
    if arguments.full {
        wanted = everywhere(wanted, &profiles);
    }
    if wanted.is_empty() {
        return Err(Failure::wrong(format!("no fault or case is called {}", arguments.what.join(" or "))));
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    let proofs = runtime.block_on(prove_all(wanted, &loaded, arguments.jobs.max(1)));
    let (last, good) = summary(&proofs, &loaded.suite);
    if arguments.json {
        output::print(&serde_json::to_string_pretty(&as_json(&proofs, &loaded.suite)).unwrap_or_default());
    } else {
        output::print(&as_table(&proofs));
        output::print(&last);
    }
    Ok(u8::from(!good))
}

/// Servers that are honest, odd or broken must be right under every profile, not only under one.
fn everywhere(demands: Vec<Demand>, profiles: &[String]) -> Vec<Demand> {
    let mut all = Vec::new();
    for demand in demands {
        let only_here = demand.fault.is_none_or(|fault| fault.kind == crate::reference::FaultKind::Fault);
        if only_here {
            all.push(demand);
        } else {
            all.extend(profiles.iter().map(|profile| Demand { profile: profile.clone(), ..demand.clone() }));
        }
    }
    all
}

async fn prove_all(demands: Vec<Demand>, loaded: &Arc<LoadedSuite>, jobs: usize) -> Vec<Proof> {
    let slots = Arc::new(Semaphore::new(jobs));
    let tasks = demands.into_iter().map(|demand| {
        let (slots, loaded) = (Arc::clone(&slots), Arc::clone(loaded));
        tokio::spawn(async move {
            let _slot = slots.acquire_owned().await;
            prove(&demand, &loaded).await
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut proofs = Vec::new();
    for task in tasks {
        match task.await {
            Ok(proof) => proofs.push(proof),
            Err(error) => output::complain(&format!("carinbb: a proof ended in a panic, which is our bug: {error}")),
        }
    }
    proofs
}
