//! Attacks below the content: bodies, heads and framing (H01 to H05, H10, H11, H44).

use std::time::Duration;

use super::child::demo;

/// For servers that never end: every exchange is given up after so long.
const SHORT: [&str; 2] = ["--timeout", "1s"];
/// Far below what the attacks would take, far above what a busy machine needs.
const SOON: Duration = Duration::from_secs(60);

#[test]
fn h01_an_endless_body_ends_at_the_cap_in_little_memory() {
    demo("hostile-endless-body", &[]).survived().documents_unread_because(&["body-too-large"]);
}

#[test]
fn h02_a_length_of_10_gib_reserves_nothing_and_ends_at_the_deadline() {
    let finished = demo("hostile-content-length-lie", &SHORT);
    finished.survived().documents_unread_because(&["timeout", "too-slow", "origin-lost"]);
    assert!(finished.elapsed < SOON, "{:?}", finished.elapsed);
}

#[test]
fn h03_a_bomb_of_gzip_that_nobody_asked_for_is_not_unpacked() {
    let finished = demo("hostile-gzip-bomb", &[]);
    finished.survived().documents_unread_because(&["encoded"]);
    assert!(finished.evidence().contains(r#"["accept-encoding","identity"]"#), "no coding was asked for");
}

#[test]
fn h04_a_dripping_body_ends_at_the_deadline() {
    let finished = demo("hostile-body-drip", &SHORT);
    finished.survived().documents_unread_because(&["timeout", "too-slow", "origin-lost"]);
    assert!(finished.elapsed < SOON, "{:?}", finished.elapsed);
}

#[test]
fn h05_silence_and_a_head_without_end_are_left_after_two_timeouts() {
    for fault in ["hostile-header-drip", "hostile-silent-http", "always-hang"] {
        let finished = demo(fault, &SHORT);
        finished.survived().documents_unread_because(&["timeout", "origin-lost"]);
        assert!(finished.elapsed < SOON, "{fault}: {:?}", finished.elapsed);
    }
}

#[test]
fn h10_heads_beyond_our_caps_are_our_limit_and_no_finding() {
    for fault in ["hostile-many-headers", "hostile-huge-header"] {
        demo(fault, &[]).survived().documents_unread_because(&["client-limit"]);
    }
    demo("hostile-header-bytes", &[]).survived().documents_unread_because(&["protocol"]);
}

#[test]
fn h11_broken_framing_proves_nothing() {
    for fault in ["hostile-http09", "hostile-bad-chunks", "hostile-length-and-chunked", "hostile-two-lengths"] {
        demo(fault, &[]).survived().documents_unread_because(&["protocol"]);
    }
    demo("hostile-1xx-flood", &SHORT).survived().documents_unread_because(&["timeout", "origin-lost"]);
}

#[test]
fn h11_a_second_answer_that_nobody_asked_for_is_read_by_nobody() {
    let finished = demo("hostile-pipelined-extra", &[]);
    finished.ended_well().nothing_fails();
    assert!(!finished.record.to_string().contains("unasked"), "the second answer is in the record");
}

#[test]
fn h44_a_flood_of_cookies_is_neither_kept_nor_sent_back() {
    let finished = demo("hostile-cookie-flood", &[]);
    finished.ended_well().nothing_fails();
    let evidence = finished.evidence();
    assert!(evidence.contains("set-cookie") && !evidence.contains(r#"["cookie""#));
}
