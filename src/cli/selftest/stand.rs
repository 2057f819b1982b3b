//! A reference server in one state, and a run against it. Both live by one clock, which jumps over every wait.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::demand::Demand;
use super::observed;
use crate::cli::args::LoginPages;
use crate::cli::keyboard::Keyboard;
use crate::cli::suite::LoadedSuite;
use crate::cli::{demo, sign_in, udap, udap_trust};
use crate::engine::{self, Event, Interrupt, Listener, Run, RunError, RunOptions, Selection};
use crate::net::tls::Limits as TlsLimits;
use crate::net::{Clock, HttpOptions, Limits, OffsetClock, Origin, World, WorldOptions, jump_when_still};
use crate::reference::{self, Running};
use crate::target::{Environment, Target};
use crate::verbs::{Documents, Reading, TlsSettings};
use crate::vocabulary::{FaultName, ProfileId};

/// Deadlines towards a server that may hang on purpose.
const SHORT: Duration = Duration::from_millis(300);
/// Deadlines towards a server that answers; only a busy machine comes near them.
pub(super) const PATIENT: Duration = Duration::from_secs(30);

/// How long nothing must have moved before a sleeper is woken although others act. A server that answers gets on, however busy
/// the machine is; one that asks for pauses holds many up behind one.
pub(super) const STUCK: Duration = Duration::from_secs(90);
const STUCK_BEHIND_PAUSES: Duration = Duration::from_secs(1);

pub(super) struct Silent;

impl Listener for Silent {
    fn notice(&mut self, _: &Event<'_>) {}
}

/// A run that was made, and what the server asked itself meanwhile.
#[derive(Debug)]
pub struct Stood {
    /// The record.
    pub run: Run,
    /// Every fault that was asked about in stage 0.
    pub asked_before: BTreeSet<FaultName>,
    /// Every fault that was asked about afterwards.
    pub asked: BTreeSet<FaultName>,
    /// What the cases looked at in the documents of stage 0.
    pub readings: BTreeSet<Reading>,
}

/// Draws the line between stage 0 and the cases.
struct Divided<'a> {
    server: &'a Running,
    before: BTreeSet<FaultName>,
    documents: Option<Documents>,
}

impl Listener for Divided<'_> {
    fn notice(&mut self, event: &Event<'_>) {
        if let Event::Started { documents, .. } = event {
            self.before = self.server.touched();
            self.server.forget_touched();
            self.documents = Some((*documents).clone());
        }
    }
}

/// A reference server in the demanded state, and what a run against it needs to know.
pub(super) struct Stand {
    pub(super) server: Running,
    pub(super) options: RunOptions,
    clock: OffsetClock,
    stuck: Duration,
}

/// Runs these cases, or the whole suite, against a server in the demanded state.
///
/// # Errors
/// When the server does not start or the run cannot begin.
pub async fn run(demand: &Demand, loaded: &LoadedSuite, only: Option<Vec<String>>) -> Result<Stood, String> {
    if demand.client {
        let run = observed::run(demand, loaded).await?;
        return Ok(Stood { run, asked_before: BTreeSet::new(), asked: BTreeSet::new(), readings: BTreeSet::new() });
    }
    let stand = Stand::new(demand, loaded, only).await?;
    let mut divided = Divided { server: &stand.server, before: BTreeSet::new(), documents: None };
    let record = stand.while_still(engine::run(&stand.options, &mut divided)).await;
    let Divided { before: asked_before, documents, .. } = divided;
    let asked = stand.server.touched();
    stand.server.stop().await;
    Ok(Stood { run: record?, asked_before, asked, readings: documents.map(|documents| documents.readings()).unwrap_or_default() })
}

impl Stand {
    /// Starts it.
    ///
    /// # Errors
    /// When the server does not start.
    pub(super) async fn new(demand: &Demand, loaded: &LoadedSuite, only: Option<Vec<String>>) -> Result<Self, String> {
        let faults = demand.fault.map(|fault| FaultName::parse(fault.name)).transpose().map_err(|error| error.to_string())?;
        // a profile of the UDAP guide wants a server of that version; the profiles of CARIN BB go with the default
        let mut settings = reference::UdapOptions::default();
        if let Some(version) = demand.profile.strip_prefix("udap-security-") {
            version.clone_into(&mut settings.version);
        }
        let laboratory = udap::on_loopback().await?;
        settings.communities = laboratory.communities();
        let clock = OffsetClock::new();
        let shared = clock.clone();
        let options = reference::Options {
            faults: faults.into_iter().collect(),
            udap: settings,
            now: Arc::new(move || shared.now()),
            ..reference::Options::default()
        };
        let server = reference::start(options).await.map_err(|error| error.to_string())?;
        // A sign-in through a provider, or the registration before one, takes longer than a short wait, and a server in those states
        // answers everything.
        let may_hang =
            demand.fault.is_some_and(|fault| fault.kind.keeps_no_promise() && !["tiered", "udap"].contains(&fault.group));
        let (limit, stuck) = if may_hang { (SHORT, STUCK_BEHIND_PAUSES) } else { (PATIENT, STUCK) };
        let mut options = run_options(demand, loaded, only, &server, clock.clone(), limit)?;
        options.udap = Some(laboratory.identity(&options.launch));
        Ok(Self { server, options, clock, stuck })
    }

    /// Does this with a clock that jumps over every wait.
    ///
    /// # Errors
    /// What the work says.
    pub(super) async fn while_still<T>(&self, work: impl Future<Output = Result<T, RunError>>) -> Result<T, String> {
        let activity = self.options.world.activity.clone();
        jump_when_still(&self.clock, &activity, self.stuck, work).await.map_err(|error| error.to_string())
    }
}

pub(super) fn run_options(
    demand: &Demand,
    loaded: &LoadedSuite,
    only: Option<Vec<String>>,
    server: &Running,
    clock: OffsetClock,
    limit: Duration,
) -> Result<RunOptions, String> {
    let mut target: Target = demo::target(server);
    if demand.fault.is_some_and(|fault| fault.production) {
        target.environment = Environment::Production;
    }
    let launch = demo::launch(server, LoginPages::default());
    let trust = Arc::new(demo::trust(server).map_err(|error| error.to_string())?);
    let named = [&target.base].into_iter().chain(&target.plain_http).chain(&target.allow_origins);
    let world = World::new(WorldOptions {
        clock: Arc::new(clock),
        target_origins: named.filter_map(Origin::of).collect(),
        http: HttpOptions { limits: Limits::all(limit), trust: Arc::clone(&trust), in_flight: 16, ..HttpOptions::default() },
        ..WorldOptions::default()
    });
    let world = world.map_err(|error| error.to_string())?;
    let (_, interrupt) = Interrupt::new();
    Ok(RunOptions {
        suite: Arc::clone(&loaded.suite),
        catalogue: Arc::clone(&loaded.catalogue),
        suite_digest: String::new(),
        browser: sign_in::browser(&world, &target, &launch, Keyboard { is_terminal: false }),
        target: Arc::new(target),
        launch: Arc::new(launch),
        udap: None,
        udap_anchors: Arc::new(udap_trust::of_reference(server)?),
        udap_version: None,
        world,
        tls: TlsSettings {
            trust,
            judged_against: "the root of the reference server".into(),
            limits: TlsLimits { deadline: limit, ..TlsLimits::default() },
        },
        profiles: vec![ProfileId::parse(&demand.profile).map_err(|error| error.to_string())?],
        smart: demand.smart.clone(),
        strict: false,
        statements: engine::Statements::default(),
        fail_on_warn: false,
        // The long look changes nothing where the fault is elsewhere.
        selection: Selection {
            slow: true,
            tls_full: demand.fault.is_none_or(|fault| fault.group == "tls"),
            select: only.unwrap_or_default(),
            ..Selection::default()
        },
        slots: 32,
        only_step: None,
        interrupt,
        settings: Vec::new(),
        notes: Vec::new(),
        client: None,
    })
}
