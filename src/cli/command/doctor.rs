//! `carinbb doctor`: is everything there that a run needs? One line each, and what to do.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::catalogue::InForce;
use crate::cli::args::{Command, DoctorArgs, Global, RunArgs};
use crate::cli::doctor::{Collecting, Line, clients, documents, exit_code, handshake, missing};
use crate::cli::environment::{Environment, PAGE};
use crate::cli::failure::Failure;
use crate::cli::keyboard::Keyboard;
use crate::cli::layout::wrap;
use crate::cli::secrets::Secrets;
use crate::cli::settings::{self, Resolved};
use crate::cli::suite::{self, LoadedSuite};
use crate::cli::try_login::{self, Ended, Scene, try_login};
use crate::cli::{browser_settings, command, output, world};
use crate::engine;
use crate::net::SystemRandom;
use crate::target::{Launch, MemberKey, Strategy, Target};
use crate::verbs::Context;
use crate::vocabulary::escape;

/// Looks and prints. 0 when all is in order, 1 when something is to be mended, 3 when the target cannot be reached.
///
/// # Errors
/// When files are wrong.
pub fn doctor(global: &Global, arguments: &DoctorArgs, environment: &Environment) -> Result<u8, Failure> {
    let loaded = suite::load(global.testcases.as_deref())?;
    let resolved =
        settings::resolve(&settings::line_of_run(global, arguments.target.as_deref(), &arguments.reach, false), environment)?;
    if arguments.settings {
        output::print(&settings::table(&resolved.settings));
        return Ok(0);
    }
    let digest = loaded.files.digest();
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    output::print(&format!("carinbb {}, suite {}, {system}\n", env!("CARGO_PKG_VERSION"), digest.get(..12).unwrap_or(&digest)));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    let printer = Printer { width: environment.width.unwrap_or(PAGE) };
    let code = runtime.block_on(async {
        tokio::select! {
            code = examine(&resolved, arguments, &loaded, environment, &printer) => code,
            _ = tokio::signal::ctrl_c() => Ok(engine::exit::INTERRUPTED),
        }
    });
    runtime.shutdown_background();
    code
}

async fn examine(
    resolved: &Resolved,
    arguments: &DoctorArgs,
    loaded: &LoadedSuite,
    environment: &Environment,
    printer: &Printer,
) -> Result<u8, Failure> {
    let Command::Run(run) = &resolved.cli.command else { return Err(Failure::wrong("not a run")) };
    let target =
        resolved.target.clone().ok_or_else(|| Failure::wrong("no target: give a target file or the URL of a FHIR base"))?;
    let mut lines = Lines { printer, all: Vec::new() };
    lines.say(Line::ok("files", format!("the target is {}", target.base)));
    lines.extend(unwritable(run));
    let mut secrets = Secrets::new(environment);
    let mut collecting = Collecting::new(&mut secrets, environment.stderr_is_terminal && !arguments.no_login);
    let mut launch = resolved.launch.resolve(&mut collecting).map_err(Failure::wrong)?;
    browser_settings::complete(&mut launch, run, &target, None);
    let complete = collecting.is_complete();
    lines.extend(collecting.into_lines());
    let built = world::build(run, &resolved.cli.global, &target, &launch.login.origins, None, environment)?;
    let (target, launch) = (Arc::new(target), Arc::new(launch));
    let context = Context::new(built.world.clone(), Arc::clone(&target), built.tls.clone())
        .with_launch(Arc::clone(&launch), None)
        .labelled("doctor", "Look at the target");
    lines.extend(handshake(&context).await);
    lines.extend(documents(&context).await);
    if complete && exit_code(&lines.all) != engine::exit::UNDETERMINED && !arguments.no_login {
        lines.extend(clients(&context).await);
        let keyboard = Arc::new(Keyboard { is_terminal: environment.stderr_is_terminal });
        let scene = Scene {
            world: built.world,
            tls: built.tls,
            target: Arc::clone(&target),
            launch: Arc::clone(&launch),
            sitting: keyboard,
        };
        for line in logins(&scene).await {
            lines.say(line);
        }
    } else if !launch.members.is_empty() {
        lines.say(Line::note("login", "not tried"));
    }
    lines.extend(worth_of(loaded, resolved, &target, &launch)?);
    Ok(exit_code(&lines.all))
}

/// A line for each member with a user name; a person's login is theirs to try.
async fn logins(scene: &Scene) -> Vec<Line> {
    let strategy = scene.launch.login.strategy;
    match strategy {
        Strategy::Form | Strategy::Webdriver => {}
        Strategy::Manual => return vec![Line::note("login", "a person signs in: try it with carinbb login")],
        Strategy::Token => {
            return vec![Line::note("login", "nobody signs in: the tokens of the file are used, and a run proves them first")];
        }
        Strategy::None => return Vec::new(),
    }
    let Some(client) = try_login::client(&scene.launch, None) else {
        return vec![Line::fix("login", "there is no client to sign in for", "write [clients.confidential]")];
    };
    let mut lines = Vec::new();
    for member in &scene.launch.members {
        if member.username.is_none() {
            continue;
        }
        let what = format!("login {}", member.key.word());
        lines.push(match try_login(scene, member.key, client).await {
            Ended::WithCode => Line::ok(what, "came back with a code"),
            Ended::Without(why) => {
                let flag =
                    if member.key == MemberKey::First { String::new() } else { format!(" --member {}", member.key.word()) };
                Line::fix(what, why, format!("see it page by page: carinbb login{flag} {}", scene.target.typed))
            }
        });
    }
    lines
}

/// A report whose folder is not there costs a run its result.
fn unwritable(run: &RunArgs) -> Vec<Line> {
    let files = run.report.iter().filter_map(|report| report.split_once('=')).map(|(_, file)| file).filter(|file| *file != "-");
    let folder = |file: &str| Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_path_buf);
    let missing = files.filter(|file| folder(file).is_some_and(|folder| !folder.is_dir()));
    missing
        .map(|file| {
            Line::fix(
                "reports",
                format!("the folder of {file} is not there"),
                format!("mkdir -p {}", folder(file).unwrap_or_default().display()),
            )
        })
        .collect()
}

fn worth_of(loaded: &LoadedSuite, resolved: &Resolved, target: &Target, launch: &Launch) -> Result<Vec<Line>, Failure> {
    let Command::Run(run) = &resolved.cli.command else { return Ok(Vec::new()) };
    let named: Vec<String> =
        if run.profile.is_empty() { target.profiles.iter().map(ToString::to_string).collect() } else { run.profile.clone() };
    let claim = command::list::claim(&loaded.catalogue, &named, &run.smart, run.strict)?;
    let in_force = InForce::new(&loaded.catalogue, &claim);
    Ok(missing(target, launch, &engine::worth(&loaded.suite, &in_force, &claim.profiles, &SystemRandom)))
}

/// The lines so far, each printed as it comes.
struct Lines<'a> {
    printer: &'a Printer,
    all: Vec<Line>,
}

impl Lines<'_> {
    fn say(&mut self, line: Line) {
        self.printer.print(&line);
        self.all.push(line);
    }

    fn extend(&mut self, lines: impl IntoIterator<Item = Line>) {
        lines.into_iter().for_each(|line| self.say(line));
    }
}

struct Printer {
    width: usize,
}

impl Printer {
    const INDENT: usize = 30;

    fn print(&self, line: &Line) {
        let room = self.width.saturating_sub(Self::INDENT).max(30);
        let head = format!("{:<6}{:<24}", line.mark.word(), line.what);
        let fix = line.fix.iter().map(|fix| format!("-> {}", escape(fix)));
        let texts = std::iter::once(escape(&line.seen)).chain(fix);
        let mut out = Vec::new();
        for (at, text) in texts.flat_map(|text| wrap(&text, room)).enumerate() {
            let head = if at == 0 { head.as_str() } else { "" };
            // Writing to a Vec cannot fail.
            let _ = writeln!(out, "{head:<indent$}{text}", indent = Self::INDENT);
        }
        output::print(&String::from_utf8_lossy(&out));
    }
}
