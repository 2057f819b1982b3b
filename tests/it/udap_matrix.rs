//! The page of the UDAP matrix names only cases that exist, and every row of the matrix.

use std::fs;
use std::path::Path;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/udap.md")).expect("docs/udap.md is there")
}

/// `area.name` in code style.
fn named(page: &str) -> Vec<String> {
    let quoted = page.split('`').skip(1).step_by(2);
    let areas = ["udap", "b2b", "discovery", "token", "launch", "refresh", "scopes"];
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
    let all = [rows("D", 9), rows("R", 44), rows("R+", 21), rows("T", 30), rows("T+", 19), rows("d", 40)].concat();
    let missing: Vec<&String> = all.iter().filter(|row| !words.contains(&row.as_str())).collect();
    assert!(missing.is_empty(), "docs/udap.md says nothing of {missing:?}");
}

#[test]
fn every_udap_case_is_on_the_page() {
    let page = page();
    for area in ["udap", "b2b"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases").join(area)).expect("the area is there")
        {
            let path = entry.expect("a file of the area").path();
            let id = format!("{area}.{}", path.file_stem().unwrap_or_default().to_string_lossy());
            assert!(page.contains(&id), "docs/udap.md does not name {id}");
        }
    }
}
