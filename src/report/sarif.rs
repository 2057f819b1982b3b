//! SARIF 2.1.0 for code scanning: what failed and what warns, at the line of the case that found it.
//!
//! Blocked and Error are no results but notifications: nothing was found, and a reader must not take that for a pass.
//! One result without a file makes GitHub refuse all of them, so every result has one.

use std::io;

use serde_json::{Value, json};

use crate::engine::record::{CaseResult, RequirementResult};
use crate::engine::{Run, is_denied};
use crate::vocabulary::{Strength, Verdict, escape};

use super::place::place;
use super::statements::{self, Statement};
use super::{Finding, Report, Required, fingerprint, plain_json, ranked, words};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// SARIF 2.1.0.
#[derive(Debug, Clone, Copy)]
pub struct Sarif;

impl Report for Sarif {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let found = ranked(run);
        let touched = |row: &&RequirementResult| {
            is_denied(row)
                || found.iter().any(|(_, finding)| finding.required.iter().any(|required| required.requirement == row.id))
        };
        let rules: Vec<&RequirementResult> = run.requirements.iter().filter(touched).collect();
        let mut results: Vec<Value> = found.iter().flat_map(|(case, finding)| results(run, case, finding, &rules)).collect();
        results.extend(statements::denied(run).iter().map(|said| denied(said, &rules)));
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "carinbb",
                    "semanticVersion": run.header.tool,
                    "rules": rules.iter().map(|row| rule(row)).collect::<Vec<_>>(),
                } },
                "automationDetails": { "id": format!("carinbb/{}/", text(&run.header.target)), "description": { "text": text(&run.claim.text) } },
                "invocations": [invocation(run, &found)],
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": { "target": run.header.target, "suite": run.header.suite, "run": run.header.run, "conformant": run.claim.conformant },
            }],
        });
        writeln!(out, "{}", plain_json(&serde_json::to_string_pretty(&log)?))
    }
}

fn invocation(run: &Run, found: &[(&CaseResult, Finding<'_>)]) -> Value {
    let open = found.iter().filter(|(_, finding)| matches!(finding.verdict, Verdict::Blocked | Verdict::Error));
    let notifications: Vec<Value> = open
        .map(|(case, finding)| {
            let level = if finding.verdict == Verdict::Error { "error" } else { "warning" };
            json!({
                "level": level,
                "message": { "text": format!("{} {}: {}", finding.verdict.word(), text(&case.label()), text(&finding.actual)) },
                "locations": [location(finding.place)],
            })
        })
        .collect();
    json!({
        "executionSuccessful": run.complete,
        "exitCode": run.claim.exit_code,
        "toolExecutionNotifications": notifications,
    })
}

fn rule(row: &RequirementResult) -> Value {
    let reading = row.reading.as_ref().map_or(String::new(), |other| format!(" Another reading: {}", text(other)));
    let mut rule = json!({
        "id": row.id,
        "shortDescription": { "text": filled(&text(&row.summary)) },
        "help": { "text": format!("{} ({}).{reading}", filled(&text(&row.summary)), row.level) },
        "defaultConfiguration": { "level": default_level(row.strength) },
        "properties": { "tags": ["security", "conformance"], "level": row.level.to_string() },
    });
    if let Some(url) = words::link(&row.url) {
        rule["helpUri"] = url.into();
    }
    rule
}

fn default_level(strength: Strength) -> &'static str {
    match strength {
        Strength::Shall | Strength::ShallNot => "error",
        Strength::Should | Strength::ShouldNot => "warning",
        Strength::May => "note",
    }
}

/// One result per requirement that is not met.
fn results(run: &Run, case: &CaseResult, finding: &Finding<'_>, rules: &[&RequirementResult]) -> Vec<Value> {
    let broken = finding.required.iter().filter(|required| matches!(required.verdict, Verdict::Fail | Verdict::Warn));
    broken.map(|required| result(run, case, finding, required, rules)).collect()
}

fn result(run: &Run, case: &CaseResult, finding: &Finding<'_>, required: &Required<'_>, rules: &[&RequirementResult]) -> Value {
    let level = if required.verdict == Verdict::Fail { "error" } else { "warning" };
    let said = format!("{}: expected {}, actual {}", text(&case.label()), text(&finding.expected), text(&finding.actual));
    let mut result = json!({
        "ruleId": required.requirement,
        "level": level,
        "kind": "fail",
        "message": { "text": said },
        "locations": [location(finding.place)],
        "partialFingerprints": { "carinbbFinding/v1": fingerprint(required.requirement, &case.case, &case.variant) },
        "properties": finding.grouped(run, case),
    });
    result["locations"][0]["logicalLocations"] =
        json!([{ "fullyQualifiedName": escape(&format!("{} {}", run.header.target, case.label())), "kind": "resource" }]);
    let waived = finding.waivers(run, case).into_iter().find(|own| own.requirement == required.requirement);
    if let Some(waiver) = waived {
        let why = format!("{} (until {}, approved by {})", waiver.reason, waiver.expires, waiver.approved_by);
        result["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": escape(&why) }]);
    }
    if let Some(at) = rules.iter().position(|row| row.id == required.requirement) {
        result["ruleIndex"] = at.into();
    }
    result
}

/// A SHALL that a person states to be not met, at the file of its document.
fn denied(said: &Statement, rules: &[&RequirementResult]) -> Value {
    let document = said.about.split('/').next().unwrap_or_default();
    let mut result = json!({
        "ruleId": said.about,
        "level": "error",
        "kind": "fail",
        "message": { "text": format!("attested as not met: {}", text(&said.text)) },
        "locations": [location(&format!("testcases/requirements/{document}.toml:1"))],
        "partialFingerprints": { "carinbbFinding/v1": fingerprint(&said.about, "", "") },
    });
    if let Some(at) = rules.iter().position(|row| row.id == said.about) {
        result["ruleIndex"] = at.into();
    }
    result
}

fn location(at: &str) -> Value {
    let (file, line) = place(at);
    json!({ "physicalLocation": { "artifactLocation": { "uri": file, "uriBaseId": "%SRCROOT%" }, "region": { "startLine": line } } })
}

/// A text of a message: square brackets would make a link and `{0}` would be filled in.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c {
            '[' | ']' | '\\' => out.extend(['\\', c]),
            '{' | '}' => out.extend([c, c]),
            _ => out.push(c),
        }
    }
    out
}

/// A message must not be empty.
fn filled(text: &str) -> &str {
    if text.trim().is_empty() { "-" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h31_a_message_has_no_links_and_no_places_to_fill_in() {
        assert_eq!(text("[x](https://evil) {0}"), "\\[x\\](https://evil) {{0}}");
    }
}
