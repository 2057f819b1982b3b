//! What goes wrong most often: one clear message that says what to do, and the right exit code.

use super::tool::{Served, Tool};

/// The last paragraph of a run on a terminal, and the same on stderr where stdout belongs to a program.
fn says(run: impl Fn() -> Tool, code: i32, parts: &[&str]) {
    let printed = run().exits(code);
    let for_a_program = run().args(["--format", "json"]).exits(code);
    assert_eq!(for_a_program.json()["claim"]["exit_code"], code);
    for part in parts {
        let text = printed.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(part), "'{part}' is not in\n{}", printed.stdout);
        assert!(for_a_program.stderr.contains(part), "'{part}' is not in\n{}", for_a_program.stderr);
    }
    assert_eq!(for_a_program.stderr.lines().count(), 1, "one message: {}", for_a_program.stderr);
}

#[test]
fn a_dead_host_is_3_and_asks_whether_the_server_is_up() {
    let run = || Tool::new().args(["run", "https://127.0.0.1:1/fhir"]);
    says(run, 3, &["127.0.0.1:1 refused the connection.", "is the server up, and is the port right?"]);
    let printed = run().exits(3).stdout_has("-v tells each result");
    assert!(printed.stdout.lines().count() < 120, "one trouble is told once:\n{}", printed.stdout);
    let scopes = printed.stdout.lines().filter(|line| line.contains("scopes.listed"));
    assert_eq!(scopes.count(), 1, "the variants of a case that nothing was asked for are one line:\n{}", printed.stdout);
}

#[test]
fn a_host_that_does_not_resolve_is_3_and_asks_how_it_is_spelt() {
    let run = || Tool::new().args(["run", "https://payer.invalid/fhir", "--select", "discovery"]);
    says(run, 3, &["payer.invalid was not found", "Is the host spelt right?", "--resolve"]);
}

#[test]
fn a_proxy_of_the_environment_is_not_used_and_named_when_the_connection_fails() {
    let run =
        || Tool::new().args(["run", "https://127.0.0.1:1/fhir", "discovery"]).env("HTTPS_PROXY", "http://proxy.example:3128");
    says(run, 3, &["HTTPS_PROXY", "--proxy"]);
}

#[test]
fn a_wrong_ca_is_a_finding_and_names_the_flag() {
    let served = Served::new([]);
    let run = || Tool::new().args(["run", &served.base]);
    says(run, 1, &["is not a trusted root.", "--ca-file ROOT.pem"]);
    run().exits(1).stdout_has("FAIL tls.certificate [fhir]").stdout_has("carin-bb/general-3 SHALL");
    served.run().exits(0).stdout_lacks("--ca-file ROOT.pem");
}

#[test]
fn a_base_where_nothing_is_is_3_and_asks_whether_it_is_the_base() {
    let served = Served::new([]);
    let wrong = served.base.replace("/r4", "/r5");
    says(|| served.run_at(&wrong), 3, &["both answered with 404.", "the FHIR base?", "below which /metadata"]);
    served.run_at(&wrong).exits(3).stdout_lacks("FAIL");
}

#[test]
fn a_base_without_metadata_is_a_finding_of_that_alone() {
    let served = Served::new(["--fault", "metadata-missing"]);
    let printed =
        served.run().exits(1).stdout_has("FAIL discovery.capability-statement").stdout_has("carin-bb/capability-statement-3");
    printed.stdout_lacks("the FHIR base?");
}

#[test]
fn a_port_that_does_not_speak_tls_is_3_and_says_so() {
    let served = Served::new(["--fault", "tls-plain-http"]);
    says(|| served.run().args(["discovery"]), 3, &["something that is not TLS", "plain HTTP?"]);
}

#[test]
fn whatever_is_typed_wrongly_is_2_before_anything_is_sent() {
    let cases: [(&[&str], &str); 21] = [
        (&["run"], "no target: give the URL of a FHIR base or a target file"),
        (&["run", "payer.example/fhir"], "write https://payer.example/fhir"),
        (&["run", "http://payer.example/fhir"], "--allow-http"),
        (&["run", "https://"], "write the FHIR base"),
        (&["run", "https://a/b", "https://c/d"], "a run has one target"),
        (&["run", "--demo", "https://a/b"], "--demo brings its own target"),
        (&["run", "nosuch.toml"], "cannot read nosuch.toml"),
        (&["run", "--dmo"], "'--demo'"),
        (&["selftest", "smart-no-issuer", "smart-no-isuer"], "called smart-no-isuer: did you mean 'smart-no-issuer'?"),
        (&["run", "--demo", "tls.version"], "did you mean 'tls.versions'?"),
        (&["run", "--demo", "--skip", "acces"], "did you mean 'access'?"),
        (&["run", "--demo", "--profile", "carin-bb-2.2"], "did you mean 'carin-bb-2.2.0'?"),
        (&["run", "--demo", "--smart", "3"], "2.2.0"),
        (&["run", "--demo", "--fault", "metadata-mising"], "did you mean 'metadata-missing'?"),
        (&["run", "--demo", "--fault", "zzz"], "carinbb list faults"),
        (&["run", "--demo", "--report", "junit"], "--report junit=carinbb.xml"),
        (&["run", "--demo", "--report", "json=no/such/folder"], "there is no folder no/such"),
        (&["run", "--demo", "--timeout", "5"], "for instance 250ms"),
        (&["run", "--demo", "--ca-file", "nosuch.pem"], "cannot read nosuch.pem"),
        (&["run", "--demo", "--resolve", "x"], "HOST:PORT:ADDRESS"),
        (&["run", "--demo", "--testcases", "nosuch"], "cannot read nosuch"),
    ];
    for (args, part) in cases {
        Tool::new().args(args.iter().copied()).exits(2).stdout_is_empty().stderr_has(part);
    }
}

#[test]
fn a_typo_in_any_file_is_2_with_its_place_and_what_was_meant() {
    let target = "[target]\nbase = \"https://127.0.0.1:1/x\"\nenviroment = \"staging\"\n";
    let run = Tool::new().file("t.toml", target).args(["run", "t.toml"]);
    run.exits(2).stderr_has("t.toml:3:1").stderr_has("did you mean 'environment'?").stdout_is_empty();
    let run = Tool::new().file("carinbb.toml", "strict = true\nratee = 3\n").args(["run", "--demo"]);
    run.exits(2).stderr_has("carinbb.toml:2:1").stderr_has("did you mean 'rate'?");
    let run = Tool::new().file("home/carinbb/config.toml", "rate = \"fast\"\n").args(["run", "--demo"]);
    run.exits(2).stderr_has("config.toml: invalid value 'fast' for '--rate <N/s>'");
    let case = "id = \"mine.x\"\ntitel = \"x\"\nwhy = \"y\"\n";
    let run = Tool::new().file("suite/mine/x.toml", case).args(["run", "--demo", "--testcases", "suite"]);
    run.exits(2).stderr_has("suite/mine/x.toml:2:1").stderr_has("did you mean 'title'?").stderr_has("nothing was sent");
}
