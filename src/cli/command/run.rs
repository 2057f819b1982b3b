//! `carinbb run`: plan, or run and report.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use time::Date;
use time::macros::format_description;

use crate::cli::args::{Command, FailOn, Format, Global, PlanKind, RunArgs, When};
use crate::cli::environment::{Environment, PAGE};
use crate::cli::evidence_out::{self, EvidenceOut, LastLook};
use crate::cli::failure::Failure;
use crate::cli::keyboard::Keyboard;
use crate::cli::ndjson::Ndjson;
use crate::cli::output::Stdout;
use crate::cli::paint::Paint;
use crate::cli::progress::{Progress, SILENCE};
use crate::cli::reports::{self, Wanted};
use crate::cli::secrets::{Secrets, Unread};
use crate::cli::settings::Resolved;
use crate::cli::suite::{self, LoadedSuite};
use crate::cli::terminal::{Look, Loudness, Terminal};
use crate::cli::udap::{self, Ourselves};
use crate::cli::{
    baseline, browser_settings, certification, colour_choice, complain_of, demo, faults, hint, output, plan_text, sign_in,
    statements, udap_trust, world,
};
use crate::engine::{self, Event, Interrupt, Knowledge, Listener, Run, RunError, RunOptions, Selection, exit};
use crate::reference;
use crate::report;
use crate::report::bundle::Surroundings;
use crate::target::{ClientKey, Launch, Strategy, Target, udap_version};
use crate::testcase::Given;
use crate::vocabulary::{ProfileId, escape};

/// How many cases act at a time. Requests in flight are limited by `--in-flight`.
const CASES_AT_A_TIME: usize = 32;

/// Runs, prints, writes reports and gives the exit code.
///
/// # Errors
/// When it was called wrongly, or a report cannot be written.
pub fn run(resolved: Resolved, environment: &Environment) -> Result<u8, Failure> {
    let Command::Run(arguments) = &resolved.cli.command else { return Err(Failure::wrong("not a run")) };
    let loaded = suite::load(resolved.cli.global.testcases.as_deref())?;
    let reports = reports::wanted(&arguments.report, environment)?;
    let evidence = match arguments.plan {
        Some(_) => EvidenceOut::default(),
        None => {
            let out = EvidenceOut::check(arguments.output.as_deref(), arguments.bundle.as_deref())?;
            match &arguments.sign {
                Some(key) => out.signed_with(key, environment)?,
                None => out,
            }
        }
    };
    let baseline = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let demo = if arguments.demo { Some(start_demo(arguments).await?) } else { None };
        let target = match &demo {
            Some(server) => demo::target(server),
            None => resolved.target.clone().ok_or_else(no_target)?,
        };
        check_target(&target, arguments)?;
        baseline::check(baseline.as_ref(), &target, arguments)?;
        let launch = the_launch(&resolved, arguments, demo.as_ref(), environment)?;
        let ourselves = ourselves(&resolved, &launch, demo.as_ref(), environment).await?;
        let audit = match (&arguments.certification, arguments.plan) {
            (Some(path), None) => Some(certification::read(path, arguments, &target, &loaded, evidence.signer()?)?),
            _ => None,
        };
        let mut options = options(
            &resolved,
            arguments,
            &loaded,
            Subject { target, launch, ourselves: &ourselves },
            demo.as_ref(),
            environment,
        )?;
        let (certification, selftest) = audit.map(|audit| (audit.certification, audit.selftest)).unzip();
        options.statements.certification = certification;
        let code = match arguments.plan {
            Some(kind) => print_plan(&options, kind, arguments.format).await?,
            None => {
                let out = Out { reports: &reports, evidence: &evidence, loaded: &loaded, baseline: baseline.as_ref(), selftest };
                run_and_report(options, &resolved.cli.global, arguments, &out, environment).await?
            }
        };
        ourselves.close();
        if let Some(server) = demo {
            server.stop().await;
        }
        Ok(code)
    })
}

/// What is tested, and as whom.
struct Subject<'a> {
    target: Target,
    launch: Launch,
    ourselves: &'a Ourselves,
}

fn no_target() -> Failure {
    Failure::wrong(
        "no target: give the URL of a FHIR base or a target file, for instance carinbb run https://fhir.payer.example/r4 (or try --demo)",
    )
}

fn check_target(target: &Target, arguments: &RunArgs) -> Result<(), Failure> {
    if target.base.scheme() == "http" && !arguments.allow_http {
        let message = "the base is not https: no server that is reached over plain HTTP can meet the guide. --allow-http tests the rest all the same";
        return Err(Failure::wrong(message));
    }
    Ok(())
}

async fn start_demo(arguments: &RunArgs) -> Result<reference::Running, Failure> {
    let communities = udap::on_loopback().await.map_err(Failure::wrong)?.communities();
    let udap = reference::UdapOptions { communities, ..reference::UdapOptions::default() };
    let login = demo::variant(arguments.login.unwrap_or_default());
    let faults = faults::named(&arguments.fault)?;
    let options = reference::Options { faults, udap, login, ..reference::Options::default() };
    reference::start(options).await.map_err(|error| Failure::wrong(error.to_string()))
}

fn options(
    resolved: &Resolved,
    arguments: &RunArgs,
    loaded: &LoadedSuite,
    subject: Subject<'_>,
    demo: Option<&reference::Running>,
    environment: &Environment,
) -> Result<RunOptions, Failure> {
    let Subject { target, mut launch, ourselves } = subject;
    browser_settings::complete(&mut launch, arguments, &target, arguments.screenshots.as_ref());
    let world = world::build(arguments, &resolved.cli.global, &target, &launch.login.origins, demo, environment)?;
    let login = launch.login.strategy;
    let given = (login == Strategy::Token).then(|| Given::new(&loaded.suite, &launch.tokens));
    let today = world.world.clock.now().date();
    let named = if arguments.profile.is_empty() { target.profiles.clone() } else { profiles(&arguments.profile)? };
    let smart = if arguments.smart == "auto" { target.smart.clone() } else { Some(arguments.smart.clone()) };
    let anchors = match demo {
        Some(server) => udap_trust::of_reference(server).map_err(Failure::wrong)?,
        None => udap_trust::of_target(&target, arguments)?,
    };
    let statements =
        statements::load(arguments.waivers.as_deref(), arguments.attestations.as_deref(), loaded, target.base.as_str(), today)?;
    let claimed_udap = match udap_version(&arguments.udap).map_err(Failure::wrong)? {
        Some(version) => Some(version),
        None => target.udap.version.clone(),
    };
    let mut select = arguments.select.clone();
    select.extend(resolved.what.iter().cloned());
    if let Some(path) = &arguments.again {
        if !select.is_empty() {
            return Err(Failure::wrong("--again chooses the cases itself: name no others"));
        }
        select = baseline::again(path, &target, arguments.demo)?;
    }
    let mut selection = selection(arguments, select, &target, ourselves, login, demo.is_some(), today);
    selection.no_tags.extend(without_keys(&launch));
    if launch.audit.is_none() {
        selection.no_tags.push(("auditor", "the target file gives no access to AuditEvent: [audit] access_token".to_owned()));
    }
    if let Some(reason) = no_withdrawal(&launch) {
        selection.no_tags.push(("withdrawal-page", reason.to_owned()));
    }
    selection.no_anchors = udap_trust::no_anchors(&anchors);
    selection.no_communities = udap_trust::no_communities(&target);
    let suite = given.map_or_else(
        || Arc::clone(&loaded.suite),
        |given| {
            selection.no_launch = given.left_out;
            Arc::new(given.suite)
        },
    );
    Ok(RunOptions {
        suite,
        catalogue: Arc::clone(&loaded.catalogue),
        suite_digest: loaded.files.digest(),
        selection,
        browser: sign_in::browser(&world.world, &target, &launch, Keyboard { is_terminal: environment.stderr_is_terminal }),
        target: Arc::new(target),
        launch: Arc::new(launch),
        udap: ourselves.identity.clone(),
        udap_anchors: Arc::new(anchors),
        udap_version: claimed_udap,
        notes: world.notes,
        tls: world.tls,
        world: world.world,
        profiles: named,
        smart,
        strict: arguments.strict,
        fail_on_warn: arguments.fail_on == FailOn::Warn,
        slots: CASES_AT_A_TIME,
        only_step: arguments.only_step.map(usize::from),
        interrupt: interrupt_on_signal(),
        settings: resolved.settings.clone(),
        statements,
        client: None,
    })
}

/// Ids as they were typed.
///
/// # Errors
/// When one does not have the shape of an id.
pub fn profiles(typed: &[String]) -> Result<Vec<ProfileId>, Failure> {
    typed.iter().map(|id| ProfileId::parse(id).map_err(|error| Failure::wrong(error.to_string()))).collect()
}

/// Clients, members and tokens with their secrets; no secret is read when no case may need it.
fn launch(resolved: &Resolved, arguments: &RunArgs, environment: &Environment) -> Result<Launch, Failure> {
    if arguments.no_login || resolved.launch.strategy() == Strategy::None {
        return Ok(Launch::default());
    }
    if arguments.plan.is_some() {
        return resolved.launch.resolve(&mut Unread).map_err(Failure::wrong);
    }
    resolved.launch.resolve(&mut Secrets::new(environment)).map_err(Failure::wrong)
}

fn the_launch(
    resolved: &Resolved,
    arguments: &RunArgs,
    demo: Option<&reference::Running>,
    environment: &Environment,
) -> Result<Launch, Failure> {
    match demo {
        Some(server) if !arguments.no_login => Ok(demo::launch(server, arguments.login.unwrap_or_default())),
        _ => launch(resolved, arguments, environment),
    }
}

/// Who we are towards a UDAP server.
async fn ourselves(
    resolved: &Resolved,
    launch: &Launch,
    demo: Option<&reference::Running>,
    environment: &Environment,
) -> Result<Ourselves, Failure> {
    if demo.is_some() {
        let laboratory = udap::on_loopback().await.map_err(Failure::wrong)?;
        return Ok(laboratory.ourselves(launch));
    }
    udap::ourselves(&resolved.udap_client, launch, environment).await
}

fn selection(
    arguments: &RunArgs,
    select: Vec<String>,
    target: &Target,
    ourselves: &Ourselves,
    login: Strategy,
    demo: bool,
    today: Date,
) -> Selection {
    let no_login = match login {
        _ if arguments.no_login => Some("left out by --no-login"),
        Strategy::None if !demo => Some("the target file names no login strategy"),
        _ => None,
    };
    Selection {
        select,
        skip: arguments.skip.clone(),
        slow: arguments.slow,
        max_wait: arguments.max_wait,
        tls_full: arguments.tls.is_full(),
        max_authorizations: arguments.max_authorizations,
        no_login: no_login.map(str::to_owned),
        no_launch: BTreeMap::new(),
        no_change: if demo { None } else { no_authority(target, today) },
        no_udap: ourselves.identity.is_none().then(|| "the target file gives no certificate to register with".to_owned()),
        no_tags: ourselves.no_tags.clone(),
        ..Selection::default()
    }
}

/// The algorithms of client assertions for which the asymmetric client has no key. Without any such client its cases are Blocked.
fn without_keys(launch: &Launch) -> Vec<(&'static str, String)> {
    let Some(client) = launch.client(ClientKey::Asymmetric) else { return Vec::new() };
    let tags = [("key-rs384", "RS384"), ("key-es384", "ES384")];
    let lacking = tags.into_iter().filter(|(_, algorithm)| client.keys().all(|key| key.algorithm != *algorithm));
    let why =
        |algorithm| format!("the asymmetric client has no {algorithm} key: give one under [[clients.asymmetric.more_keys]]");
    lacking.map(|(tag, algorithm)| (tag, why(algorithm))).collect()
}

/// Why no member withdraws the access of an app; absent when one can.
fn no_withdrawal(launch: &Launch) -> Option<&'static str> {
    match (&launch.login.withdrawal, launch.login.strategy) {
        (None, _) => Some("the target file names no page where a member withdraws an app's access: [login.withdrawal]"),
        (Some(_), Strategy::Form | Strategy::Webdriver) => None,
        (Some(_), _) => Some("the page of [login.withdrawal] is opened by the login strategies form and webdriver alone"),
    }
}

/// Why nothing that changes state may be sent; absent when it may.
fn no_authority(target: &Target, today: Date) -> Option<String> {
    let Some(authority) = &target.authority else { return Some("the target file has no [authority]".into()) };
    if !authority.allow.iter().any(|allowed| allowed == "change") {
        return Some("the [authority] of the target file does not allow change".into());
    }
    let last_day = Date::parse(&authority.until, format_description!("[year]-[month]-[day]"));
    match last_day {
        Ok(last_day) if today <= last_day => None,
        Ok(_) => Some(format!("the [authority] of the target file ended on {}", authority.until)),
        Err(_) => Some(format!("the [authority] of the target file ends on '{}', which is no day", authority.until)),
    }
}

/// The first ctrl-C, or the signal by which a CI system ends a job, ends the run with its cleanup; the second ends the
/// process.
#[must_use]
pub fn interrupt_on_signal() -> Interrupt {
    let (raise, interrupt) = Interrupt::new();
    tokio::spawn(async move {
        if signal().await.is_ok() {
            output::complain("interrupted: cleaning up (once more to end at once)");
            let _ = raise.send(true);
            let _ = signal().await;
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
    });
    interrupt
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn print_plan(options: &RunOptions, kind: PlanKind, format: Format) -> Result<u8, Failure> {
    let knowledge = if kind == PlanKind::Offline { Knowledge::Nothing } else { Knowledge::Discovery };
    let view = engine::plan(options, knowledge).await.map_err(|error| wrong(&error))?;
    let text = if format == Format::Human { plan_text::human(&view, knowledge) } else { plan_text::json(&view) };
    output::print(&text);
    Ok(if view.cases.is_empty() { exit::NOTHING } else { exit::OK })
}

fn wrong(error: &RunError) -> Failure {
    Failure::wrong(error.to_string())
}

/// What is written when a run has ended.
struct Out<'a> {
    reports: &'a [Wanted],
    evidence: &'a EvidenceOut,
    loaded: &'a LoadedSuite,
    baseline: Option<&'a Run>,
    selftest: Option<Vec<u8>>,
}

async fn run_and_report(
    options: RunOptions,
    global: &Global,
    arguments: &RunArgs,
    out: &Out<'_>,
    environment: &Environment,
) -> Result<u8, Failure> {
    let mut listener = listener(global, &Printing::of(arguments), environment);
    let record = engine::run(&options, &mut *listener).await.map_err(|error| wrong(&error))?;
    drop(listener);
    let fail_on_warn = arguments.fail_on == FailOn::Warn;
    let on_stdout = (arguments.format == Format::Json).then(Wanted::record_on_stdout);
    let wanted: Vec<&Wanted> = on_stdout.iter().chain(out.reports).collect();
    let writes = !wanted.is_empty() || arguments.output.is_some() || arguments.bundle.is_some();
    let look = writes.then(|| LastLook::new(&options.world.redactor, out.loaded, &record));
    // What cannot be written costs nothing else.
    let mut written: Vec<Result<(), Failure>> =
        wanted.into_iter().map(|report| reports::write(report, &record, fail_on_warn, look.as_ref())).collect();
    if let Some(look) = &look {
        let surroundings = Surroundings { selftest: out.selftest.clone(), ..evidence_out::surroundings(out.loaded) };
        written.push(out.evidence.write(&record, &surroundings, look));
    }
    let mut failed = written.into_iter().filter_map(Result::err);
    if let Some(first) = failed.next() {
        failed.for_each(|failure| complain_of(&failure, global.color, environment));
        return Err(first);
    }
    if let Some(hint) = hint::of(&record).filter(|_| !prints_for_people(&Printing::of(arguments))) {
        output::complain(&format!("carinbb: {}", escape(&hint)));
    }
    if record.cases.is_empty() || record.claim.exit_code == exit::NOTHING {
        output::complain("carinbb: nothing was tested: no selected case applies to this target");
    }
    let Some(baseline) = out.baseline else { return Ok(record.claim.exit_code) };
    let gate = report::gate(baseline, &record, fail_on_warn, arguments.strict);
    if prints_for_people(&Printing::of(arguments)) {
        output::print(&format!("\n{}", gate.to_text()));
    } else {
        output::complain(&gate.to_text());
    }
    Ok(gate.exit_code)
}

/// False when stdout belongs to a report or to a program.
#[must_use]
pub fn prints_for_people(printing: &Printing<'_>) -> bool {
    printing.format == Format::Human && !printing.reports.iter().any(|report| report.ends_with("=-"))
}

/// What is printed, and where reports go.
pub struct Printing<'a> {
    /// What is printed.
    pub format: Format,
    /// The reports that were asked for, as typed.
    pub reports: &'a [String],
    /// What fails.
    pub fail_on: FailOn,
    /// True when another line says the exit code.
    pub without_code: bool,
}

impl<'a> Printing<'a> {
    fn of(arguments: &'a RunArgs) -> Self {
        let RunArgs { format, report, fail_on, baseline, .. } = arguments;
        Self { format: *format, reports: report, fail_on: *fail_on, without_code: baseline.is_some() }
    }
}

/// What prints while a run goes on.
#[must_use]
pub fn listener(global: &Global, printing: &Printing<'_>, environment: &Environment) -> Box<dyn Listener> {
    let look = Look {
        paint: Paint::decide(colour_choice(global.color), &environment.colour(), environment.stdout_is_terminal),
        width: environment.width.unwrap_or(PAGE),
        loudness: match (global.quiet, global.verbose) {
            (true, _) => Loudness::Quiet,
            (false, 0) => Loudness::Normal,
            (false, _) => Loudness::Verbose,
        },
        without_code: printing.without_code,
        fail_on_warn: printing.fail_on == FailOn::Warn,
    };
    let inner: Box<dyn Listener> = match printing.format {
        Format::Ndjson => Box::new(Ndjson::new(Stdout::new())),
        _ if !prints_for_people(printing) => Box::new(Silent),
        _ => Box::new(Terminal::new(Stdout::new(), look)),
    };
    let watched = environment.stderr_is_terminal && !environment.is_ci() && !global.quiet;
    match global.progress {
        When::Never => Box::new(Progress::none(inner)),
        When::Always => Box::new(Progress::bar(inner)),
        When::Auto if watched => Box::new(Progress::bar(inner)),
        When::Auto if global.quiet => Box::new(Progress::none(inner)),
        When::Auto => Box::new(Progress::heartbeat(inner, SILENCE, io::stderr())),
    }
}

/// Prints nothing: stdout belongs to a report.
struct Silent;

impl Listener for Silent {
    fn notice(&mut self, _: &Event<'_>) {}
}
