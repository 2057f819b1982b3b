//! Starting and stopping a reference server.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use crate::vocabulary::{FaultName, Secret};

use super::certificates;
use super::door::Door;
use super::faults::Switches;
use super::journal::Witnessed;
use super::listener::{self, Stacks};
use super::members;
use super::oauth::{self, ClientKey, RegisteredClient, RegisteredMember};
use super::options::{Options, StartError, check_faults};
use super::site::Site;
use super::tls_stack;
use super::udap::ServerCommunity;

/// A reference server that listens on three ports of 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    pub(super) site: Arc<Site>,
    addresses: [SocketAddr; 3],
    ca_pem: &'static str,
    private_ca_pem: &'static str,
    udap_communities: Vec<ServerCommunity>,
    loops: JoinSet<()>,
}

/// Starts a reference server. Keys come with the program, so that a start costs a few milliseconds.
///
/// # Errors
/// When a fault or SMART version does not exist, the port is taken, or a fault is not available in this build.
pub async fn start(options: Options) -> Result<Running, StartError> {
    options.check()?;
    let ca_pem = certificates::root_pem().map_err(|error| StartError::Certificates(error.to_string()))?;
    let private_ca_pem = certificates::private_root_pem().map_err(|error| StartError::Certificates(error.to_string()))?;
    let listeners = [bind(options.port).await?, bind(0).await?, bind(0).await?];
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 3];
    for (address, listener) in addresses.iter_mut().zip(&listeners) {
        *address = listener.local_addr().map_err(|source| StartError::Bind { port: options.port, source })?;
    }
    let ports = addresses.map(|address| address.port());
    let site = Site::new(&options, ports).map_err(|error| StartError::Certificates(error.to_string()))?;
    let site = Arc::new(site);
    let udap_communities = ServerCommunity::of(&options.udap).map_err(|error| StartError::Certificates(error.to_string()))?;
    let stacks = Stacks::default();
    build_stacks(&options, ports, &stacks)?;
    let mut loops = JoinSet::new();
    for (listener, door) in listeners.into_iter().zip([Door::Fhir, Door::Authorization, Door::Plain]) {
        loops.spawn(listener::accept(listener, Arc::clone(&site), door, Arc::clone(&stacks)));
    }
    Ok(Running { site, addresses, ca_pem, private_ca_pem, udap_communities, loops })
}

async fn bind(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| StartError::Bind { port, source })
}

/// Builds the TLS stacks that the first handshakes will need, so that a fault that this build cannot do is refused at
/// the start. It asks switches of its own, because a start is no behaviour that a case could have touched.
fn build_stacks(options: &Options, ports: [u16; 3], stacks: &Stacks) -> Result<(), StartError> {
    let unrecorded = Site::new(options, ports).map_err(|error| StartError::Certificates(error.to_string()))?;
    for door in [Door::Fhir, Door::Authorization] {
        if let Err(error) = listener::stack_for(stacks, tls_stack::key(&unrecorded, door)) {
            return Err(match options.faults.first() {
                Some(fault) => StartError::NotAvailable { fault: fault.clone(), reason: error.to_string() },
                None => StartError::Certificates(error.to_string()),
            });
        }
    }
    Ok(())
}

impl Running {
    /// The FHIR base: `https://localhost:PORT/fhir/r4`.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.site.base
    }

    /// Where authorize, token, JWKS and openid-configuration live: another port of the same host.
    #[must_use]
    pub fn authorization_origin(&self) -> &Url {
        &self.site.authorization
    }

    /// The plain HTTP listener, which honestly only redirects.
    #[must_use]
    pub fn plain_http(&self) -> &Url {
        &self.site.plain
    }

    /// The addresses of the FHIR, authorization and plain HTTP listeners.
    #[must_use]
    pub fn addresses(&self) -> [SocketAddr; 3] {
        self.addresses
    }

    /// The root certificate that signed the honest certificates, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.ca_pem
    }

    /// The root certificate of the authority that signs for `certificate-private-authority`, as PEM.
    #[must_use]
    pub fn private_ca_pem(&self) -> &str {
        self.private_ca_pem
    }

    /// The logical id of the Patient that the access token stands for.
    #[must_use]
    pub fn member_patient_id(&self) -> &str {
        members::first().patient_id()
    }

    /// The one access token that is valid: it reads the data of the first member.
    #[must_use]
    pub fn access_token(&self) -> Secret {
        self.site.token.clone()
    }

    /// The one access token that reads the audit log.
    #[must_use]
    pub fn auditor_token(&self) -> Secret {
        self.site.auditor.clone()
    }

    /// The apps that are registered.
    #[must_use]
    pub fn clients(&self) -> &[RegisteredClient] {
        &self.site.clients
    }

    /// The private keys of the asymmetric app, RS384 first. Waits until they are made, once per process.
    #[must_use]
    pub fn client_keys(&self) -> Vec<ClientKey> {
        oauth::private_keys()
    }

    /// The public keys of the asymmetric app, as a JWKS.
    #[must_use]
    pub fn client_key_set(&self) -> serde_json::Value {
        oauth::key_set()
    }

    /// The members that can sign in.
    #[must_use]
    pub fn members(&self) -> &[RegisteredMember] {
        &self.site.accounts
    }

    /// The communities that the server takes part in, each with the CA that signs its metadata there; without any, the
    /// one that has no name.
    #[must_use]
    pub fn udap_communities(&self) -> &[ServerCommunity] {
        &self.udap_communities
    }

    /// How many access and refresh tokens work that apps were given since the start.
    #[must_use]
    pub fn outstanding_tokens(&self) -> usize {
        let now = self.site.now();
        let store = self.site.store();
        let standing = self.site.token.expose();
        let access = store.access.iter().filter(|(token, access)| access.expires > now && token.as_str() != standing);
        access.count() + store.refresh.len()
    }

    /// How many clients are registered by UDAP and were not cancelled since.
    #[must_use]
    pub fn outstanding_registrations(&self) -> usize {
        self.site.udap.registrations()
    }

    /// The most authentications of one app that failed in a row.
    #[must_use]
    pub fn most_failures_in_a_row(&self) -> u32 {
        self.site.store().most_failures()
    }

    /// Every fault that the server asked itself about since it started, or since that was forgotten: those that could have changed what
    /// it did.
    #[must_use]
    pub fn touched(&self) -> BTreeSet<FaultName> {
        let switches: &Switches = &self.site.faults;
        switches.asked()
    }

    /// From now on [`Running::touched`] tells only what is asked about later.
    pub fn forget_touched(&self) {
        self.site.faults.forget_asked();
    }

    /// From now on these faults are on and no others. What the server remembers stays.
    ///
    /// # Errors
    /// When one does not exist or is none of a server.
    pub fn behave(&self, faults: &[FaultName]) -> Result<(), StartError> {
        check_faults(faults)?;
        self.site.faults.set(faults);
        Ok(())
    }

    /// What clients asked and were answered since this was called the last time, and whether that is all of it.
    #[must_use]
    pub fn take_witnessed(&self) -> (Vec<Witnessed>, bool) {
        self.site.journal.take()
    }

    /// The same without forgetting it.
    #[must_use]
    pub fn peek_witnessed(&self) -> Vec<Witnessed> {
        self.site.journal.peek()
    }

    /// How many clients wanted to begin TLS since the start, whatever came of it.
    #[must_use]
    pub fn greetings(&self) -> usize {
        self.site.journal.greetings()
    }

    /// Changes with every exchange that is remembered.
    #[must_use]
    pub fn watch_witnessed(&self) -> tokio::sync::watch::Receiver<usize> {
        self.site.journal.watch()
    }

    /// What time it is for the server.
    #[must_use]
    pub fn now(&self) -> time::OffsetDateTime {
        self.site.now()
    }

    /// Stops the server and waits until its ports are free.
    pub async fn stop(mut self) {
        self.loops.shutdown().await;
    }
}
