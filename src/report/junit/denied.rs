//! One failing testcase per SHALL that a person states to be not met. What they state to be met is no test, and has none.

use junit_report::{TestCase, TestResult};
use time::Duration;

use crate::engine::Run;
use crate::report::statements;

use super::guard::{body, safe};

/// The suite and the end of the class name.
pub(super) const AREA: &str = "attestations";

/// Each with its name and the word of its element.
pub(super) fn testcases(run: &Run) -> Vec<(String, &'static str, TestCase)> {
    statements::denied(run).iter().map(|said| testcase(&safe(&said.about), &safe(&said.text))).collect()
}

fn testcase(name: &str, text: &str) -> (String, &'static str, TestCase) {
    let mut testcase = TestCase::success(name, Duration::ZERO);
    testcase.result =
        TestResult::Failure { type_: "attestation".to_owned(), message: text.to_owned(), cause: Some(body(&[text.to_owned()])) };
    testcase.classname = Some(format!("carinbb.{AREA}"));
    (name.to_owned(), "failure", testcase)
}
