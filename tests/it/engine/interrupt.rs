//! An interrupted run ends at once, cleans up, records everything and claims nothing.

use carinbb::engine::record::OutcomeRecord;
use carinbb::engine::{Interrupt, Run, RunOptions};
use carinbb::vocabulary::Verdict;
use serde_json::json;

use super::bench::{OK, SOUND, by_path, case, get, options, peer, result, rows, run};
use super::peer::{Peer, reply};

/// Runs, and interrupts when this path was asked for.
async fn run_until(mut options: RunOptions, peer: &Peer, path: &str) -> Run {
    let (raise, interrupt) = Interrupt::new();
    options.interrupt = interrupt;
    let watch = async {
        while !path.is_empty() && peer.count(path) == 0 {
            tokio::task::yield_now().await;
        }
        raise.send(true).unwrap();
    };
    if path.is_empty() {
        watch.await;
        return run(&options).await;
    }
    tokio::join!(run(&options), watch).0
}

fn assert_no_claim(run: &Run) {
    assert!(!run.complete && !run.claim.conformant);
    assert_eq!(run.claim.exit_code, 130);
    assert!(run.claim.text.contains("no claim"), "{}", run.claim.text);
}

#[tokio::test]
async fn what_did_not_run_is_an_error_by_interruption_and_cleanup_and_restore_still_run() {
    let peer = peer().await;
    let begun = format!(
        "{}{}{}{}",
        get("setup", "200/made", "capture = { it = \"json.list.0\" }"),
        get("steps", "hang", OK),
        get("restore", "200/restore", SOUND),
        get("cleanup", "200/clean-{{it}}", SOUND)
    );
    let later = format!("{}{}{}", get("setup", "200/later", ""), get("steps", "200/later", OK), get("cleanup", "200/later", ""));
    let mut options =
        options(&peer, [case("begun", "locks = [\"client:c\"]", &begun), case("later", "locks = [\"client:c\"]", &later)]);
    // The server hangs longer than anyone would wait: the interrupt must end it.
    options.slots = 1;
    let run = run_until(options, &peer, "hang").await;
    assert_no_claim(&run);
    for label in ["a.begun", "a.later"] {
        let own = result(&run, label);
        assert_eq!(own.verdict, Verdict::Error, "{label}");
        assert!(matches!(&rows(own)[0].outcome, OutcomeRecord::Broken(cause) if cause.kind == "interrupted"), "{label}");
    }
    assert_eq!((peer.count("200/restore"), peer.count("200/clean-a"), peer.count("200/later")), (1, 1, 0));
    assert_eq!(run.left_behind, Vec::<String>::new());
}

#[tokio::test]
async fn a_run_that_is_interrupted_before_it_begins_sends_nothing_and_names_every_case() {
    let peer = peer().await;
    let files = ["one", "two"].map(|name| case(name, "", &get("steps", "200", OK)));
    let run = run_until(options(&peer, files), &peer, "").await;
    assert_no_claim(&run);
    assert_eq!((peer.requests(), run.cases.len()), (0, 2));
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Error), "{:#?}", run.cases);
}

#[tokio::test]
async fn what_no_control_stands_behind_any_more_is_taken_back() {
    let peer = Peer::start(json!({ "capabilities": [] }), |path, before| match path {
        "control" if before > 0 => by_path("hang", before),
        "control" => reply(200, json!({})),
        path => by_path(path, before),
    });
    let peer = peer.await;
    let body = format!("{}{}", get("control", "control", SOUND), get("steps", "200", OK));
    let mut options = options(&peer, [case("framed", "", &body)]);
    let (raise, interrupt) = Interrupt::new();
    options.interrupt = interrupt;
    let watch = async {
        while peer.count("control") < 2 {
            tokio::task::yield_now().await;
        }
        raise.send(true).unwrap();
    };
    let (run, ()) = tokio::join!(run(&options), watch);
    assert_eq!(result(&run, "a.framed").verdict, Verdict::Error);
    assert_no_claim(&run);
}
