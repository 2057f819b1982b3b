//! Test Anything Protocol, version 14: one test point per case.
//!
//! Blocked and Error are `not ok`, because a gate must not show green for what was not proven; not applicable is a skip.

use std::io;

use crate::engine::Run;
use crate::engine::record::CaseResult;
use crate::vocabulary::{Verdict, escape};

use super::standing::{standing, why_skipped};
use super::{Options, Report, findings, plain_json, statements};

/// TAP 14.
#[derive(Debug, Clone)]
pub struct Tap {
    options: Options,
}

impl Tap {
    /// TAP with these settings.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options }
    }
}

impl Report for Tap {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let denied = statements::denied(run);
        writeln!(out, "TAP version 14\n1..{}", run.cases.len() + denied.len())?;
        writeln!(out, "# {}", escape(&run.claim.text))?;
        for (at, case) in run.cases.iter().enumerate() {
            self.point(run, at + 1, case, out)?;
        }
        for (at, said) in denied.iter().enumerate() {
            let number = run.cases.len() + at + 1;
            writeln!(out, "not ok {number} - {} attested as not met", plain(&said.about))?;
            writeln!(out, "  ---\n  reason: {}\n  ...", quoted(&said.text))?;
        }
        if !run.complete {
            writeln!(out, "Bail out! The run was interrupted and makes no claim")?;
        }
        Ok(())
    }
}

impl Tap {
    fn point(&self, run: &Run, number: usize, case: &CaseResult, out: &mut dyn io::Write) -> io::Result<()> {
        let standing = standing(run, case);
        let is_bad = match standing {
            Verdict::Fail | Verdict::Error | Verdict::Blocked => true,
            Verdict::Warn => self.options.fail_on_warn,
            Verdict::Pass | Verdict::Note | Verdict::NotApplicable => false,
        };
        let word = if is_bad { "not ok" } else { "ok" };
        let skip = if standing == Verdict::NotApplicable {
            format!(" # SKIP {}", plain(&why_skipped(run, case)))
        } else {
            String::new()
        };
        let todo = todo(run, case, self.options.fail_on_warn);
        writeln!(out, "{word} {number} - {} {}{skip}{todo}", plain(&case.label()), plain(&case.title))?;
        if matches!(standing, Verdict::Pass | Verdict::NotApplicable) {
            return Ok(());
        }
        writeln!(out, "  ---\n  verdict: {}\n  reason: {}", quoted(case.verdict.word()), quoted(&case.reason))?;
        let found = findings(run, case);
        if !found.is_empty() {
            writeln!(out, "  findings:")?;
        }
        for finding in &found {
            let mut rows = finding.grouped(run, case);
            rows.insert("verdict".into(), finding.verdict.word().into());
            writeln!(out, "    - {}", plain_json(&serde_json::Value::from(rows).to_string()))?;
        }
        writeln!(out, "  ...")
    }
}

/// TAP's word for a failure that is known and accepted.
fn todo(run: &Run, case: &CaseResult, fail_on_warn: bool) -> String {
    let found = findings(run, case);
    let fails = |verdict| verdict == Verdict::Fail || fail_on_warn && verdict == Verdict::Warn;
    let mut failing = found.iter().filter(|finding| fails(finding.verdict)).peekable();
    let first = failing.peek().and_then(|finding| finding.waivers(run, case).into_iter().next());
    match first {
        Some(waiver) if failing.all(|finding| finding.is_waived(run, case)) => {
            format!(" # TODO waived until {}: {}", plain(&waiver.expires), plain(&waiver.reason))
        }
        _ => String::new(),
    }
}

/// A description: `#` would begin a directive.
fn plain(text: &str) -> String {
    escape(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// JSON is YAML.
fn quoted(text: &str) -> String {
    plain_json(&serde_json::Value::from(escape(text)).to_string())
}
