//! Which faults of one server are on, and which were asked about.
//!
//! The record of questions tells the selftest which faults can matter to a case at all.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::vocabulary::FaultName;

use super::table::find;

/// The faults of one running server.
#[derive(Debug)]
pub(in super::super) struct Switches {
    on: Mutex<BTreeSet<String>>,
    asked: Mutex<BTreeSet<&'static str>>,
}

impl Switches {
    /// Switches with these faults on and no question asked yet.
    pub(in super::super) fn new(on: &[FaultName]) -> Self {
        Self { on: Mutex::new(names(on)), asked: Mutex::default() }
    }

    /// From now on these are on and no others.
    pub(in super::super) fn set(&self, on: &[FaultName]) {
        *self.on.lock().unwrap_or_else(PoisonError::into_inner) = names(on);
    }

    /// Whether a fault is on. Every behaviour that a fault can change asks here, each time it is about to behave.
    pub(in super::super) fn is_on(&self, name: &'static str) -> bool {
        debug_assert!(find(name).is_some(), "{name} is asked about and stands in no table");
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        self.on.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Whether any of these is on, without leaving a trace: for choices about the machinery, not about behaviour. Only servers
    /// whose proofs take their cases whatever was asked may be asked about like this.
    pub(in super::super) fn any_of(&self, names: &[&str]) -> bool {
        let fits = |name: &&str| find(name).is_some_and(|fault| fault.kind.keeps_no_promise());
        debug_assert!(names.iter().all(fits), "a fault that leaves no trace would be proved with too few cases");
        let on = self.on.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().any(|name| on.contains(*name))
    }

    /// Every fault that was asked about since the start, or since it was forgotten.
    pub(in super::super) fn asked(&self) -> BTreeSet<FaultName> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter_map(|name| FaultName::parse(name).ok()).collect()
    }

    /// From now on only what is asked about later counts as asked.
    pub(in super::super) fn forget_asked(&self) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn names(faults: &[FaultName]) -> BTreeSet<String> {
    faults.iter().map(|name| name.as_str().to_owned()).collect()
}
