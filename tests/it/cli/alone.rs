//! Each case stands on its own feet: run alone it has the verdicts that it has among all others, so none lives on what another one
//! happened to do before it, and the command that a finding gives to repeat it shows the same again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use super::tool::Tool;

/// As many runs at a time as the smallest machine has cores.
const AT_A_TIME: usize = 2;

/// The verdicts of every result, by case and element.
fn verdicts(record: &Value) -> BTreeMap<String, (String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |case: &Value| {
        let steps = case["steps"].as_array().into_iter().flatten();
        let assertions = steps.flat_map(|step| step["assertions"].as_array().into_iter().flatten());
        let judged = assertions.flat_map(|own| own["judgements"].as_array().into_iter().flatten());
        let rows: BTreeSet<String> =
            judged.map(|own| format!("{} {}", text(&own["requirement"]), text(&own["verdict"]))).collect();
        let reason = text(&case["reason"]);
        (
            format!("{} [{}]", text(&case["case"]), text(&case["variant"])),
            (text(&case["verdict"]) + " " + &reason, rows.into_iter().collect()),
        )
    };
    record["cases"].as_array().expect("a record has cases").iter().map(of).collect()
}

/// A case that does not apply is nothing to a run of it alone, which therefore ends with 4.
fn run(what: &[&str]) -> Value {
    let printed = Tool::new().args(["run", "--demo", "--format", "json"]).args(what.iter().copied()).ends();
    assert!(matches!(printed.code, Some(0 | 4)), "{what:?}: {:?}\n{}\n{}", printed.code, printed.stdout, printed.stderr);
    printed.json()
}

#[test]
fn each_case_alone_has_the_verdict_that_it_has_among_all() {
    let whole = run(&[]);
    let expected = verdicts(&whole);
    let ids: BTreeSet<String> = expected.keys().filter_map(|label| Some(label.split_once(' ')?.0.to_owned())).collect();
    assert!(ids.len() > 150, "only {} cases were run", ids.len());
    let waiting = Mutex::new(ids.into_iter());
    let different = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(id) = waiting.lock().unwrap().next() else { break };
                    for (label, alone) in verdicts(&run(&[&id])) {
                        if expected.get(&label) != Some(&alone) {
                            different
                                .lock()
                                .unwrap()
                                .push(format!("{label}: alone {alone:?}, among all {:?}", expected.get(&label)));
                        }
                    }
                }
            });
        }
    });
    let different = different.into_inner().unwrap();
    assert!(different.is_empty(), "{}", different.join("\n"));
}
