//! The app of ours under observation: right, or with one fault of a client.

use std::sync::Arc;

use super::demand::Demand;
use super::stand::{STUCK, Silent};
use crate::cli::observe::{Launcher, Observation, Stand, options};
use crate::cli::suite::LoadedSuite;
use crate::engine::{self, Interrupt, Run, Selection, Statements};
use crate::net::{Clock, OffsetClock, jump_when_still};
use crate::reference::{self, App, AppIdentity, Community, UdapOptions};
use crate::vocabulary::{FaultName, ProfileId};

/// Runs all client cases against an app in the demanded state.
///
/// # Errors
/// When the server does not start or the run cannot begin.
pub async fn run(demand: &Demand, loaded: &LoadedSuite) -> Result<Run, String> {
    let faults = demand.fault.map(|fault| FaultName::parse(fault.name)).transpose().map_err(|error| error.to_string())?;
    let faults: Vec<FaultName> = faults.into_iter().collect();
    let identity = AppIdentity::new()?;
    let community = Community { uri: "urn:carinbb:observed".to_owned(), anchors: vec![identity.root().to_vec()] };
    let mut udap = UdapOptions { communities: vec![community], ..UdapOptions::default() };
    // a profile of the UDAP guide wants a server of that version; the profiles of CARIN BB go with the default
    if let Some(version) = demand.profile.strip_prefix("udap-security-") {
        version.clone_into(&mut udap.version);
    }
    let clock = OffsetClock::new();
    let shared = clock.clone();
    let started =
        reference::Options { udap, observe: true, now: Arc::new(move || shared.now()), ..reference::Options::default() };
    let server = Arc::new(reference::start(started).await.map_err(|error| error.to_string())?);
    let app = Arc::new(App::new(&server, Some(identity), &faults)?);
    let stand = Arc::new(Stand::new(Arc::clone(&server), Launcher::App(app), 2));
    let (_, interrupt) = Interrupt::new();
    let observation = Observation {
        name: "reference".to_owned(),
        profiles: vec![ProfileId::parse(&demand.profile).map_err(|error| error.to_string())?],
        smart: demand.smart.clone(),
        udap: None,
        selection: Selection { slow: true, ..Selection::default() },
        strict: false,
        fail_on_warn: false,
        statements: Statements::default(),
        random: None,
        clock: Arc::new(clock.clone()),
        interrupt,
    };
    let options = options(observation, stand, &server, loaded)?;
    let activity = options.world.activity.clone();
    let work = async { engine::run(&options, &mut Silent).await };
    let run = jump_when_still(&clock, &activity, STUCK, work).await.map_err(|error| error.to_string())?;
    drop(options);
    if let Ok(server) = Arc::try_unwrap(server) {
        server.stop().await;
    }
    Ok(run)
}
