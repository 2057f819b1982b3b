//! Attacks in the handshake (H06 to H08, H12).

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::child::{Finished, demo, run};

/// The verdict on the versions of the listener with the fault.
fn fhir_versions(finished: &Finished) -> &Value {
    let of_fhir = |case: &&Value| case["case"] == "tls.versions" && case["variant"] == "fhir";
    &finished.cases().find(of_fhir).expect("tls.versions looks at the FHIR base")["verdict"]
}

#[test]
fn h06_a_handshake_that_hangs_or_drips_is_never_a_refusal() {
    for fault in ["tls-hang", "tls-drip"] {
        let finished = demo(fault, &["--timeout", "1s"]);
        finished.survived().documents_unread_because(&["timeout", "origin-lost"]);
        assert_eq!(fhir_versions(&finished), "error", "{fault}");
        assert!(finished.elapsed < Duration::from_mins(1), "{fault}: {:?}", finished.elapsed);
    }
    let finished = demo("tls-hangs-old-versions", &["--timeout", "1s"]);
    assert_eq!((finished.survived().code, fhir_versions(&finished)), (Some(3), &Value::from("error")));
}

#[test]
fn h06_records_of_one_byte_and_a_warning_first_change_nothing() {
    for fault in ["tls-1-byte-records", "tls-warning-alert-first"] {
        let finished = demo(fault, &[]);
        assert_eq!((finished.ended_well().code, fhir_versions(&finished)), (Some(0), &Value::from("pass")), "{fault}");
    }
}

#[test]
fn h07_a_reset_counts_as_refusal_only_beside_handshakes_that_work() {
    // Most of their time they wait for an answer: side by side.
    thread::scope(|scope| {
        for fault in ["tls-resets-old-versions", "tls-closes-old-versions"] {
            scope.spawn(move || {
                let finished = demo(fault, &[]);
                assert_eq!((finished.ended_well().code, fhir_versions(&finished)), (Some(0), &Value::from("pass")), "{fault}");
            });
        }
        for fault in ["tls-reset", "tls-fin", "tls-alert-only"] {
            scope.spawn(move || {
                let finished = demo(fault, &["--timeout", "2s"]);
                assert_eq!(finished.survived().code, Some(3), "{fault}");
                assert!(["error", "blocked"].map(Value::from).contains(fhir_versions(&finished)), "{fault}");
                finished.nothing_passes("access").nothing_fails();
            });
        }
        let flaky = demo("tls-flaky", &["--timeout", "2s"]);
        assert_ne!(fhir_versions(flaky.survived()), "pass", "the resets hide TLS 1.0");
    });
}

#[test]
fn h08_a_server_hello_of_a_version_not_offered_is_never_a_pass_and_its_bytes_are_kept() {
    let finished = demo("tls-answers-lower-version", &[]);
    finished.survived();
    assert_ne!(fhir_versions(&finished), "pass");
    assert!(finished.evidence().contains("16030200"), "the record of the ServerHello is not in the evidence");
}

#[test]
fn h08_another_protocol_on_the_port_is_an_error() {
    for fault in ["tls-plain-http", "tls-ssh-banner", "tls-garbage"] {
        let finished = demo(fault, &["--timeout", "2s"]);
        finished.survived().documents_unread_because(&["not-tls", "origin-lost"]);
        assert_eq!(fhir_versions(&finished), "error", "{fault}");
    }
}

#[test]
fn h12_only_http_1_1_is_offered_for_requests_so_floods_of_http_2_frames_find_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let (hellos, seen) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let hellos = hellos.clone();
            thread::spawn(move || {
                let (mut stream, mut bytes) = (stream, [0; 4096]);
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let count = stream.read(&mut bytes).unwrap_or_default();
                let _ = hellos.send(bytes[..count].to_vec());
            });
        }
    });
    let base = format!("https://localhost:{port}/fhir");
    let finished = run(&[&base, "--timeout", "2s", "discovery.smart-configuration"], &[]);
    assert_eq!(finished.survived().code, Some(3));
    let hellos: Vec<Vec<u8>> = seen.try_iter().collect();
    let offers = |name: &[u8]| hellos.iter().any(|hello| hello.windows(name.len()).any(|window| window == name));
    assert!(offers(b"\x08http/1.1") && !offers(b"\x02h2"), "{} hellos", hellos.len());
    assert_eq!(finished.verdicts("discovery.smart-configuration"), BTreeSet::from(["error"]));
}
