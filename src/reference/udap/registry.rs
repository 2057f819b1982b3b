//! Who is registered: one client per community anchor and client URI.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::scopes::Flow;

/// A registered client.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    pub(super) client_id: String,
    /// Its URI, which its certificates must be about.
    pub(super) uri: String,
    /// The anchor that its certificates must lead to.
    pub(super) anchor: String,
    /// What the statement says about it, as far as it was taken over.
    pub(super) metadata: Map<String, Value>,
    /// The flow; none when it was cancelled.
    pub(super) flow: Option<Flow>,
    pub(super) may_refresh: bool,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uris: Vec<String>,
    /// The digest of the certificate that it registered with.
    pub(super) certificate: Vec<u8>,
    /// A secret, when a quirk gives one.
    pub(super) secret: Option<String>,
}

/// Every registration.
#[derive(Debug, Default)]
pub(super) struct Registry {
    by_client: BTreeMap<(String, String), Registration>,
    /// Registrations that were replaced and that a fault still honours.
    replaced: Vec<Registration>,
}

impl Registry {
    /// The registration of this client in the community of this anchor.
    pub(super) fn of(&self, anchor: &str, uri: &str) -> Option<&Registration> {
        self.by_client.get(&(anchor.to_owned(), uri.to_owned()))
    }

    /// Any registration of this client.
    pub(super) fn of_uri(&self, uri: &str) -> Option<&Registration> {
        self.by_client.values().find(|registration| registration.uri == uri)
    }

    /// How many registrations were not cancelled.
    pub(super) fn standing(&self) -> usize {
        self.by_client.values().filter(|registration| registration.flow.is_some()).count()
    }

    /// The registration with this `client_id`.
    pub(super) fn of_id(&self, id: &str) -> Option<&Registration> {
        self.by_client.values().chain(&self.replaced).find(|registration| registration.client_id == id)
    }

    /// Puts a registration in the place of the one of the same client.
    pub(super) fn put(&mut self, registration: Registration, keeps_the_old: bool) {
        let key = (registration.anchor.clone(), registration.uri.clone());
        let before = self.by_client.insert(key, registration);
        self.replaced.extend(before.filter(|_| keeps_the_old));
    }
}
