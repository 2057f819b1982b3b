//! Two records side by side, from the library and from the command line.

use std::fs;
use std::process::Command;

use carinbb::engine::Run;
use carinbb::engine::record::{NotSelected, OutcomeRecord};
use carinbb::report::{Change, Comparison, compare};
use carinbb::vocabulary::Verdict;

use crate::formats::rendered;
use crate::{golden, sample_run};

fn of(comparison: &Comparison, change: Change) -> Vec<&str> {
    comparison.differences.iter().filter(|own| own.change == change).map(|own| own.case.as_str()).collect()
}

/// The sample after its server mended TLS 1.1.
fn mended() -> Run {
    let mut run = sample_run::sample();
    let case = &mut run.cases[1];
    (case.verdict, case.reason) = (Verdict::Pass, String::new());
    for assertion in case.steps.iter_mut().flat_map(|step| &mut step.assertions) {
        assertion.outcome = OutcomeRecord::Met;
        assertion.judgements[0].verdict = Verdict::Pass;
    }
    run
}

#[test]
fn a_run_compared_with_itself_has_unchanged_findings_only() {
    let run = sample_run::sample();
    let comparison = compare(&run, &run);
    assert!(comparison.differences.iter().all(|own| own.change == Change::Unchanged));
    assert_eq!(comparison.differences.len(), 6, "the findings, each with each requirement of its case");
    assert!(!comparison.is_worse());
    assert!(comparison.target.is_empty() && comparison.criteria.is_empty() && comparison.harness.is_empty());
}

#[test]
fn a_mended_fault_is_gone_and_its_return_is_new() {
    let (bad, good) = (sample_run::sample(), mended());
    let comparison = compare(&bad, &good);
    assert_eq!(of(&comparison, Change::Gone), ["tls.versions [registration]"]);
    assert!(!comparison.is_worse());
    let comparison = compare(&good, &bad);
    assert_eq!(of(&comparison, Change::New), ["tls.versions [registration]"]);
    assert!(comparison.is_worse());
}

#[test]
fn a_message_that_reads_otherwise_is_no_difference() {
    let (before, mut after) = (sample_run::sample(), sample_run::sample());
    for case in &mut after.cases {
        case.reason = format!("{} in other words", case.reason);
        case.title.push('!');
    }
    assert!(compare(&before, &after).differences.iter().all(|own| own.change == Change::Unchanged));
}

#[test]
fn a_case_that_silently_stopped_running_is_listed_whatever_it_said_before() {
    for at in [0, 1] {
        let (before, mut after) = (sample_run::sample(), sample_run::sample());
        let gone = after.cases.remove(at).label();
        let comparison = compare(&before, &after);
        assert_eq!(of(&comparison, Change::Stopped), [gone.as_str()], "a failed case that does not run is not mended");
        assert!(comparison.is_worse());
        assert!(comparison.to_text(false).contains("does not say why"), "{}", comparison.to_text(false));
    }
}

#[test]
fn a_case_that_was_left_out_says_why() {
    let (before, mut after) = (sample_run::sample(), sample_run::sample());
    let case = after.cases.remove(2);
    let (title, requirements) = (case.title, case.requirements);
    after.not_selected.push(NotSelected {
        case: case.case,
        title,
        reason: "left out by --skip".into(),
        kind: "flag".into(),
        requirements,
    });
    assert!(compare(&before, &after).to_text(false).contains("left out: left out by --skip"));
}

#[test]
fn a_row_that_no_longer_applies_has_stopped_and_is_not_mended() {
    let (before, mut after) = (sample_run::sample(), sample_run::sample());
    let case = &mut after.cases[1];
    case.verdict = Verdict::NotApplicable;
    case.steps
        .iter_mut()
        .flat_map(|step| &mut step.assertions)
        .for_each(|own| own.judgements[0].verdict = Verdict::NotApplicable);
    assert_eq!(of(&compare(&before, &after), Change::Stopped), ["tls.versions [registration]"]);
}

#[test]
fn another_gravity_is_a_change_and_only_the_graver_is_worse() {
    let (before, mut after) = (sample_run::sample(), sample_run::sample());
    after.cases[2].verdict = Verdict::Fail;
    after.cases[2].steps[0].assertions[0].judgements[0].verdict = Verdict::Fail;
    let (up, down) = (compare(&before, &after), compare(&after, &before));
    assert_eq!(of(&up, Change::Changed), ["discovery.smart-configuration"]);
    assert!(up.is_worse() && !down.is_worse());
}

#[test]
fn what_else_changed_is_said() {
    let (before, mut after) = (sample_run::sample(), sample_run::hostile());
    after.header.suite = "0".repeat(64);
    after.header.tool = "0.2.0".into();
    after.header.target = "https://other.example/".into();
    after.header.profiles[0].id = "carin-bb-2.1.0".into();
    after.header.settings[0].value = "9/s".into();
    after.complete = false;
    let comparison = compare(&before, &after);
    assert_eq!((comparison.target.len(), comparison.criteria.len(), comparison.harness.len()), (1, 3, 1));
    assert!(comparison.is_worse(), "an interrupted run proves nothing");
    golden::compare("tests/golden/compare/hostile.txt", &comparison.to_text(true));
    assert!(!comparison.to_text(true).contains('\u{1b}'));
}

#[test]
fn the_command_fails_only_when_asked_to_and_only_when_it_is_worse() {
    let folder = tempfile::tempdir().unwrap();
    for (name, run) in [("bad.json", sample_run::sample()), ("good.json", mended())] {
        fs::write(folder.path().join(name), rendered("json", &run)).unwrap();
    }
    fs::write(folder.path().join("none.json"), "{}").unwrap();
    let code = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
        command
            .arg("compare")
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("the binary can be started")
            .status
            .code()
    };
    assert_eq!(code(&["good.json", "bad.json"]), Some(0));
    assert_eq!(code(&["good.json", "bad.json", "--fail"]), Some(1));
    assert_eq!(code(&["bad.json", "good.json", "--fail"]), Some(0));
    assert_eq!(code(&["bad.json", "none.json"]), Some(2));
}
