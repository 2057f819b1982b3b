//! `carinbb list`: complete, aligned, and its numbers add up.

use std::collections::BTreeMap;

use super::tool::Tool;

#[test]
fn under_each_profile_every_row_is_listed_and_the_totals_add_up() {
    let profiles = Tool::new().args(["list", "profiles", "--json"]).exits(0).json();
    let profiles: Vec<String> =
        profiles.as_array().expect("a list").iter().map(|profile| profile["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(profiles.len(), 15);
    for (profile, role) in profiles.iter().flat_map(|profile| [(profile, "server"), (profile, "client")]) {
        let of = ["list", "requirements", "--profile", profile, "--role", role];
        let rows = Tool::new().args(of).args(["--json"]).exits(0).json();
        let rows = rows.as_array().expect("a list").clone();
        let text = Tool::new().args(of).exits(0).stdout;
        assert!(!rows.is_empty() || role == "client", "{profile}");
        let mut counted: BTreeMap<&str, [u64; 5]> = BTreeMap::new();
        for row in &rows {
            let id = row["id"].as_str().expect("an id");
            assert!(text.lines().any(|line| line.starts_with(&format!("{id} "))), "{profile} hides {id}");
            let tested = row["tested"].as_str().expect("how it is tested");
            assert!(!tested.is_empty(), "{profile}: {id}");
            let column = match tested {
                "attestation" => 1,
                text if text.starts_with("not testable") => 2,
                text if text.starts_with("UNCOVERED") => 3,
                _ => 0,
            };
            assert_ne!(column, 3, "{profile}: no case, attestation or reason settles {id}");
            let level = match row["counts_as"].as_str().expect("a level") {
                "SHALL" | "SHALL NOT" => "SHALL",
                "SHOULD" | "SHOULD NOT" => "SHOULD",
                _ => "MAY",
            };
            let counts = counted.entry(level).or_default();
            counts[column] += 1;
            counts[4] += 1;
        }
        for level in ["SHALL", "SHOULD", "MAY"] {
            let line = text.lines().rev().find(|line| line.starts_with(&format!("{level} "))).expect("a line of totals");
            let numbers: Vec<u64> = line.split_whitespace().skip(1).map(|number| number.parse().expect("a number")).collect();
            assert_eq!(numbers, counted.get(level).copied().unwrap_or_default(), "{profile} {level}");
        }
    }
}

#[test]
fn columns_are_aligned() {
    let text = Tool::new().args(["list", "requirements"]).exits(0).stdout;
    let rows = text.lines().skip(2).take_while(|line| !line.is_empty());
    let level = |row: &str| row.char_indices().skip_while(|(_, c)| *c != ' ').find(|(_, c)| *c != ' ').map(|(at, _)| at);
    let columns: Vec<Option<usize>> = rows.map(level).collect();
    assert!(columns.len() > 100 && columns.iter().all(|column| *column == columns[0]), "levels begin in one column");
}

#[test]
fn every_list_has_rows_for_people_and_for_programs() {
    for what in ["cases", "requirements", "verbs", "faults", "capabilities", "profiles"] {
        assert!(Tool::new().args(["list", what]).exits(0).stdout.lines().count() > 5, "{what}");
        let rows = Tool::new().args(["list", what, "--json"]).exits(0).json();
        assert!(rows.as_array().is_some_and(|rows| rows.len() > 5), "{what}");
    }
    Tool::new().args(["list"]).exits(0).stdout_has("tls.versions <endpoint> negotiates").stdout_lacks("{{");
    Tool::new().args(["list", "requirments"]).exits(2).stderr_has("possible values: cases, requirements");
    Tool::new().args(["list", "requirements", "--profile", "carin-bb-9"]).exits(2).stderr_has("there is no profile");
}
