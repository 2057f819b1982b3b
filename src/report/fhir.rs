//! FHIR R4: a Bundle of type collection with one `TestReport` per case.
//!
//! R4 has `pass`, `fail` and `pending` for a whole report. What was blocked or broken is `fail` with its reason, because it
//! proves nothing; what does not apply, or is settled by another case, is `pending`, because it is no pass.

use std::io;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::engine::Run;
use crate::engine::record::{AssertionResult, CaseResult, OutcomeRecord, Phase, StepResult};
use crate::vocabulary::{Verdict, escape_to_width};

use super::standing::standing;
use super::statements::{self, Statement, waiver_of};
use super::{Report, plain_json};

/// The longest text of an element.
const LONGEST: usize = 4_000;

/// A Bundle of `TestReport`.
#[derive(Debug, Clone, Copy)]
pub struct Fhir;

impl Report for Fhir {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let denied = statements::denied(run);
        let reports = run.cases.iter().map(|case| report(run, case)).chain(denied.iter().map(|said| of_denied(run, said)));
        let entries: Vec<Value> = reports
            .enumerate()
            .map(|(at, report)| json!({ "fullUrl": format!("urn:uuid:{}", uuid(run, at)), "resource": report }))
            .collect();
        let mut bundle = json!({ "resourceType": "Bundle", "type": "collection" });
        if let Some(finished) = instant(&run.finished) {
            bundle["timestamp"] = finished.into();
        }
        if !entries.is_empty() {
            bundle["entry"] = entries.into();
        }
        writeln!(out, "{}", plain_json(&serde_json::to_string_pretty(&bundle)?))
    }
}

/// The same for the same case of the same run.
fn uuid(run: &Run, at: usize) -> uuid::Uuid {
    let digest = Sha256::digest(format!("{} {at}", run.header.run));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A time that FHIR can read; none when the record has another.
fn instant(text: &str) -> Option<String> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    time.format(&Rfc3339).ok()
}

/// A SHALL that a person states to be not met.
fn of_denied(run: &Run, said: &Statement) -> Value {
    let mut report = head(run, "requirement", &said.about, &said.about, Verdict::Fail, None);
    let assert = json!({ "result": "fail", "message": string(&format!("attested as not met: {}", said.text)) });
    report["test"] = json!([{ "name": string(&said.about), "action": [{ "assert": assert }] }]);
    report
}

/// What stands in every report.
fn head(run: &Run, kind: &str, label: &str, title: &str, verdict: Verdict, score: Option<Value>) -> Value {
    let mut report = json!({
        "resourceType": "TestReport",
        "identifier": { "system": "urn:ietf:rfc:3986", "value": string(&format!("urn:carinbb:{} {label}", run.header.run)) },
        "name": string(title),
        "status": if run.complete { "completed" } else { "stopped" },
        "testScript": {
            "identifier": { "system": format!("urn:carinbb:{kind}"), "value": string(label) },
            "display": string(title),
        },
        "result": result(verdict, run.complete),
        "tester": string(&format!("carinbb {}", run.header.tool)),
        "participant": [
            { "type": "test-engine", "uri": "urn:carinbb:tool", "display": string(&format!("carinbb {}", run.header.tool)) },
            { "type": "server", "uri": uri(&run.header.target), "display": string(&run.header.target) },
        ],
    });
    if let Some(score) = score {
        report["score"] = score;
    }
    if let Some(finished) = instant(&run.finished) {
        report["issued"] = finished.into();
    }
    report
}

fn report(run: &Run, case: &CaseResult) -> Value {
    let mut report = head(run, "case", &case.label(), &case.title, standing(run, case), score(case));
    let of = |wanted: &[Phase]| case.steps.iter().filter(|step| wanted.contains(&step.phase)).collect::<Vec<_>>();
    let setup: Vec<Value> = of(&[Phase::Setup]).into_iter().flat_map(|step| actions(run, case, step)).collect();
    if !setup.is_empty() {
        report["setup"] = json!({ "action": setup });
    }
    let tests: Vec<Value> = of(&[Phase::Control, Phase::Step]).into_iter().map(|step| test(run, case, step)).collect();
    report["test"] = if tests.is_empty() { json!([reason_only(case)]) } else { tests.into() };
    let teardown: Vec<Value> =
        of(&[Phase::Restore, Phase::Cleanup]).into_iter().map(|step| json!({ "operation": operation(step) })).collect();
    if !teardown.is_empty() {
        report["teardown"] = json!({ "action": teardown });
    }
    report
}

fn result(verdict: Verdict, complete: bool) -> &'static str {
    match verdict {
        _ if !complete => "pending",
        Verdict::Pass | Verdict::Note | Verdict::Warn => "pass",
        Verdict::Fail | Verdict::Blocked | Verdict::Error => "fail",
        Verdict::NotApplicable => "pending",
    }
}

/// Met of what applies, in percent; none where nothing applies.
fn score(case: &CaseResult) -> Option<Value> {
    let applicable: Vec<Verdict> =
        case.judgements().map(|(_, judgement)| judgement.verdict).filter(|verdict| *verdict != Verdict::NotApplicable).collect();
    let met = applicable.iter().filter(|verdict| matches!(verdict, Verdict::Pass | Verdict::Note)).count();
    let percent = (met * 100).checked_div(applicable.len())?;
    Some(percent.into())
}

fn test(run: &Run, case: &CaseResult, step: &StepResult) -> Value {
    json!({ "name": string(&format!("{} {}", step.number, step.title)), "action": actions(run, case, step) })
}

/// A case without steps still says why.
fn reason_only(case: &CaseResult) -> Value {
    let mut assert = Map::new();
    assert.insert("result".into(), code(case.verdict).into());
    assert.insert("message".into(), string(&case.reason).into());
    json!({ "name": string(&case.title), "action": [{ "assert": assert }] })
}

fn actions(run: &Run, case: &CaseResult, step: &StepResult) -> Vec<Value> {
    let mut actions = vec![json!({ "operation": operation(step) })];
    actions.extend(step.assertions.iter().map(|assertion| json!({ "assert": assertion_of(run, case, assertion) })));
    actions
}

fn operation(step: &StepResult) -> Value {
    let (code, message) = match &step.broken {
        Some(cause) => ("error", format!("{}: {}", step.verb, cause.message)),
        None if !step.done => ("skip", format!("{}: not done", step.verb)),
        None => ("pass", step.verb.clone()),
    };
    let mut operation = json!({ "result": code, "message": string(&message) });
    let plain = |id: &&String| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if let Some(id) = step.evidence.iter().find(plain) {
        operation["detail"] = format!("urn:carinbb:evidence:{id}").into();
    }
    operation
}

fn assertion_of(run: &Run, case: &CaseResult, assertion: &AssertionResult) -> Value {
    let verdict = assertion.judgements.iter().map(|judgement| judgement.verdict).max();
    let said = match &assertion.outcome {
        OutcomeRecord::Met => format!("{} {}", assertion.that, assertion.expected),
        OutcomeRecord::NotMet(mismatch) => {
            format!("{}: expected {}, actual {}", assertion.that, mismatch.expected, mismatch.actual)
        }
        OutcomeRecord::NotApplicable(cause) | OutcomeRecord::NotReached(cause) | OutcomeRecord::Broken(cause) => {
            cause.message.clone()
        }
        OutcomeRecord::WithoutEffect => format!("{}: without effect", assertion.that),
    };
    // R4 has no word for it, and the result stays what it is.
    let marked = assertion.judgements.iter().filter(|own| own.waived).map(|own| own.requirement.as_str());
    let waivers: Vec<String> = marked.filter_map(|id| Some(format!("WAIVED {id} {}; ", waiver_of(run, case, id)?))).collect();
    let said = waivers.concat() + &said;
    json!({ "result": verdict.map_or_else(|| unjudged(&assertion.outcome), code), "message": string(&said) })
}

/// A premise has no verdict of its own.
fn unjudged(outcome: &OutcomeRecord) -> &'static str {
    match outcome {
        OutcomeRecord::Met => "pass",
        OutcomeRecord::NotMet(_) => "fail",
        OutcomeRecord::Broken(_) => "error",
        OutcomeRecord::NotApplicable(_) | OutcomeRecord::NotReached(_) | OutcomeRecord::WithoutEffect => "skip",
    }
}

fn code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::Note => "pass",
        Verdict::Warn => "warning",
        Verdict::Fail => "fail",
        Verdict::Error => "error",
        Verdict::Blocked | Verdict::NotApplicable => "skip",
    }
}

/// A FHIR string has a letter in it and no control characters.
fn string(text: &str) -> String {
    let text = escape_to_width(text.trim(), LONGEST);
    if text.trim().is_empty() { "-".to_owned() } else { text }
}

/// A FHIR uri has no white space.
fn uri(text: &str) -> String {
    let url = url::Url::parse(text).map(|url| url.to_string()).unwrap_or_default();
    let is_plain = !url.is_empty() && url.chars().all(|c| c.is_ascii_graphic());
    if is_plain { url } else { "urn:carinbb:target".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_met_is_a_pass() {
        for (verdict, word) in
            [(Verdict::Blocked, "fail"), (Verdict::Error, "fail"), (Verdict::Fail, "fail"), (Verdict::NotApplicable, "pending")]
        {
            assert_eq!(result(verdict, true), word);
        }
        assert_eq!(result(Verdict::Pass, true), "pass");
        assert_eq!(result(Verdict::Pass, false), "pending", "an interrupted run claims nothing");
    }
}
