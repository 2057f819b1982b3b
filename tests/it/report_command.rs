//! `carinbb report` as a person calls it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::formats::rendered;
use crate::sample_run;

fn carinbb(folder: &Path, arguments: &[&str], summary: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    if let Some(path) = summary {
        command.env("GITHUB_STEP_SUMMARY", path);
    }
    command.output().expect("the binary under test can be started")
}

#[test]
fn a_record_is_rendered_later_as_it_would_have_been_then() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.json"), rendered("json", &sample_run::sample())).unwrap();
    let output = carinbb(folder.path(), &["report", "run.json", "--report", "junit=a.xml,json=b.json"], None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read_to_string(folder.path().join("a.xml")).unwrap(), rendered("junit", &sample_run::sample()));
    assert_eq!(fs::read_to_string(folder.path().join("b.json")).unwrap(), rendered("json", &sample_run::sample()));
}

#[test]
fn another_schema_or_no_record_is_refused_and_no_report_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let newer = rendered("json", &sample_run::sample()).replace("carinbb-run/1", "carinbb-run/2");
    for (text, says) in [(newer.as_str(), "carinbb-run/2"), ("{}", "schema"), ("", "not JSON")] {
        fs::write(folder.path().join("run.json"), text).unwrap();
        let output = carinbb(folder.path(), &["report", "run.json", "--report", "junit=a.xml"], None);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{output:?}");
        assert!(!folder.path().join("a.xml").exists());
    }
    assert_eq!(carinbb(folder.path(), &["report", "none.json", "--report", "junit=a.xml"], None).status.code(), Some(3));
}

#[test]
fn a_rendering_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = sample_run::sample();
    run.header.started = "yesterday".into();
    fs::write(folder.path().join("run.json"), rendered("json", &run)).unwrap();
    fs::write(folder.path().join("a.xml"), "old").unwrap();
    assert_eq!(carinbb(folder.path(), &["report", "run.json", "--report", "junit=a.xml"], None).status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("a.xml")).unwrap(), "old");
}

#[test]
fn the_step_summary_grows_and_failures_are_annotated() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.json"), rendered("json", &sample_run::sample())).unwrap();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "from another step\n").unwrap();
    let output = carinbb(folder.path(), &["report", "run.json", "--report", "github"], Some(&summary));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = fs::read_to_string(&summary).unwrap();
    assert_eq!(text, format!("from another step\n{}", rendered("github", &sample_run::sample())));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("::error file=testcases/"), "{output:?}");
    assert_eq!(carinbb(folder.path(), &["report", "run.json", "--report", "github"], None).status.code(), Some(2));
}
