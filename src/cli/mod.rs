//! The command line: settings in, live output and exit code out.

mod args;
mod ask;
mod baseline;
mod browser_settings;
mod certification;
mod command;
mod credentials;
mod demo;
mod doctor;
mod environment;
mod evidence_out;
mod failure;
mod faults;
mod findings;
mod guessed;
mod hint;
mod init;
mod keyboard;
mod layout;
mod login_lines;
pub mod ndjson;
mod observe;
mod output;
mod page;
mod plan_text;
pub mod paint;
pub mod progress;
mod selftest;
mod reference_pages;
mod reports;
mod secrets;
mod settings;
mod sign_in;
mod statements;
mod suite;
mod target_out;
pub mod terminal;
mod tls_findings;
mod tls_page;
mod udap;
mod udap_trust;
mod try_login;
mod world;

use args::{Cli, Command, When};
use environment::Environment;
use failure::Failure;
use paint::{ColorChoice, Paint};

/// Does what the command line says and returns the exit code.
#[must_use]
pub fn main() -> u8 {
    let environment = Environment::read();
    let done = typed().and_then(|typed| {
        let cli = args::parse(&typed, &environment).map_err(|error| (Failure::Clap(error), When::Auto))?;
        let color = cli.global.color;
        dispatch(cli, &typed, &environment).map_err(|failure| (failure, color))
    });
    let code = done.unwrap_or_else(|(failure, color)| {
        complain_of(&failure, color, &environment);
        failure.exit_code()
    });
    match output::lost() {
        Some(why) => {
            output::complain(&format!("carinbb: part of what was printed is lost: {why}"));
            failure::CALLED_WRONGLY
        }
        None => code,
    }
}

/// What was typed. A word that is no UTF-8 would name another file than the one that was meant.
fn typed() -> Result<Vec<String>, (Failure, When)> {
    let words = std::env::args_os().map(std::ffi::OsString::into_string);
    words.collect::<Result<_, _>>().map_err(|word| {
        (Failure::wrong(format!("'{}' is not UTF-8: name it in another way", word.to_string_lossy())), When::Auto)
    })
}

fn dispatch(cli: Cli, typed: &[String], environment: &Environment) -> Result<u8, Failure> {
    match cli.command {
        Command::Run(_) => settings::resolve(typed, environment)
            .and_then(|resolved| command::run::run(resolved, environment))
            .map_err(Failure::before_a_run),
        Command::Report(arguments) => command::report::report(&arguments, environment),
        Command::Verify(arguments) => command::verify::verify(&cli.global, &arguments),
        Command::Compare(arguments) => command::compare::compare_runs(&cli.global, &arguments),
        Command::Review(arguments) => command::review::review(&arguments, environment),
        Command::Attest(arguments) => command::attest::attest(&arguments, environment),
        Command::List(arguments) => command::list::list(&cli.global, &arguments, environment),
        Command::Explain(arguments) => command::explain::explain(&cli.global, &arguments, environment),
        Command::Check(arguments) => command::check::check(&cli.global, &arguments, environment),
        Command::Init(arguments) => command::init::init(&cli.global, &arguments),
        Command::Login(arguments) => command::login::login(&cli.global, &arguments, environment),
        Command::Doctor(arguments) => command::doctor::doctor(&cli.global, &arguments, environment),
        Command::Tls(arguments) => command::tls::tls(&arguments, environment),
        Command::Serve(arguments) => command::serve::serve(&cli.global, &arguments, environment),
        Command::Selftest(arguments) => command::selftest::selftest(&cli.global, &arguments, environment),
        Command::Pki(arguments) => command::pki::pki(&arguments),
        Command::Completions(arguments) => Ok(command::completions::completions(&arguments)),
        Command::Docs(arguments) => command::docs::docs(&cli.global, &arguments),
    }
}

/// Prints what went wrong, once.
fn complain_of(failure: &Failure, color: When, environment: &Environment) {
    match failure {
        Failure::Clap(error) => {
            let _ = error.print();
            if let Some(help) = guessed::help(error) {
                output::complain(&format!("\n  here: {help}"));
            }
        }
        Failure::Problems(problems) => {
            let colour = Paint::decide(colour_choice(color), &environment.colour(), environment.stderr_is_terminal).is_on();
            for problem in problems {
                output::complain(&format!("{}\n", problem.render(colour)));
            }
            let count = problems.len();
            output::complain(&format!("{count} problem{} found; nothing was sent", if count == 1 { "" } else { "s" }));
        }
        Failure::Wrong(message) | Failure::Unreachable(message) => output::complain(&format!("carinbb: {message}")),
        Failure::Bug(message) => output::complain(&format!("carinbb: this is a bug of carinbb, please report it: {message}")),
    }
}

fn colour_choice(when: When) -> ColorChoice {
    match when {
        When::Auto => ColorChoice::Auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    }
}
