//! The budgets that are counts: they do not depend on the machine, so they are tests. Times are printed by `cargo bench`.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The record of a demo run with these flags, and the length of its page.
fn demo(flags: &[&str]) -> (Value, u64) {
    demo_that_ends(&[0], flags)
}

/// The same for a run that ends with one of these codes.
fn demo_that_ends(codes: &[i32], flags: &[&str]) -> (Value, u64) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("run.json");
    let page = folder.path().join("run.html");
    let status = Command::new(env!("CARGO_BIN_EXE_carinbb"))
        .args(["run", "--demo", "--quiet", "--report"])
        .arg(format!("json={},html={}", file.display(), page.display()))
        .args(flags)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("the binary under test can be started");
    assert!(status.code().is_some_and(|code| codes.contains(&code)), "{flags:?}: {status}");
    let length = fs::metadata(page).expect("the page was written").len();
    let record = fs::read_to_string(file).expect("the record was written");
    (serde_json::from_str(&record).expect("the record is JSON"), length)
}

fn traffic(record: &Value, name: &str) -> u64 {
    record["traffic"][name].as_u64().expect("the traffic is counted")
}

#[test]
fn discovery_and_access_keep_to_their_requests_and_connections_and_to_the_plan() {
    let (record, _) = demo(&["--no-login", "--skip", "udap,b2b"]);
    assert!(traffic(&record, "sent_requests") <= 60, "{} requests", traffic(&record, "sent_requests"));
    keeps_to_its_plan(&record);
    let ports = origins_probed(&record);
    assert!(!ports.is_empty(), "no TLS probe is in the evidence");
    for port in &ports {
        let connections = probes_of(&record, port);
        assert!(connections <= 12, "{connections} connections to {port}, every refusal of which is an alert");
    }
}

/// Every TLS connection to a host and port is one entry of the evidence.
fn probes_of(record: &Value, port: &str) -> usize {
    let exchanges = record["evidence"].as_array().into_iter().flatten().map(|entry| &entry["exchange"]["record"]);
    exchanges
        .filter(|exchange| exchange["kind"] == "tls" && format!("{}:{}", exchange["host"], exchange["port"]) == *port)
        .count()
}

#[test]
fn refusals_that_are_no_alerts_cost_twenty_four_connections_at_most() {
    let misbehaving = ["tls-flaky", "tls-reset", "tls-fin", "tls-hang", "tls-alert-only", "tls-hangs-old-versions"];
    for fault in ["tls-resets-old-versions", "tls-closes-old-versions"].into_iter().chain(misbehaving) {
        let (record, _) = demo_that_ends(&[0, 1, 3], &["--no-login", "--select", "tls", "--timeout", "1s", "--fault", fault]);
        keeps_to_its_plan(&record);
        for port in origins_probed(&record) {
            let connections = probes_of(&record, &port);
            assert!(connections <= 24, "{connections} connections to {port} with {fault}");
        }
    }
}

/// Cases beyond the part of SMART: what a browser, a cache or a foreign page sees, errors, and keys that few operators have.
const FURTHER: &str = "launch.sign-in-pages,launch.sign-in-cookies,access.error-answers,access.shared-caches,\
     discovery.foreign-origin,token.shape,token.assertion-rs384,token.assertion-es384";

/// Cases that ask beside a token what others ask without one, and what scopes at the level of a user open.
const BESIDE: &str = "access.beside-read,access.directory-beside-token,access.own-by-user,access.own-search-by-user";

/// Cases that run only where the operator gives more than a client and a member: a token of an auditor, the page of connected apps.
const WITH_ACCESS: &str = "audit,revocation.by-member";

#[test]
fn launches_and_udap_keep_to_their_requests_and_the_page_of_a_whole_run_to_its_length() {
    let (whole, length) = demo(&[]);
    let (without_tiered, _) = demo(&["--skip", "tiered"]);
    let (without_udap, _) = demo(&["--skip", "udap,b2b,tiered"]);
    let (launches, _) = demo(&["--skip", &format!("udap,b2b,tiered,{WITH_ACCESS}")]);
    let (with_further, _) = demo(&["--skip", &format!("udap,b2b,tiered,{WITH_ACCESS},{BESIDE}")]);
    let (smart, _) = demo(&["--skip", &format!("udap,b2b,tiered,{WITH_ACCESS},{BESIDE},{FURTHER}")]);
    let (neither, _) = demo(&["--no-login", "--skip", &format!("udap,b2b,tiered,{WITH_ACCESS},{BESIDE},{FURTHER}")]);
    let sent = |record: &Value| traffic(record, "sent_requests");
    let beside = sent(&launches) - sent(&with_further);
    assert!(beside > 0 && beside <= 30, "{beside} requests beside a token and with scopes at the level of a user");
    let further = sent(&with_further) - sent(&smart);
    assert!(further <= 30, "{further} requests for security practice and for the algorithms of further keys");
    let smart = sent(&smart) - sent(&neither);
    assert!(smart <= 300, "{smart} requests beyond discovery and access without a token");
    let tiered = sent(&whole) - sent(&without_tiered);
    assert!(tiered > 0 && tiered <= 200, "{tiered} requests of Tiered OAuth");
    let audit = sent(&without_udap) - sent(&launches);
    assert!(
        audit > 0 && audit <= 60,
        "{audit} requests that look for audit records and Provenance, and of a member's withdrawal"
    );
    let udap = sent(&without_tiered) - sent(&without_udap);
    assert!(udap > 0 && udap <= 520, "{udap} requests of UDAP");
    assert!(traffic(&launches, "sent_authorizations") > 0, "nobody signed in");
    keeps_to_its_plan(&whole);
    assert!(length < 400 * 1024, "the page has {length} bytes");
}

fn keeps_to_its_plan(record: &Value) {
    for what in ["requests", "probes", "authorizations"] {
        let (sent, planned) = (traffic(record, &format!("sent_{what}")), traffic(record, &format!("planned_{what}")));
        assert!(sent <= planned, "{sent} {what}, planned {planned}");
    }
}

/// Each host and port that a TLS probe went to.
fn origins_probed(record: &Value) -> BTreeSet<String> {
    let exchanges = record["evidence"].as_array().into_iter().flatten().map(|entry| &entry["exchange"]["record"]);
    exchanges
        .filter(|exchange| exchange["kind"] == "tls")
        .map(|exchange| format!("{}:{}", exchange["host"], exchange["port"]))
        .collect()
}
