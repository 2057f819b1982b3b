//! What the UDAP side of one server is and remembers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use openssl::x509::X509;

use super::super::exchange::Reply;
use super::options::{Revocation, UdapOptions};
use super::place::{Place, REGISTRATION};
use super::registry::Registry;
use super::replay::Uses;
use super::tiered;
use super::version::Version;

/// A community as the server sees it.
#[derive(Debug)]
pub(in super::super) struct Member {
    pub(in super::super) uri: String,
    /// What its clients' chains must lead to.
    pub(super) anchors: Vec<X509>,
}

/// The UDAP side of one server.
pub(in super::super) struct Udap {
    pub(in super::super) version: Version,
    pub(in super::super) communities: Vec<Member>,
    pub(super) revocation: Revocation,
    documents: AtomicU64,
    registry: Mutex<Registry>,
    statements: Mutex<Uses>,
    assertions: Mutex<Uses>,
    /// What was fetched, by its URL; `None` when it could not be.
    fetched: Mutex<BTreeMap<String, Option<Vec<u8>>>>,
    /// When a request with this `jti` came in last.
    arrivals: Mutex<BTreeMap<String, Instant>>,
    /// Successes that a fault gives again for the same JWT.
    cached: Mutex<BTreeMap<[u8; 32], Reply>>,
    /// How often an assertion about a client was not believed.
    failures: Mutex<BTreeMap<String, usize>>,
    /// Sign-ins at identity providers.
    pub(super) tiered: tiered::Memory,
}

/// After how many failures a client is locked.
const FAILURES_BEFORE_LOCK: usize = 3;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Udap {
    /// The state that these options ask for. What they say wrongly was refused before the start.
    pub(in super::super) fn new(options: &UdapOptions) -> Self {
        let communities = options.communities.iter().map(|community| Member {
            uri: community.uri.clone(),
            anchors: community.anchors.iter().filter_map(|der| X509::from_der(der).ok()).collect(),
        });
        Self {
            version: Version::parse(&options.version).unwrap_or(Version::V1_1),
            communities: communities.collect(),
            revocation: options.revocation,
            documents: AtomicU64::new(0),
            registry: Mutex::default(),
            statements: Mutex::default(),
            assertions: Mutex::default(),
            fetched: Mutex::default(),
            arrivals: Mutex::default(),
            cached: Mutex::default(),
            failures: Mutex::default(),
            tiered: tiered::Memory::default(),
        }
    }

    /// The name of a community, by which its CA is found; the server without communities has one without a name.
    pub(in super::super) fn name_of(&self, community: usize) -> &str {
        self.communities.get(community).map_or("", |community| community.uri.as_str())
    }

    /// Whether the `CapabilityStatement` names UDAP: version 0.1.0 of the guide asked for it.
    pub(in super::super) fn is_announced_in_metadata(&self) -> bool {
        self.version == Version::V0_1
    }

    /// Counts a document that is signed, so that no two have the same `jti`.
    pub(super) fn count_document(&self) -> u64 {
        self.documents.fetch_add(1, Ordering::Relaxed)
    }

    /// How many registrations stand.
    pub(in super::super) fn registrations(&self) -> usize {
        self.registry().standing()
    }

    /// Who is registered.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        locked(&self.registry)
    }

    /// Which `jti` were used at a place.
    pub(super) fn uses(&self, place: &Place) -> MutexGuard<'_, Uses> {
        locked(if place.replay == REGISTRATION.replay { &self.statements } else { &self.assertions })
    }

    /// Keeps what was fetched.
    pub(in super::super) fn keep(&self, url: String, body: Option<Vec<u8>>) {
        locked(&self.fetched).insert(url, body);
    }

    /// What was fetched last from a URL.
    pub(super) fn fetched(&self, url: &str) -> Option<Vec<u8>> {
        locked(&self.fetched).get(url).cloned().flatten()
    }

    /// Notes that a request with this `jti` has come in.
    pub(super) fn note_arrival(&self, jti: &str) {
        locked(&self.arrivals).insert(jti.to_owned(), Instant::now());
    }

    /// Whether the last request with this `jti` had come in before that moment.
    pub(super) fn met(&self, jti: &str, moment: Instant) -> bool {
        locked(&self.arrivals).get(jti).is_some_and(|arrival| *arrival <= moment)
    }

    /// Notes that an assertion about a client was not believed.
    pub(super) fn note_failure(&self, client: String) {
        *locked(&self.failures).entry(client).or_default() += 1;
    }

    /// Whether that has happened too often, for the server that locks such clients.
    pub(super) fn is_locked(&self, client: &str) -> bool {
        locked(&self.failures).get(client).is_some_and(|failures| *failures >= FAILURES_BEFORE_LOCK)
    }

    /// Keeps a success, to give it again.
    pub(super) fn cache(&self, digest: [u8; 32], reply: &Reply) {
        locked(&self.cached).insert(digest, reply.clone());
    }

    /// A success that was given for the same JWT before.
    pub(super) fn cached(&self, digest: &[u8; 32]) -> Option<Reply> {
        locked(&self.cached).get(digest).cloned()
    }
}

impl fmt::Debug for Udap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Udap").field("version", &self.version).finish_non_exhaustive()
    }
}
