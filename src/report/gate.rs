//! A gate that must not get worse: what a run has that its baseline had not, and who caused it.
//!
//! What the server caused fails the gate. What new criteria or a new harness may have caused is listed, and fails with
//! `--strict` alone: nobody's server got worse because a test case was added.

use std::fmt::Write as _;

use crate::engine::Run;
use crate::engine::exit;
use crate::engine::record::{CaseResult, WaiverState, label};
use crate::vocabulary::{Verdict, escape};

use super::compare::{Change, Comparison, Difference, compare};

/// Who caused a difference, as far as two records can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The same thing was looked at in the same way.
    Server,
    /// Another thing was looked at, or by another level.
    Criteria,
    /// Another carinbb looked.
    Harness,
    /// A flag left it out.
    Flag,
}

impl Blame {
    fn words(self) -> &'static str {
        match self {
            Self::Server => "the server",
            Self::Criteria => "new criteria",
            Self::Harness => "another carinbb",
            Self::Flag => "a flag",
        }
    }
}

/// What a run has that its baseline had not.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What got worse, with who caused it.
    pub worse: Vec<(Difference, Blame)>,
    /// Findings that the baseline has too.
    pub known: usize,
    /// Findings that are gone.
    pub gone: usize,
    /// The exit code that follows.
    pub exit_code: u8,
    comparison: Comparison,
}

/// Holds a run against its baseline.
#[must_use]
pub fn gate(baseline: &Run, run: &Run, fail_on_warn: bool, strict: bool) -> Gate {
    let comparison = compare(baseline, run);
    let count = |change| comparison.differences.iter().filter(|own| own.change == change).count();
    let (known, gone) = (count(Change::Unchanged), count(Change::Gone));
    let fails = |own: &&Difference| match own.change {
        Change::Stopped => true,
        _ => {
            let counts = own.after == Some(Verdict::Fail) || fail_on_warn && own.after == Some(Verdict::Warn);
            own.is_worse() && counts && !is_waived(run, own)
        }
    };
    let worse: Vec<(Difference, Blame)> =
        comparison.differences.iter().filter(fails).map(|own| (own.clone(), blame(own, baseline, run))).collect();
    let exit_code = exit_code(&worse, baseline, run, strict);
    Gate { worse, known, gone, exit_code, comparison }
}

fn exit_code(worse: &[(Difference, Blame)], baseline: &Run, run: &Run, strict: bool) -> u8 {
    let caused = |(_, blame): &(Difference, Blame)| match blame {
        Blame::Server => true,
        Blame::Criteria | Blame::Harness => strict,
        Blame::Flag => false,
    };
    let stale = strict && run.waivers.iter().any(|waiver| waiver.state == WaiverState::Unused);
    match run.claim.exit_code {
        _ if !run.complete => exit::INTERRUPTED,
        _ if worse.iter().any(caused) || run.claim.denied > baseline.claim.denied || stale => exit::FAILED,
        exit::NOTHING => exit::NOTHING,
        // What failed is known already; what could not be determined is so tonight.
        _ if run.claim.undetermined > 0 => exit::UNDETERMINED,
        exit::FAILED => exit::OK,
        code => code,
    }
}

fn blame(own: &Difference, baseline: &Run, run: &Run) -> Blame {
    if own.change == Change::Stopped && is_left_out_by_flag(own, run) {
        return Blame::Flag;
    }
    let strength = |of: &Run| of.requirements.iter().find(|row| row.id == own.requirement).map(|row| row.strength);
    let result = |of: &Run| of.cases.iter().find(|case| case.label() == own.case).map(asked);
    let (before, after) = (result(baseline), result(run));
    let is_same_suite = baseline.header.suite == run.header.suite;
    let is_same_profile = {
        let ids = |of: &Run| of.header.profiles.iter().map(|profile| profile.id.clone()).collect::<Vec<_>>();
        ids(baseline) == ids(run)
    };
    match () {
        () if baseline.header.tool != run.header.tool => Blame::Harness,
        () if strength(baseline) != strength(run) || !is_same_profile => Blame::Criteria,
        () if is_same_suite || before.is_some() && before == after => Blame::Server,
        () => Blame::Criteria,
    }
}

fn is_left_out_by_flag(own: &Difference, run: &Run) -> bool {
    let by_flag = |kind: &str| ["flag", "slow", "tls", "authorizations"].contains(&kind);
    let mut left_out =
        run.not_selected.iter().filter(|left| own.case == left.case || own.case.starts_with(&format!("{} [", left.case)));
    let has_run = run.cases.iter().any(|case| label(&case.case, &case.variant) == own.case);
    !has_run && left_out.any(|left| by_flag(&left.kind))
}

/// Facts with what is expected of them.
type Asked = Vec<(String, String)>;

/// What a case asked, apart from what it saw.
fn asked(case: &CaseResult) -> Vec<(String, String, Asked)> {
    let rows = |step: &crate::engine::record::StepResult| {
        step.assertions.iter().map(|row| (row.that.clone(), row.expected.clone())).collect()
    };
    case.steps.iter().map(|step| (step.title.clone(), step.verb.clone(), rows(step))).collect()
}

fn is_waived(run: &Run, own: &Difference) -> bool {
    let case = run.cases.iter().find(|case| case.label() == own.case);
    let judged = case.into_iter().flat_map(CaseResult::judgements).map(|(_, judgement)| judgement);
    let mut decisive = judged.filter(|one| one.requirement == own.requirement && Some(one.verdict) == own.after).peekable();
    decisive.peek().is_some() && decisive.all(|one| one.waived)
}

impl Gate {
    /// The gate for a terminal, escaped.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::from("Against the baseline\n");
        let Comparison { criteria, harness, .. } = &self.comparison;
        for (name, changes) in [("criteria", criteria), ("harness", harness)] {
            if !changes.is_empty() {
                let _ = writeln!(text, "  {name} CHANGED: {}", escape(&changes.join("; ")));
            }
        }
        for (own, blame) in &self.worse {
            let word = |verdict: Option<Verdict>| verdict.map_or("-", Verdict::word);
            let reason = if own.reason.is_empty() { String::new() } else { format!(" ({})", own.reason) };
            let line = format!("{} -> {} {} {}{reason}", word(own.before), word(own.after), own.requirement, own.case);
            let _ = writeln!(text, "  {:<9} {}; by {}", own.change.word(), escape(&line), blame.words());
        }
        let by = |blame: Blame| self.worse.iter().filter(|(_, own)| *own == blame).count();
        let (server, others) = (by(Blame::Server), by(Blame::Criteria) + by(Blame::Harness));
        let _ = writeln!(
            text,
            "{server} worse by the server, {others} by new criteria or another carinbb, {} left out by flags; {} known findings, {} gone      exit {}",
            by(Blame::Flag),
            self.known,
            self.gone,
            self.exit_code
        );
        text
    }
}
