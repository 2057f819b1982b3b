//! Where a document or a redirect may send us: nowhere that the operator did not mean (H13, H15, H16, H18, H49).

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::child::{demo, run};
use super::payer::{canary, documents, run_against};

/// Every advertised member that is a URL.
const MEMBERS: [&str; 8] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "management_endpoint",
    "issuer",
];

fn advertise(path: &str, hosts: [&str; 8]) -> (u16, String, String) {
    let endpoints: Vec<(&str, String)> =
        MEMBERS.into_iter().zip(hosts).map(|(name, host)| (name, format!("https://{host}/x"))).collect();
    documents(path, &endpoints)
}

/// What the proxy heard about places other than the payer.
fn elsewhere(heard: &[String]) -> Vec<&String> {
    heard.iter().filter(|line| !line.contains("//8.8.8.8/") && !line.contains(" 8.8.8.8:")).collect()
}

#[test]
fn h15_endpoints_in_networks_that_are_not_public_are_told_and_never_contacted() {
    let (finished, heard, _) = run_against(
        |path, _| {
            let hosts =
                ["169.254.169.254", "127.0.0.1", "[::1]", "10.0.0.1", "[fd00:ec2::254]", "100.64.0.1", "0.0.0.0", "192.168.1.1"];
            advertise(path, hosts)
        },
        &[],
    );
    finished.survived();
    assert_eq!(elsewhere(&heard), Vec::<&String>::new());
    assert_eq!(finished.verdicts("discovery.public-addresses"), BTreeSet::from(["warn"]));
    assert!(finished.evidence().contains("forbidden-address"), "that nothing was sent is evidence too");
}

#[test]
fn h16_no_spelling_of_loopback_hides_it() {
    let odd = |path: &str, _: u16| {
        let hosts = [
            "2130706433",
            "0x7f000001",
            "127.1",
            "0177.0.0.1",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "localhost.",
            "payer@127.0.0.1",
        ];
        advertise(path, hosts)
    };
    let (finished, heard, _) = run_against(odd, &[]);
    finished.survived();
    assert_eq!(elsewhere(&heard), Vec::<&String>::new());
    // A refusal proves something only beside a success: what the operator opens is contacted.
    let (opened, heard, _) = run_against(odd, &["--allow-net", "127.0.0.0/8"]);
    opened.survived();
    assert!(!elsewhere(&heard).is_empty(), "nothing is contacted even where it may be");
}

#[test]
fn h18_the_port_of_another_service_is_never_contacted() {
    let (finished, heard, _) = run_against(
        |path, _| {
            let ports = [22, 25, 6379, 3306, 5432, 9200, 11211, 445];
            let hosts = ports.map(|port| format!("1.1.1.1:{port}"));
            advertise(path, hosts.each_ref().map(String::as_str))
        },
        &[],
    );
    finished.survived();
    assert_eq!(elsewhere(&heard), Vec::<&String>::new());
    let demo = demo("hostile-endpoint-port-22", &[]);
    demo.survived().nothing_fails();
    assert_eq!(demo.verdicts("discovery.public-addresses"), BTreeSet::from(["warn"]));
}

#[test]
fn h13_redirects_to_other_places_are_observed_and_not_followed() {
    let (finished, heard, visits) = run_against(
        |path, canary| {
            let location = match path {
                "/.well-known/smart-configuration" => format!("http://127.0.0.1:{canary}/"),
                "/metadata" => "http://169.254.169.254/latest/meta-data/".to_owned(),
                "/.well-known/udap" => "file:///etc/passwd".to_owned(),
                _ => "javascript:alert(1)".to_owned(),
            };
            (302, format!("location: {location}\r\n"), String::new())
        },
        &[],
    );
    finished.survived().nothing_passes("access");
    assert_eq!((elsewhere(&heard), visits), (Vec::new(), 0));
    assert!(heard.len() > 2, "the payer was asked: {heard:?}");
}

#[test]
fn h13_a_redirect_loop_ends_after_a_few_hops() {
    let finished = demo("hostile-redirect-loop", &[]);
    finished.survived().nothing_passes("access");
    let sent = finished.record["traffic"]["sent_requests"].as_u64().expect("the traffic is counted");
    assert!(sent <= finished.record["traffic"]["planned_requests"].as_u64().unwrap_or(0), "{sent} requests");
    demo("hostile-redirect-metadata-address", &[]).survived().nothing_passes("access");
}

#[test]
fn h49_the_proxy_of_the_environment_is_not_used() {
    let (port, visits) = canary();
    let proxy = format!("http://127.0.0.1:{port}");
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    let variables: Vec<(&str, &str)> = names.map(|name| (name, proxy.as_str())).to_vec();
    let finished = run(&["--demo"], &variables);
    assert_eq!((finished.ended_well().code, visits.load(Ordering::SeqCst)), (Some(0), 0));
}

#[test]
fn h49_roots_that_the_environment_replaces_are_named_in_the_record() {
    let base = "https://localhost:1/fhir";
    let case = "discovery.smart-configuration";
    let replaced = run(&[base, case], &[("SSL_CERT_FILE", "/dev/null")]);
    assert!(replaced.survived().record["header"]["notes"].to_string().contains("SSL_CERT_FILE"), "{}", replaced.stdout);
    let plain = run(&[base, case], &[]);
    assert!(!plain.survived().record["header"]["notes"].to_string().contains("SSL_CERT_FILE"));
}
