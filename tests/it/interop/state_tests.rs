//! Five states of a server that a careless prober confuses, and five different answers.

use super::certificates::Certificate;
use super::expected::{case, cases, compare};
use super::nginx::{self, WITHOUT_1_3};
use super::run::{Run, run};
use super::states;

const VERSIONS: [&str; 6] = ["--profile", "carin-bb-2.2.0", "--select", "tls.versions", "--timeout", "1s"];

#[test]
fn a_server_without_tls_1_3_is_warned() {
    let Some(server) = nginx::start(Certificate::Good, WITHOUT_1_3) else { return };
    let run = run(&server.base(), Some(&server.files.ca), &VERSIONS);
    compare(&run, 0, &[case("tls.versions", "warn", &[("carin-bb/exchange-1", "pass"), ("carin-bb/exchange-2", "warn")])]);
}

#[test]
fn a_server_that_hangs_resets_speaks_http_or_is_down_is_told_apart_and_never_passes_or_fails() {
    let runs = [
        ("hang", run(&states::hang(), None, &VERSIONS)),
        ("reset", run(&states::reset(), None, &VERSIONS)),
        ("plain http", run(&states::plain_http(), None, &VERSIONS)),
        ("down", run(&states::down(), None, &VERSIONS)),
    ];
    for (state, run) in &runs {
        assert_eq!(run.code, 3, "{state}: {}", run.printed);
        for result in cases(&run.record, "tls.versions") {
            let verdict = result["verdict"].as_str().unwrap_or_default();
            assert!(["error", "blocked"].contains(&verdict), "{state}: {verdict}\n{}", run.printed);
        }
    }
    let words = [
        ("hang", "no answer|timed out|timeout|silent|no bytes"),
        ("reset", "reset"),
        ("plain http", "HTTP"),
        ("down", "refused"),
    ];
    for ((state, run), (_, expected)) in runs.iter().zip(words) {
        let said = said(run);
        assert!(expected.split('|').any(|word| said.contains(word)), "{state} does not say '{expected}': {said}");
    }
    for (at, (first, one)) in runs.iter().enumerate() {
        for (second, other) in &runs[at + 1..] {
            assert_ne!(said(one), said(other), "{first} and {second} read alike");
        }
    }
}

/// What the run says about the case, or what it printed when it ended before the plan; without ports and times.
fn said(run: &Run) -> String {
    let reasons: Vec<&str> = cases(&run.record, "tls.versions").filter_map(|result| result["reason"].as_str()).collect();
    let said = if reasons.is_empty() { run.printed.clone() } else { reasons.join("; ") };
    said.replace(|sign: char| sign.is_ascii_digit(), "")
}
