//! What a verb works with: the world, the target, the documents that discovery found, and what the run has learnt so far.
//!
//! One context serves a whole run; `labelled` makes the cheap copy that a step gets, so that evidence knows its step.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::browser::Browser;
use super::client::ClientStand;
use super::discovery::{Documents, UdapAnchors};
use super::known_members::KnownMembers;
use super::oauth::Leftovers;
use super::tls::Looks;
use super::udap::{UdapClients, UdapIdentity};
use super::vault::Vault;
use crate::crypto::Key;
use crate::evidence::Label;
use crate::net::tls::{Limits, Trust};
use crate::net::{Origin, World};
use crate::target::{Launch, Target};
use crate::vocabulary::Cause;

/// Shared by all verbs of a run. Clones share everything but the label.
#[derive(Clone)]
pub struct Context {
    /// Time, randomness, sockets, evidence.
    pub world: World,
    /// What is under test.
    pub target: Arc<Target>,
    /// The discovery documents, each fetched once.
    pub documents: Documents,
    /// The clients, members and given tokens, secrets included.
    pub launch: Arc<Launch>,
    /// The secrets of the run between its steps.
    pub vault: Vault,
    pub(super) browser: Option<Arc<dyn Browser>>,
    /// Who launches the client under observation; absent when a server is under test.
    pub(super) client: Option<Arc<dyn ClientStand>>,
    udap: Option<Arc<UdapClients>>,
    /// Whom the operator trusts in UDAP.
    pub(super) udap_anchors: Arc<UdapAnchors>,
    udap_version: Option<String>,
    pub(super) label: Label,
    pub(super) tls: TlsSettings,
    learnt: Arc<Learnt>,
}

/// How TLS is looked at.
#[derive(Clone)]
pub struct TlsSettings {
    /// The trust anchors that certificates are judged by.
    pub trust: Arc<Trust>,
    /// What they are, in words, for instance `the public roots`.
    pub judged_against: String,
    /// Deadline and caps of one connection.
    pub limits: Limits,
}

/// What the run has learnt on its way.
#[derive(Default)]
struct Learnt {
    observed: Arc<Mutex<BTreeSet<String>>>,
    trusted: Mutex<HashMap<Origin, bool>>,
    looks: Looks,
    aud_with_slash: AtomicBool,
    aud: AsyncMutex<AudTries>,
    failed_authentications: Mutex<HashMap<String, u32>>,
    server_errors: Mutex<HashMap<String, u32>>,
    fresh_codes: AtomicU32,
    leftovers: Leftovers,
    known_members: KnownMembers,
    key_sets: AsyncMutex<HashMap<String, KeySet>>,
}

/// What is known of how this server takes `aud`.
#[derive(Default)]
pub(super) struct AudTries {
    /// True once a right request brought a code.
    pub settled: bool,
    /// How often the other form was tried without a code.
    pub in_vain: u32,
}

/// How often a run signs in once more because a server error came for a code. Each costs one authorization.
pub const MOST_FRESH_CODES: u32 = 12;

/// How often the other form of `aud` is tried before nobody tries any more. Each costs one authorization.
pub const MOST_AUD_TRIES: u32 = 3;

impl AudTries {
    /// True when the other form need not be tried any more.
    pub fn is_over(&self) -> bool {
        self.settled || self.in_vain >= MOST_AUD_TRIES
    }
}

/// The keys of one address, with the evidence, or why there are none.
pub(super) type KeySet = (Result<Vec<Key>, Cause>, Vec<String>);

impl Context {
    /// A context for a run against this target.
    #[must_use]
    pub fn new(world: World, target: Arc<Target>, tls: TlsSettings) -> Self {
        let vault = Vault::new(world.redactor.clone());
        Self {
            world,
            target,
            documents: Documents::default(),
            launch: Arc::default(),
            vault,
            browser: None,
            client: None,
            udap: None,
            udap_anchors: Arc::default(),
            udap_version: None,
            label: Label::default(),
            tls,
            learnt: Arc::default(),
        }
    }

    /// The same with what a launch needs. The redactor gets to know every secret in it.
    #[must_use]
    pub fn with_launch(self, launch: Arc<Launch>, browser: Option<Arc<dyn Browser>>) -> Self {
        let redactor = &self.world.redactor;
        for client in &launch.clients {
            client.secret.iter().chain(client.keys().map(|key| &key.pem)).for_each(|secret| redactor.register(secret));
        }
        for member in &launch.members {
            [&member.password, &member.totp].into_iter().flatten().for_each(|secret| redactor.register(secret));
        }
        for tokens in &launch.tokens {
            let secrets = [&tokens.access_token, &tokens.refresh_token, &tokens.id_token];
            secrets.into_iter().flatten().for_each(|secret| redactor.register(secret));
        }
        launch.audit.iter().for_each(|audit| redactor.register(&audit.access_token));
        Self { launch, browser, ..self }
    }

    /// The same with a client to observe.
    #[must_use]
    pub fn with_client(self, client: Option<Arc<dyn ClientStand>>) -> Self {
        Self { client, ..self }
    }

    /// The same with what a UDAP client needs.
    #[must_use]
    pub fn with_udap(self, identity: Option<UdapIdentity>) -> Self {
        let udap =
            identity.map(|identity| Arc::new(UdapClients::new(identity, self.world.run_id, Arc::clone(&self.world.clock))));
        Self { udap, ..self }
    }

    /// The same with the version of HL7 UDAP Security that holds.
    #[must_use]
    pub fn with_udap_version(self, version: Option<&str>) -> Self {
        Self { udap_version: version.map(str::to_owned), ..self }
    }

    /// The same, of whose documents nobody has looked at any part.
    #[must_use]
    pub fn with_unread_documents(self) -> Self {
        Self { documents: self.documents.unread(), ..self }
    }

    /// True when version 0.1.0 of HL7 UDAP Security holds, whose clients put some things otherwise.
    pub(super) fn speaks_first_udap_version(&self) -> bool {
        self.udap_version.as_deref() == Some("0.1.0")
    }

    /// The same with those whom the operator trusts in UDAP.
    #[must_use]
    pub fn with_udap_anchors(self, anchors: Arc<UdapAnchors>) -> Self {
        Self { udap_anchors: anchors, ..self }
    }

    /// True when every UDAP registration of the run has a URI of its own, so that none can spoil another.
    #[must_use]
    pub fn registrations_are_apart(&self) -> bool {
        self.udap.as_deref().is_none_or(UdapClients::are_apart)
    }

    /// True when both flows of UDAP have to do with one registration, so that each registers itself over the other.
    #[must_use]
    pub fn flows_share_a_registration(&self) -> bool {
        self.udap.as_deref().is_some_and(UdapClients::share_one_uri)
    }

    /// The UDAP clients of the run.
    pub(super) fn udap_clients(&self) -> Result<&Arc<UdapClients>, Cause> {
        let missing = || Cause::new("input", "the target file gives no certificate to register with: [udap] pki or pkcs12");
        self.udap.as_ref().ok_or_else(missing)
    }

    /// The context of one step of one case.
    #[must_use]
    pub fn labelled(&self, case: &str, step: &str) -> Self {
        Self { label: Label::new(case, step), ..self.clone() }
    }

    /// Capabilities that were seen at work so far, for instance `tls.1.2`; grows as the run goes on.
    #[must_use]
    pub fn observed(&self) -> Arc<Mutex<BTreeSet<String>>> {
        Arc::clone(&self.learnt.observed)
    }

    /// True when this server takes `aud` only with a slash at its end.
    pub(super) fn aud_ends_with_slash(&self) -> bool {
        self.learnt.aud_with_slash.load(Ordering::Relaxed)
    }

    /// Remembers that this server takes `aud` only with a slash at its end.
    pub(super) fn remember_aud_with_slash(&self) {
        self.learnt.aud_with_slash.store(true, Ordering::Relaxed);
    }

    /// What is known of `aud`; whoever holds it is the only one to try the other form.
    pub(super) fn aud_tries(&self) -> &AsyncMutex<AudTries> {
        &self.learnt.aud
    }

    /// How many authentications under this client id failed in a row.
    pub(super) fn failed_authentications(&self, client_id: &str) -> u32 {
        locked(&self.learnt.failed_authentications).get(client_id).copied().unwrap_or_default()
    }

    /// Counts an authentication under this client id.
    pub(super) fn note_authentication(&self, client_id: &str, failed: bool) {
        let mut counts = locked(&self.learnt.failed_authentications);
        let count = counts.entry(client_id.to_owned()).or_default();
        *count = if failed { *count + 1 } else { 0 };
    }

    /// Counts what came of a request of this kind, and tells how many server errors there were in a row.
    pub(super) fn note_server_error(&self, kind: &str, failed: bool) -> u32 {
        let mut counts = locked(&self.learnt.server_errors);
        let count = counts.entry(kind.to_owned()).or_default();
        *count = if failed { count.saturating_add(1) } else { 0 };
        *count
    }

    /// Whether the member may be asked to sign in once more for a fresh code; each call counts.
    pub(super) fn may_take_a_fresh_code(&self) -> bool {
        self.learnt.fresh_codes.fetch_add(1, Ordering::Relaxed) < MOST_FRESH_CODES
    }

    /// The tokens that the run received.
    pub(super) fn leftovers(&self) -> &Leftovers {
        &self.learnt.leftovers
    }

    /// The members whose own Patient was read.
    pub(super) fn known_members(&self) -> &KnownMembers {
        &self.learnt.known_members
    }

    /// Notes a capability that was seen at work.
    pub(super) fn observe(&self, capability: &str) {
        locked(&self.learnt.observed).insert(capability.to_owned());
    }

    /// Whether the certificate of this origin was accepted before; nothing when it was not asked yet.
    #[must_use]
    pub fn is_trusted(&self, origin: &Origin) -> Option<bool> {
        locked(&self.learnt.trusted).get(origin).copied()
    }

    /// Remembers whether the certificate of an origin was accepted.
    pub(super) fn set_trusted(&self, origin: &Origin, trusted: bool) {
        locked(&self.learnt.trusted).insert(origin.clone(), trusted);
    }

    /// The key sets that were fetched so far; whoever holds it is the only one to fetch.
    pub(super) fn key_sets(&self) -> &AsyncMutex<HashMap<String, KeySet>> {
        &self.learnt.key_sets
    }

    /// What is known of the TLS of hosts and ports.
    pub(super) fn looks(&self) -> &Looks {
        &self.learnt.looks
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
