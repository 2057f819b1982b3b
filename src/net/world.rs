//! The one door to time, randomness and sockets. Every verb gets a world and has nothing else.

use std::sync::Arc;
use std::time::Duration;

use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::clock::{Clock, SystemClock};
use super::dial::{DialOptions, Dialer};
use super::guard::AddressGuard;
use super::http::{Http, HttpOptions, Means};
use super::identity::install_crypto_provider;
use super::network::Network;
use super::origin::Origin;
use super::random::{Random, SystemRandom};
use super::stillness::Activity;
use crate::evidence::{EvidenceId, EvidenceStore, Label, Record, TlsExchange};
use crate::vocabulary::Redactor;

/// What a world is made of.
pub struct WorldOptions {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The origins that the operator names: the base, configured endpoints, `allow_origins`. They decide over addresses,
    /// ports and credentials.
    pub target_origins: Vec<Origin>,
    /// The ranges of `--allow-net`.
    pub allow_net: Vec<Network>,
    /// How connections are made.
    pub dial: DialOptions,
    /// How the HTTP client behaves. `credential_origins` gets the target's origins in addition.
    pub http: HttpOptions,
    /// How many authentications of one client may fail in a row before a right one is sent.
    pub max_auth_failures: u32,
    /// How far the target's clock may be from ours.
    pub clock_leeway: Duration,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(SystemRandom),
            target_origins: Vec::new(),
            allow_net: Vec::new(),
            dial: DialOptions::default(),
            http: HttpOptions::default(),
            max_auth_failures: 5,
            clock_leeway: Duration::from_secs(60),
        }
    }
}

/// Options that do not make a world.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Key and certificate of the client do not fit, or cannot be used.
    #[error("the client certificate cannot be used")]
    ClientCertificate(#[source] rustls::Error),
}

/// Time, randomness, sockets and evidence of one run. Clones share all of it.
#[derive(Clone)]
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// TCP, for raw probes.
    pub dialer: Arc<Dialer>,
    /// HTTP.
    pub http: Http,
    /// What was sent and received.
    pub evidence: EvidenceStore,
    /// What must not be shown.
    pub redactor: Redactor,
    /// How many steps act at this moment.
    pub activity: Activity,
    /// The id that every request carries in `X-Carinbb-Run`.
    pub run_id: Uuid,
    /// How many authentications of one client may fail in a row before a right one is sent.
    pub max_auth_failures: u32,
    /// How far the target's clock may be from ours.
    pub clock_leeway: Duration,
}

impl World {
    /// Makes a world.
    ///
    /// # Errors
    /// When the client certificate cannot be used.
    pub fn new(options: WorldOptions) -> Result<Self, WorldError> {
        install_crypto_provider();
        let WorldOptions { clock, random, target_origins, allow_net, mut dial, mut http, max_auth_failures, clock_leeway } =
            options;
        dial.connect_timeout = http.limits.connect;
        if let Some(identity) = &http.identity {
            let provider = rustls::crypto::ring::default_provider();
            let key = provider.key_provider.load_private_key(identity.key.clone_key()).map_err(WorldError::ClientCertificate)?;
            let certified = rustls::sign::CertifiedKey::new(identity.chain.clone(), key);
            certified.keys_match().map_err(WorldError::ClientCertificate)?;
        }
        let guard = AddressGuard::new(target_origins.iter().map(|origin| (origin.host.clone(), origin.port)), allow_net);
        http.credential_origins.extend(target_origins);
        let redactor = Redactor::new(&random.state());
        dial.proxy.iter().flat_map(|proxy| proxy.passwords()).for_each(|password| redactor.register(password));
        let dialer = Arc::new(Dialer::new(guard, dial));
        let (run_id, evidence) = (random.uuid(), EvidenceStore::new());
        let means = Means {
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            dialer: Arc::clone(&dialer),
            evidence: evidence.clone(),
            redactor: redactor.clone(),
            run_id,
        };
        Ok(Self {
            clock,
            random,
            dialer,
            http: Http::new(http, means),
            evidence,
            redactor,
            activity: Activity::default(),
            run_id,
            max_auth_failures,
            clock_leeway,
        })
    }
    /// Records a raw TLS probe that has just ended. Its bytes are a greeting and hold no secret.
    #[must_use]
    pub fn record_probe(&self, label: &Label, probe: TlsExchange) -> EvidenceId {
        let started = self.clock.now() - Duration::from_millis(probe.elapsed_ms);
        self.evidence.append(label, started.format(&Rfc3339).unwrap_or_default(), Record::Tls(Box::new(probe)))
    }
}
