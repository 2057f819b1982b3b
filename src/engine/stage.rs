//! What all cases of a run share: the suite, the rules, the context, shared setups, locks, slots and the interrupt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, watch};

use super::capability::Capabilities;
use super::rules::Rules;
use super::setups::Setups;
use crate::testcase::Suite;
use crate::verbs::{Context, Cost};

/// Shared by all cases of a run.
pub struct Stage {
    /// Cases and flows.
    pub suite: Arc<Suite>,
    /// The requirements in force.
    pub rules: Arc<Rules>,
    /// What the target claims.
    pub capabilities: Capabilities,
    /// What verbs work with.
    pub context: Context,
    /// Becomes true on ctrl-C.
    pub interrupt: Interrupt,
    /// What cases share.
    pub setups: Setups,
    /// Only this step of `[[steps]]`, besides setups and controls.
    pub only_step: Option<usize>,
    locks: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    broken_locks: Mutex<BTreeSet<String>>,
    slots: Arc<Semaphore>,
    unreached: Mutex<BTreeSet<String>>,
}

/// What a run keeps to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many cases act at a time; 0 counts as 1.
    pub slots: usize,
    /// What shared setups whose token has ended may send together to be made anew: the plan has promised no more.
    pub renewals: Cost,
}

impl Stage {
    /// A stage that keeps to these limits.
    #[must_use]
    pub fn new(
        suite: Arc<Suite>,
        rules: Arc<Rules>,
        capabilities: Capabilities,
        context: Context,
        interrupt: Interrupt,
        limits: Limits,
        only_step: Option<usize>,
    ) -> Self {
        Self {
            suite,
            rules,
            capabilities,
            context,
            interrupt,
            only_step,
            setups: Setups::new(limits.renewals),
            locks: Mutex::default(),
            broken_locks: Mutex::default(),
            slots: Arc::new(Semaphore::new(limits.slots.max(1))),
            unreached: Mutex::default(),
        }
    }

    /// Waits until the case has everything that it must have alone, always in the same order, so that no two cases wait for each other.
    pub async fn lock(&self, names: &[String]) -> Vec<OwnedMutexGuard<()>> {
        let sorted: BTreeSet<&String> = names.iter().collect();
        let mut guards = Vec::new();
        for name in sorted {
            let lock = {
                let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(locks.entry(name.clone()).or_default())
            };
            guards.push(lock.lock_owned().await);
        }
        guards
    }

    /// Remembers that a case could not restore what it broke.
    pub fn mark_broken(&self, locks: &[String]) {
        self.broken_locks.lock().unwrap_or_else(PoisonError::into_inner).extend(locks.iter().cloned());
    }

    /// The first of these locks that an earlier case broke and could not restore.
    #[must_use]
    pub fn broken_lock(&self, locks: &[String]) -> Option<String> {
        let broken = self.broken_locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.iter().find(|lock| broken.contains(*lock)).cloned()
    }

    /// A slot to act in. Given back while a case waits on purpose.
    pub async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }

    /// Remembers that an assertion of this requirement could not be reached: a row of `then` behind a miss.
    pub fn mark_unreached(&self, requirement: String) {
        self.unreached.lock().unwrap_or_else(PoisonError::into_inner).insert(requirement);
    }

    /// Every requirement of which an assertion could not be reached.
    #[must_use]
    pub fn unreached(&self) -> BTreeSet<String> {
        self.unreached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Says when a person wants the run to end. Clones share one signal.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// The signal and the end that raises it. A dropped sender never interrupts.
    #[must_use]
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// True once it was raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is raised; never otherwise.
    pub async fn raised(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
