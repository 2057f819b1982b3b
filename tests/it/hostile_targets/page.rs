//! `docs/hostile-servers.md` names every row of the plan, and only tests and cases that exist: the selftest proves a case.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The rows of the plan.
const ROWS: usize = 50;

#[test]
fn every_row_of_the_plan_is_on_the_page_with_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/hostile-servers.md")).expect("the page can be read");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| H")).collect();
    let numbers: Vec<String> = rows.iter().map(|row| row.trim_start_matches("| ").chars().take(3).collect()).collect();
    let expected: Vec<String> = (1..=ROWS).map(|number| format!("H{number:02}")).collect();
    assert_eq!(numbers, expected, "one row each, in order");
    let mut known = tests_of(&["src", "tests"].map(|folder| root.join(folder)));
    known.extend(cases_of(&root.join("testcases")));
    for row in rows {
        let proof = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        let later = proof.trim_start().starts_with("Part ");
        assert!(!named.is_empty() || later, "{row}\nnames neither a test nor the part that it belongs to");
        for name in named {
            assert!(known.contains(name), "there is no test {name}");
        }
    }
}

/// The ids of the cases, by their places.
fn cases_of(folder: &Path) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for area in fs::read_dir(folder).expect("the folder can be read").flatten().filter(|entry| entry.path().is_dir()) {
        for case in fs::read_dir(area.path()).expect("the folder can be read").flatten() {
            let name = case.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            ids.insert(format!("{}.{name}", area.file_name().to_string_lossy()));
        }
    }
    ids
}

/// Every function that stands right below a test attribute.
fn tests_of(folders: &[std::path::PathBuf]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in folders {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                names.extend(tests_of(&[path]));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(tests_in(&fs::read_to_string(&path).expect("the source can be read")));
            }
        }
    }
    names
}

fn tests_in(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(rest.split('(').next().map(str::to_owned));
            is_test = false;
        }
    }
    names
}
