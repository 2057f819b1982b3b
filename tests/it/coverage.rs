//! Every rule of a server that is in force under any profile is tested by a case, attested with a text that says what to show, or
//! named as not testable with a reason. The counts by profile stand in `tests/golden/coverage.txt`, so that none changes unseen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::golden::compare;

fn carinbb(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_carinbb")).args(arguments).output().expect("the binary can be started");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is text")
}

fn profiles() -> Vec<String> {
    let listed: Value = serde_json::from_str(&carinbb(&["list", "profiles", "--json"])).expect("the list is JSON");
    let ids = listed.as_array().expect("it is a list").iter();
    ids.map(|profile| profile["id"].as_str().expect("a profile has an id").to_owned()).collect()
}

/// The texts of the rows, by id: how each is tested or attested, and its address.
fn rows() -> BTreeMap<String, (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases/requirements");
    let mut rows = BTreeMap::new();
    for file in fs::read_dir(folder).expect("there are rows").flatten() {
        let text = fs::read_to_string(file.path()).expect("a file of rows can be read");
        let document: toml::Value = toml::from_str(&text).expect("it is TOML");
        for row in document["requirement"].as_array().expect("it has rows") {
            let text = |key: &str| row.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
            rows.insert(text("id"), (text("how"), text("url")));
        }
    }
    rows
}

#[test]
fn no_rule_of_a_server_is_without_a_case_an_attestation_or_a_reason_under_any_profile() {
    let rows = rows();
    let mut counts = String::from("profile                  by cases  attestation  not testable  all\n");
    for profile in profiles() {
        let listed = carinbb(&["list", "requirements", "--profile", &profile, "--json"]);
        let listed: Value = serde_json::from_str(&listed).expect("the list is JSON");
        let (mut cases, mut attested, mut untestable) = (0, 0, 0);
        for row in listed.as_array().expect("it is a list") {
            let id = row["id"].as_str().expect("a row has an id");
            let (how, url) = &rows[id];
            assert!(url.starts_with("https://"), "{profile}: {id} has no address");
            match row["tested"].as_str().expect("it says how") {
                "uncovered" => panic!("{profile}: nothing tests {id}, and nobody says why"),
                "attestation" => {
                    assert!(how.len() > 15, "{profile}: {id} does not say what is attested: '{how}'");
                    attested += 1;
                }
                reason if reason.starts_with("not testable: ") => {
                    assert!(reason.len() > "not testable: ".len() + 5, "{profile}: {id} gives no reason");
                    untestable += 1;
                }
                named => {
                    let is_case = |name: &str| name.split_once('.').is_some_and(|(area, _)| !area.is_empty());
                    assert!(named.split(", ").all(is_case), "{profile}: {id} is tested by '{named}'");
                    cases += 1;
                }
            }
        }
        let all = cases + attested + untestable;
        assert!(all > 0, "{profile} has no rules");
        writeln!(counts, "{profile:<25}{cases:>8}{attested:>13}{untestable:>14}{all:>5}").expect("a text can be written to");
    }
    compare("tests/golden/coverage.txt", &counts);
}

#[test]
fn each_row_of_the_requirements_page_links_to_its_source() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/requirements.md")).expect("the page is there");
    let rows = rows();
    let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| [")).collect();
    assert!(listed.len() > 500, "only {} rows", listed.len());
    for line in listed {
        let (id, rest) = line.trim_start_matches("| [").split_once("](").expect("the id is a link");
        let (url, _) = rest.split_once(") |").expect("the link ends");
        assert_eq!(rows.get(id).map(|(_, own)| own.as_str()), Some(url), "{id}");
    }
}
