//! What a person sees, exactly: at 80 and 120 columns, quiet and verbose, friendly and hostile.

use std::io;
use std::sync::{Arc, Mutex};

use carinbb::cli::paint::Paint;
use carinbb::cli::terminal::{Look, Loudness, Terminal};
use carinbb::engine::{Event, Listener, Run};

use proptest::prelude::*;

use crate::hostile::{hostile_text, poisoned};
use crate::{golden, sample_run};

const PLAIN: Look = Look { paint: PEN_OFF, width: 80, loudness: Loudness::Normal, without_code: false, fail_on_warn: false };
const PEN_OFF: Paint = Paint::off();

fn replay(run: &Run, listener: &mut dyn Listener) {
    let plan = sample_run::plan(run);
    listener.notice(&Event::Started {
        header: &run.header,
        plan: &plan,
        traffic: &run.traffic,
        documents: &carinbb::verbs::Documents::default(),
    });
    for (case, result) in plan.iter().zip(&run.cases) {
        listener.notice(&Event::CaseStarted { case });
        listener.notice(&Event::CaseFinished { result });
    }
    listener.notice(&Event::Finished { run });
}

fn printed(run: &Run, look: Look) -> String {
    let mut out = Vec::new();
    replay(run, &mut Terminal::new(&mut out, look));
    String::from_utf8(out).expect("text is UTF-8")
}

/// Every line but a command to copy.
fn longest_line(text: &str) -> usize {
    let lines = text.lines().filter(|line| !line.starts_with("      repeat"));
    lines.map(|line| line.chars().count()).max().unwrap_or_default()
}

#[test]
fn a_run_with_every_verdict_at_80_and_120_columns() {
    for width in [80, 120] {
        let text = printed(&sample_run::sample(), Look { width, ..PLAIN });
        assert!(longest_line(&text) <= width, "{text}");
        golden::compare(&format!("tests/golden/terminal/sample-{width}.txt"), &text);
    }
}

#[test]
fn h29_a_hostile_target_is_shown_and_not_obeyed() {
    let text = printed(&sample_run::hostile(), PLAIN);
    assert!(is_harmless(&text), "{text}");
    assert!(longest_line(&text) <= 80, "{text}");
    golden::compare("tests/golden/terminal/hostile-80.txt", &text);
}

#[test]
fn every_width_is_kept() {
    for width in 40..=140 {
        for loudness in [Loudness::Quiet, Loudness::Normal, Loudness::Verbose] {
            for run in [sample_run::sample(), sample_run::hostile()] {
                let text = printed(&run, Look { width, loudness, ..PLAIN });
                assert!(longest_line(&text) <= width, "at {width} columns\n{text}");
            }
        }
    }
}

/// Nothing that a terminal or a CI system would obey.
fn is_harmless(text: &str) -> bool {
    let shown = |c: char| {
        c == '\n' || !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().all(shown) && !text.contains("##[") && !text.lines().any(|line| line.trim_start().starts_with("::"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn h29_whatever_a_target_sends_the_terminal_shows_it_within_its_width(
        texts in prop::collection::vec(hostile_text(), 1..40),
        width in 40_usize..140,
    ) {
        let text = printed(&poisoned(&texts), Look { width, loudness: Loudness::Verbose, ..PLAIN });
        prop_assert!(is_harmless(&text), "{}", text);
        prop_assert!(longest_line(&text) <= width, "at {} columns\n{}", width, text);
    }
}

#[test]
fn quiet_prints_failures_and_the_claim_only() {
    let text = printed(&sample_run::sample(), Look { loudness: Loudness::Quiet, ..PLAIN });
    golden::compare("tests/golden/terminal/quiet-80.txt", &text);
    let strict = printed(&sample_run::sample(), Look { loudness: Loudness::Quiet, fail_on_warn: true, ..PLAIN });
    assert!(!text.contains("WARN") && strict.contains("WARN"), "{strict}");
}

#[test]
fn verbose_prints_what_holds_too() {
    let text = printed(&sample_run::sample(), Look { loudness: Loudness::Verbose, ..PLAIN });
    golden::compare("tests/golden/terminal/verbose-80.txt", &text);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = printed(&sample_run::sample(), PLAIN);
    let coloured = printed(&sample_run::sample(), Look { paint: Paint::on(), ..PLAIN });
    let codes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert_ne!(coloured, plain);
    assert_eq!(codes.replace_all(&coloured, ""), plain);
}

#[test]
fn an_interrupted_run_claims_nothing() {
    let mut run = sample_run::sample();
    run.complete = false;
    run.claim.exit_code = 0;
    let text = printed(&run, PLAIN);
    assert!(text.ends_with("Interrupted: nothing is claimed.      exit 130\n"), "{text}");
    assert!(!text.contains("Tested 4 of 9"), "{text}");
}

/// A pipe whose reader leaves after the first write.
struct Closing(Arc<Mutex<usize>>);

impl io::Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut writes = self.0.lock().unwrap();
        *writes += 1;
        if *writes > 1 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_silences_the_output_and_nothing_else() {
    let writes = Arc::new(Mutex::new(0));
    replay(&sample_run::sample(), &mut Terminal::new(Closing(Arc::clone(&writes)), PLAIN));
    assert_eq!(*writes.lock().unwrap(), 2, "one that succeeds, one that fails, none after it");
}
