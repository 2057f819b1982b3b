//! EARL 1.0 as JSON-LD: one assertion per requirement and case, and one per requirement that no case of the run looked at.
//!
//! The context stands in the file: a reader needs no network.

use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};

use crate::engine::Run;
use crate::engine::record::{RequirementResult, Tested};
use crate::vocabulary::{Verdict, escape};

use super::statements::waiver_of;
use super::{Report, ResultRow, plain_json, result_rows, words};

/// EARL in JSON-LD.
#[derive(Debug, Clone, Copy)]
pub struct Earl;

impl Report for Earl {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let (tool, target) = ("urn:carinbb:tool".to_owned(), iri("target", &run.header.target));
        let mut graph = vec![
            json!({ "@id": tool, "@type": ["earl:Assertor", "earl:Software"], "dct:title": "carinbb", "dct:hasVersion": escape(&run.header.tool) }),
            json!({ "@id": target, "@type": "earl:TestSubject", "dct:title": escape(&run.header.target) }),
        ];
        graph.extend(run.requirements.iter().map(criterion));
        let results = result_rows(run);
        graph.extend(results.iter().map(|row| assertion(run, &tool, &target, row)));
        let untested = run.requirements.iter().filter(|row| !results.iter().any(|result| result.requirement == row.id));
        graph.extend(untested.map(|row| not_looked_at(&tool, &target, row)));
        let document = json!({ "@context": context(), "@graph": graph });
        writeln!(out, "{}", plain_json(&serde_json::to_string_pretty(&document)?))
    }
}

fn context() -> Value {
    let node = |id: &str| json!({ "@id": id, "@type": "@id" });
    json!({
        "earl": "http://www.w3.org/ns/earl#",
        "dct": "http://purl.org/dc/terms/",
        "assertedBy": node("earl:assertedBy"),
        "subject": node("earl:subject"),
        "test": node("earl:test"),
        "mode": node("earl:mode"),
        "outcome": node("earl:outcome"),
        "result": "earl:result",
        "info": "earl:info",
        "source": node("dct:source"),
        "waived": "urn:carinbb:waived",
    })
}

fn criterion(row: &RequirementResult) -> Value {
    let mut node = json!({
        "@id": iri("requirement", &row.id),
        "@type": ["earl:TestCriterion", "earl:TestRequirement"],
        "dct:title": escape(&row.id),
        "dct:description": escape(&row.summary),
    });
    if let Some(url) = words::link(&row.url) {
        node["source"] = url.into();
    }
    node
}

fn assertion(run: &Run, tool: &str, target: &str, row: &ResultRow<'_>) -> Value {
    let word = row.verdict.map_or("not judged", Verdict::word);
    let said = [word, &row.case.label(), &row.case.reason]
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| escape(text))
        .collect::<Vec<_>>();
    let mut assertion = json!({
        "@id": format!("urn:carinbb:assertion:{}", row.fingerprint()),
        "@type": "earl:Assertion",
        "assertedBy": tool,
        "subject": target,
        "test": iri("requirement", row.requirement),
        "mode": "earl:automatic",
        "result": { "@type": "earl:TestResult", "outcome": outcome(row.verdict), "dct:date": escape(&run.finished), "info": said.join(": ") },
    });
    // The outcome stays failed: a waiver changes what counts, not what was seen.
    if let Some(waiver) = waiver_of(run, row.case, row.requirement) {
        assertion["result"]["waived"] = escape(&waiver).into();
    }
    assertion
}

fn not_looked_at(tool: &str, target: &str, row: &RequirementResult) -> Value {
    let mode = if row.tested == Tested::Attestation { "earl:manual" } else { "earl:automatic" };
    let outcome = match row.attested {
        Some(true) => "earl:passed",
        Some(false) => "earl:failed",
        None => "earl:untested",
    };
    json!({
        "@id": format!("urn:carinbb:assertion:{}", super::fingerprint(&row.id, "", "")),
        "@type": "earl:Assertion",
        "assertedBy": tool,
        "subject": target,
        "test": iri("requirement", &row.id),
        "mode": mode,
        "result": { "@type": "earl:TestResult", "outcome": outcome, "info": words::how_far(row) },
    })
}

fn outcome(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Pass | Verdict::Note | Verdict::Warn) => "earl:passed",
        Some(Verdict::Fail) => "earl:failed",
        Some(Verdict::Error) => "earl:cantTell",
        Some(Verdict::NotApplicable) => "earl:inapplicable",
        Some(Verdict::Blocked) | None => "earl:untested",
    }
}

/// A name that no text can leave.
fn iri(kind: &str, text: &str) -> String {
    let mut out = format!("urn:carinbb:{kind}:");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_met_has_passed() {
        assert_eq!(outcome(Some(Verdict::Blocked)), "earl:untested");
        assert_eq!(outcome(Some(Verdict::Error)), "earl:cantTell");
        assert_eq!(outcome(Some(Verdict::NotApplicable)), "earl:inapplicable");
        assert_eq!(outcome(None), "earl:untested");
        assert_eq!(outcome(Some(Verdict::Pass)), "earl:passed");
        assert_eq!(outcome(Some(Verdict::Fail)), "earl:failed");
    }

    #[test]
    fn a_name_cannot_be_left() {
        assert_eq!(iri("requirement", "carin-bb/exchange-1"), "urn:carinbb:requirement:carin-bb/exchange-1");
        assert_eq!(iri("target", "a\" b>#é"), "urn:carinbb:target:a%22%20b%3E%23%C3%A9");
    }
}
