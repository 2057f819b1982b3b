//! `carinbb list`

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::run::profiles;
use crate::catalogue::{
    Actor, CapabilityName, Catalogue, Claim, Coverage, InForce, Profile, Rule, SmartVersion, Totals, coverage,
};
use crate::cli::args::{Global, ListArgs, ListedRole, Listing};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::layout::hang;
use crate::cli::output;
use crate::cli::suite::{Listed, served};
use crate::reference;
use crate::testcase::{Role, TestCase};
use crate::verbs;

/// Prints a list.
///
/// # Errors
/// When the suite is broken or a profile is unknown.
pub fn list(global: &Global, arguments: &ListArgs, environment: &Environment) -> Result<u8, Failure> {
    let suite = Listed::of(global.testcases.as_deref())?;
    let (column, text, value) = match arguments.what {
        Listing::Cases => cases(&suite.cases(), arguments.role),
        Listing::Requirements => requirements(&suite.catalogue(), &suite.cases(), arguments)?,
        Listing::Verbs => verbs(),
        Listing::Faults => faults(),
        Listing::Capabilities => capabilities(),
        Listing::Profiles => known_profiles(&suite.catalogue()),
    };
    if arguments.json {
        output::print(&serde_json::to_string_pretty(&value).unwrap_or_default());
    } else {
        // In a pipe a row stays a line, for grep.
        let width = environment.width.filter(|_| environment.stdout_is_terminal);
        output::print(&width.map_or(text.clone(), |width| hang(&text, width.max(40), Some(column))));
    }
    Ok(0)
}

fn cases(cases: &[TestCase], role: ListedRole) -> (usize, String, Value) {
    let role = match role {
        ListedRole::Server => Role::Server,
        ListedRole::Client => Role::Client,
    };
    let cases: Vec<_> = cases.iter().filter(|case| case.role == role).collect();
    let mut text = String::new();
    let mut values = Vec::new();
    for case in &cases {
        let _ = writeln!(text, "{:<38} {}", case.id, readable(&case.title));
        let requirements: Vec<&str> = case.requirements.iter().map(|id| id.as_str()).collect();
        let faults: Vec<&str> = case.faults.iter().map(|fault| fault.as_str()).collect();
        values.push(json!({ "id": case.id.as_str(), "title": case.title, "requirements": requirements, "faults": faults, "tags": case.tags }));
    }
    let _ = writeln!(text, "{} cases", cases.len());
    (39, text, Value::Array(values))
}

/// `{{type.name}} is readable` becomes `<type> is readable`.
pub fn readable(title: &str) -> String {
    let mut parts = title.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        text.push_str(&format!("<{}>{rest}", name.trim().split('.').next().unwrap_or_default()));
    }
    text
}

/// The claim that the flags of `list` and `docs` speak of.
///
/// # Errors
/// When a profile or version is unknown.
pub fn claim<'c>(catalogue: &'c Catalogue, names: &[String], smart: &str, strict: bool) -> Result<Claim<'c>, Failure> {
    let mut chosen: Vec<&Profile> = Vec::new();
    for id in profiles(names)? {
        let Some(profile) = catalogue.profile(&id) else {
            let known = catalogue.profiles().map(|profile| profile.id.as_str());
            let help = crate::vocabulary::document::did_you_mean(id.as_str(), known);
            return Err(Failure::wrong(format!("there is no profile '{id}': {help}")));
        };
        chosen.push(profile);
    }
    if chosen.is_empty() {
        chosen.extend(catalogue.profile_for(&[]).map(|(profile, _)| profile));
    }
    let declared = smart != "auto";
    let version = if declared { smart } else { "2.0.0" };
    let version = SmartVersion::parse(version).map_err(|error| Failure::wrong(error.to_string()))?;
    Ok(Claim { profiles: chosen, smart: version, smart_declared: declared, udap: None, strict })
}

fn requirements(catalogue: &Catalogue, cases: &[TestCase], arguments: &ListArgs) -> Result<(usize, String, Value), Failure> {
    let claim = claim(catalogue, &arguments.profile, &arguments.smart, arguments.strict)?;
    let in_force = InForce::new(catalogue, &claim);
    let (whose, actor) = match arguments.role {
        ListedRole::Server => ("server", Actor::Server),
        ListedRole::Client => ("client", Actor::Client),
    };
    let (rows, totals) = coverage(&in_force, &served(cases), actor);
    let mut text = String::new();
    let names: Vec<String> = claim.profiles.iter().map(|profile| profile.title.clone()).collect();
    let auto = if claim.smart_declared { "" } else { " (as if found; not declared)" };
    let _ = writeln!(text, "Requirements of a {whose} under {}, SMART {}{auto}\n", names.join(" and "), claim.smart);
    let ids = rows.iter().map(|(rule, _)| rule.requirement.id.as_str().len()).max().unwrap_or_default();
    let levels = rows.iter().map(|(rule, _)| level(rule).len()).max().unwrap_or_default();
    for (rule, how) in &rows {
        let _ = writeln!(text, "{:<ids$}  {:<levels$}  {}", rule.requirement.id.as_str(), level(rule), how_tested(how));
    }
    text.push_str(&totals_text(&totals));
    let values = rows.iter().map(|(rule, how)| {
        json!({
            "id": rule.requirement.id.as_str(), "level": rule.level, "counts_as": rule.strength,
            "caps": rule.caps.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "summary": rule.requirement.summary, "tested": how_tested(how),
        })
    });
    Ok((ids + levels + 4, text, values.collect()))
}

/// `SHALL`, or `SHALL, as SHOULD` when it counts otherwise.
#[must_use]
pub fn level(rule: &Rule) -> String {
    if rule.level == rule.strength { rule.level.to_string() } else { format!("{}, as {}", rule.level, rule.strength) }
}

/// How a row is tested, in one line.
#[must_use]
pub fn how_tested(how: &Coverage) -> String {
    match how {
        Coverage::Cases(cases) => cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Coverage::Attestation => "attestation".into(),
        Coverage::NotTestable(why) if why.is_empty() => "not testable".into(),
        Coverage::NotTestable(why) => format!("not testable: {why}"),
        Coverage::Uncovered => "UNCOVERED: no case yet".into(),
    }
}

/// The totals by level.
#[must_use]
pub fn totals_text(totals: &Totals) -> String {
    let mut text = String::from("\n           by cases  attestation  not testable  uncovered  all\n");
    for (name, counts) in [("SHALL", totals.shall), ("SHOULD", totals.should), ("MAY", totals.may)] {
        let _ = writeln!(
            text,
            "{name:<9} {:>9} {:>12} {:>13} {:>10} {:>4}",
            counts.cases,
            counts.attestation,
            counts.not_testable,
            counts.uncovered,
            counts.total()
        );
    }
    text
}

fn verbs() -> (usize, String, Value) {
    let mut text = String::new();
    let mut values = Vec::new();
    for help in verbs::HELPS {
        let _ = writeln!(text, "{:<32} {:<8} {}", help.name, help.effect.word(), help.summary);
        values.push(json!({ "name": help.name, "effect": help.effect.word(), "summary": help.summary }));
    }
    (42, text, Value::Array(values))
}

fn faults() -> (usize, String, Value) {
    let mut text = String::new();
    let mut values = Vec::new();
    for fault in reference::faults() {
        let _ = writeln!(text, "{:<44} {:<10} {}", fault.name, fault.kind.word(), fault.what);
        values.push(json!({ "name": fault.name, "kind": fault.kind.word(), "group": fault.group, "what": fault.what, "profiles": fault.profiles, "smart": fault.smart }));
    }
    let _ = writeln!(text, "{} faults", reference::faults().len());
    (56, text, Value::Array(values))
}

fn capabilities() -> (usize, String, Value) {
    let mut text = String::new();
    let mut values = Vec::new();
    for name in CapabilityName::all() {
        let _ = writeln!(text, "{:<38} {}", name.as_str(), name.description());
        values.push(json!({ "name": name.as_str(), "claimed_when": name.description() }));
    }
    (39, text, Value::Array(values))
}

fn known_profiles(catalogue: &Catalogue) -> (usize, String, Value) {
    let mut text = String::new();
    let mut values = Vec::new();
    for profile in catalogue.profiles() {
        let _ = writeln!(text, "{:<24} {:<34} {}", profile.id, profile.title, profile.status.as_str());
        values.push(json!({ "id": profile.id.as_str(), "title": profile.title, "status": profile.status.as_str() }));
    }
    (25, text, Value::Array(values))
}
