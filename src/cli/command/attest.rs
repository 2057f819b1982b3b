//! `carinbb attest`: a person answers what the run could only leave open, and the answers go into a file for the next run.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use crate::catalogue::{Attestations, read_attestations};
use crate::cli::args::AttestArgs;
use crate::cli::ask::{self, Answer, Person, quoted};
use crate::cli::command::report::read;
use crate::cli::environment::{Environment, PAGE};
use crate::cli::failure::Failure;
use crate::cli::layout::wrap;
use crate::cli::statements::digest_of;
use crate::cli::{output, settings, suite};
use crate::engine::is_attestable;
use crate::engine::record::{RequirementResult, Run};
use crate::net::{Clock, SystemClock};
use crate::report::accesses;
use crate::vocabulary::document::Problems;
use crate::vocabulary::{RequirementId, escape};

/// Asks, or with `--print` prints what would be asked.
///
/// # Errors
/// When the record or the file cannot be used, or nobody can be asked.
pub fn attest(arguments: &AttestArgs, environment: &Environment) -> Result<u8, Failure> {
    let run = read(&arguments.record)?;
    let file = &arguments.attestations;
    let today = SystemClock::new().now().date();
    let known = existing(file, &run)?;
    let is_open =
        |row: &&RequirementResult| is_attestable(row) && !known.all.iter().any(|own| own.requirement.as_str() == row.id);
    let open: Vec<&RequirementResult> = run.requirements.iter().filter(is_open).collect();
    let catalogue = suite::load(None)?.catalogue;
    let how = |row: &RequirementResult| {
        let known = catalogue.requirement(&RequirementId::parse(&row.id).ok()?)?;
        Some(known.how.clone()).filter(|how| !how.is_empty())
    };
    let mut list = if open.iter().any(|row| is_about_audit(row)) { accessed(&run) } else { String::new() };
    if open.iter().any(|row| ABOUT_CONSENT.contains(&row.id.as_str())) {
        list.push_str(&told(&run));
    }
    if arguments.print {
        output::print(&skeleton(&open, &how, &run, &list, file.is_file(), today));
        return Ok(0);
    }
    if open.is_empty() {
        output::print(&format!("nothing is open: {} attested in {}", known.all.len(), file.display()));
        return Ok(0);
    }
    if !environment.stdin_is_terminal || !environment.stderr_is_terminal {
        return Err(Failure::wrong(format!(
            "attest asks a person at a terminal, and this is none; {} requirements are open. --print writes them as TOML to fill in by hand",
            open.len()
        )));
    }
    let (mut input, mut out) = (io::stdin().lock(), io::stderr());
    let failed = |error: io::Error| Failure::wrong(format!("cannot write {}: {error}", file.display()));
    write!(out, "{list}").map_err(failed)?;
    let person = Person {
        name: given(arguments.name.as_ref(), "Your name: ", &mut input, &mut out).map_err(failed)?,
        role: given(arguments.role.as_ref(), "Your role: ", &mut input, &mut out).map_err(failed)?,
    };
    if person.name.is_empty() || person.role.is_empty() {
        return Err(Failure::wrong("an attestation is made by somebody: give a name and a role (--name, --role)"));
    }
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let digest = |path: &str| digest_of(&folder.join(path));
    let mut keep = |answer: &Answer| append(file, &run, &ask::as_toml(answer, &person, today));
    let kept = ask::ask(&open, &how, &mut input, &mut out, &digest, &mut keep).map_err(failed)?;
    output::print(&format!("{kept} of {} answered; run again with --attestations {}", open.len(), file.display()));
    Ok(0)
}

/// What the file says already; it must be about the same server.
fn existing(file: &Path, run: &Run) -> Result<Attestations, Failure> {
    if !file.is_file() {
        return Ok(Attestations::default());
    }
    let source = settings::read_source(file)?;
    let problems = Problems::new();
    let known = read_attestations(&source, &problems, SystemClock::new().now().date());
    let problems = problems.into_sorted();
    if !problems.is_empty() {
        return Err(Failure::Problems(problems));
    }
    if known.target.trim_end_matches('/') != run.header.target.trim_end_matches('/') {
        let (about, target) = (escape(&known.target), escape(&run.header.target));
        return Err(Failure::wrong(format!("{} is about {about}, and the run is about {target}", file.display())));
    }
    Ok(known)
}

fn given(flag: Option<&String>, question: &str, input: &mut dyn io::BufRead, out: &mut dyn Write) -> io::Result<String> {
    match flag {
        Some(text) => Ok(text.trim().to_owned()),
        None => Ok(ask::line(input, out, question)?.unwrap_or_default()),
    }
}

fn head(run: &Run) -> String {
    format!(
        "# What persons state of this server. carinbb run --attestations reads it.\ntarget = {}\n",
        quoted(&run.header.target)
    )
}

fn append(file: &Path, run: &Run, text: &str) -> io::Result<()> {
    let head = if file.is_file() { String::new() } else { head(run) };
    OpenOptions::new().create(true).append(true).open(file)?.write_all(format!("{head}{text}").as_bytes())
}

/// Every open requirement as TOML whose answers are still to be written: a run refuses it as it is.
fn skeleton(
    open: &[&RequirementResult],
    how: &dyn Fn(&RequirementResult) -> Option<String>,
    run: &Run,
    accessed: &str,
    has_file: bool,
    today: time::Date,
) -> String {
    let mut text = if has_file { String::new() } else { head(run) };
    text.extend(accessed.lines().map(|line| format!("# {line}\n")));
    for row in open {
        text.push_str(&format!("\n# {} {}\n", row.level, escape(&row.url)));
        text.extend(how(row).iter().flat_map(|how| wrap(how, PAGE)).map(|line| format!("# {line}\n")));
        text.push_str(&format!(
            "[[attestation]]\nrequirement = {}\nstatement   = {}\nanswer      = \"\"   # yes or no\nname        = \"\"\nrole        = \"\"\ndate        = {today}\n",
            quoted(&row.id),
            quoted(&row.summary)
        ));
    }
    text
}

/// Requirements of what a member is told before consent.
const ABOUT_CONSENT: [&str; 2] = ["smart-best-practices/consent-1", "smart-app-launch/best-practices-5"];

/// What the pages of sign-ins said, so that a person can judge whether a member is told enough; empty when none was seen.
fn told(run: &Run) -> String {
    if run.sign_in_pages.is_empty() {
        return String::new();
    }
    let mut text = "What members were told, for the requirements about consent (sign_in_pages of the run record; ‹…› stands for words that may be about somebody):\n".to_owned();
    for page in &run.sign_in_pages {
        text.push_str(&format!("'{}' ({}): {}\n", escape(&page.title), escape(&page.purpose), escape(&page.text)));
        if !page.buttons.is_empty() {
            text.push_str(&format!("  buttons: {}\n", escape(&page.buttons.join(", "))));
        }
    }
    text
}

/// The most accesses that are listed.
const MOST_LISTED: usize = 500;

/// True for a requirement that lines of a log would show.
fn is_about_audit(row: &RequirementResult) -> bool {
    row.id.rsplit('/').next().is_some_and(|name| name.starts_with("audit-"))
}

/// What the run accessed and when, so that the lines of the log can be shown; empty when it accessed nothing.
fn accessed(run: &Run) -> String {
    let all = accesses(run);
    if all.is_empty() {
        return String::new();
    }
    let mut text = "What this run accessed, for the lines of the audit log that show it (times in UTC):\n".to_owned();
    for own in all.iter().take(MOST_LISTED) {
        text.push_str(&format!("{}  {:<35} {}\n", escape(&own.at), escape(&own.what), escape(&own.outcome)));
    }
    if let Some(more) = all.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        text.push_str(&format!("{more} more are in the run record\n"));
    }
    text
}
