//! `JUnit`: exact files, and the property that no text of a target changes which testcases a reader sees.

use std::io::Write as _;
use std::process::{Command, Stdio};

use carinbb::engine::Run;
use carinbb::report::{self, Options};
use carinbb::vocabulary::Verdict;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use quick_xml::events::Event;

use crate::hostile::{hostile_text, poisoned};
use crate::{golden, sample_run};

fn junit(run: &Run, options: &Options) -> String {
    let mut out = Vec::new();
    let junit = report::by_name("junit", options).expect("junit is a format");
    junit.write(run, &mut out).expect("the record can be rendered");
    String::from_utf8(out).expect("JUnit is UTF-8")
}

fn attaching() -> Options {
    Options { fail_on_warn: false, evidence_folder: Some("evidence".into()) }
}

/// What a reader sees: classname, name, and the elements within.
fn testcases(xml: &str) -> Vec<(String, String, Vec<String>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found: Vec<(String, String, Vec<String>)> = Vec::new();
    loop {
        match reader.read_event().expect("the file is well formed") {
            Event::Start(element) | Event::Empty(element) => {
                let get = |name: &str| {
                    let attribute = element.try_get_attribute(name).expect("attributes are well formed")?;
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).expect("values are well formed");
                    Some(value.into_owned())
                };
                match element.name().as_ref() {
                    b"testsuites" | b"testsuite" | b"system-out" => {}
                    b"testcase" => found.push((get("classname").unwrap(), get("name").unwrap(), Vec::new())),
                    other => found
                        .last_mut()
                        .expect("a result stands in a testcase")
                        .2
                        .push(String::from_utf8_lossy(other).into_owned()),
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn element(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Pass | Verdict::Note | Verdict::Warn => vec![],
        Verdict::Fail => vec!["failure".into()],
        Verdict::Error | Verdict::Blocked => vec!["error".into()],
        Verdict::NotApplicable => vec!["skipped".into()],
    }
}

/// Exactly the planned cases, by area, with the results of the record.
fn assert_holds_exactly_the_plan(xml: &str, run: &Run) {
    let mut planned: Vec<_> = run.cases.iter().collect();
    let areas: Vec<&str> = planned.iter().map(|case| case.area()).collect();
    planned.sort_by_key(|case| areas.iter().position(|area| *area == case.area()));
    let seen = testcases(xml);
    assert_eq!(seen.len(), planned.len(), "{xml}");
    for ((classname, name, elements), case) in seen.iter().zip(planned) {
        assert_eq!(*classname, format!("carinbb.{}", case.area()));
        assert!(name.starts_with(case.case.split_once('.').unwrap().1), "{name} is not {}", case.case);
        assert_eq!(*elements, element(case.verdict), "{name}");
    }
    let mut names: Vec<_> = seen.iter().map(|case| (&case.0, &case.1)).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), seen.len(), "GitLab shows only one of two testcases of one name");
}

#[test]
fn the_file_of_a_run_with_every_verdict() {
    let run = sample_run::sample();
    let xml = junit(&run, &attaching());
    assert_holds_exactly_the_plan(&xml, &run);
    golden::compare("tests/golden/junit/sample.xml", &xml);
}

#[test]
fn h30_the_file_of_a_run_against_a_hostile_target() {
    let run = sample_run::hostile();
    let xml = junit(&run, &attaching());
    assert_holds_exactly_the_plan(&xml, &run);
    assert!(
        !xml.contains("ATTACHMENT|/etc") || !xml.contains("[[ATTACHMENT|/etc"),
        "a file of the build machine would be attached"
    );
    golden::compare("tests/golden/junit/hostile.xml", &xml);
}

#[test]
fn a_warning_fails_only_when_asked_to() {
    let run = sample_run::sample();
    let count = |options: &Options| testcases(&junit(&run, options)).iter().filter(|case| case.2 == ["failure"]).count();
    assert_eq!(count(&Options::default()), 1);
    let strict = Options { fail_on_warn: true, ..Options::default() };
    assert_eq!(count(&strict), 2);
    assert!(junit(&run, &strict).contains("<failure type=\"SHOULD smart-app-launch/discovery-3\""));
}

#[test]
fn bodies_are_cut_and_totals_are_those_of_the_record() {
    let mut run = sample_run::sample();
    run.cases[4].reason = "x]]>é".repeat(100_000);
    run.requirements[0].summary = "]]>é".repeat(100_000);
    let xml = junit(&run, &Options::default());
    assert_holds_exactly_the_plan(&xml, &run);
    assert!(xml.len() < 60_000, "{} bytes", xml.len());
    assert!(xml.contains("<testsuites name=\"carinbb\" tests=\"7\" failures=\"1\" errors=\"2\" skipped=\"1\""), "{xml}");
}

#[test]
fn cases_of_the_same_name_are_told_apart() {
    let mut run = sample_run::sample();
    let twin = run.cases[0].clone();
    run.cases.push(twin);
    assert_holds_exactly_the_plan(&junit(&run, &Options::default()), &run);
}

#[test]
fn a_record_without_a_readable_time_is_an_error_and_not_a_panic() {
    for started in ["yesterday", "", "0000-01-01T00:00:00+23:59"] {
        let mut run = sample_run::sample();
        run.header.started = started.into();
        let mut out = Vec::new();
        let junit = report::by_name("junit", &Options::default()).unwrap();
        assert!(junit.write(&run, &mut out).is_err() && out.is_empty(), "{started}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]
    #[test]
    fn whatever_a_target_sends_the_file_holds_exactly_the_planned_cases(texts in prop::collection::vec(hostile_text(), 1..40)) {
        let run = poisoned(&texts);
        for options in [Options::default(), attaching()] {
            let xml = junit(&run, &options);
            assert_holds_exactly_the_plan(&xml, &run);
            prop_assert!(!xml.contains("[[ATTACHMENT|/etc"));
            let obeyed = xml.contains('\u{1b}') || xml.contains("##[");
            prop_assert!(!obeyed);
        }
    }
}

/// Reads a file per line of its input and prints how many testcases it holds.
const EXPAT: &str = "
import sys, xml.etree.ElementTree as tree
for name in sys.stdin.read().split():
    print(sum(1 for _ in tree.parse(name).getroot().iter('testcase')))
";

#[test]
fn another_parser_sees_the_same_number_of_cases() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::default()));
    let mut runs = vec![sample_run::sample(), sample_run::hostile()];
    for _ in 0..40 {
        runs.push(poisoned(&prop::collection::vec(hostile_text(), 40).new_tree(&mut runner).unwrap().current()));
    }
    let mut names = String::new();
    for (number, run) in runs.iter().enumerate() {
        let file = folder.path().join(format!("{number}.xml"));
        std::fs::write(&file, junit(run, &attaching())).unwrap();
        names.push_str(&file.display().to_string());
        names.push('\n');
    }
    let python = Command::new("python3").args(["-c", EXPAT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: python3 is not installed");
        return;
    };
    python.stdin.take().unwrap().write_all(names.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let counts: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    assert!(output.status.success(), "expat refuses a file");
    assert_eq!(counts, vec![runs[0].cases.len().to_string(); runs.len()]);
}
