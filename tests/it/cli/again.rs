//! `run --again` and `report --with`: what failed is repeated, and joined only with what it belongs to.

use serde_json::Value;

use super::tool::{Served, Tool};

const CASES: [&str; 3] = ["tls.versions", "discovery.clock", "discovery.smart-configuration"];

fn first(served: &Served) -> Value {
    served.run().args(CASES).args(["--format", "json"]).exits(1).json()
}

fn again(served: &Served, first: &Value, code: i32) -> Value {
    let tool = served.run().file("first.json", &first.to_string());
    tool.args(["--again", "first.json", "--format", "json"]).exits(code).json()
}

fn joined(first: &Value, second: &Value, code: i32) -> super::tool::Printed {
    let tool = Tool::new().file("first.json", &first.to_string()).file("second.json", &second.to_string());
    tool.args(["report", "first.json", "--with", "second.json", "--report", "json=-"]).exits(code)
}

#[test]
fn only_what_failed_is_repeated_and_the_joined_record_follows_from_its_facts() {
    let served = Served::new(["--fault", "tls-1.1-enabled"]);
    let first = first(&served);
    let second = again(&served, &first, 1);
    let cases = |run: &Value| -> Vec<String> {
        let cases = run["cases"].as_array().expect("cases").iter();
        cases.map(|case| format!("{} {}", case["case"].as_str().unwrap_or_default(), case["variant"])).collect()
    };
    assert!(cases(&second).iter().all(|case| case.starts_with("tls.versions")) && !cases(&second).is_empty());
    assert_eq!(second["claim"]["conformant"], false, "a part claims nothing alone");
    let whole = joined(&first, &second, 0).json();
    assert_eq!(cases(&whole), cases(&first));
    let run = carinbb::report::read(&whole.to_string()).expect("a record");
    assert_eq!(carinbb::engine::replay(&run).differences, Vec::<String>::new());
    assert_eq!(whole["claim"]["not_met"], first["claim"]["not_met"]);
    let notes = whole["header"]["notes"].to_string();
    assert!(notes.contains(second["header"]["run"].as_str().expect("an id")), "{notes}");
    // Its evidence is that of both runs, and every step names its own.
    let ids: Vec<&Value> = whole["evidence"].as_array().expect("evidence").iter().map(|own| &own["id"]).collect();
    let steps = whole["cases"].as_array().expect("cases").iter().flat_map(|case| case["steps"].as_array().expect("steps"));
    for named in steps.flat_map(|step| step["evidence"].as_array().expect("ids")) {
        assert_eq!(ids.iter().filter(|id| **id == named).count(), 1, "{named}");
    }
}

#[test]
fn a_mended_server_is_seen_in_the_joined_record_with_what_it_was_before() {
    let served = Served::new(["--fault", "tls-1.1-enabled"]);
    let first = first(&served);
    let port = served.base.split(&[':', '/'][..]).nth(4).expect("the base has a port").to_owned();
    drop(served);
    let mended = again(&Served::new(["--port", &port]), &first, 0);
    let whole = joined(&first, &mended, 0).json();
    assert_eq!((&whole["claim"]["not_met"], &whole["claim"]["exit_code"]), (&0.into(), &0.into()));
    assert!(whole["header"]["notes"].to_string().contains("was FAIL and is PASS"), "{}", whole["header"]["notes"]);
    let run = carinbb::report::read(&whole.to_string()).expect("a record");
    assert_eq!(carinbb::engine::replay(&run).differences, Vec::<String>::new());
}

#[test]
fn runs_that_asked_something_else_of_something_else_are_not_joined() {
    let served = Served::new(["--fault", "tls-1.1-enabled"]);
    let first = first(&served);
    let second = again(&served, &first, 1);
    let refused = |change: &dyn Fn(&mut Value), part: &str| {
        let mut other = second.clone();
        change(&mut other);
        joined(&first, &other, 2).stderr_has("cannot be joined").stderr_has(part);
    };
    refused(&|run| run["header"]["target"] = "https://other.example".into(), "the target is");
    refused(&|run| run["header"]["environment"] = "production".into(), "the environment is");
    refused(&|run| run["header"]["profiles"][0]["id"] = "carin-bb-1.0.0".into(), "the profiles is");
    refused(&|run| run["header"]["smart"]["version"] = "1.0.0".into(), "the SMART version is");
    refused(&|run| run["header"]["suite"] = "0".into(), "the suite is");
    refused(&|run| run["header"]["tool"] = "0.0.1".into(), "the carinbb is");
    refused(&|run| run["basis"]["strict"] = true.into(), "the strictness is");
    refused(&|run| run["complete"] = false.into(), "was interrupted");
    refused(&|run| run["header"]["started"] = "2001-01-01T00:00:00Z".into(), "began before");
    joined(&first, &first, 2).stderr_has("one and the same run");
    let clean = Served::new([]).run().args(CASES).args(["--format", "json"]).exits(0).json();
    let tool = served.run().file("first.json", &clean.to_string()).args(["--again", "first.json"]);
    tool.exits(2).stderr_has("is about");
    let nothing = Tool::new().file("first.json", &clean.to_string()).args(["run", "--demo", "--again", "first.json"]).exits(2);
    nothing.stderr_has("nothing in it failed");
}

#[test]
fn h48_a_record_that_was_altered_is_not_joined() {
    let served = Served::new(["--fault", "tls-1.1-enabled"]);
    let first = first(&served);
    let second = again(&served, &first, 1);
    let refused = |records: [&Value; 2]| joined(records[0], records[1], 2).stderr_has("altered since its run");
    let text = second.to_string();
    let altered = text.replacen("\"verdict\":\"fail\"", "\"verdict\":\"pass\"", 1);
    assert_ne!(text, altered);
    refused([&first, &serde_json::from_str(&altered).expect("JSON")]);
    let mut better = first.clone();
    better["claim"]["not_met"] = 0.into();
    refused([&better, &second]);
    let mut fewer = first.clone();
    fewer["cases"].as_array_mut().expect("cases").pop();
    refused([&fewer, &second]);
    joined(&first, &second, 0);
}
