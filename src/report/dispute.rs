//! A finding that its reader believes is wrong, as a text that is ready to send: the row, what it rests on, what was seen, the
//! control beside it, and the other reading.
//!
//! Whoever gets it need not know whose server it is: hosts are named by number, and the bytes of TLS, in which names stand
//! that no search would find, stay out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use url::Url;

use crate::catalogue::Catalogue;
use crate::engine::Run;
use crate::engine::record::{CaseResult, OutcomeRecord, Phase, StepResult};
use crate::vocabulary::{RequirementId, Verdict, escape, escape_to_width};

use super::{Finding, findings, fingerprint};

/// One text.
const LONGEST_TEXT: usize = 2_000;
/// Lines of one exchange.
const MOST_LINES: usize = 120;
/// Members of an exchange that hold bytes with names in them.
const LEFT_OUT: [&str; 5] = ["sent", "received", "certificates", "chain", "pem"];

/// The findings that a person means by a label, a case, or the beginning of a fingerprint.
#[must_use]
pub fn named<'a>(run: &'a Run, name: &str) -> Vec<(&'a CaseResult, Finding<'a>)> {
    let fits = |case: &CaseResult, finding: &Finding<'_>| {
        let own = |id: &str| fingerprint(id, &case.case, &case.variant);
        let by_print = name.len() >= 8 && finding.required.iter().any(|row| own(row.requirement).starts_with(name));
        case.label() == name || case.case == name || by_print
    };
    let all = run.cases.iter().flat_map(|case| findings(run, case).into_iter().map(move |finding| (case, finding)));
    all.filter(|(case, finding)| matches!(finding.verdict, Verdict::Fail | Verdict::Warn) && fits(case, finding)).collect()
}

/// The text about one finding.
#[must_use]
pub fn dispute(run: &Run, case: &CaseResult, finding: &Finding<'_>, catalogue: &Catalogue) -> String {
    let mut text =
        format!("# {} {}: a finding that its reader believes is wrong\n\n", finding.verdict.word(), plain(&case.label()));
    let line = |text: &mut String, name: &str, value: &str| {
        if !value.trim().is_empty() {
            let _ = writeln!(text, "- {name}: {}", plain(value));
        }
    };
    line(&mut text, "carinbb", &run.header.tool);
    line(&mut text, "suite", &run.header.suite);
    let profiles: Vec<&str> = run.header.profiles.iter().map(|own| own.id.as_str()).collect();
    line(&mut text, "profiles", &profiles.join(", "));
    line(&mut text, "SMART", &format!("{} ({})", run.header.smart.version, run.header.smart.why));
    line(&mut text, "case", &format!("{}, {}", case.title, finding.place));
    text.push_str("\n## What it says\n\n");
    line(&mut text, "expected", &finding.expected);
    line(&mut text, "actual", &finding.actual);
    line(&mut text, "because", finding.because.unwrap_or_default());
    for required in &finding.required {
        let _ = writeln!(text, "\n## The row {}\n", plain(required.requirement));
        line(&mut text, "fingerprint", &fingerprint(required.requirement, &case.case, &case.variant));
        let row = RequirementId::parse(required.requirement).ok().and_then(|id| catalogue.requirement(&id));
        let result = run.requirements.iter().find(|own| own.id == required.requirement);
        if let Some(own) = result {
            line(&mut text, "level", &format!("{}, counts as {}", own.level, own.strength));
            line(&mut text, "why it counts so", &own.caps.join("; "));
            line(&mut text, "rule", &own.summary);
            line(&mut text, "source", &own.url);
        }
        if let Some(row) = row {
            line(&mut text, "section", &row.section);
            line(&mut text, "basis", row.basis.as_str());
            line(&mut text, "confidence", row.confidence.as_str());
        }
        let other = result.and_then(|own| own.reading.clone()).or_else(|| row.and_then(|row| row.notes.clone()));
        line(&mut text, "the other reading", &other.unwrap_or_else(|| "none is known to carinbb".to_owned()));
    }
    text.push_str("\n## The control: the same thing done right\n\n");
    let controls: Vec<&StepResult> =
        case.steps.iter().filter(|step| matches!(step.phase, Phase::Setup | Phase::Control)).collect();
    if controls.is_empty() {
        text.push_str("This case has none: its premises stand in the step itself.\n");
    }
    for step in controls {
        comparisons(&mut text, step);
    }
    if let Some(step) = finding.step {
        text.push_str("\n## The step\n\n");
        comparisons(&mut text, step);
        let last = step.evidence.iter().rev().find_map(|id| run.evidence.iter().find(|own| own.id == *id));
        if let Some(own) = last {
            let _ = writeln!(text, "\n## The exchange\n\n```text\n{}\n```", exchange(&own.exchange));
        }
    }
    text.push_str("\n## Why I believe that it is wrong\n\n(write here)\n");
    without_hosts(text, &hosts(run))
}

fn comparisons(text: &mut String, step: &StepResult) {
    let _ = writeln!(text, "{}. {} ({})", step.number, plain(&step.title), plain(&step.verb));
    for row in &step.assertions {
        let outcome = match &row.outcome {
            OutcomeRecord::Met => "holds".to_owned(),
            OutcomeRecord::NotMet(mismatch) => format!("does not hold: {}", mismatch.actual),
            OutcomeRecord::NotApplicable(cause) | OutcomeRecord::NotReached(cause) | OutcomeRecord::Broken(cause) => {
                cause.message.clone()
            }
            OutcomeRecord::WithoutEffect => "without effect".to_owned(),
        };
        let _ = writeln!(text, "   - {} {}: {}", plain(&row.that), plain(&row.expected), plain(&outcome));
    }
}

/// One line of text that Markdown reads as nothing else.
fn plain(text: &str) -> String {
    let text = escape_to_width(text.trim(), LONGEST_TEXT);
    text.replace('`', "'").replace('<', "&lt;").replace("](", "] (").replace("![", "! [")
}

fn exchange(value: &Value) -> String {
    let mut record = value.get("record").unwrap_or(value).clone();
    leave_out(&mut record);
    let text = serde_json::to_string_pretty(&record).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().take(MOST_LINES).map(|line| escape(line).replace('`', "'")).collect();
    if text.lines().count() > MOST_LINES {
        lines.push("… the rest is in the run record".to_owned());
    }
    lines.join("\n")
}

fn leave_out(value: &mut Value) {
    match value {
        Value::String(text) => *text = escape_to_width(text, LONGEST_TEXT),
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::Object(fields) => {
            for name in LEFT_OUT {
                // A time or a number of that name says nothing of anybody.
                if fields.get(name).is_some_and(|own| own.is_string() || own.is_array()) {
                    fields.insert(name.to_owned(), "(left out)".into());
                }
            }
            fields.values_mut().for_each(leave_out);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every host that the record names, the longest first.
fn hosts(run: &Run) -> Vec<String> {
    let mut found = BTreeSet::new();
    hosts_of(&Value::from(run.header.target.clone()), "", &mut found);
    for own in &run.evidence {
        hosts_of(&own.exchange, "", &mut found);
    }
    let mut hosts: Vec<String> = found.into_iter().collect();
    hosts.sort_by_key(|host| std::cmp::Reverse(host.len()));
    hosts
}

fn hosts_of(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if matches!(key, "host" | "peer" | "address" | "ip") && !text.is_empty() {
                found.insert(text.clone());
            }
            for (at, _) in text.match_indices("://") {
                let scheme = text[..at].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |before| before + 1);
                let rest = &text[scheme..];
                let end = rest.find(|c: char| c.is_whitespace() || "\"'<>\\,;)".contains(c)).unwrap_or(rest.len());
                if let Some(host) = Url::parse(&rest[..end]).ok().and_then(|url| url.host_str().map(str::to_owned)) {
                    found.insert(host);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| hosts_of(item, key, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| hosts_of(item, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Addresses of the documents that rules stand in are nobody's secret.
const PUBLIC: [&str; 8] = ["hl7.org", "ietf.org", "rfc-editor.org", "nist.gov", "openid.net", "udap.org", "loinc.org", "w3.org"];

fn without_hosts(mut text: String, hosts: &[String]) -> String {
    let is_public = |host: &str| PUBLIC.iter().any(|own| host == *own || host.ends_with(&format!(".{own}")));
    for (number, host) in hosts.iter().filter(|host| !is_public(host)).enumerate() {
        text = text.replace(host.as_str(), &format!("host-{}.example", number + 1));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_wherever_they_stand_and_named_by_number() {
        let mut found = BTreeSet::new();
        let value = serde_json::json!({
            "host": "a.payer.example", "text": "see https://b.payer.example:8443/x and (http://10.0.0.7/y)", "url": "http://hl7.org/fhir",
        });
        hosts_of(&value, "", &mut found);
        let hosts: Vec<String> = found.into_iter().collect();
        assert_eq!(hosts, ["10.0.0.7", "a.payer.example", "b.payer.example", "hl7.org"]);
        let text = without_hosts("a.payer.example 10.0.0.7 https://hl7.org/x".into(), &hosts);
        assert_eq!(text, "host-2.example host-1.example https://hl7.org/x");
    }

    #[test]
    fn the_bytes_of_tls_stay_out() {
        let text = exchange(&serde_json::json!({ "record": { "sent": "160301", "answered": "alert 40", "received": "15" } }));
        assert!(text.contains("alert 40") && !text.contains("160301"), "{text}");
    }

    #[test]
    fn h31_a_text_cannot_end_the_block_that_it_stands_in() {
        assert!(!exchange(&serde_json::json!({ "body": "x\n```\n# owned" })).contains("```"));
        assert_eq!(plain("[x](y) <b> `c`"), "[x] (y) &lt;b> 'c'");
    }
}
