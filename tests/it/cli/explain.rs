//! `carinbb explain`: each kind of id, and a typo.

use super::tool::Tool;

#[test]
fn each_kind_of_id_is_explained_within_the_page() {
    for (id, part) in [
        ("carin-bb/exchange-1", "cases tls.versions"),
        ("tls.versions", "proved by the faults"),
        ("tls.offer", "effect"),
        ("tls-1.1-enabled", "try carinbb run --demo --fault tls-1.1-enabled"),
        ("smart.launch-standalone", "Claimed when:"),
        ("carin-bb-2.2.0", "documents"),
    ] {
        let printed = Tool::new().args(["explain", id]).exits(0).stdout_has(id).stdout_has(part);
        let longest = printed.stdout.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{id} is {longest:?} wide");
    }
}

#[test]
fn a_typo_is_2_with_what_was_meant() {
    Tool::new().args(["explain", "carin-bb/exchnge-1"]).exits(2).stderr_has("did you mean 'carin-bb/exchange-1'?");
    Tool::new().args(["explain", "tls-1.1-enable"]).exits(2).stderr_has("did you mean 'tls-1.1-enabled'?");
}

#[test]
fn a_disputed_finding_is_told_without_naming_the_server() {
    let served = super::tool::Served::new(["--fault", "tls-1.1-enabled"]);
    let record = served.run().args(["tls.versions", "discovery.smart-configuration", "--format", "json"]).exits(1).stdout;
    let dispute = |id: &str, code: i32| {
        Tool::new().file("r.json", &record).args(["explain", id, "--dispute", "--record", "r.json"]).exits(code)
    };
    let printed = dispute("tls.versions [fhir]", 0).stdout_has("The row carin-bb/exchange-1").stdout_has("basis:");
    let printed = printed.stdout_has("the other reading:").stdout_has("The control").stdout_has("The exchange");
    let printed = printed.stdout_has("(write here)").stdout_lacks("localhost").stdout_lacks("BEGIN CERTIFICATE");
    let print = printed.stdout.split("fingerprint: ").nth(1).and_then(|rest| rest.get(..12)).expect("it is printed").to_owned();
    dispute(&print, 0).stdout_has("The row carin-bb/exchange-1");
    dispute("discovery.smart-configuration", 2).stderr_has("no finding is called");
    Tool::new().args(["explain", "tls.versions", "--dispute"]).exits(2).stderr_has("--record");
}
