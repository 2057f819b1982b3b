//! The reference server in each version of the UDAP guide, judged by the rules of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::demand::Demand;
use super::stand::{PATIENT, STUCK, Silent, run_options};
use crate::cli::suite::{self, LoadedSuite};
use crate::cli::udap;
use crate::engine;
use crate::net::{Clock, OffsetClock, jump_when_still};
use crate::reference::{self, UdapOptions};
use crate::vocabulary::Verdict;

const VERSIONS: [&str; 4] = ["0.1.0", "1.0.0", "1.1.0", "2.0.0"];

/// What is tried: the metadata, each way to a token, and what of it differs between the versions. That everything else is clean by the rules of
/// its own version is among the proofs of the selftest.
const SELECTED: [&str; 10] = [
    "udap.discovery*",
    "udap.registration",
    "udap.modification",
    "udap.authorize*",
    "udap.code*",
    "udap.token",
    "udap.assertion-issuer-fetched",
    "udap.assertion-jti-of-statement",
    "b2b.supported",
    "b2b.undeclared",
];

/// The cases with a finding; a blocked one is named only where nothing else is wrong, for one cause blocks many.
async fn found(loaded: &LoadedSuite, server_version: &str, profile: &str) -> BTreeSet<String> {
    let laboratory = udap::on_loopback().await.unwrap();
    let clock = OffsetClock::new();
    let shared = clock.clone();
    let settings =
        UdapOptions { version: server_version.into(), communities: laboratory.communities(), ..UdapOptions::default() };
    let options = reference::Options { udap: settings, now: Arc::new(move || shared.now()), ..reference::Options::default() };
    let server = reference::start(options).await.unwrap();
    let demand = Demand { fault: None, profile: format!("udap-security-{profile}"), smart: None, client: false };
    let only = Some(SELECTED.map(str::to_owned).to_vec());
    let mut options = run_options(&demand, loaded, only, &server, clock.clone(), PATIENT).unwrap();
    options.udap = Some(laboratory.identity(&options.launch));
    options.selection.slow = false;
    let activity = options.world.activity.clone();
    let run = jump_when_still(&clock, &activity, STUCK, engine::run(&options, &mut Silent)).await.unwrap();
    server.stop().await;
    let of = |wanted: &[Verdict]| -> BTreeSet<String> {
        run.cases.iter().filter(|case| wanted.contains(&case.verdict)).map(|case| case.case.clone()).collect()
    };
    let findings = of(&[Verdict::Fail, Verdict::Warn]);
    if findings.is_empty() { of(&[Verdict::Blocked, Verdict::Error]) } else { findings }
}

/// Version 0.1.0 has another name for what is signed, another issuer of assertions, lists for extensions, and no profiles; it knows no
/// communities. Later ones differ in what they answer for an unknown community, and 2.0.0 demands PKCE.
fn expected(server: &str, profile: &str) -> BTreeSet<&'static str> {
    let first = |version: &str| version == "0.1.0";
    let mut cases = BTreeSet::new();
    if first(server) != first(profile) {
        cases.extend(["udap.token", "udap.code-flow", "udap.assertion-issuer-fetched", "udap.discovery-signed"]);
    }
    if first(server) && !first(profile) {
        cases.extend([
            "udap.discovery-lists",
            "udap.discovery-conditional",
            "udap.discovery-community",
            "udap.assertion-jti-of-statement",
        ]);
    }
    if !first(server) && first(profile) {
        cases.extend(["udap.discovery-announced", "b2b.supported", "b2b.undeclared"]);
    }
    // 200 in 0.1.0, which every version takes; 404 in 1.0.0, 204 afterwards.
    let unknown = |version: &str| if version < "1.1.0" { 404 } else { 204 };
    if !first(server) && (first(profile) || unknown(server) != unknown(profile)) {
        cases.insert("udap.discovery-unknown-community");
    }
    if server < "2.0.0" && profile == "2.0.0" {
        cases.insert("udap.authorize-pkce");
    }
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_is_clean_by_its_own_rules_and_gives_what_differs_by_those_of_the_others() {
    let loaded = suite::load(None).unwrap();
    let mut wrong = Vec::new();
    for server in VERSIONS {
        for profile in VERSIONS {
            let found = found(&loaded, server, profile).await;
            let expected: BTreeSet<String> = expected(server, profile).into_iter().map(str::to_owned).collect();
            if found != expected {
                wrong.push(format!("server {server}, profile {profile}: {found:?}, expected {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
