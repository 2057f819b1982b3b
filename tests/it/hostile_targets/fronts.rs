//! Servers, and things in front of them, whose answers mean nothing or come and go (H35 to H38, H46).

use std::collections::BTreeSet;
use std::time::Duration;

use super::child::demo;

#[test]
fn h35_rate_limits_with_an_odd_retry_after_are_waited_out_within_bounds() {
    let finished = demo("hostile-429-garbage-retry-after", &[]);
    finished.survived().documents_unread_because(&["rate-limited", "origin-lost"]);
    assert!(finished.elapsed < Duration::from_mins(1), "{:?}", finished.elapsed);
}

#[test]
fn h36_a_page_for_every_path_is_no_document_and_no_refusal() {
    let finished = demo("always-200-html", &[]);
    finished.survived().nothing_passes("access");
    assert_eq!((finished.code, finished.verdicts("discovery.smart-configuration")), (Some(1), BTreeSet::from(["fail"])));
    demo("soft-404", &[]).ended_well().nothing_fails();
}

#[test]
fn h36_a_block_page_before_a_good_server_is_an_error_and_no_refusal() {
    let finished = demo("unauthorized-block-page", &[]);
    finished.survived().nothing_passes("access").nothing_fails();
    assert_eq!(finished.code, Some(3), "{}", finished.stdout);
    for case in ["access.without-token", "access.made-up-token"] {
        assert_eq!((finished.verdicts(case), finished.causes(case)), (BTreeSet::from(["error"]), BTreeSet::from(["block-page"])));
    }
    assert_eq!(finished.verdicts("discovery.smart-configuration"), BTreeSet::from(["pass"]), "what is behind it is good");
}

#[test]
fn h37_no_refusal_passes_on_a_server_that_answers_everything_alike() {
    for fault in ["always-400", "always-401", "always-403", "always-404", "always-500", "always-200-empty-json"] {
        demo(fault, &[]).survived().nothing_passes("access");
    }
}

#[test]
fn h38_a_server_that_answers_by_chance_passes_no_refusal() {
    let finished = demo("always-random", &[]);
    finished.survived().nothing_passes("access");
    assert!(finished.record.to_string().contains(r#""kind":"inconsistent""#), "the contradiction is not named");
}

#[test]
fn h46_what_comes_after_the_death_of_a_target_is_an_error() {
    let finished = demo("hostile-dies-after-discovery", &["--timeout", "2s"]);
    finished.survived().nothing_passes("access").nothing_fails();
    assert_eq!(finished.code, Some(3), "{}", finished.stdout);
}
