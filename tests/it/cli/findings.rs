//! What a finding shows: the exchange that it speaks of, and a command that comes to it again.

use serde_json::Value;

use super::tool::{Printed, Served, Tool};

/// The last exchange of each step that something does not hold in, with its case.
fn shown(record: &Value) -> Vec<(String, Value)> {
    let evidence = record["evidence"].as_array().expect("a record has evidence");
    let exchange = |id: &Value| evidence.iter().find(|own| own["id"] == *id).map(|own| own["exchange"]["record"].clone());
    let does_not_hold = |step: &&Value| {
        let rows = step["assertions"].as_array().expect("a step has assertions");
        rows.iter().any(|row| row["outcome"]["is"] == "not-met")
    };
    let mut found = Vec::new();
    for case in record["cases"].as_array().expect("a record has cases") {
        for step in case["steps"].as_array().expect("a case has steps").iter().filter(does_not_hold) {
            let last = step["evidence"].as_array().and_then(|ids| exchange(ids.last()?)).expect("the step has an exchange");
            found.push((case["case"].as_str().unwrap_or_default().to_owned(), last));
        }
    }
    found
}

#[test]
fn the_exchange_that_is_shown_is_the_one_that_the_finding_speaks_of() {
    let faults = ["--fault", "unauthorized-400", "--fault", "tls-1.1-enabled"];
    let cases = ["access.without-token", "access.made-up-token", "access.beside-token", "tls.versions"];
    let record = Tool::new().args(["run", "--demo", "--format", "json"]).args(faults).args(cases).exits(1).json();
    let found = shown(&record);
    for case in cases {
        assert!(found.iter().any(|(own, _)| own == case), "{case} has no finding");
    }
    for (case, exchange) in found {
        match exchange["kind"].as_str() {
            Some("http") => assert_eq!(exchange["result"]["status"], 400, "{case}: {}", exchange["request"]["url"]),
            _ => assert_eq!(exchange["offered"], "TLS 1.1", "{case}"),
        }
    }
}

/// The command of the gravest finding, in a new folder.
fn again(printed: &Printed) -> Tool {
    let mut lines = printed.stdout.lines().filter_map(|line| line.trim_start().strip_prefix("repeat"));
    let command = lines.find_map(|line| line.trim().strip_prefix("carinbb "));
    Tool::new().args(command.unwrap_or_else(|| panic!("no finding names a command\n{}", printed.stdout)).split_whitespace())
}

#[test]
fn the_command_that_is_shown_comes_to_the_same_finding() {
    let demo = Tool::new().args(["run", "--demo", "token.expires-in", "--fault", "expires-in-negative", "--strict"]).exits(1);
    again(&demo).exits(1).stdout_has("FAIL token.expires-in");

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let target = folder.path().join("target.toml").display().to_string();
    let served = Served::new(["--fault", "pkce-ignored", "--target-out", &target]);
    let ca = served.ca().display().to_string();
    let first = Tool::new().args(["run", &target, "launch.pkce-verifier", "--ca-file", &ca, "--smart", "2.0.0"]).exits(1);
    again(&first).exits(1).stdout_has("FAIL launch.pkce-verifier");
}

#[test]
fn a_proxy_with_a_password_leaves_a_record_without_it() {
    let proxy = "http://ann:horse-battery@127.0.0.1:1";
    let record = Tool::new().args(["run", "--demo", "tls.plain-http", "--proxy", proxy, "--format", "json"]).ends();
    assert!(!record.stdout.contains("horse-battery") && !record.stderr.contains("horse-battery"), "{}", record.stdout);
    let settings = record.json()["header"]["settings"].to_string();
    assert!(settings.contains("http://ann:withheld@127.0.0.1:1"), "{settings}");
    let settings = Tool::new().args(["doctor", "--settings", "https://payer.example/r4", "--proxy", proxy]).exits(0);
    settings.stdout_has("http://ann:withheld@127.0.0.1:1").stdout_lacks("horse-battery");
}
