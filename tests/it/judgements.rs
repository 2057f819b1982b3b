//! docs/judgements.md speaks of every trap and of every situation of other test kits, and what it names is there: the cases,
//! and the faults and quirks that prove them, which the cases declare.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use carinbb::reference::faults;

/// The traps of knowledge on versions. 47 and 48 are about UDAP too and speak of SMART here.
const TRAPS: std::ops::RangeInclusive<u32> = 1..=66;
/// The reproduced situations of other kits outside UDAP, whose own part judges the first to the fourteenth.
const SITUATIONS: std::ops::RangeInclusive<u32> = 15..=27;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/judgements.md");
    fs::read_to_string(path).expect("the page is there")
}

/// The cells of every table row below this heading.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).expect("the section is there");
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| #"));
    lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn numbers(rows: &[Vec<String>]) -> BTreeSet<u32> {
    rows.iter().flat_map(|row| row[0].split(',')).filter_map(|number| number.trim().parse().ok()).collect()
}

/// The words in backticks.
fn words(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Each case with the text of its file.
fn cases() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases");
    let mut cases = BTreeMap::new();
    for area in fs::read_dir(root).expect("there are cases").flatten() {
        let name = area.file_name().to_string_lossy().into_owned();
        if !area.path().is_dir() || ["requirements", "profiles", "flows"].contains(&name.as_str()) {
            continue;
        }
        for file in fs::read_dir(area.path()).expect("an area has cases").flatten() {
            let stem = file.path().file_stem().expect("a file has a name").to_string_lossy().into_owned();
            cases.insert(format!("{name}.{stem}"), fs::read_to_string(file.path()).expect("a case can be read"));
        }
    }
    cases
}

#[test]
fn every_trap_has_its_judgement() {
    let page = page();
    let told: BTreeSet<u32> = [
        numbers(&rows(&page, "Where the documents mislead")),
        numbers(&rows(&page, "Where a login is needed")),
        numbers(&rows(&page, "Where there is nothing to judge")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let silent: Vec<u32> = TRAPS.filter(|trap| !told.contains(trap)).collect();
    assert!(silent.is_empty(), "no judgement of the traps {silent:?}");
}

#[test]
fn every_situation_of_other_kits_has_its_judgement() {
    let told = numbers(&rows(&page(), "Where other test kits are lenient"));
    let silent: Vec<u32> = SITUATIONS.filter(|situation| !told.contains(situation)).collect();
    assert!(silent.is_empty(), "no judgement of the situations {silent:?}");
}

#[test]
fn what_a_judgement_names_is_there_and_its_case_declares_the_fault() {
    let (page, cases) = (page(), cases());
    let known: BTreeMap<&str, bool> = faults().iter().map(|fault| (fault.name, fault.kind.word() == "fault")).collect();
    let mut seen = 0;
    for heading in ["Where the documents mislead", "Where a login is needed", "Where other test kits are lenient"] {
        for row in rows(&page, heading) {
            let [.., case_cell, proof_cell] = &row[..] else { panic!("{row:?}") };
            let named: Vec<&str> = words(case_cell).into_iter().filter(|word| cases.contains_key(*word)).collect();
            let dotted =
                words(case_cell).into_iter().filter(|word| word.contains('.') && !word.contains('…') && !word.contains('*'));
            for word in dotted.filter(|word| !word.starts_with("discovery.agreement") && *word != "tls.offer") {
                assert!(cases.contains_key(word), "{heading}: there is no case {word}");
            }
            for fault in words(proof_cell).into_iter().filter(|word| known.contains_key(word)) {
                seen += 1;
                let declares = |case: &&str| cases[*case].contains(&format!("\"{fault}\""));
                if known[fault] && !named.is_empty() {
                    assert!(named.iter().any(declares), "{heading}: none of {named:?} declares {fault}");
                }
            }
        }
    }
    assert!(seen > 60, "only {seen} faults and quirks are named");
}
