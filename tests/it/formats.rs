//! The further formats: exact files, and the property that no text of a target changes what a reader of them sees.

use carinbb::engine::Run;
use carinbb::report::{self, Options};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::hostile::{hostile_text, poisoned};
use crate::{golden, sample_run};

pub(crate) fn rendered(format: &str, run: &Run) -> String {
    let mut out = Vec::new();
    let report = report::by_name(format, &Options::default()).expect("the format exists");
    report.write(run, &mut out).expect("the record can be rendered");
    String::from_utf8(out).expect("the report is UTF-8")
}

/// Compares the sample and the hostile record with their golden files.
fn compare(format: &str, ending: &str) {
    golden::compare(&format!("tests/golden/{format}/sample.{ending}"), &rendered(format, &sample_run::sample()));
    golden::compare(&format!("tests/golden/{format}/hostile.{ending}"), &rendered(format, &sample_run::hostile()));
}

/// Nothing in it is obeyed by a terminal or by a CI system that prints it.
fn assert_is_quiet(text: &str) {
    let loud = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{200b}'));
    assert!(!text.contains(loud), "{text}");
    assert!(!text.contains("##["), "{text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
}

mod github {
    use super::*;

    #[test]
    fn the_step_summary_of_a_run_with_every_verdict_and_of_a_hostile_target() {
        compare("github", "md");
    }

    /// The signs that give a line its structure: with hostile texts they are as many as with harmless ones.
    fn structure(text: &str) -> (usize, usize, usize, usize) {
        let count = |sign: char| text.matches(sign).count();
        (text.lines().count(), count('|'), count('<'), count('`') + count('[') + count(']') + count('*') + count('@'))
    }

    #[test]
    fn h31_a_hostile_target_adds_no_line_cell_tag_or_link() {
        let (honest, hostile) = (rendered("github", &sample_run::sample()), rendered("github", &sample_run::hostile()));
        assert_eq!(structure(&honest), structure(&hostile));
    }

    #[test]
    fn a_huge_run_stays_below_the_limit_of_a_step_summary_and_says_what_is_missing() {
        let mut run = sample_run::sample();
        run.cases[1].reason = "x".repeat(100_000);
        run.cases = std::iter::repeat_n(run.cases[1].clone(), 4_000).collect();
        let text = rendered("github", &run);
        assert!(text.len() < 1024 * 1024, "{} bytes", text.len());
        assert!(text.contains("more findings are in the run record") && text.contains("the rest is in the run record"));
    }

    #[test]
    fn at_most_ten_failures_are_annotated_each_in_one_line_at_a_file_of_the_repository() {
        let mut run = sample_run::hostile();
        run.cases = std::iter::repeat_n(run.cases[1].clone(), 30).collect();
        let text = report::annotations(&run);
        assert_eq!(text.lines().count(), 10);
        for line in text.lines() {
            assert!(line.starts_with("::error file=testcases/tls/versions.toml,line=42,title=SHALL carin-bb/exchange-1::"), "{line}");
            assert_eq!(line.matches("::").count(), 2, "{line}");
        }
        run.cases.clear();
        assert_eq!(report::annotations(&run), "");
    }
}

proptest! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]
    #[test]
    fn whatever_a_target_sends_no_format_carries_a_command(texts in prop::collection::vec(hostile_text(), 1..40)) {
        let run = poisoned(&texts);
        for format in report::FORMATS.iter().filter(|format| **format != "junit") {
            assert_is_quiet(&rendered(format, &run));
        }
    }
}
