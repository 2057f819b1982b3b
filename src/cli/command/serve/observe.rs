//! `carinbb serve --observe`: the observation of one client, from the first launch to the reports.

use std::sync::Arc;

use crate::cli::args::{FailOn, Global, ObserveArgs, ServeArgs, Way};
use crate::cli::command::run::{Printing, interrupt_on_signal, listener, prints_for_people, profiles};
use crate::cli::environment::Environment;
use crate::cli::evidence_out::{EvidenceOut, LastLook, surroundings};
use crate::cli::failure::Failure;
use crate::cli::observe::{Launcher, Observation, Patience, Person, Stand, options, subject};
use crate::cli::reports::{self, Wanted};
use crate::cli::suite::{self, LoadedSuite};
use crate::cli::{output, statements};
use crate::engine::{self, Run, Selection, exit};
use crate::net::{Clock, Random, SeededRandom, SystemClock};
use crate::reference::{Running, UdapOptions};
use crate::testcase::Role;
use crate::vocabulary::ProfileId;

/// What is checked before the server starts.
pub struct Prepared {
    loaded: LoadedSuite,
    profiles: Vec<ProfileId>,
    reports: Vec<Wanted>,
    evidence: EvidenceOut,
}

/// Reads files and flags.
///
/// # Errors
/// When something of it is wrong.
pub fn prepare(global: &Global, arguments: &ServeArgs, environment: &Environment) -> Result<Prepared, Failure> {
    let own = &arguments.observation;
    if !arguments.fault.is_empty() {
        return Err(Failure::wrong("--observe switches faults itself, one per launch: leave out --fault"));
    }
    if own.way != Way::Smart && arguments.udap_anchors.is_empty() {
        return Err(Failure::wrong(
            "a client that registers itself needs a certificate that the server trusts: --udap-anchors FILE names its root",
        ));
    }
    let loaded = suite::load(global.testcases.as_deref())?;
    let unknown = |error: engine::RunError| Failure::wrong(error.to_string());
    let profiles = profiles(&own.profile)?;
    engine::named_profiles(&loaded.catalogue, &profiles).map_err(unknown)?;
    engine::check_selection(&loaded.suite, &selection(own), Role::Client).map_err(unknown)?;
    Ok(Prepared {
        loaded,
        profiles,
        reports: reports::wanted(&own.report, environment)?,
        evidence: EvidenceOut::check(own.output.as_deref(), own.bundle.as_deref())?,
    })
}

/// Observes and reports; the exit codes are those of `run`.
///
/// # Errors
/// When a version is unknown, or a report cannot be written.
pub async fn observe(
    server: &Arc<Running>,
    prepared: Prepared,
    global: &Global,
    arguments: &ServeArgs,
    environment: &Environment,
) -> Result<u8, Failure> {
    let own = &arguments.observation;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let patience = Patience { launch: own.wait, silence: own.silence };
    let launcher = match &own.launch_command {
        Some(command) => Launcher::Command(command.clone(), patience),
        None => Launcher::Person(Person::new(patience, environment.stdin_is_terminal)),
    };
    let stand = Arc::new(Stand::new(Arc::clone(server), launcher, own.launches));
    let fail_on_warn = own.fail_on == FailOn::Warn;
    let today = clock.now().date();
    let observation = Observation {
        name: own.name.clone(),
        profiles: prepared.profiles.clone(),
        smart: arguments.smart.clone(),
        // the version that nobody has to name claims nothing
        udap: Some(arguments.udap_version.clone()).filter(|version| *version != UdapOptions::default().version),
        selection: selection(own),
        strict: own.strict,
        fail_on_warn,
        statements: statements::load(
            own.waivers.as_deref(),
            own.attestations.as_deref(),
            &prepared.loaded,
            &subject(&own.name),
            today,
        )?,
        random: global.seed.map(|seed| Arc::new(SeededRandom::new(seed)) as Arc<dyn Random>),
        clock,
        interrupt: interrupt_on_signal(),
    };
    let options = options(observation, stand, server, &prepared.loaded).map_err(Failure::wrong)?;
    let printing = Printing { format: own.format, reports: &own.report, fail_on: own.fail_on, without_code: false };
    // Where a person is asked, a bar would write over the questions.
    let quiet_bar = Global {
        progress: if own.launch_command.is_some() { global.progress } else { crate::cli::args::When::Never },
        ..global.clone()
    };
    let mut listener = listener(&quiet_bar, &printing, environment);
    let record = engine::run(&options, &mut *listener).await.map_err(|error| Failure::wrong(error.to_string()))?;
    drop(listener);
    write(&record, &prepared, own, &options, fail_on_warn)?;
    if record.cases.is_empty() || record.claim.exit_code == exit::NOTHING {
        output::complain("carinbb: nothing was tested: no selected case applies to this client");
    }
    Ok(record.claim.exit_code)
}

fn write(
    record: &Run,
    prepared: &Prepared,
    own: &ObserveArgs,
    options: &engine::RunOptions,
    fail_on_warn: bool,
) -> Result<(), Failure> {
    let printing = Printing { format: own.format, reports: &own.report, fail_on: own.fail_on, without_code: false };
    let on_stdout =
        (!prints_for_people(&printing) && own.format == crate::cli::args::Format::Json).then(Wanted::record_on_stdout);
    let wanted: Vec<&Wanted> = on_stdout.iter().chain(&prepared.reports).collect();
    if wanted.is_empty() && own.output.is_none() && own.bundle.is_none() {
        return Ok(());
    }
    let look = LastLook::new(&options.world.redactor, &prepared.loaded, record);
    for report in wanted {
        reports::write(report, record, fail_on_warn, Some(&look))?;
    }
    prepared.evidence.write(record, &surroundings(&prepared.loaded), &look)
}

/// Flags, and the ways in which the client does not come.
fn selection(own: &ObserveArgs) -> Selection {
    let mut no_tags = Vec::new();
    if own.way == Way::Udap {
        no_tags.push((
            "smart-app",
            "the client comes by UDAP alone: --as smart or both has it launched with an id of its own".to_owned(),
        ));
    }
    if own.way == Way::Smart {
        no_tags.push(("udap-app", "the client is not said to register by UDAP: --as udap or both does".to_owned()));
    }
    Selection { select: own.select.clone(), skip: own.skip.clone(), slow: true, no_tags, ..Selection::default() }
}
