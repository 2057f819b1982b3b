//! The UDAP clients of a run: under which URIs they appear, with which certificates, and what the server has registered.
//!
//! One URI holds one registration, and registering it again replaces the first. So each flow has a URI of its own, and what
//! is broken on purpose gets a URI that is used for nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};
use url::Url;
use uuid::Uuid;

use super::tiered::{Opened, Provider, Providers};
use crate::crypto::lab::{Credential, KeyKind, Lab, Shape};
use crate::net::Clock;
use crate::vocabulary::Cause;

/// Where client certificates come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A laboratory whose roots the target trusts: a certificate for every URI and of every shape.
    Laboratory(Arc<Lab>),
    /// One certificate of a real community, with its URIs.
    Community(Arc<Credential>, Vec<String>),
}

/// Who we are towards a UDAP server, as the operator set it up.
#[derive(Debug, Clone)]
pub struct UdapIdentity {
    /// Where certificates come from.
    pub source: Source,
    /// Where the app's logo is.
    pub logo_uri: String,
    /// Where members come back to.
    pub redirect_uri: Url,
    /// Whom to ask about the app.
    pub contact: String,
    /// Where identity providers of ours can be opened, if anywhere.
    pub providers: Option<Providers>,
}

/// What a server has registered for a URI.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    /// The id that it gave.
    pub client_id: String,
    /// `authorization_code` or `client_credentials`.
    pub flow: String,
    /// The scopes that were asked for.
    pub scopes: Vec<String>,
    /// The community by whose certificate it was made.
    pub community: Shape,
    /// What was special about that certificate: a lax server may want to see the like again.
    pub shape: Shape,
}

/// The clients of one run.
pub struct UdapClients {
    identity: UdapIdentity,
    run: Uuid,
    clock: Arc<dyn Clock>,
    fresh: AtomicU64,
    alone: AsyncMutex<()>,
    held: Mutex<Held>,
    opened: Opened,
}

#[derive(Debug, Default)]
struct Held {
    registrations: BTreeMap<(String, Shape), Registration>,
    ids: BTreeMap<(String, Shape), String>,
    jtis: BTreeSet<(String, String)>,
    credentials: BTreeMap<(Vec<String>, Shape, KeyKind), Arc<Credential>>,
}

/// Under which host the laboratory's clients appear. Nobody has to reach it.
const HOST: &str = "https://client.carinbb.example";

impl UdapClients {
    /// Clients of a run of this id, with nothing registered. Certificates are of the time that the clock shows when they are made.
    #[must_use]
    pub fn new(identity: UdapIdentity, run: Uuid, clock: Arc<dyn Clock>) -> Self {
        Self {
            identity,
            run,
            clock,
            fresh: AtomicU64::new(1),
            alone: AsyncMutex::new(()),
            held: Mutex::default(),
            opened: Opened::default(),
        }
    }

    /// In a community there is one URI, or two, for everything: who registers has it alone. In a laboratory nobody waits.
    pub(super) async fn alone(&self) -> Option<AsyncMutexGuard<'_, ()>> {
        match &self.identity.source {
            Source::Laboratory(_) => None,
            Source::Community(..) => Some(self.alone.lock().await),
        }
    }

    /// True when every registration has a URI of its own, so that none can spoil another.
    pub(in crate::verbs) fn are_apart(&self) -> bool {
        matches!(self.identity.source, Source::Laboratory(_))
    }

    /// True when one URI has to do for both flows: a registration for the one replaces that for the other.
    pub(in crate::verbs) fn share_one_uri(&self) -> bool {
        matches!(&self.identity.source, Source::Community(_, uris) if uris.len() < 2)
    }

    /// Who we are.
    pub(super) fn identity(&self) -> &UdapIdentity {
        &self.identity
    }

    /// The URI of a word: `fresh` is a new one (`fresh-urn` no web address), a word without a colon one of its own for the run, anything else stands for itself.
    /// In a community there are only those of the certificate.
    pub(super) fn uri(&self, word: &str, flow: &str) -> String {
        match &self.identity.source {
            _ if word.contains(':') => word.to_owned(),
            Source::Laboratory(_) if word == "fresh" => {
                format!("{HOST}/{}/{}", self.run, self.fresh.fetch_add(1, Ordering::Relaxed))
            }
            Source::Laboratory(_) if word == "fresh-urn" => {
                format!("urn:carinbb:{}:{}", self.run, self.fresh.fetch_add(1, Ordering::Relaxed))
            }
            Source::Laboratory(_) => format!("{HOST}/{}/{word}", self.run),
            Source::Community(_, uris) => {
                let second = uris.get(1).filter(|_| flow == "client_credentials");
                second.or_else(|| uris.first()).cloned().unwrap_or_default()
            }
        }
    }

    /// The certificate of this shape for these URIs.
    pub(super) fn credential(&self, uris: &[String], shape: Shape, key: Option<KeyKind>) -> Result<Arc<Credential>, Cause> {
        let lab = match &self.identity.source {
            Source::Laboratory(lab) => lab,
            Source::Community(credential, own)
                if shape == Shape::Right && key.is_none() && uris.iter().all(|uri| own.contains(uri)) =>
            {
                return Ok(Arc::clone(credential));
            }
            Source::Community(..) => {
                let word = shape.word();
                return Err(Cause::new(
                    "input",
                    format!("another certificate ({word}) than that of the community needs a laboratory that the target trusts"),
                ));
            }
        };
        if shape.must_be_fetched() && !lab.has_addresses() {
            let why =
                "nobody can see that a certificate is revoked when nothing can be asked of us: [listener] public_url is missing";
            return Err(Cause::new("input", why));
        }
        let key = key.unwrap_or(KeyKind::Rsa);
        let place = (uris.to_vec(), shape, key);
        if let Some(known) = self.held().credentials.get(&place) {
            return Ok(Arc::clone(known));
        }
        let made = lab.credential(uris, shape, key, self.clock.now()).map_err(|error| Cause::new("input", error.to_string()))?;
        // Another case may have made one meanwhile: a client that shows two certificates is another client to some servers.
        Ok(Arc::clone(self.held().credentials.entry(place).or_insert_with(|| Arc::new(made))))
    }

    /// The identity provider of ours of this name.
    pub(super) fn provider(&self, name: &str) -> Result<Arc<Provider>, Cause> {
        let missing =
            || Cause::new("input", "the data holder can reach no identity provider of ours: [identity_provider] is missing");
        let site = self.identity.providers.as_ref().ok_or_else(missing)?;
        Ok(self.opened.provider(site, name, self.run))
    }

    /// Closes every identity provider of ours.
    pub(super) fn close_providers(&self) {
        self.opened.close();
    }

    /// What is registered for a URI in a community.
    pub(super) fn registration(&self, uri: &str, community: Shape) -> Option<Registration> {
        self.held().registrations.get(&(uri.to_owned(), community)).cloned()
    }

    /// The id that a URI had when it was last registered, also when that was cancelled since.
    pub(super) fn last_id(&self, uri: &str, community: Shape) -> Option<String> {
        self.held().ids.get(&(uri.to_owned(), community)).cloned()
    }

    /// Remembers what was registered.
    pub(super) fn remember(&self, uri: &str, registration: Registration) {
        let place = (uri.to_owned(), registration.community);
        let mut held = self.held();
        held.ids.insert(place.clone(), registration.client_id.clone());
        held.registrations.insert(place, registration);
    }

    /// Forgets what was cancelled.
    pub(super) fn forget(&self, uri: &str, community: Shape) {
        self.held().registrations.remove(&(uri.to_owned(), community));
    }

    /// True when this issuer has not used this `jti` in the run yet; from now on it has.
    pub(super) fn uses(&self, issuer: &str, jti: &str) -> bool {
        self.held().jtis.insert((issuer.to_owned(), jti.to_owned()))
    }

    /// Everything that is still registered.
    pub(super) fn registered(&self) -> Vec<(String, Registration)> {
        self.held().registrations.iter().map(|((uri, _), registration)| (uri.clone(), registration.clone())).collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The community that a certificate belongs to, as far as registrations are concerned.
pub(super) fn community_of(shape: Shape) -> Shape {
    if shape == Shape::SecondCommunity { Shape::SecondCommunity } else { Shape::Right }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::crypto::lab::LabKeys;
    use crate::net::{OffsetClock, SystemClock};

    fn clients(lab_of: OffsetDateTime, clock: Arc<dyn Clock>) -> UdapClients {
        let lab = Lab::new(LabKeys::well_known(), None, lab_of).unwrap();
        let identity = UdapIdentity {
            source: Source::Laboratory(Arc::new(lab)),
            logo_uri: "https://client.example/logo.png".into(),
            redirect_uri: Url::parse("https://client.example/callback").unwrap(),
            contact: "mailto:ops@client.example".into(),
            providers: None,
        };
        UdapClients::new(identity, Uuid::nil(), clock)
    }

    /// A member who takes an hour at the sign-in page must not make a right server fail: what is good for an hour is good from the
    /// moment it is shown, and what begins tomorrow has not begun meanwhile.
    #[test]
    fn a_certificate_is_of_the_time_at_which_it_is_asked_for_and_not_of_the_beginning_of_the_run() {
        let clock = OffsetClock::new();
        let clients = clients(clock.now(), Arc::new(clock.clone()));
        clock.advance(Duration::from_hours(3));
        let dates = |shape| {
            let credential = clients.credential(&[clients.uri("fresh", "client_credentials")], shape, None).unwrap();
            let leaf = openssl::x509::X509::from_der(&credential.chain[0]).unwrap();
            let now = openssl::asn1::Asn1Time::from_unix(clock.now().unix_timestamp()).unwrap();
            (leaf.not_before() <= now, now <= leaf.not_after())
        };
        assert_eq!(dates(Shape::ShortLife), (true, true));
        assert_eq!(dates(Shape::Right), (true, true));
        assert_eq!(dates(Shape::Future), (false, true));
        assert_eq!(dates(Shape::Expired), (true, false));
    }

    /// A server that takes no second certificate from a client refused a control when two cases had made one each.
    #[test]
    fn a_client_has_one_certificate_however_many_ask_for_it_at_once() {
        const ASKING: usize = 8;
        let clients = clients(OffsetDateTime::UNIX_EPOCH, Arc::new(SystemClock::new()));
        let barrier = Barrier::new(ASKING);
        for client in ["control", "another", "third", "fourth"] {
            let ask = || {
                barrier.wait();
                clients.credential(&[clients.uri(client, "client_credentials")], Shape::Right, None).unwrap()
            };
            let credentials: Vec<Arc<Credential>> = std::thread::scope(|scope| {
                let asking: Vec<_> = (0..ASKING).map(|_| scope.spawn(ask)).collect();
                asking.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert!(credentials.iter().all(|credential| Arc::ptr_eq(credential, &credentials[0])), "{client}");
        }
    }
}
