//! Proves one demand: a reference server in that state, a run against it, the comparison.

use std::sync::Arc;
use std::time::Duration;

use super::demand::{Demand, Proof, findings};
use crate::cli::args::LoginPages;
use crate::cli::keyboard::Keyboard;
use crate::cli::suite::LoadedSuite;
use crate::cli::{demo, sign_in};
use crate::engine::{self, Event, Interrupt, Listener, Run, RunOptions, Selection};
use crate::net::tls::{Limits as TlsLimits, Trust};
use crate::net::{Clock, HttpOptions, Limits, OffsetClock, Origin, World, WorldOptions};
use crate::reference::{self, FaultKind, Running};
use crate::target::Target;
use crate::verbs::TlsSettings;
use crate::vocabulary::{FaultName, ProfileId, Verdict};

/// Deadlines towards a server that may hang on purpose.
const SHORT: Duration = Duration::from_millis(300);
/// Deadlines towards a server that answers; only a busy machine comes near them.
pub(super) const PATIENT: Duration = Duration::from_secs(10);

/// How often the sleepers are looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How long nothing must have changed before a sleeper is woken although others act: they may wait for it. On a server that
/// answers they act on and will sleep or end, however busy the machine is; one that pauses us on purpose holds many up.
pub(super) const STUCK: Duration = Duration::from_secs(30);
const STUCK_BEHIND_PAUSES: Duration = Duration::from_secs(1);

pub(super) struct Silent;

impl Listener for Silent {
    fn notice(&mut self, _: &Event<'_>) {}
}

/// Runs the whole suite against a server in the demanded state.
pub async fn prove(demand: &Demand, loaded: &LoadedSuite) -> Proof {
    let begun = std::time::Instant::now();
    let mut proof =
        Proof { demand: demand.clone(), findings: Vec::new(), problems: Vec::new(), passed: Vec::new(), elapsed_ms: 0 };
    match run(demand, loaded).await {
        Ok(run) => {
            proof.findings = findings(&run);
            proof.problems = demand.compare(&run, &loaded.suite);
            let passed = run.cases.iter().filter(|case| case.verdict == Verdict::Pass);
            proof.passed = passed.map(|case| case.case.clone()).collect();
        }
        Err(problem) => proof.problems.push(problem),
    }
    proof.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    proof
}

async fn run(demand: &Demand, loaded: &LoadedSuite) -> Result<Run, String> {
    let faults = demand.fault.map(|fault| FaultName::parse(fault.name)).transpose().map_err(|error| error.to_string())?;
    // a profile of the UDAP guide wants a server of that version; the profiles of CARIN BB go with the default
    let mut udap = reference::UdapOptions::default();
    if let Some(version) = demand.profile.strip_prefix("udap-security-") {
        version.clone_into(&mut udap.version);
    }
    let clock = OffsetClock::new();
    let shared = clock.clone();
    let options = reference::Options {
        faults: faults.into_iter().collect(),
        now: Arc::new(move || shared.now()),
        udap,
        ..reference::Options::default()
    };
    let server = reference::start(options).await.map_err(|error| error.to_string())?;
    let (limit, stuck) = match demand.fault.map(|fault| fault.kind) {
        Some(FaultKind::Degenerate | FaultKind::Hostile) => (SHORT, STUCK_BEHIND_PAUSES),
        _ => (PATIENT, STUCK),
    };
    let options = run_options(demand, loaded, &server, clock.clone(), limit)?;
    let driver = tokio::spawn(advance(clock, stuck));
    let record = engine::run(&options, &mut Silent).await.map_err(|error| error.to_string());
    driver.abort();
    server.stop().await;
    record
}

pub(super) fn run_options(
    demand: &Demand,
    loaded: &LoadedSuite,
    server: &Running,
    clock: OffsetClock,
    limit: Duration,
) -> Result<RunOptions, String> {
    let target: Target = demo::target(server);
    let launch = demo::launch(server, LoginPages::default());
    let mut trust = Trust::nothing();
    trust.add_pem(server.ca_pem().as_bytes()).map_err(|error| error.to_string())?;
    let trust = Arc::new(trust);
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
        world,
        tls: TlsSettings {
            trust,
            judged_against: "the root of the reference server".into(),
            limits: TlsLimits { deadline: limit, ..TlsLimits::default() },
        },
        profiles: vec![ProfileId::parse(&demand.profile).map_err(|error| error.to_string())?],
        smart: demand.smart.clone(),
        strict: false,
        fail_on_warn: false,
        selection: Selection { slow: true, ..Selection::default() },
        slots: 32,
        only_step: None,
        interrupt,
        settings: Vec::new(),
        notes: Vec::new(),
    })
}

/// Jumps over waits: when every case that has begun sleeps, the clock goes to the earliest wake. A sleeper may also be
/// waited for by cases that do not sleep; then the jump comes when nothing has changed for long.
pub(super) async fn advance(clock: OffsetClock, stuck: Duration) {
    let mut unchanged_since = std::time::Instant::now();
    let mut before = 0;
    loop {
        tokio::time::sleep(LOOK).await;
        let parked = clock.parked();
        if parked != before {
            (before, unchanged_since) = (parked, std::time::Instant::now());
        }
        let settled = unchanged_since.elapsed();
        let may_jump = (clock.is_idle() && settled >= 2 * LOOK) || (parked > 0 && settled >= stuck);
        if may_jump && clock.advance_to_earliest() {
            unchanged_since = std::time::Instant::now();
        }
    }
}
