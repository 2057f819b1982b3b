//! The plan: an upper bound, made without sending anything, with everything that was left out.

use std::time::Duration;

use carinbb::engine::{self, Knowledge, Selection};
use carinbb::reference;
use carinbb::vocabulary::{FaultName, Verdict};
use tokio::net::TcpListener;
use url::Url;

use super::bench::{OK, case, get, options, peer, requirement, run, serving, whole_suite};

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn no_run_sends_more_than_its_plan_allows() {
    let faults = [
        "open-patient",
        "challenge-missing",
        "tls-1.1-enabled",
        "unauthorized-redirects-to-login",
        "hostile-redirect-loop",
        "hostile-429-everything",
        "hostile-429-garbage-retry-after",
        "hostile-dies-after-discovery",
        "hostile-bad-chunks",
        "hostile-http09",
        "hostile-deep-json",
        "hostile-many-oauth-uris",
        "hostile-endpoints-private",
        "hostile-wrong-types",
        "hostile-cookie-flood",
        "hostile-1xx-flood",
        "hostile-text-everywhere",
        "hostile-two-lengths",
        "hostile-bom",
        "hostile-huge-header",
    ];
    for fault in faults {
        let server = start(&[fault]).await;
        // The bound is asserted on every run of the bench.
        let run = run(&whole_suite(&server, "carin-bb-2.2.0", SHORT)).await;
        assert!(run.traffic.sent_requests > 0 && !run.claim.conformant, "{fault}");
        server.stop().await;
    }
}

async fn start(faults: &[&str]) -> reference::Running {
    let faults = faults.iter().map(|name| FaultName::parse(name).unwrap()).collect();
    reference::start(reference::Options { faults, ..reference::Options::default() }).await.unwrap()
}

#[tokio::test]
async fn a_plan_without_knowledge_sends_nothing_and_names_every_case() {
    let server = start(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = whole_suite(&server, "carin-bb-2.2.0", SHORT);
    let base = Url::parse(&format!("http://{}/r4", listener.local_addr().unwrap())).unwrap();
    options.target = std::sync::Arc::new(carinbb::target::Target::new(base.clone(), base.to_string()));
    let plan = engine::plan(&options, Knowledge::Nothing).await.unwrap();
    let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(connected.is_err() && server.touched().is_empty(), "a plan opened a connection");
    let in_force: Vec<&str> = plan.prepared.in_force.server_rules().map(|rule| rule.requirement.id.as_str()).collect();
    for case in &options.suite.cases {
        let counts = case.requirements.iter().any(|id| in_force.contains(&id.as_str()));
        let planned = plan.cases.iter().any(|own| own.case == case.id.as_str());
        let lists = case.each.iter().any(|each| matches!(each.source, carinbb::testcase::EachSource::Template(_)));
        let left_out = plan.prepared.plan.not_selected.iter().any(|own| own.case == case.id.as_str());
        assert!(planned == counts || lists || left_out, "{}", case.id);
    }
    assert!(plan.traffic.planned_requests > 0 && plan.traffic.sent_requests == 0);
    server.stop().await;
}

#[tokio::test]
async fn what_is_left_out_is_listed_with_its_reason_and_neither_blocked_nor_a_reason_for_exit_3() {
    let peer = peer().await;
    let of = |name: &str, head: &str, row: &str| {
        let step = format!("expect = [{{ that = \"status\", is = 200, requirement = \"guide/{row}\" }}]");
        serving(row, case(name, head, &get("steps", "200", &step)))
    };
    let files = [
        of("run", "", "shall-1"),
        of("slow", "tags = [\"slow\"]", "shall-2"),
        of("skipped", "tags = [\"noise\"]", "shall-3"),
        of("half", "", "launch-1"),
        of("other-half", "tags = [\"slow\"]", "launch-1"),
    ];
    let mut options = options(&peer, files);
    options.selection = Selection { skip: vec!["@noise".into()], ..Selection::default() };
    let run = run(&options).await;
    let kinds: Vec<(&str, &str, bool)> =
        run.not_selected.iter().map(|own| (own.case.as_str(), own.kind.as_str(), own.reason.is_empty())).collect();
    assert_eq!(kinds, [("a.other-half", "slow", false), ("a.skipped", "flag", false), ("a.slow", "slow", false)]);
    assert_eq!((run.cases.len(), run.claim.exit_code, run.claim.undetermined), (2, 0, 0));
    assert_eq!(requirement(&run, "shall-2").verdict, None);
    let open = [("not selected", 2), ("no case yet", 1), ("seen in part (the rest was not selected)", 1)];
    assert_eq!(run.claim.not_tested, open.map(|(reason, count)| (reason.to_owned(), count)));
    options.selection = Selection { select: vec!["a.slow".into()], ..Selection::default() };
    assert_eq!(super::bench::run(&options).await.claim.exit_code, 4, "a selection whose every case is left out matched nothing");
    options.selection = Selection { select: vec!["a.slwo".into()], ..Selection::default() };
    let unknown = engine::run(&options, &mut super::bench::Silent).await;
    assert!(unknown.unwrap_err().to_string().contains("a.slow"));
}

#[tokio::test]
async fn one_step_alone_leaves_the_rest_unselected_and_not_blocked() {
    let second = r#"expect = [{ that = "status", is = 200, requirement = "guide/shall-2" }]"#;
    let body = format!("{}{}", get("steps", "200", OK), get("steps", "200/two", second));
    let peer = peer().await;
    let mut options = options(&peer, [case("two", "", &body)]);
    options.only_step = Some(2);
    let run = run(&options).await;
    assert_eq!(peer.paths(), ["200/two"]);
    assert_eq!((requirement(&run, "shall-1").verdict, requirement(&run, "shall-2").verdict), (None, Some(Verdict::Pass)));
    assert_eq!((run.claim.exit_code, run.claim.conformant), (0, false));
}
