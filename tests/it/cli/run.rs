//! `carinbb run`: exit codes, what stands on which stream, selection, plan.

use super::tool::{Served, Tool};

#[test]
fn the_demo_has_no_finding_and_needs_no_file() {
    let printed = Tool::new().args(["run", "--demo"]).exits(0).stdout_has("exit 0").stdout_has("PASS tls.versions [fhir]");
    printed.stdout_lacks("FAIL").stdout_lacks("WARN").stdout_lacks("not declared; not declared").stderr_is_empty();
}

#[test]
fn a_broken_shall_is_1_and_a_broken_should_is_0_unless_warnings_fail() {
    let run = |args: &[&str]| Tool::new().args(["run", "--demo", "-q"]).args(args.iter().copied());
    run(&["tls.versions", "--fault", "tls-1.1-enabled"]).exits(1).stdout_has("FAIL tls.versions").stdout_has("exit 1");
    let should = ["discovery.clock", "--fault", "hostile-date-1970"];
    run(&should).exits(0).stdout_lacks("WARN");
    run(&should).args(["--fail-on", "warn"]).exits(1).stdout_has("WARN discovery.clock").stdout_has("exit 1");
}

#[test]
fn nothing_that_applies_is_4() {
    // The demo names browser apps; a bare URL does not.
    let served = Served::new([]);
    let printed = served.run().args(["discovery.cors"]).exits(4);
    printed.stdout_has("N/A discovery.cors").stderr_has("nothing was tested: no selected case applies to this target");
}

#[test]
fn what_was_not_selected_is_a_number_and_with_v_a_list() {
    let run = |loud: &[&str]| Tool::new().args(["run", "--demo", "tls"]).args(loud.iter().copied()).exits(0);
    run(&[]).stdout_has("not among what was selected (-v names them)").stdout_lacks("scopes.supported");
    run(&["-v"]).stdout_has("not among what was selected: ").stdout_has("scopes.supported");
}

#[test]
fn a_plan_sends_nothing_and_says_the_most_that_would_be_sent() {
    let printed = Tool::new().args(["run", "https://127.0.0.1:1/fhir", "--plan"]).exits(0);
    printed.stdout_has("Nothing was sent.").stdout_has("At most ").stdout_has("tls.versions [fhir]").stderr_is_empty();
    let served = Served::new([]);
    served
        .run()
        .args(["--plan=discover"])
        .exits(0)
        .stdout_has("tls.endpoints-https [token_endpoint]")
        .stdout_lacks("Nothing was sent");
    let plan = Tool::new().args(["run", "https://127.0.0.1:1/fhir", "tls", "--plan", "--format", "json"]).exits(0).json();
    assert!(plan["traffic"]["planned_probes"].as_u64().is_some_and(|most| most > 0), "{plan}");
}

#[test]
fn what_is_sent_is_never_more_than_was_planned() {
    let run = Tool::new().args(["run", "--demo", "--format", "json"]).exits(0).json();
    let count = |name: &str| run["traffic"][name].as_u64().expect("the record counts");
    assert!(count("sent_requests") > 0 && count("sent_requests") <= count("planned_requests"), "{}", run["traffic"]);
    assert!(count("sent_probes") > 0 && count("sent_probes") <= count("planned_probes"), "{}", run["traffic"]);
}

#[test]
fn a_report_on_stdout_has_stdout_for_itself() {
    let printed = Tool::new().args(["run", "--demo", "tls", "--report", "junit=j.xml", "--report", "json=-"]).exits(0);
    assert_eq!(printed.json()["complete"], true);
    assert!(printed.written("j.xml").contains("<testcase "));
    let printed = Tool::new().args(["run", "--demo", "tls", "--format", "ndjson"]).exits(0);
    let events: Vec<serde_json::Value> =
        printed.stdout.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(events.first().map(|event| &event["event"]), Some(&"started".into()));
    assert_eq!(events.last().map(|event| &event["event"]), Some(&"finished".into()));
}

#[test]
fn colour_is_as_the_environment_asks() {
    let run = |pairs: &[(&str, &str)], args: &[&str]| {
        let tool = pairs
            .iter()
            .fold(Tool::new().args(["run", "--demo", "discovery.clock"]), |tool, (name, value)| tool.env(name, value));
        tool.args(args.iter().copied()).exits(0).stdout.contains('\u{1b}')
    };
    assert!(!run(&[], &[]), "a pipe is not coloured");
    assert!(run(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(run(&[("NO_COLOR", "1")], &["--color", "always"]));
}

#[test]
fn a_closed_pipe_silences_and_changes_no_exit_code() {
    let mut going = Tool::new()
        .args(["run", "--demo", "tls.versions", "-v", "--fault", "tls-1.1-enabled", "--report", "json=r.json"])
        .starts();
    assert!(going.first_line().starts_with("carinbb "));
    assert_eq!(going.ends().code(), Some(1), "stdout is closed by now");
    assert!(going.written("r.json").contains("\"exit_code\": 1"));
    let mut list = Tool::new().args(["list", "requirements"]).starts();
    list.first_line();
    assert_eq!(list.ends().code(), Some(0));
}

#[test]
fn one_step_can_be_done_again_and_a_step_that_is_not_there_is_said() {
    Tool::new().args(["run", "--demo", "tls.versions", "--only-step", "2"]).exits(0).stdout_has("PASS tls.versions [fhir]");
    Tool::new().args(["run", "--demo", "tls.versions", "--only-step", "99"]).exits(4).stderr_has("nothing was tested");
    Tool::new().args(["run", "--demo", "--only-step", "0"]).exits(2).stderr_has("--only-step");
}

#[test]
fn h39_the_user_agent_can_be_that_of_an_app_and_the_record_says_so() {
    let run = |more: &[&str]| {
        let printed =
            Tool::new().args(["run", "--demo", "discovery.unknown-path", "-o", "out"]).args(more.iter().copied()).exits(0);
        (printed.written("out/exchanges.har"), printed.written("out/run.json"))
    };
    let (exchanges, record) = run(&["--user-agent", "ExampleApp/2.1"]);
    assert!(exchanges.contains("ExampleApp/2.1") && !exchanges.contains("carinbb/"), "the name of the tool is sent");
    assert!(record.contains("The User-Agent is 'ExampleApp/2.1'"), "the record does not say it");
    let (exchanges, record) = run(&[]);
    assert!(exchanges.contains("carinbb/") && !record.contains("The User-Agent is"));
    Tool::new().args(["run", "--demo", "--user-agent", "x\ny"]).exits(2).stderr_has("printable ASCII");
}

#[test]
fn waits_are_bounded_one_by_one_and_the_leeway_of_clocks_is_told() {
    let plan = Tool::new().args(["run", "--demo", "--max-wait", "60s", "--plan", "--format", "json"]).exits(0).json();
    let cases = plan["cases"].as_array().expect("a plan has cases");
    let waits = |name: &str| cases.iter().filter(|case| case["case"] == name).filter_map(|case| case["waits"].as_u64()).max();
    assert!(waits("udap.assertion-replay-30s").is_some_and(|seconds| (30..=60).contains(&seconds)), "{cases:?}");
    assert_eq!(waits("access.expired-token"), None);
    let left_out = plan["not_selected"].as_array().expect("a plan names what is left out");
    let reason = left_out.iter().find(|case| case["case"] == "access.expired-token").map(|case| case["reason"].to_string());
    assert!(reason.is_some_and(|reason| reason.contains("--max-wait allows 60 s")), "{left_out:?}");
    let run =
        Tool::new().args(["run", "--demo", "openid.id-token-valid", "--clock-leeway", "2m", "--format", "json"]).exits(0).json();
    assert!(run["header"]["notes"].to_string().contains("Clocks may be 120 s apart"), "{}", run["header"]["notes"]);
    Tool::new().args(["run", "--demo", "--clock-leeway", "6m"]).exits(2).stderr_has("5m at most");
}
