//! The published schemas fit what they are for: every case, a target file and a record.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::tool::Tool;

fn schema(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("the schema is there")).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

fn toml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            toml_files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_case_fits_the_schema_of_cases_and_a_wrong_one_does_not() {
    let schema = schema("testcase.schema.json");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases");
    let mut files = Vec::new();
    for entry in fs::read_dir(root).expect("the suite is there") {
        let folder = entry.expect("the suite can be read").path();
        let is_case = !["requirements", "profiles", "flows"].iter().any(|name| folder.ends_with(name));
        if folder.is_dir() && is_case {
            toml_files(&folder, &mut files);
        }
    }
    assert!(files.len() > 30);
    for file in files {
        let text = fs::read_to_string(&file).expect("the case can be read");
        let mut case: Value = toml::from_str(&text).expect("the case is TOML");
        let wrong: Vec<String> = schema.iter_errors(&case).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", file.display());
        case["titel"] = json!("x");
        assert!(!schema.is_valid(&case), "{} with an unknown key", file.display());
    }
}

#[test]
fn a_target_file_fits_the_schema_of_targets_and_a_wrong_one_does_not() {
    let schema = schema("target.schema.json");
    let target = json!({
        "target": { "base": "https://payer.example/r4", "environment": "staging" },
        "settings": { "rate": "5/s", "profile": ["carin-bb-2.2.0"], "strict": true },
    });
    let wrong: Vec<String> = schema.iter_errors(&target).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    for (pointer, value) in [("/target/enviroment", json!("staging")), ("/settings/raet", json!(3)), ("/target/base", json!(3))] {
        let mut broken = target.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        broken.pointer_mut(parent).expect("the parent is there")[key] = value;
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
}

#[test]
fn the_record_of_a_run_fits_its_schema_also_when_nothing_could_be_reached() {
    let schema = schema("run.schema.json");
    for (args, code) in [(["run", "--demo", "--format=json"], 0), (["run", "https://127.0.0.1:1/x", "--format=json"], 3)] {
        let record = Tool::new().args(args).exits(code).json();
        let wrong: Vec<String> = schema.iter_errors(&record).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
