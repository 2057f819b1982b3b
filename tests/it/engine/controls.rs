//! Controls frame what they control: before the first result, after every eighth, after the last.

use carinbb::engine::Run;
use carinbb::engine::record::{Clause, Phase};
use carinbb::vocabulary::Verdict;
use serde_json::json;

use super::bench::{OK, SOUND, by_path, case, get, options, result, rows, run, word};
use super::peer::{Peer, reply};

/// A case of so many elements behind the control `GET control`.
fn matrix(elements: usize) -> (String, String) {
    let list: Vec<String> = (0..elements).map(|at| format!("\"{at:02}\"")).collect();
    let body =
        format!("[each]\nx = [{}]\n{}{}", list.join(", "), get("control", "control", SOUND), get("steps", "200/{{x}}", OK));
    case("matrix", "", &body)
}

/// Runs a matrix against a server whose control answers this status from the `bad`-th time on.
async fn run_matrix(elements: usize, bad: usize, status: u16) -> (Run, Peer) {
    let peer = Peer::start(json!({ "capabilities": ["client-public"] }), move |path, before| match path {
        "control" => reply(if before >= bad { status } else { 200 }, json!({})),
        path => by_path(path, before),
    });
    let peer = peer.await;
    let run = run(&options(&peer, [matrix(elements)])).await;
    (run, peer)
}

fn verdicts(run: &Run) -> Vec<Verdict> {
    run.cases.iter().map(|case| case.verdict).collect()
}

#[tokio::test]
async fn a_control_runs_before_after_every_eighth_and_after_the_last() {
    for (elements, controls) in [(1, 2), (8, 2), (9, 3), (16, 3), (17, 4)] {
        let (run, peer) = run_matrix(elements, usize::MAX, 200).await;
        assert!(verdicts(&run).iter().all(|verdict| *verdict == Verdict::Pass));
        let paths = peer.paths();
        let at: Vec<usize> = paths.iter().enumerate().filter(|(_, path)| *path == "control").map(|(at, _)| at).collect();
        assert_eq!((at.len(), at[0], *at.last().unwrap()), (controls, 0, paths.len() - 1), "{elements}");
        assert!(elements < 9 || at[1] == 9, "{elements}");
    }
}

#[tokio::test]
async fn a_control_that_fails_afterwards_takes_back_what_was_judged_since_the_last_good_one() {
    for (bad, good) in [(0, 0), (1, 0), (2, 8), (3, 16), (4, 20)] {
        for (status, taken_back) in [(404, Verdict::Blocked), (503, Verdict::Error)] {
            let (run, peer) = run_matrix(20, bad, status).await;
            let own = verdicts(&run);
            assert_eq!(own.iter().filter(|verdict| **verdict == Verdict::Pass).count(), good, "{bad} {status}");
            assert!(own[good..].iter().all(|verdict| *verdict == taken_back), "{bad} {status}: {own:?}");
            let sent = [0, 8, 16, 20, 20][bad];
            assert_eq!(peer.paths().len() - peer.count("control"), sent, "nothing is sent behind a failed control");
        }
    }
}

#[tokio::test]
async fn what_is_taken_back_says_so_shows_the_failed_control_and_keeps_what_its_premises_saw() {
    let (run, _) = run_matrix(1, 1, 404).await;
    let own = result(&run, "a.matrix [00]");
    assert!(own.reason.contains("the control failed afterwards"), "{}", own.reason);
    assert_eq!(rows(own).iter().map(|row| word(row)).collect::<Vec<_>>(), ["not-reached"]);
    let premises = own.steps.iter().filter(|step| step.phase == Phase::Control).flat_map(|step| &step.assertions);
    let words: Vec<String> = premises.filter(|row| row.clause == Clause::Premise).map(word).collect();
    assert_eq!(words, ["met", "not-met"]);
}

#[tokio::test]
async fn a_rule_that_does_not_apply_stays_so_when_the_control_fails_afterwards() {
    let peer = Peer::start(json!({ "capabilities": [] }), |path, before| match path {
        "control" => reply(if before > 0 { 404 } else { 200 }, json!({})),
        path => by_path(path, before),
    });
    let row = r#"expect = [{ that = "status", is = 200, requirement = "guide/udap-1" }]"#;
    let body = format!("{}{}", get("control", "control", SOUND), get("steps", "200", row));
    let run = run(&options(&peer.await, [case("one", "", &body)])).await;
    assert_eq!(result(&run, "a.one").verdict, Verdict::NotApplicable);
}

#[tokio::test]
async fn controls_with_other_arguments_or_other_premises_frame_separately() {
    let peer = Peer::start(json!({ "capabilities": [] }), |path, before| match path {
        "control/b" => reply(404, json!({})),
        path => by_path(path, before),
    });
    let peer = peer.await;
    let by_argument =
        format!("[each]\nx = [\"a\", \"b\"]\n{}{}", get("control", "control/{{x}}", SOUND), get("steps", "200", OK));
    let premise = r#"premise = [{ that = "status", is = "{{x}}" }]"#;
    let by_premise = format!("[each]\nx = [200, 404]\n{}{}", get("control", "200/c", premise), get("steps", "200", OK));
    let run = run(&options(&peer, [case("argument", "", &by_argument), case("premise", "", &by_premise)])).await;
    let verdict = |label| result(&run, label).verdict;
    assert_eq!([verdict("a.argument [a]"), verdict("a.argument [b]")], [Verdict::Pass, Verdict::Blocked]);
    assert_eq!([verdict("a.premise [200]"), verdict("a.premise [404]")], [Verdict::Pass, Verdict::Blocked]);
}

#[tokio::test]
async fn an_element_that_does_not_apply_takes_no_control_from_the_others() {
    let peer = Peer::start(json!({ "capabilities": ["launch-ehr"] }), |path, before| match path {
        "control" => reply(404, json!({})),
        path => by_path(path, before),
    });
    let peer = peer.await;
    let body = format!(
        "[each]\nx = [\"launch-standalone\", \"launch-ehr\"]\n{}{}",
        get("control", "control", SOUND),
        get("steps", "200/{{x}}", OK)
    );
    let run = run(&options(&peer, [case("needs", "needs = [\"smart.{{x}}\"]", &body)])).await;
    let verdict = |label| result(&run, label).verdict;
    assert_eq!(verdict("a.needs [launch-standalone]"), Verdict::NotApplicable);
    assert_eq!(verdict("a.needs [launch-ehr]"), Verdict::Blocked);
    assert_eq!(peer.paths(), ["control"]);
}
