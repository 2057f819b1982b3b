//! What cases share and must not: setups, locks, what is spoiled, restored and cleaned up.

use std::time::Duration;

use carinbb::vocabulary::Verdict;
use serde_json::json;

use super::bench::{OK, SOUND, by_path, case, get, options, peer, result, run};
use super::peer::{Peer, Reply, reply};

fn flow() -> (String, String) {
    let steps = get("steps", "200/{{who}}", "capture = { list = \"json.list\" }\npremise = [{ that = \"status\", is = 200 }]");
    let text = format!(
        "title = \"Ask\"\noutputs = [\"list\"]\n[[inputs]]\nname = \"who\"\n[[inputs]]\nname = \"unused\"\ndefault = \"x\"\n{steps}"
    );
    ("flows/ask.toml".into(), text)
}

fn with_setup(name: &str, head: &str, who: &str) -> (String, String) {
    let setup =
        format!("[[setup]]\ntitle = \"Ask\"\nflow = \"ask\"\nwith = {{ who = \"{who}\" }}\ncapture = {{ it = \"list.0\" }}\n");
    case(name, head, &format!("{setup}{}", get("steps", "200/then-{{it}}", OK)))
}

#[tokio::test]
async fn a_setup_is_done_once_for_equal_inputs_and_again_for_other_inputs_or_a_fresh_case() {
    let peer = peer().await;
    let files = [
        with_setup("one", "", "p"),
        with_setup("two", "", "p"),
        with_setup("three", "", "q"),
        with_setup("four", "fresh = true", "p"),
        with_setup("five", "fresh = true", "p"),
        flow(),
    ];
    let run = run(&options(&peer, files)).await;
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Pass));
    assert_eq!((peer.count("200/p"), peer.count("200/q"), peer.count("200/then-a")), (3, 1, 5));
    let evidence = |label| result(&run, label).steps[0].evidence.clone();
    assert_eq!(evidence("a.one"), evidence("a.two"), "whoever shares a setup shows its exchange");
}

#[tokio::test]
async fn a_shared_setup_that_fails_blocks_everyone_who_shares_it_and_is_tried_once() {
    let peer = Peer::start(json!({ "capabilities": [] }), |_, _| reply(404, json!({}))).await;
    let run = run(&options(&peer, [with_setup("one", "", "p"), with_setup("two", "", "p"), flow()])).await;
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Blocked), "{:#?}", run.cases);
    assert_eq!(peer.paths(), ["200/p"]);
}

/// Every answer takes a moment, so that cases that may overlap do.
fn slowly(path: &str, before: usize) -> Reply {
    Reply { pause: Duration::from_millis(60), ..by_path(path, before) }
}

#[tokio::test]
async fn cases_with_a_common_lock_exclude_each_other_and_others_overlap() {
    let peer = Peer::start(json!({ "capabilities": [] }), slowly).await;
    let named = |name: &str, head: &str, path: &str| case(name, head, &get("steps", path, OK).repeat(2));
    let run = run(&options(
        &peer,
        [
            named("one", "locks = [\"account:m\", \"client:c\"]", "200/locked"),
            named("two", "locks = [\"client:c\", \"account:m\"]", "200/locked"),
            named("three", "locks = [\"client:c\"]", "200/locked"),
            named("four", "", "200/free"),
            named("five", "locks = [\"account:n\"]", "200/free"),
            named("six", "", "200/free"),
        ],
    ))
    .await;
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Pass));
    assert_eq!(peer.most_at_once("200/locked"), 1);
    assert!(peer.most_at_once("200/free") > 1, "what has no lock in common runs side by side");
}

#[tokio::test]
async fn spoiling_cases_run_last_and_one_at_a_time_for_the_same_thing() {
    let peer = Peer::start(json!({ "capabilities": [] }), slowly).await;
    let spoil = |name: &str, head: &str| case(name, head, &get("steps", "200/spoil", OK));
    let run = run(&options(
        &peer,
        [
            spoil("a1", "spoils = [\"session\"]"),
            spoil("a2", "spoils = [\"session\"]"),
            case("z1", "", &get("steps", "200/other", OK).repeat(3)),
            case("z2", "locks = [\"session\"]", &get("steps", "200/other", OK)),
        ],
    ))
    .await;
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Pass));
    assert_eq!(peer.most_at_once("200/spoil"), 1);
    assert_eq!(peer.paths()[4..], ["200/spoil", "200/spoil"]);
}

#[tokio::test]
async fn a_restore_that_fails_blocks_those_who_come_behind_and_no_one_else() {
    let spoils = "spoils = [\"client\"]\nlocks = [\"client:c\"]";
    let body = |restore: &str| format!("{}{}", get("steps", "200/x", OK), get("restore", restore, SOUND));
    for (restore, behind) in
        [("200/restore", Verdict::Pass), ("404/restore", Verdict::Blocked), ("503/restore", Verdict::Blocked)]
    {
        let run = super::bench::run_cases([
            case("a-spoils", spoils, &body(restore)),
            case("b-behind", spoils, &body("200/restore")),
            case("c-before", "locks = [\"client:c\"]", &get("steps", "200/y", OK)),
            case("d-other", "spoils = [\"account\"]", &body("200/restore")),
        ])
        .await;
        assert_eq!(result(&run, "a.a-spoils").verdict, Verdict::Pass, "a restore changes no verdict of its own case");
        assert_eq!(result(&run, "a.b-behind").verdict, behind, "{restore}");
        assert_eq!(result(&run, "a.c-before").verdict, Verdict::Pass);
        assert_eq!(result(&run, "a.d-other").verdict, Verdict::Pass);
        let sent = result(&run, "a.b-behind").steps.iter().any(|step| step.done);
        assert_eq!(sent, behind == Verdict::Pass, "what is blocked sends nothing, its restore included");
    }
}

#[tokio::test]
async fn cleanup_runs_after_a_stop_step_by_step_and_its_trouble_is_a_note() {
    let peer = peer().await;
    let first = get("steps", "404/first", "capture = { it = \"json.path\" }\npremise = [{ that = \"status\", is = 200 }]");
    let cleanup = [
        get("cleanup", "503/one", SOUND),
        get("cleanup", "200/{{never}}", SOUND),
        get("cleanup", "404/two", SOUND),
        get("cleanup", "200/three", SOUND),
    ];
    let body = format!("{first}{}{}", get("steps", "200", OK), cleanup.concat());
    let fine = format!("{}{}", get("steps", "200", OK), get("cleanup", "503/fine", ""));
    let gated = format!("{}{}", get("steps", "200", OK), get("cleanup", "200/gated", ""));
    let run =
        run(&options(&peer, [case("stop", "", &body), case("fine", "", &fine), case("gated", "needs = [\"udap\"]", &gated)]))
            .await;
    assert_eq!((result(&run, "a.stop").verdict, result(&run, "a.fine").verdict), (Verdict::Blocked, Verdict::Pass));
    assert!(peer.count("503/one") > 0 && peer.count("404/two") == 1 && peer.count("200/three") == 1);
    assert_eq!(peer.count("200/gated"), 0, "where nothing was done, nothing is cleaned up");
    assert_eq!(run.left_behind, ["a.fine: Get 503/fine", "a.stop: Get 503/one", "a.stop: Get 404/two"]);
}

#[test]
fn what_is_not_in_steps_cannot_be_judged() {
    use carinbb::testcase;
    use carinbb::vocabulary::document::{Problems, Source};
    use std::sync::Arc;
    let load = |cases: &[(String, String)], flows: &[(String, String)]| {
        let sources =
            |files: &[(String, String)]| files.iter().map(|(path, text)| Arc::new(Source::new(path, text))).collect::<Vec<_>>();
        let problems = Problems::new();
        let _ = testcase::load(sources(cases).iter(), sources(flows).iter(), &problems);
        problems.into_sorted().len()
    };
    for table in ["setup", "control", "restore", "cleanup"] {
        let body = format!("{}{}", get("steps", "200", OK), get(table, "200", OK));
        assert_eq!(load(&[case("x", "", &body)], &[]), 1, "{table}");
    }
    let flow = ("flows/x.toml".to_owned(), format!("title = \"x\"\n{}", get("steps", "200", OK)));
    assert_eq!(load(&[], &[flow]), 1);
}
