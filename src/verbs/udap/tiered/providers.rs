//! Where our identity providers are, and which of them a run has opened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::provider::Provider;
use crate::peers::Rooms;

/// Where providers can be opened, as the operator set it up.
#[derive(Debug, Clone)]
pub struct Providers {
    /// The server that they are rooms of.
    pub rooms: Arc<Rooms>,
    /// True when several runs share the server, so that each has addresses of its own. Otherwise the address of a provider is the
    /// same in every run, and a data holder that knows the member by it goes on knowing her.
    pub is_shared: bool,
    /// What ID tokens and `UserInfo` say of the member beside what they must; `sub` among it.
    pub claims: Map<String, Value>,
}

/// The providers of one run, by name.
#[derive(Debug, Default)]
pub(in crate::verbs::udap) struct Opened(Mutex<BTreeMap<String, Arc<Provider>>>);

impl Opened {
    /// The provider of this name, opened the first time it is asked for. One whose name begins with `new` has an address that no
    /// run before had, so that no data holder can know it.
    pub fn provider(&self, site: &Providers, name: &str, run: Uuid) -> Arc<Provider> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = if site.is_shared || name.starts_with("new") { format!("{run}/{name}") } else { name.to_owned() };
        Arc::clone(opened.entry(name.to_owned()).or_insert_with(|| Provider::open(&site.rooms, path, site.claims.clone())))
    }

    /// Closes all of them.
    pub fn close(&self) {
        let opened = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        opened.values().for_each(|provider| provider.close());
    }
}
