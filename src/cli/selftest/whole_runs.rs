//! Whole runs against the reference server in this process: what they leave there, that they agree, and what limits do.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::demand::Demand;
use super::stand::{PATIENT, STUCK, Silent, run_options};
use crate::cli::suite::{self, LoadedSuite};
use crate::cli::udap;
use crate::engine::{self, Run, RunOptions};
use crate::net::{Clock, OffsetClock, jump_when_still};
use crate::reference::{self, Running, UdapOptions};
use crate::vocabulary::{FaultName, Verdict};

/// A run of the UDAP cases in the laboratory, and the server as the run left it.
async fn run_udap(loaded: &LoadedSuite, fault: Option<&str>) -> (Run, Running) {
    let laboratory = udap::on_loopback().await.unwrap();
    let communities = laboratory.communities();
    run_at(loaded, fault, UdapOptions { communities, ..UdapOptions::default() }, |options| {
        options.udap = Some(laboratory.identity(&options.launch));
        options.selection.skip.clear();
        options.selection.select = vec!["udap".into(), "b2b".into()];
    })
    .await
}

/// A run against a server with this fault, and the server as the run left it.
async fn run(loaded: &LoadedSuite, fault: Option<&str>, shape: impl FnOnce(&mut RunOptions)) -> (Run, Running) {
    run_at(loaded, fault, UdapOptions::default(), shape).await
}

async fn run_at(
    loaded: &LoadedSuite,
    fault: Option<&str>,
    udap: UdapOptions,
    shape: impl FnOnce(&mut RunOptions),
) -> (Run, Running) {
    let clock = OffsetClock::new();
    let shared = clock.clone();
    let faults = fault.map(|name| FaultName::parse(name).unwrap()).into_iter().collect();
    let options = reference::Options { faults, udap, now: Arc::new(move || shared.now()), ..reference::Options::default() };
    let server = reference::start(options).await.unwrap();
    let demand = Demand { fault: None, profile: "carin-bb-2.2.0".into(), smart: None, client: false };
    let mut options = run_options(&demand, loaded, None, &server, clock.clone(), PATIENT).unwrap();
    // without a laboratory nothing of UDAP can be tried; the proofs of the selftest have one
    options.selection.skip = ["udap", "b2b", "tiered"].map(str::to_owned).to_vec();
    shape(&mut options);
    let activity = options.world.activity.clone();
    let run = jump_when_still(&clock, &activity, STUCK, engine::run(&options, &mut Silent)).await.unwrap();
    (run, server)
}

fn verdicts(run: &Run) -> BTreeMap<String, Verdict> {
    run.cases.iter().map(|case| (case.label(), case.verdict)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_agree_whatever_the_number_of_cases_at_a_time_and_leave_nothing_at_the_server() {
    let loaded = suite::load(None).unwrap();
    let mut first: Option<BTreeMap<String, Verdict>> = None;
    for slots in [32, 1, 32, 6] {
        let (run, server) = run(&loaded, None, |options| options.slots = slots).await;
        assert_eq!(run.left_behind, Vec::<String>::new());
        assert_eq!(run.not_exercised, Vec::<String>::new(), "claimed by the reference server and never tried");
        assert_eq!(server.outstanding_tokens(), 0, "tokens that still work after a run with {slots} slots");
        assert!(server.most_failures_in_a_row() <= 5, "{} failures in a row", server.most_failures_in_a_row());
        assert!(run.traffic.sent_authorizations <= run.traffic.planned_authorizations, "{:?}", run.traffic);
        let own = verdicts(&run);
        let first = first.get_or_insert_with(|| own.clone());
        let other: Vec<_> = own.iter().filter(|(label, verdict)| first.get(*label) != Some(verdict)).collect();
        assert!(other.is_empty() && first.len() == own.len(), "{slots} slots: {other:?}");
        server.stop().await;
    }
}

/// What a lax server takes it takes for a URI that is used for nothing else: no other case notices, and all of it is cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn d14_a_run_leaves_no_registration_behind_and_a_lax_server_keeps_the_right_ones() {
    let loaded = suite::load(None).unwrap();
    let lax = [None, Some("udap-registers-bad-signature"), Some("udap-registers-unknown-ca"), Some("udap-registers-other-sub")];
    for fault in lax {
        let (run, server) = run_udap(&loaded, fault).await;
        assert_eq!(run.left_behind, Vec::<String>::new(), "{fault:?}");
        assert_eq!(server.outstanding_registrations(), 0, "registrations that stand after a run with {fault:?}");
        let declares = |case: &str| {
            let case = loaded.suite.cases.iter().find(|own| own.id.as_str() == case);
            case.is_some_and(|case| case.faults.iter().any(|own| Some(own.as_str()) == fault))
        };
        let suffers = |verdict| matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Blocked | Verdict::Error);
        let others: Vec<String> =
            run.cases.iter().filter(|case| suffers(case.verdict) && !declares(&case.case)).map(|case| case.label()).collect();
        assert_eq!(others, Vec::<String>::new(), "{fault:?}");
        let found = run.cases.iter().filter(|case| case.verdict == Verdict::Fail).count();
        assert_eq!(found > 0, fault.is_some(), "{fault:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_the_server_does_not_cancel_is_listed() {
    let loaded = suite::load(None).unwrap();
    let (run, server) = run_udap(&loaded, Some("udap-cancel-refused")).await;
    assert!(server.outstanding_registrations() > 0);
    assert_eq!(
        run.left_behind.iter().filter(|line| line.starts_with("UDAP registration of")).count(),
        server.outstanding_registrations()
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_not_revoke_is_listed() {
    let loaded = suite::load(None).unwrap();
    let (run, server) = run(&loaded, Some("revocation-redirects"), |options| {
        options.selection.select = vec!["refresh.works".into(), "access.own-patient".into()];
    })
    .await;
    assert!(server.outstanding_tokens() >= 2);
    let listed = run.left_behind.join("\n");
    let idle = run.not_exercised.join(" ");
    assert!(idle.contains("authorize-post") && !idle.contains("permission-offline"), "{idle}");
    assert!(listed.contains("refresh token") && listed.contains("access token"), "{listed}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_failures_in_a_row_are_allowed_by_a_right_authentication_more() {
    let loaded = suite::load(None).unwrap();
    let select = |options: &mut RunOptions| options.selection.select = vec!["token.client-assertion".into()];
    let (usual, server) = run(&loaded, None, select).await;
    assert!((2..=5).contains(&server.most_failures_in_a_row()), "{}", server.most_failures_in_a_row());
    let (careful, other) = run(&loaded, None, |options| {
        select(options);
        options.world.max_auth_failures = 1;
    })
    .await;
    assert_eq!(other.most_failures_in_a_row(), 1);
    assert!(careful.traffic.sent_requests > usual.traffic.sent_requests);
    assert_eq!(verdicts(&usual), verdicts(&careful));
    server.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_authorizations_is_kept_and_what_it_leaves_out_is_named() {
    let loaded = suite::load(None).unwrap();
    let all = loaded.suite.cases.len();
    let mut before = 0;
    for most in [0, 2, 12] {
        let (run, server) = run(&loaded, None, |options| options.selection.max_authorizations = Some(most)).await;
        assert!(run.traffic.sent_authorizations <= most, "{} of {most}", run.traffic.sent_authorizations);
        let left_out: Vec<_> = run.not_selected.iter().filter(|case| case.kind == "authorizations").collect();
        assert!(!left_out.is_empty() && left_out.iter().all(|case| case.reason.contains("--max-authorizations")));
        let tested = usize::try_from(run.claim.tested).unwrap();
        assert!(tested > before, "{tested} rows with {most} authorizations, {before} with fewer");
        let blocked = run.cases.iter().filter(|case| case.verdict == Verdict::Blocked).count();
        assert_eq!(blocked, 0, "what is left out is not selected, never blocked");
        assert!(run.cases.len() < all * 3 && !run.claim.conformant);
        before = tested;
        server.stop().await;
    }
}
