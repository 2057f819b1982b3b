//! Waits, slots and time limits.

use std::sync::Arc;
use std::time::Duration;

use carinbb::engine::{self, Event, Knowledge, Listener};
use carinbb::net::{Clock, HttpOptions, Limits, OffsetClock, Origin, World, WorldOptions};
use carinbb::vocabulary::Verdict;
use serde_json::json;

use super::bench::{OK, by_path, case, get, options, peer, result, run, run_heard};
use super::peer::{Peer, Reply};

const WAIT: &str = "[[steps]]\ntitle = \"Wait\"\ndo = \"wait.until\"\nwith = { duration = \"600s\" }\n";

/// Collects what is said of waits.
#[derive(Default)]
struct Waits(Vec<(String, u64)>);

impl Listener for Waits {
    fn notice(&mut self, event: &Event<'_>) {
        if let Event::Waiting { case, seconds } = event {
            self.0.push((case.label(), *seconds));
        }
    }
}

#[tokio::test]
async fn waits_cost_no_slot_overlap_and_are_planned_and_told() {
    let peer = peer().await;
    let body = format!("{WAIT}{}", get("steps", "200", OK));
    let mut options =
        options(&peer, [case("one", "", &body), case("two", "", &body), case("three", "", &get("steps", "200", OK))]);
    let clock = OffsetClock::new();
    let base = Origin::of(&options.target.base).unwrap();
    let http = HttpOptions { limits: Limits::all(Duration::from_secs(5)), ..HttpOptions::default() };
    let world = WorldOptions { clock: Arc::new(clock.clone()), target_origins: vec![base], http, ..WorldOptions::default() };
    (options.world, options.slots) = (World::new(world).unwrap(), 1);
    let plan = engine::plan(&options, Knowledge::Nothing).await.unwrap();
    assert_eq!(plan.cases.iter().map(|case| case.waits).collect::<Vec<_>>(), [600, 0, 600]);
    let mut waits = Waits::default();
    let both_wait = async {
        while clock.parked() < 2 {
            tokio::task::yield_now().await;
        }
        while peer.count("200") < 1 {
            tokio::task::yield_now().await;
        }
        assert!(clock.advance_to_earliest() && clock.elapsed() < Duration::from_secs(700));
        while clock.parked() > 0 {
            let _ = clock.advance_to_earliest();
            tokio::task::yield_now().await;
        }
    };
    let (run, ()) = tokio::join!(run_heard(&options, &mut waits), both_wait);
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Pass), "{:#?}", run.cases);
    assert!(clock.elapsed() < Duration::from_secs(1100), "the run waits for the longest wait, not for the sum");
    waits.0.sort();
    assert_eq!(waits.0, [("a.one".to_owned(), 600), ("a.two".to_owned(), 600)]);
}

#[tokio::test]
async fn a_case_that_acts_too_long_is_an_error_and_does_nothing_more() {
    let peer = peer().await;
    let body = format!("{}{}{}", get("steps", "hang", OK), get("steps", "200/later", OK), get("cleanup", "200/clean", ""));
    let quick = case("quick", "timeout = \"5s\"", &get("steps", "200", OK));
    let run = run(&options(&peer, [case("slow", "timeout = \"100ms\"", &body), quick])).await;
    let own = result(&run, "a.slow");
    assert_eq!((own.verdict, result(&run, "a.quick").verdict), (Verdict::Error, Verdict::Pass));
    assert!(own.reason.contains("the case took longer than 0.1 s"), "{}", own.reason);
    assert_eq!((peer.count("200/later"), peer.count("200/clean")), (0, 1));
}

#[tokio::test]
async fn standing_in_line_for_a_slot_is_not_acting() {
    let peer = Peer::start(json!({ "capabilities": [] }), |path, before| Reply {
        pause: Duration::from_millis(60),
        ..by_path(path, before)
    });
    let peer = peer.await;
    let files = (0..10).map(|at| case(&format!("c{at}"), "timeout = \"400ms\"", &get("steps", "200", OK)));
    let mut options = options(&peer, files);
    options.slots = 1;
    let run = run(&options).await;
    assert_eq!(peer.most_at_once("200"), 1);
    assert!(run.cases.iter().all(|case| case.verdict == Verdict::Pass), "ten cases of 60 ms stand in line for more than 400 ms");
}
