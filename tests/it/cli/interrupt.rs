//! Ctrl-C: the run ends soon, says so, and its reports are whole.

#![cfg(unix)]

use std::time::Duration;

use super::tool::{Going, Served, Tool};

/// Starts a run against a server that answers late, interrupts it once it has begun, and checks what it leaves.
fn interrupted(served: &Served, until_begun: impl FnOnce(&mut Going)) {
    let ca = served.ca();
    let ca = ca.to_str().expect("the temporary folder has a plain name");
    let run = ["run", &served.base, "--ca-file", ca, "--report", "json=r.json", "--report", "junit=j.xml"];
    let mut going = Tool::new().args(run).starts();
    until_begun(&mut going);
    going.interrupt();
    assert_eq!(going.ends().code(), Some(130));
    let record: serde_json::Value = serde_json::from_str(&going.written("r.json")).expect("the record is JSON");
    assert_eq!(record["complete"], false);
    assert_eq!(record["claim"]["exit_code"], 130);
    assert!(record["claim"]["conformant"] == false, "{}", record["claim"]);
    let junit = going.written("j.xml");
    let mut reader = quick_xml::Reader::from_str(&junit);
    while !matches!(reader.read_event().expect("the JUnit file is well-formed"), quick_xml::events::Event::Eof) {}
}

#[test]
fn while_discovery_hangs() {
    // Nothing is printed before discovery is over. A program that starts within 20 ms has its handler after three seconds,
    // and the server holds the run back ten times as long.
    interrupted(&Served::new(["--fault", "always-hang"]), |_| std::thread::sleep(Duration::from_secs(3)));
}

#[test]
fn while_cases_run() {
    interrupted(&Served::new(["--latency", "400ms"]), |going| assert!(going.first_line().starts_with("carinbb ")));
}
