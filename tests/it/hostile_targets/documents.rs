//! Attacks inside the discovery documents, and where they end up (H20 to H23, H27, H29 to H31, H45).

use std::collections::BTreeSet;

use super::child::{Finished, demo};

#[test]
fn h20_json_that_the_grammar_allows_and_our_parser_does_not_hold_is_our_limit() {
    for fault in ["hostile-deep-json", "hostile-big-number", "hostile-lone-surrogate"] {
        demo(fault, &[]).survived().documents_unread_because(&["client-limit"]);
    }
    demo("hostile-many-keys", &[]).survived().documents_unread_because(&["body-too-large"]);
}

#[test]
fn h20_what_is_not_json_is_a_finding() {
    for fault in ["hostile-bom", "hostile-utf16", "hostile-nan", "hostile-trailing-garbage"] {
        let finished = demo(fault, &[]);
        finished.survived().nothing_passes("access");
        assert_eq!(finished.code, Some(1), "{fault}");
        assert_eq!(finished.verdicts("discovery.smart-configuration"), BTreeSet::from(["fail"]), "{fault}");
    }
}

#[test]
fn h21_a_member_that_stands_twice_is_told() {
    let finished = demo("smart-configuration-duplicate-keys", &[]);
    finished.ended_well().nothing_fails();
    assert!(finished.verdicts("discovery.duplicate-keys").contains("warn"));
}

#[test]
fn h22_members_of_the_wrong_type_are_findings_with_their_place_and_no_panic() {
    let finished = demo("hostile-wrong-types", &[]);
    assert_eq!(finished.survived().code, Some(1));
    assert_eq!(finished.verdicts("scopes.supported"), BTreeSet::from(["fail"]));
    assert!(finished.stdout.contains("scopes_supported"), "{}", finished.stdout);
}

#[test]
fn h23_a_private_key_among_the_published_ones_is_a_finding() {
    let finished = demo("smart-jwks-private-key", &[]);
    finished.ended_well();
    assert!(!finished.verdicts("discovery.jwks").contains("pass"));
}

#[test]
fn h27_a_clock_of_1970_is_measured_and_told() {
    let finished = demo("hostile-date-1970", &[]);
    finished.ended_well().nothing_fails();
    assert_eq!(finished.verdicts("discovery.clock"), BTreeSet::from(["warn"]));
}

#[test]
fn h29_h30_h31_markup_escapes_and_commands_in_a_document_are_shown_and_not_obeyed() {
    let finished = demo("hostile-text-everywhere", &[]);
    finished.survived();
    assert!(finished.stdout.contains("\\u{1b}[2J"), "the text is shown\n{}", finished.stdout);
    for text in [&finished.stdout, &finished.stderr] {
        let obeyed = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
        assert!(!text.contains(obeyed), "{text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
    assert!(is_well_formed(&finished), "{}", finished.junit);
    let ndjson = demo("hostile-text-everywhere", &["--format", "ndjson"]);
    for line in ndjson.survived().stdout.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

fn is_well_formed(finished: &Finished) -> bool {
    let mut reader = quick_xml::Reader::from_str(&finished.junit);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => return finished.junit.contains("</testsuites>"),
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[test]
fn h45_a_thousand_extensions_in_the_capability_statement_are_read_once() {
    let finished = demo("hostile-many-oauth-uris", &[]);
    finished.ended_well().nothing_fails();
    assert!(finished.elapsed.as_secs() < 60, "{:?}", finished.elapsed);
}
