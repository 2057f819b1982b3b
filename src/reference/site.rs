//! What all listeners of one reference server share: its addresses, its faults, its token, its counters.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;
use url::Url;

use crate::vocabulary::Secret;

use super::door::Door;
use super::faults::Switches;
use super::journal::Journal;
use super::members;
use super::oauth::{self, Access, RegisteredClient, RegisteredMember, Store};
use super::options::{LoginVariant, Now, Options};
use super::udap::{self, Udap};

/// The path of the FHIR base on its origin.
pub(super) const BASE_PATH: &str = "/fhir/r4";

/// A request count after which `hostile-dies-after-discovery` takes the FHIR listener away.
const REQUESTS_BEFORE_DEATH: usize = 6;

/// One reference server, without its sockets.
pub(super) struct Site {
    pub(super) faults: Switches,
    pub(super) latency: Duration,
    pub(super) smart_version: Option<String>,
    pub(super) base: Url,
    pub(super) authorization: Url,
    pub(super) plain: Url,
    pub(super) token: Secret,
    /// The one access token that reads the audit log.
    pub(super) auditor: Secret,
    pub(super) login: LoginVariant,
    pub(super) clients: Vec<RegisteredClient>,
    pub(super) accounts: Vec<RegisteredMember>,
    pub(super) udap: Udap,
    pub(super) journal: Journal,
    store: Mutex<Store>,
    now: Now,
    /// Fires when the FHIR listener has to go away.
    pub(super) death: Notify,
    rolled_over: AtomicBool,
    requests: AtomicUsize,
    fhir_requests: AtomicUsize,
    connections: AtomicUsize,
    served: AtomicUsize,
}

impl Site {
    /// A server on these three ports of `localhost`: FHIR, authorization, plain HTTP.
    pub(super) fn new(options: &Options, ports: [u16; 3]) -> Result<Self, url::ParseError> {
        let clients = oauth::register(options.redirect_uri.as_ref())?;
        let token = Secret::new("access_token", oauth::random());
        let mut store = Store::default();
        store.access.insert(token.expose().to_owned(), standing_access(&clients, (options.now)()));
        Ok(Self {
            faults: Switches::new(&options.faults),
            latency: options.latency,
            smart_version: options.smart_version.clone(),
            base: Url::parse(&format!("https://localhost:{}{BASE_PATH}", ports[0]))?,
            authorization: Url::parse(&format!("https://localhost:{}", ports[1]))?,
            plain: Url::parse(&format!("http://localhost:{}", ports[2]))?,
            token,
            auditor: Secret::new("auditor_token", oauth::random()),
            login: options.login,
            clients,
            accounts: oauth::open(),
            udap: Udap::new(&options.udap),
            journal: Journal::new(options.observe),
            store: Mutex::new(store),
            now: options.now.clone(),
            death: Notify::new(),
            rolled_over: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            fhir_requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            served: AtomicUsize::new(0),
        })
    }

    /// Whether a fault is on; the question is remembered.
    pub(super) fn has(&self, fault: &'static str) -> bool {
        self.faults.is_on(fault)
    }

    /// What time it is for codes and tokens.
    pub(super) fn now(&self) -> OffsetDateTime {
        (self.now)()
    }

    /// What the authorization server remembers. Nothing that holds it waits or asks about a fault that needs it.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The registered app of this id.
    pub(super) fn client(&self, id: &str) -> Option<RegisteredClient> {
        self.clients.iter().find(|client| client.id == id).cloned().or_else(|| udap::client(self, id))
    }

    /// A URL on the authorization origin.
    pub(super) fn authorization_url(&self, path: &str) -> String {
        format!("{}{path}", self.authorization.as_str().trim_end_matches('/'))
    }

    /// Whether the published SMART version is at least this one; a server that publishes for all has every version.
    pub(super) fn smart_is_at_least(&self, version: &str) -> bool {
        self.smart_version.as_deref().is_none_or(|published| published >= version)
    }

    /// From now on the key that signs ID tokens is published, which matters only under `jwks-rolls-over`.
    pub(super) fn roll_keys_over(&self) {
        self.rolled_over.store(true, Ordering::Relaxed);
    }

    /// Whether the key that signs ID tokens is not published yet.
    pub(super) fn keys_are_old(&self) -> bool {
        self.has("jwks-rolls-over") && !self.rolled_over.load(Ordering::Relaxed)
    }

    /// Counts a request. The result is its number, from 0.
    pub(super) fn count_request(&self) -> usize {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a connection. The result is its number, from 0.
    pub(super) fn count_connection(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a connection that HTTP is served on. The result is its number, from 0.
    pub(super) fn count_served(&self) -> usize {
        self.served.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether this request finds the FHIR listener gone.
    pub(super) fn dies_now(&self, door: Door) -> bool {
        if door != Door::Fhir || !self.has("hostile-dies-after-discovery") {
            return false;
        }
        let dead = self.fhir_requests.fetch_add(1, Ordering::Relaxed) >= REQUESTS_BEFORE_DEATH;
        if dead {
            self.death.notify_one();
        }
        dead
    }
}

/// What the one token stands for that is valid from the start: the first member reads everything of hers.
fn standing_access(clients: &[RegisteredClient], now: OffsetDateTime) -> Access {
    Access {
        grant: 0,
        client: clients.first().map(|client| client.id.clone()).unwrap_or_default(),
        member: 0,
        patient: Some(members::first().patient_id().to_owned()),
        scopes: vec!["patient/*.rs".to_owned()],
        issued: now,
        expires: now.saturating_add(time::Duration::days(3650)),
        usable: true,
        without_member: false,
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Site").field("base", &self.base.as_str()).field("faults", &self.faults).finish_non_exhaustive()
    }
}
