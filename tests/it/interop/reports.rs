//! Our reports in files, for programs of others to read and to look at.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use carinbb::engine::Run;
use serde_json::Value;

use crate::formats::rendered;
use crate::{hostile, sample_run};

/// The record of the golden bundle: a run with findings, waivers and attestations, every requirement in force listed.
pub(super) fn golden() -> Run {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/run-1.zip");
    let files = carinbb::report::bundle::open(&path).expect("the fixture is there").files;
    carinbb::report::read(&String::from_utf8_lossy(&files["run.json"])).expect("it is a record")
}

/// The same as an audit that is joined with another server, so that a page has every section that there is.
pub(super) fn dressed() -> Run {
    let mut value = serde_json::to_value(golden()).expect("a record is JSON");
    let rows: Vec<Value> = value["requirements"]
        .as_array()
        .expect("rows")
        .iter()
        .take(20)
        .map(|row| serde_json::json!({ "requirement": row["id"], "here": "pass", "there": "fail" }))
        .collect();
    value["joined"] = serde_json::json!({
        "run": "x", "target": "https://staging.example", "environment": "staging", "started": "2026-11-28T11:00:00Z",
        "finished": "2026-11-28T11:01:00Z", "left": ["tls.versions"], "rows": rows,
    });
    let person = serde_json::json!({ "name": "Ann Bo", "role": "head of laboratory", "key": "0".repeat(64) });
    let house = serde_json::json!({ "name": "Test House", "address": "1 Lab Street" });
    value["certification"] = serde_json::json!({
        "laboratory": house, "customer": house, "location": "Berlin", "party": "third", "received": "2026-11-01", "item": "an API",
        "sampling": "one member", "decision_rule": "one observation", "deviations": "none", "supersedes": "none",
        "authorised_by": person, "reviewed_by": person,
        "method_validation": { "sha256": "0".repeat(64), "program": "0".repeat(64), "proofs": 700 },
        "readings": [{ "requirement": "carin-bb/exchange-1", "other": "it may be read otherwise" }],
    });
    serde_json::from_value(value).expect("it is a record")
}

/// What a hostile server makes every reader read: markup, links, addresses, formulas, commands, ends of lines.
const ATTACKS: [&str; 9] = [
    "<script>alert(1)</script><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">x</a>",
    "[x](https://evil.example) ![x](https://evil.example/x.png) <https://evil.example> https://evil.example www.evil.example x@evil.example @user #1",
    "]]></failure></testcase><testcase name=\"forged\"/><![CDATA[",
    "| a | b |\n|---|---|\n| forged | row |\n\n# forged\n\n```\n</details>",
    "\u{1b}[2J\u{202e}\u{0}\u{fffe}\u{2028}::error::owned\n##[error]owned",
    "=cmd|' /C calc'!A1",
    "\",\"forged\":\"",
    "\\ud800 &#0; &amp; \\\" \\u0000",
    "</title></style></pre></td></table><svg/onload=alert(1)>",
];

/// The sample with an attack wherever a target can put a text, and with all of them in the places that every format shows.
pub(super) fn attacked() -> Run {
    with_texts(&ATTACKS.map(str::to_owned))
}

/// The same with as many texts that mean nothing.
pub(super) fn plain() -> Run {
    let mut number = 0;
    with_texts(&ATTACKS.map(|_| {
        number += 1;
        format!("plain {number}")
    }))
}

fn with_texts(texts: &[String]) -> Run {
    let mut run = hostile::poisoned(texts);
    let all = texts.join(" ");
    for case in &mut run.cases {
        case.title.push_str(&all);
        case.reason.push_str(&all);
    }
    run
}

/// The records with their names.
pub(super) fn records() -> [(&'static str, Run); 4] {
    [("sample", sample_run::sample()), ("hostile", sample_run::hostile()), ("golden", golden()), ("attacked", attacked())]
}

/// Writes one rendering.
pub(super) fn write(run: &Run, format: &str, file: &Path) {
    fs::write(file, rendered(format, run)).expect("the folder is writable");
}

/// What a script printed.
///
/// # Panics
/// When it could not be started, failed, or printed no JSON.
pub(super) fn told(command: &mut Command) -> Value {
    let Output { status, stdout, stderr } = command.output().expect("the script can be started");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&stdout)))
}
