//! What the data holder remembers: the providers where it is a client, and the sign-ins that are on their way there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::super::oauth::Request;

/// A provider where the server is a client.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// What the app called it, which is its issuer.
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) userinfo_endpoint: Option<String>,
}

/// A sign-in that is on its way.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) request: Request,
    pub(super) browser: String,
    pub(super) provider: Known,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// How a sign-in at a provider ended: the number of a member, or the error for the app.
pub(super) type Ended = Result<usize, &'static str>;

#[derive(Debug, Default)]
pub(in super::super) struct Memory(Mutex<Content>);

#[derive(Debug, Default)]
pub(super) struct Content {
    /// By the address that apps use; `None` when it was tried and cannot be used.
    pub(super) providers: BTreeMap<String, Option<Known>>,
    /// By the state that the provider sends back.
    pub(super) pending: BTreeMap<String, Pending>,
    /// By the same state.
    pub(super) ended: BTreeMap<String, Ended>,
    /// Apps that named a provider that cannot be used, for a fault that holds it against them.
    pub(super) failed: BTreeSet<String>,
    /// The member who signed in last, for a fault that believes her again.
    pub(super) last: Option<usize>,
}

impl Memory {
    pub(super) fn open(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
