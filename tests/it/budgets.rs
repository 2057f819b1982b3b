//! The budgets that are counts: they do not depend on the machine, so they are tests. Times are printed by `cargo bench`.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

#[test]
fn a_default_run_keeps_to_its_requests_and_connections_and_to_its_plan() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("run.json");
    let page = folder.path().join("run.html");
    let status = Command::new(env!("CARGO_BIN_EXE_carinbb"))
        .args(["run", "--demo", "--quiet", "--report"])
        .arg(format!("json={},html={}", file.display(), page.display()))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("the binary under test can be started");
    assert_eq!(status.code(), Some(0));
    let length = fs::metadata(page).expect("the page was written").len();
    assert!(length < 400 * 1024, "the page has {length} bytes");
    let record: Value =
        serde_json::from_str(&fs::read_to_string(file).expect("the record was written")).expect("the record is JSON");
    let traffic = |name: &str| record["traffic"][name].as_u64().expect("the traffic is counted");
    assert!(traffic("sent_requests") <= 60, "{} requests", traffic("sent_requests"));
    assert!(traffic("sent_requests") <= traffic("planned_requests"), "more requests than planned");
    assert!(traffic("sent_probes") <= traffic("planned_probes"), "more probes than planned");
    let ports = origins_probed(&record);
    assert!(!ports.is_empty(), "no TLS probe is in the evidence");
    assert!(traffic("sent_probes") <= 12 * ports.len() as u64, "{} probes of {ports:?}", traffic("sent_probes"));
}

/// Each host and port that a TLS probe went to.
fn origins_probed(record: &Value) -> BTreeSet<String> {
    let exchanges = record["evidence"].as_array().into_iter().flatten().map(|entry| &entry["exchange"]["record"]);
    exchanges
        .filter(|exchange| exchange["kind"] == "tls")
        .map(|exchange| format!("{}:{}", exchange["host"], exchange["port"]))
        .collect()
}
