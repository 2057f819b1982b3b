//! From an observation to the options of a run.

use std::sync::Arc;

use super::stand::{Stand, subject};
use crate::cli::args::LoginPages;
use crate::cli::demo;
use crate::cli::suite::LoadedSuite;
use crate::engine::{Interrupt, ObservedClient, RunOptions, Selection, Statements};
use crate::net::tls::{Limits as TlsLimits, Trust};
use crate::net::{Clock, Random, SystemRandom, World, WorldOptions};
use crate::reference::Running;
use crate::verbs::{TlsSettings, UdapAnchors};
use crate::vocabulary::ProfileId;

/// Everything that an observation needs to be told.
pub struct Observation {
    /// The name of the client.
    pub name: String,
    /// The profiles; empty for the current one.
    pub profiles: Vec<ProfileId>,
    /// The SMART version that the client claims.
    pub smart: Option<String>,
    /// The version of UDAP Security that it claims.
    pub udap: Option<String>,
    /// What runs.
    pub selection: Selection,
    /// SHOULD counts as SHALL.
    pub strict: bool,
    /// Any warning fails.
    pub fail_on_warn: bool,
    /// Waivers and attestations.
    pub statements: Statements,
    /// The seed of random values.
    pub random: Option<Arc<dyn Random>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ends the run.
    pub interrupt: Interrupt,
}

/// The options of a run that observes a client at this stand.
///
/// # Errors
/// When there can be no world, in words.
pub fn options(
    observation: Observation,
    stand: Arc<Stand>,
    server: &Running,
    loaded: &LoadedSuite,
) -> Result<RunOptions, String> {
    let Observation { clock, random, .. } = observation;
    let random = random.unwrap_or_else(|| Arc::new(SystemRandom));
    let world = World::new(WorldOptions { clock, random, ..WorldOptions::default() }).map_err(|error| error.to_string())?;
    Ok(RunOptions {
        suite: Arc::clone(&loaded.suite),
        catalogue: Arc::clone(&loaded.catalogue),
        suite_digest: loaded.files.digest(),
        target: Arc::new(demo::target(server)),
        world,
        tls: TlsSettings {
            trust: Arc::new(Trust::nothing()),
            judged_against: "nothing: no server is looked at".into(),
            limits: TlsLimits::default(),
        },
        // no case signs anybody in: the redactor gets to know every secret of apps and members by it
        launch: Arc::new(demo::launch(server, LoginPages::default())),
        browser: None,
        udap: None,
        udap_anchors: Arc::new(UdapAnchors::default()),
        udap_version: observation.udap,
        profiles: observation.profiles,
        smart: observation.smart,
        strict: observation.strict,
        fail_on_warn: observation.fail_on_warn,
        selection: observation.selection,
        slots: 1,
        only_step: None,
        interrupt: observation.interrupt,
        settings: Vec::new(),
        notes: vec!["A client was observed at the reference server of carinbb; the requirements are those of clients.".into()],
        statements: observation.statements,
        client: Some(ObservedClient { name: subject(&observation.name), stand }),
    })
}
