//! `carinbb explain ID`: what it is, why, where it comes from, what proves it, what to do.

use std::fmt::Write as _;
use std::path::Path;

use super::list::readable;
use super::report::read;
use crate::catalogue::{CapabilityName, Requirement};
use crate::cli::args::{ExplainArgs, Global};
use crate::cli::environment::{Environment, PAGE};
use crate::cli::failure::Failure;
use crate::cli::layout::hang;
use crate::cli::output;
use crate::cli::suite::{self, LoadedSuite};
use crate::reference::{self, Fault};
use crate::report::{self, ranked};
use crate::testcase::TestCase;
use crate::verbs::{self, VerbHelp};
use crate::vocabulary::document::did_you_mean;
use crate::vocabulary::escape;

/// Prints the explanation.
///
/// # Errors
/// When nothing has this id.
pub fn explain(global: &Global, arguments: &ExplainArgs, environment: &Environment) -> Result<u8, Failure> {
    let loaded = suite::load(global.testcases.as_deref())?;
    let id = arguments.id.as_str();
    if let Some(record) = &arguments.record {
        return dispute(id, record, &loaded);
    }
    let case = || loaded.suite.case(id).map(|case| explain_case(case, &loaded));
    let requirement =
        || loaded.catalogue.requirements().find(|row| row.id.as_str() == id).map(|row| explain_requirement(row, &loaded));
    let verb = || verbs::HELPS.iter().find(|help| help.name == id).map(|help| explain_verb(help, &loaded));
    let fault = || reference::faults().iter().find(|fault| fault.name == id).map(|fault| explain_fault(fault, &loaded));
    let capability = || CapabilityName::parse(id).ok().map(|name| format!("{id}\n\n  Claimed when: {}\n", name.description()));
    let profile = || loaded.catalogue.profiles().find(|profile| profile.id.as_str() == id).map(explain_profile);
    let found = case().or_else(requirement).or_else(verb).or_else(fault).or_else(capability).or_else(profile);
    let Some(text) = found else { return Err(Failure::wrong(format!("nothing is called '{id}': {}", help(id, &loaded)))) };
    output::print(&hang(&text, environment.width.unwrap_or(PAGE).max(40), None));
    Ok(0)
}

/// Prints a text about each finding that the id means.
fn dispute(id: &str, record: &Path, loaded: &LoadedSuite) -> Result<u8, Failure> {
    let run = read(record)?;
    let found = report::dispute::named(&run, id);
    if found.is_empty() {
        let labels: Vec<String> = ranked(&run).iter().map(|(case, _)| escape(&case.label())).collect();
        let help = did_you_mean(id, labels.iter().map(String::as_str));
        return Err(Failure::wrong(format!("{}: no finding is called '{id}': {help}", record.display())));
    }
    let each = found.iter().map(|(case, finding)| report::dispute::dispute(&run, case, finding, &loaded.catalogue));
    output::print(&each.collect::<Vec<_>>().join("\n---\n\n"));
    Ok(0)
}

fn help(id: &str, loaded: &LoadedSuite) -> String {
    let cases = loaded.suite.cases.iter().map(|case| case.id.as_str());
    let rows = loaded.catalogue.requirements().map(|row| row.id.as_str());
    let verbs = verbs::HELPS.iter().map(|help| help.name);
    let faults = reference::faults().iter().map(|fault| fault.name);
    let profiles = loaded.catalogue.profiles().map(|profile| profile.id.as_str());
    let mut known: Vec<&str> = cases.chain(rows).chain(verbs).chain(faults).chain(profiles).collect();
    CapabilityName::all().for_each(|name| known.push(name.as_str()));
    did_you_mean(id, known)
}

fn explain_requirement(row: &Requirement, loaded: &LoadedSuite) -> String {
    let mut text = format!("{}\n\n  {}\n\n", row.id, row.summary);
    let line = |text: &mut String, name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:<11} {value}");
        }
    };
    let levels: Vec<String> = row
        .versions()
        .map(|version| format!("{version} {}", row.level_in(version).map_or("-".into(), |level| level.to_string())))
        .collect();
    line(&mut text, "level", &levels.join(", "));
    line(&mut text, "applies to", row.actor.as_str());
    line(&mut text, "when", row.conditional.as_deref().unwrap_or_default());
    line(&mut text, "section", &row.section);
    line(&mut text, "source", &row.url);
    line(&mut text, "basis", row.basis.as_str());
    line(&mut text, "confidence", row.confidence.as_str());
    line(&mut text, "tested by", row.testable.as_str());
    line(&mut text, "how", &row.how);
    line(&mut text, "notes", row.notes.as_deref().unwrap_or_default());
    let served = loaded.served();
    let cases: Vec<String> = served.get(&row.id).into_iter().flatten().map(ToString::to_string).collect();
    let cases = if cases.is_empty() { "none yet".to_owned() } else { cases.join(", ") };
    line(&mut text, "cases", &cases);
    text
}

fn explain_case(case: &TestCase, loaded: &LoadedSuite) -> String {
    let mut text = format!("{}   {}\n\n", case.id, readable(&case.title));
    for line in case.why.lines() {
        let _ = writeln!(text, "  {}", line.trim());
    }
    text.push('\n');
    for (phase, steps) in [("setup", &case.setup), ("control", &case.control), ("step", &case.steps), ("cleanup", &case.cleanup)]
    {
        for step in steps {
            let number = case.all_steps().position(|own| std::ptr::eq(own, step)).map_or(0, |at| at + 1);
            let _ = writeln!(text, "  {number:>2} {phase:<8} {}", step.title);
        }
    }
    text.push_str("\n  requirements\n");
    for id in &case.requirements {
        let summary = loaded.catalogue.requirement(id).map(|row| row.summary.clone()).unwrap_or_default();
        let _ = writeln!(text, "    {id}: {summary}");
    }
    text.push_str("  proved by the faults\n");
    for name in &case.faults {
        let what = reference::faults().iter().find(|fault| fault.name == name.as_str()).map_or("", |fault| fault.what);
        let _ = writeln!(text, "    {name}: {what}");
    }
    let _ = writeln!(text, "  written in {}", case.place);
    text
}

fn explain_verb(help: &VerbHelp, loaded: &LoadedSuite) -> String {
    let mut text = format!("{}   {}\n\n  effect  {}\n", help.name, help.summary, help.effect.word());
    text.push_str("  arguments\n");
    for argument in help.arguments {
        let required = if argument.required { ", required" } else { "" };
        let _ = writeln!(text, "    {:<12} {}{required}: {}", argument.name, argument.kind.describe(), argument.help);
    }
    text.push_str("  facts\n");
    for fact in help.facts {
        let _ = writeln!(text, "    {:<24} {}", fact.path, fact.help);
    }
    let uses = |case: &&TestCase| {
        case.all_steps().any(|step| matches!(&step.action, crate::testcase::Action::Verb(name) if name == help.name))
    };
    let cases: Vec<String> = loaded.suite.cases.iter().filter(uses).map(|case| case.id.to_string()).collect();
    let _ = writeln!(text, "  used by {}", cases.join(", "));
    text
}

fn explain_fault(fault: &Fault, loaded: &LoadedSuite) -> String {
    let declares = |case: &&TestCase| case.faults.iter().any(|name| name.as_str() == fault.name);
    let cases: Vec<String> = loaded.suite.cases.iter().filter(declares).map(|case| case.id.to_string()).collect();
    let cases = if cases.is_empty() { "none".to_owned() } else { cases.join(", ") };
    let smart = fault.smart.map(|version| format!(", SMART {version}")).unwrap_or_default();
    format!(
        "{}   {}\n\n  kind       {}\n  proved     under {}{smart}\n  caught by  {cases}\n  try        carinbb run --demo --fault {}\n",
        fault.name,
        fault.what,
        fault.kind.word(),
        fault.profiles.join(", "),
        fault.name
    )
}

fn explain_profile(profile: &crate::catalogue::Profile) -> String {
    let mut text = format!("{}   {} ({})\n\n", profile.id, profile.title, profile.status.as_str());
    if let Some(note) = &profile.headline_note {
        let _ = writeln!(text, "  {note}");
    }
    let _ = writeln!(text, "  TLS   {}", profile.tls.rule);
    text.push_str("  documents\n");
    for document in &profile.documents {
        let _ = writeln!(text, "    {:<22} {:<12} {}", document.document, document.role.as_str(), document.versions.join(", "));
    }
    text
}
