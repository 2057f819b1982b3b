//! An app of ours: an honest client whose faults can be switched on one by one, so that every check of a client can be proved.
//!
//! It shares no protocol code with the checks, nor with the server that it talks to: only libraries.

mod certificate;
mod id_token;
mod launch;
mod member;
mod metadata;
mod old_tls;
mod registration;
mod tokens;
mod web;

use std::collections::BTreeSet;
use std::sync::Mutex;

use url::Url;

use crate::vocabulary::FaultName;

use super::faults::find;
use super::oauth::{ClientKey, ClientKind, RegisteredMember};
use super::running::Running;

pub use certificate::AppIdentity;
use launch::Launch;
use registration::Registered;
use web::Web;

/// What an app is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// To launch with the client that was registered for it, to read, and to refresh twice.
    Smart,
    /// To find out about UDAP, to register itself, and then the same.
    Udap,
}

/// An app with a member who approves everything.
#[derive(Debug)]
pub struct App {
    faults: BTreeSet<String>,
    base: Url,
    plain: Url,
    ca_pem: String,
    client_id: String,
    client_secret: String,
    /// The id and the keys of the client that signs assertions.
    asymmetric: (String, Vec<ClientKey>),
    redirect_uri: String,
    member: RegisteredMember,
    identity: Option<AppIdentity>,
    /// The roots of the communities that it trusts, in PEM.
    anchors: Vec<String>,
    /// Version 0.1.0 of the UDAP guide has the URI of the app as the issuer of its assertions.
    first_udap_version: bool,
    now: fn(&Running) -> i64,
    kept: Mutex<Kept>,
}

/// What it keeps from one launch to the next where a fault makes it do so.
#[derive(Debug, Default)]
struct Kept {
    state: Option<String>,
    verifier: Option<String>,
    jti: Option<String>,
    launches: usize,
}

/// What went wrong; for whoever looks into a proof that does not hold.
type Failed = String;

impl App {
    /// An app of this server with these faults.
    ///
    /// # Errors
    /// When the server has no such client or member.
    pub fn new(server: &Running, identity: Option<AppIdentity>, faults: &[FaultName]) -> Result<Self, Failed> {
        let client = server.clients().iter().find(|client| client.kind == ClientKind::Confidential).ok_or("no client")?;
        let asymmetric =
            server.clients().iter().find(|client| client.kind == ClientKind::Asymmetric).ok_or("no client with a key")?;
        Ok(Self {
            asymmetric: (asymmetric.id.clone(), server.client_keys()),
            faults: faults.iter().map(|name| name.as_str().to_owned()).collect(),
            base: server.base().clone(),
            plain: server.plain_http().clone(),
            ca_pem: server.ca_pem().to_owned(),
            client_id: client.id.clone(),
            client_secret: client.secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default(),
            redirect_uri: client.redirect_uri.to_string(),
            member: server.members().first().cloned().ok_or("no member")?,
            identity,
            anchors: server.udap_communities().iter().map(|community| community.ca_pem.clone()).collect(),
            first_udap_version: server.site.udap.version == super::udap::Version::V0_1,
            now: |server| server.now().unix_timestamp(),
            kept: Mutex::default(),
        })
    }

    /// Does what it is asked. How it went is for the server to see; what comes back is for people.
    ///
    /// # Errors
    /// What stopped it.
    pub async fn run(&self, task: Task, server: &Running) -> Result<(), Failed> {
        let number = {
            let mut kept = self.kept();
            kept.launches += 1;
            kept.launches
        };
        if self.has("client-never-comes") || (self.has("client-comes-twice") && number > 2) {
            return Ok(());
        }
        let web = Web::new(&self.ca_pem, self.has("client-trusts-any-certificate"))?;
        let now = (self.now)(server);
        match task {
            Task::Smart => self.smart(&web, now).await,
            Task::Udap => self.udap(&web, now).await,
        }
    }

    async fn smart(&self, web: &Web, now: i64) -> Result<(), Failed> {
        let address = format!("{}/.well-known/smart-configuration", self.base);
        let configuration = match web.json(&address).await {
            Ok(configuration) => configuration,
            Err(_) if self.has("client-old-tls") => return old_tls::get(&address, &self.ca_pem).await,
            Err(failed) => return Err(failed),
        };
        if self.has("client-stops-after-discovery") {
            return Ok(());
        }
        let endpoint = |name: &str| -> Result<Url, Failed> {
            let text = configuration[name].as_str().ok_or_else(|| format!("{name} is missing"))?;
            self.base.join(text).map_err(|error| error.to_string())
        };
        let launch = Launch {
            app: self,
            web,
            now,
            authorize: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            issuer: configuration["issuer"].as_str().map(str::to_owned),
            client_id: if self.signs_assertions() { self.asymmetric.0.clone() } else { self.client_id.clone() },
            redirect_uri: self.redirect_uri.clone(),
            registered: None,
        };
        launch.run().await
    }

    async fn udap(&self, web: &Web, now: i64) -> Result<(), Failed> {
        let identity = self.identity.as_ref().ok_or("the app has no certificate")?;
        let found = metadata::discover(self, web, now).await?;
        if self.has("client-stops-after-discovery") {
            return Ok(());
        }
        let registered: Registered = registration::register(self, web, identity, &found, now).await?;
        let launch = Launch {
            app: self,
            web,
            now,
            authorize: found.authorize,
            token: found.token,
            issuer: None,
            client_id: registered.client_id.clone(),
            redirect_uri: registration::REDIRECT_URI.to_owned(),
            registered: Some((registered, identity)),
        };
        launch.run().await
    }

    /// Whether it is registered with a key instead of a secret.
    fn signs_assertions(&self) -> bool {
        self.faults.iter().any(|fault| fault.starts_with("client-signs-"))
    }

    fn has(&self, fault: &'static str) -> bool {
        debug_assert!(find(fault).is_some_and(super::Fault::is_of_client), "{fault} is asked about and stands in no table");
        self.faults.contains(fault)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
