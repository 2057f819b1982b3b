//! One testcase per waiver: it passes while the waiver is valid and used, and fails otherwise.

use junit_report::{TestCase, TestResult};
use time::Duration;

use crate::engine::Run;
use crate::engine::record::{WaiverRecord, WaiverState};
use crate::report::statements;

use super::guard::{body, safe};

/// The suite and the end of the class name.
pub(super) const AREA: &str = "waivers";

/// Every waiver for this target: its name, the word of its element, and the testcase under that name.
pub(super) fn testcases(run: &Run) -> Vec<(String, &'static str, TestCase)> {
    let said = statements::waivers(run);
    let mine = run.waivers.iter().zip(said).filter(|(waiver, _)| waiver.state != WaiverState::OtherTarget);
    mine.map(|(waiver, said)| testcase(waiver, &said.text)).collect()
}

fn testcase(waiver: &WaiverRecord, text: &str) -> (String, &'static str, TestCase) {
    let name = safe(&waiver.label());
    let mut testcase = TestCase::success(&name, Duration::ZERO);
    let (message, cause) = (safe(text), Some(body(&[safe(text)])));
    let element = match waiver.state {
        WaiverState::Used | WaiverState::OtherTarget => "",
        WaiverState::NotRun => "skipped",
        WaiverState::Unused | WaiverState::Expired | WaiverState::Ignored => "failure",
    };
    testcase.result = match element {
        "skipped" => TestResult::SkippedWithCause { type_: "not-run".to_owned(), message, cause },
        "failure" => TestResult::Failure { type_: "waiver".to_owned(), message, cause },
        _ => TestResult::Success,
    };
    testcase.classname = Some(format!("carinbb.{AREA}"));
    testcase.system_out = Some(body(&[safe(text)]));
    (name, element, testcase)
}
