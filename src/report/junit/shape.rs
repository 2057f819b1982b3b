//! What stands in a testcase: name, result, body and output, every text made harmless.

use std::collections::HashSet;

use junit_report::{TestCase, TestResult};
use time::Duration;

use crate::engine::Run;
use crate::engine::record::{CaseResult, OutcomeRecord};
use crate::report::standing::{standing, why_skipped};
use crate::report::{Finding, Options, findings};
use crate::vocabulary::{Verdict, escape_to_width};

use super::guard::{body, safe};

/// Attributes are for one line of a list; the body has the whole text.
const LONGEST_LINE: usize = 300;
/// About thirty years: sums of it stay within what a duration can hold.
const LONGEST_TIME_MS: u64 = 1_000_000_000_000;

/// `carinbb.tls`. Jenkins splits it at its last dot into package and class.
pub(super) fn classname(case: &CaseResult) -> String {
    format!("carinbb.{}", line(case.area()))
}

/// `versions [token] Only TLS 1.2 and 1.3 are negotiated`.
pub(super) fn name(case: &CaseResult) -> String {
    let label = case.label();
    let short = label.split_once('.').map_or(label.as_str(), |(_, short)| short);
    line(&format!("{short} {}", case.title))
}

/// The testcase under a name that the caller made unique.
pub(super) fn testcase(run: &Run, case: &CaseResult, name: &str, options: &Options) -> TestCase {
    let found = findings(run, case);
    let millis = i64::try_from(case.elapsed_ms.min(LONGEST_TIME_MS)).unwrap_or_default();
    let mut testcase = TestCase::success(name, Duration::milliseconds(millis));
    testcase.classname = Some(classname(case));
    testcase.filepath = Some(line(&case.file));
    testcase.result = if is_waived(run, case, options) { TestResult::Success } else { result(run, case, &found, options) };
    testcase.system_out = Some(system_out(run, case, &found, options));
    testcase
}

/// True when every finding that would fail the case is waived: it passes, with WAIVED in its output.
fn is_waived(run: &Run, case: &CaseResult, options: &Options) -> bool {
    let fails = |verdict| element(verdict, options) == "failure";
    let mut failing = case.judgements().map(|(_, own)| own).filter(|own| fails(own.verdict)).peekable();
    !run.waivers.is_empty() && fails(case.verdict) && failing.peek().is_some() && failing.all(|own| own.waived)
}

/// The word of the element that a case is shown with; empty for none.
pub(super) fn element_of(run: &Run, case: &CaseResult, options: &Options) -> &'static str {
    if is_waived(run, case, options) { "" } else { element(standing(run, case), options) }
}

/// The word of the element that shows this verdict; empty for none.
pub(super) fn element(verdict: Verdict, options: &Options) -> &'static str {
    match verdict {
        Verdict::Fail => "failure",
        Verdict::Warn if options.fail_on_warn => "failure",
        Verdict::Pass | Verdict::Note | Verdict::Warn => "",
        Verdict::Error | Verdict::Blocked => "error",
        Verdict::NotApplicable => "skipped",
    }
}

fn result(run: &Run, case: &CaseResult, found: &[Finding<'_>], options: &Options) -> TestResult {
    let message = line(&message(case, found));
    match element(standing(run, case), options) {
        "failure" => {
            let type_ = found.first().map_or(String::new(), Finding::headline);
            TestResult::Failure { type_: line(&type_), message, cause: Some(details(run, case, found)) }
        }
        "error" => TestResult::Error { type_: error_type(case), message, cause: Some(details(run, case, found)) },
        // GitLab shows the content and not the message.
        "skipped" => {
            let type_ = if case.verdict == Verdict::Blocked { "settled" } else { "not-applicable" };
            let why = safe(&why_skipped(run, case));
            TestResult::SkippedWithCause { type_: type_.to_owned(), message, cause: Some(body(&[why])) }
        }
        _ => TestResult::Success,
    }
}

fn message(case: &CaseResult, found: &[Finding<'_>]) -> String {
    if !case.reason.is_empty() {
        return case.reason.clone();
    }
    found.first().map_or(String::new(), |finding| finding.actual.clone())
}

/// `blocked`, or the stable word of what broke.
fn error_type(case: &CaseResult) -> String {
    if case.verdict == Verdict::Blocked {
        return "blocked".to_owned();
    }
    let steps = case.steps.iter().filter_map(|step| step.broken.as_ref());
    let compared = case.steps.iter().flat_map(|step| &step.assertions).filter_map(|assertion| match &assertion.outcome {
        OutcomeRecord::Broken(broken) => Some(broken),
        _ => None,
    });
    steps.chain(compared).next().map_or("error".to_owned(), |cause| line(&cause.kind))
}

fn details(run: &Run, case: &CaseResult, found: &[Finding<'_>]) -> String {
    let mut lines = Vec::new();
    for finding in found {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("{:<9} {}", finding.verdict.word(), safe(&case.label())));
        lines.extend(finding.rows(run, case).into_iter().map(|(label, text)| format!("{label:<9} {}", safe(&text))));
    }
    body(&lines)
}

fn system_out(run: &Run, case: &CaseResult, found: &[Finding<'_>], options: &Options) -> String {
    let mut lines = vec![format!("verdict: {}", case.verdict), format!("requirements: {}", safe(&case.requirements.join(", ")))];
    if case.flaky {
        lines.push("flaky: an observation had to be repeated to be had".to_owned());
    }
    if case.verdict == Verdict::Note {
        lines.push(format!("NOTE {}", safe(&case.reason)));
    }
    let warnings = found.iter().filter(|finding| finding.verdict == Verdict::Warn);
    lines.extend(warnings.map(|finding| {
        format!("WARN {}: expected {}, actual {}", safe(&finding.headline()), safe(&finding.expected), safe(&finding.actual))
    }));
    for waiver in found.iter().flat_map(|finding| finding.waivers(run, case)) {
        let text = format!("{} until {}: {} ({})", waiver.requirement, waiver.expires, waiver.reason, waiver.approved_by);
        lines.push(format!("WAIVED {}", safe(&text)));
    }
    lines.extend(evidence(case, options));
    body(&lines)
}

/// One line per exchange, in the form that GitLab, Azure and Jenkins turn into an attachment where the files are there.
fn evidence<'a>(case: &'a CaseResult, options: &'a Options) -> impl Iterator<Item = String> + 'a {
    let mut known = HashSet::new();
    let ids = case.steps.iter().flat_map(|step| &step.evidence).filter(move |id| known.insert(*id));
    ids.map(|id| match &options.evidence_folder {
        Some(folder) if is_file_name(id) => format!("[[ATTACHMENT|{}/{id}.json]]", safe(folder)),
        _ => format!("evidence: {}", safe(id)),
    })
}

fn is_file_name(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn line(text: &str) -> String {
    safe(&escape_to_width(text.trim(), LONGEST_LINE))
}
