//! What all listeners of one reference server share: its addresses, its faults, its token, its counters.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use url::Url;
use uuid::Uuid;

use crate::vocabulary::Secret;

use super::door::Door;
use super::faults::Switches;
use super::options::Options;

/// The path of the FHIR base on its origin.
pub(super) const BASE_PATH: &str = "/fhir/r4";

/// A request count after which `hostile-dies-after-discovery` takes the FHIR listener away.
const REQUESTS_BEFORE_DEATH: usize = 6;

/// One reference server, without its sockets.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) faults: Switches,
    pub(super) latency: Duration,
    pub(super) smart_version: Option<String>,
    pub(super) base: Url,
    pub(super) authorization: Url,
    pub(super) plain: Url,
    pub(super) token: Secret,
    /// Fires when the FHIR listener has to go away.
    pub(super) death: Notify,
    requests: AtomicUsize,
    fhir_requests: AtomicUsize,
    connections: AtomicUsize,
}

impl Site {
    /// A server on these three ports of `localhost`: FHIR, authorization, plain HTTP.
    pub(super) fn new(options: &Options, ports: [u16; 3]) -> Result<Self, url::ParseError> {
        Ok(Self {
            faults: Switches::new(&options.faults),
            latency: options.latency,
            smart_version: options.smart_version.clone(),
            base: Url::parse(&format!("https://localhost:{}{BASE_PATH}", ports[0]))?,
            authorization: Url::parse(&format!("https://localhost:{}", ports[1]))?,
            plain: Url::parse(&format!("http://localhost:{}", ports[2]))?,
            token: Secret::new("access_token", format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())),
            death: Notify::new(),
            requests: AtomicUsize::new(0),
            fhir_requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        })
    }

    /// Whether a fault is on; the question is remembered.
    pub(super) fn has(&self, fault: &'static str) -> bool {
        self.faults.is_on(fault)
    }

    /// A URL on the authorization origin.
    pub(super) fn authorization_url(&self, path: &str) -> String {
        format!("{}{path}", self.authorization.as_str().trim_end_matches('/'))
    }

    /// Whether the published SMART version is at least this one; a server that publishes for all has every version.
    pub(super) fn smart_is_at_least(&self, version: &str) -> bool {
        self.smart_version.as_deref().is_none_or(|published| published >= version)
    }

    /// Counts a request. The result is its number, from 0.
    pub(super) fn count_request(&self) -> usize {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a connection. The result is its number, from 0.
    pub(super) fn count_connection(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed)
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
