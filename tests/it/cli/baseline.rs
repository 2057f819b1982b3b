//! `--baseline`: a gate that fails on what the server made worse, and tells the rest.

use serde_json::Value;

use super::tool::{Printed, Served, Tool};

fn record(served: &Served, cases: &[&str], code: i32) -> Value {
    served.run().args(cases.iter().copied()).args(["--format", "json"]).exits(code).json()
}

fn held_against(served: &Served, baseline: &Value, more: &[&str], code: i32) -> Printed {
    let tool = served.run().file("old.json", &baseline.to_string());
    tool.args(["tls.versions", "--baseline", "old.json"]).args(more.iter().copied()).exits(code)
}

/// The same run, had nothing failed.
fn without_findings(record: &Value) -> Value {
    serde_json::from_str(&record.to_string().replace("\"verdict\":\"fail\"", "\"verdict\":\"pass\"")).expect("JSON")
}

#[test]
fn what_is_known_already_passes_and_what_the_server_made_worse_fails() {
    let served = Served::new(["--fault", "tls-1.1-enabled"]);
    let known = record(&served, &["tls.versions"], 1);
    let printed = held_against(&served, &known, &[], 0).stdout_has("FAIL tls.versions").stdout_has("0 worse by the server");
    printed.stdout_has("exit 0").stdout_lacks("exit 1");
    let clean = without_findings(&known);
    let printed = held_against(&served, &clean, &[], 1).stdout_has("PASS -> FAIL carin-bb/exchange-1 tls.versions");
    printed.stdout_has("by the server").stdout_has("exit 1").stdout_lacks("exit 0");
    // What is written for programs says the same: the gate is told beside it.
    held_against(&served, &clean, &["--format", "json"], 1).stderr_has("by the server").json();
    // A waived finding is no new one.
    let waiver = |variant: &str, row: &str| {
        format!(
            "[[waiver]]\nrequirement = \"{row}\"\ncase = \"tls.versions\"\nvariant = \"{variant}\"\ntarget = \"{}\"\nreason = \"r\"\n\
             owner = \"o\"\napproved_by = \"a\"\nexpires = {}\n",
            served.base,
            time::OffsetDateTime::now_utc().date()
        )
    };
    let mut waivers = String::new();
    for case in known["cases"].as_array().expect("cases").iter().filter(|case| case["verdict"] == "fail") {
        for row in case["requirements"].as_array().expect("rows") {
            waivers.push_str(&waiver(case["variant"].as_str().expect("text"), row.as_str().expect("text")));
        }
    }
    let tool = served.run().file("old.json", &clean.to_string()).file("w.toml", &waivers);
    tool.args(["tls.versions", "--baseline", "old.json", "--waivers", "w.toml"]).exits(0).stdout_has("0 worse by the server");
}

#[test]
fn what_new_criteria_or_another_carinbb_may_have_caused_is_listed_and_fails_a_strict_gate() {
    let served = Served::new(["--fault", "tls-1.1-enabled"]);
    let clean = without_findings(&record(&served, &["tls.versions"], 1));
    let mut other_suite = clean.clone();
    other_suite["header"]["suite"] = "0".repeat(64).into();
    // The case asked the same in both suites: it is the server that changed.
    held_against(&served, &other_suite, &[], 1).stdout_has("criteria CHANGED").stdout_has("by the server");
    let same = other_suite.to_string();
    let text = same.replace("\"that\":\"negotiated\"", "\"that\":\"other\"");
    assert!(text != same, "the case has such a fact");
    let other_case: Value = serde_json::from_str(&text).expect("JSON");
    held_against(&served, &other_case, &[], 0).stdout_has("by new criteria").stdout_has("exit 0");
    let mut other_level = clean.clone();
    for row in other_level["requirements"].as_array_mut().expect("rows") {
        row["strength"] = "MAY".into();
    }
    held_against(&served, &other_level, &[], 0).stdout_has("by new criteria");
    let mut other_tool = clean;
    other_tool["header"]["tool"] = "0.0.1".into();
    held_against(&served, &other_tool, &[], 0).stdout_has("by another carinbb").stdout_has("harness CHANGED");
    held_against(&served, &other_tool, &["--strict"], 1).stdout_has("exit 1");
}

#[test]
fn a_case_that_stopped_running_is_a_finding_unless_a_flag_left_it_out() {
    let served = Served::new([]);
    let both = record(&served, &["tls.versions", "discovery.clock"], 0);
    held_against(&served, &both, &[], 0).stdout_has("stopped").stdout_has("by a flag");
    let mut more = record(&served, &["tls.versions"], 0);
    let mut gone = more["cases"][0].clone();
    gone["variant"] = "gone".into();
    more["cases"].as_array_mut().expect("cases").push(gone);
    held_against(&served, &more, &[], 1).stdout_has("stopped").stdout_has("tls.versions [gone]").stdout_has("by the server");
}

#[test]
fn a_baseline_of_another_server_or_of_half_a_run_is_refused() {
    let served = Served::new([]);
    let good = record(&served, &["tls.versions"], 0);
    let mut other = good.clone();
    other["header"]["target"] = "https://other.example/fhir".into();
    held_against(&served, &other, &[], 2).stderr_has("the baseline is about https://other.example/fhir");
    let mut half = good;
    half["complete"] = false.into();
    held_against(&served, &half, &[], 2).stderr_has("was interrupted");
    let missing = Tool::new().args(["run", "https://127.0.0.1:1/fhir", "--baseline", "none.json"]).exits(2);
    missing.stderr_has("cannot read none.json");
}
