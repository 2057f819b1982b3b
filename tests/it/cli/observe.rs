//! `carinbb serve --observe`: what it refuses, and what it says of a client that does not come, or that nobody waits for.

use serde_json::Value;

use super::tool::Tool;

#[test]
fn what_does_not_go_together_is_2_before_anything_is_served() {
    let refuses = |args: &[&str], part: &str| {
        let printed = Tool::new().args(["serve"]).args(args.iter().copied()).exits(2).stdout_is_empty().stderr_has(part);
        assert!(
            !printed.stderr.contains("FHIR base"),
            "nothing is served before the flags are known to be right: {}",
            printed.stderr
        );
    };
    refuses(&["--launch-command", "true"], "--observe");
    refuses(&["--observe", "--fault", "state-altered"], "leave out --fault");
    refuses(&["--observe", "--as", "udap"], "--udap-anchors");
    refuses(&["--observe", "--wait", "1h"], "30m at most");
    refuses(&["--observe", "--name", "two words"], "letters, digits, dots and dashes");
    refuses(&["--observe", "--launches", "1"], "2..=20");
    refuses(&["--observe", "--report", "juint=x.xml"], "did you mean 'junit'");
    refuses(&["--observe", "--select", "tls.versions"], "`carinbb run` tests");
    refuses(&["--observe", "--select", "client.stat"], "did you mean 'client.state'");
    refuses(&["--observe", "--profile", "carin-bb-9.9.9"], "there is no profile");
    refuses(&["--fault", "client-no-pkce"], "fault of a client");
    Tool::new().args(["run", "--demo", "client.state"]).exits(2).stderr_has("`carinbb serve --observe` looks at");
}

#[test]
fn a_client_that_never_comes_is_blocked_and_neither_passes_nor_fails() {
    let observed = ["serve", "--observe", "--launch-command", "exit 7", "--silence", "50ms", "--report", "json=r.json"];
    let printed = Tool::new().args(observed).args(["--name", "no-show"]).exits(3);
    let record: Value = serde_json::from_str(&printed.written("r.json")).expect("the record is JSON");
    assert_eq!(record["header"]["target"], "urn:carinbb:client:no-show");
    assert_eq!(record["basis"]["client"], true);
    let cases = record["cases"].as_array().expect("a list");
    assert!(cases.len() > 5 && cases.iter().all(|case| case["verdict"] == "blocked"), "{:?}", record["claim"]);
    let rows = record["requirements"].as_array().expect("a list");
    let is_of_server = |row: &Value| row["id"] == "carin-bb/exchange-1";
    assert!(!rows.iter().any(is_of_server), "rows of servers are not counted");
    printed.stdout_has("of the client").stderr_has("the command ended with code 7");
}

#[test]
fn without_a_terminal_and_without_a_command_the_wait_is_bounded() {
    let begun = std::time::Instant::now();
    Tool::new()
        .args(["serve", "--observe", "--wait", "300ms", "--select", "client.launch"])
        .exits(3)
        .stderr_has("the time was over");
    assert!(begun.elapsed().as_secs() < 60);
}

#[test]
fn run_lists_and_counts_no_case_of_a_client() {
    Tool::new().args(["list", "cases"]).exits(0).stdout_lacks("client.state");
    Tool::new().args(["list", "cases", "--role", "client"]).exits(0).stdout_has("client.state").stdout_lacks("tls.versions");
    let rows = ["list", "requirements", "--role", "client"];
    Tool::new().args(rows).exits(0).stdout_has("Requirements of a client").stdout_has("smart-app-launch/authorize-6");
    Tool::new().args(["list", "requirements"]).exits(0).stdout_lacks("smart-app-launch/authorize-6");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_wait_for_a_client_and_the_reports_are_whole() {
    let observed = ["serve", "--observe", "--launch-command", "touch begun; exec sleep 60", "--report", "json=r.json"];
    let mut going = Tool::new().args(observed).starts();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !going.has_written("begun") {
        assert!(std::time::Instant::now() < deadline, "the command was not begun");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    going.interrupt();
    assert_eq!(going.ends().code(), Some(130));
    let record: Value = serde_json::from_str(&going.written("r.json")).expect("the record is JSON");
    assert_eq!(record["complete"], false);
}
