//! The page of the UDAP matrix names only cases that exist, and every row of the matrix.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/udap.md")).expect("docs/udap.md is there")
}

/// `area.name` in code style.
fn named(page: &str) -> Vec<String> {
    let quoted = page.split('`').skip(1).step_by(2);
    let areas = ["udap", "b2b", "tiered", "discovery", "token", "launch", "refresh", "scopes"];
    let is_case = |text: &&str| {
        text.split_once('.').is_some_and(|(area, name)| {
            areas.contains(&area)
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
    };
    quoted.filter(is_case).map(str::to_owned).collect()
}

#[test]
fn every_case_that_the_page_names_exists() {
    let page = page();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases");
    let named = named(&page);
    assert!(named.len() > 60, "only {} cases are named", named.len());
    let missing: Vec<&String> =
        named.iter().filter(|case| !root.join(format!("{}.toml", case.replacen('.', "/", 1))).is_file()).collect();
    assert!(missing.is_empty(), "docs/udap.md names cases that do not exist: {missing:?}");
}

#[test]
fn every_row_of_the_matrix_is_on_the_page() {
    let page = page();
    let words: Vec<&str> = page.split([' ', '|', '\n']).collect();
    let rows = |prefix: &str, last: u32| (1..=last).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
    let all = [rows("D", 9), rows("R", 44), rows("R+", 21), rows("T", 30), rows("T+", 19), rows("O", 17), rows("d", 40)].concat();
    let missing: Vec<&String> = all.iter().filter(|row| !words.contains(&row.as_str())).collect();
    assert!(missing.is_empty(), "docs/udap.md says nothing of {missing:?}");
}

/// What says in place of a case or a test why there is none.
const EXCUSES: [&str; 1] = ["no rule is judged"];

#[test]
fn every_trap_is_named_by_a_case_or_a_test_that_exists() {
    let page = page();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = tests_below(&[root.join("src"), root.join("tests/it")]);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| d")).collect();
    assert!(rows.len() > 35, "{} rows", rows.len());
    let is_there = |name: &str| {
        let file = root.join("testcases").join(format!("{}.toml", name.replacen('.', "/", 1)));
        (name.contains('.') && file.is_file()) || tests.contains(name)
    };
    let unnamed: Vec<&&str> = rows
        .iter()
        .filter(|row| !EXCUSES.iter().any(|excuse| row.contains(excuse)))
        .filter(|row| !row.split('`').skip(1).step_by(2).any(is_there))
        .collect();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    let gone: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter(|name| name.contains('_') && !name.contains([' ', '[']) && !tests.contains(*name))
        .collect();
    assert!(gone.is_empty(), "tests that do not exist: {gone:?}");
}

/// The names of all functions below some folders.
fn tests_below(folders: &[PathBuf]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(path).expect("the file is text");
                let found = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned());
                names.extend(found);
            }
        }
    }
    names
}

#[test]
fn every_udap_case_is_on_the_page() {
    let page = page();
    for area in ["udap", "b2b", "tiered"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases").join(area)).expect("the area is there")
        {
            let path = entry.expect("a file of the area").path();
            let id = format!("{area}.{}", path.file_stem().unwrap_or_default().to_string_lossy());
            assert!(page.contains(&id), "docs/udap.md does not name {id}");
        }
    }
}
