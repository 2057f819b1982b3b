//! The lower part of the terminal's output: findings in full, and what was left out.

use std::io;

use crate::engine::Run;
use crate::engine::record::{CaseResult, Tested};
use crate::report::statements::{self, Statement};
use crate::report::{self, Finding};
use crate::vocabulary::{Verdict, escape_to_width};

use super::page::{Loudness, Page};

/// Below the verdict's word.
const INDENT: usize = 6;
/// The column of labels such as `expected`.
const LABEL: usize = 10;
/// A text in a row is cut after so many characters; the record has all of it.
const LONGEST_TEXT: usize = 800;
/// A command that is cut is of no use.
const LONGEST_COMMAND: usize = 8_000;

impl<W: io::Write> Page<W> {
    /// Every finding of a case whose verdict is among those that are shown.
    pub(super) fn findings(&mut self, run: &Run, case: &CaseResult, shown: &[Verdict]) -> io::Result<()> {
        for finding in report::findings(run, case).iter().filter(|finding| shown.contains(&finding.verdict)) {
            self.finding(run, case, finding)?;
        }
        Ok(())
    }

    fn finding(&mut self, run: &Run, case: &CaseResult, finding: &Finding<'_>) -> io::Result<()> {
        self.heading(finding.verdict, &case.label(), &escape_to_width(&case.title, LONGEST_TEXT))?;
        for (label, text) in self.with_place(finding.rows(run, case)) {
            let longest = if label == "repeat" { LONGEST_COMMAND } else { LONGEST_TEXT };
            self.row(label, &escape_to_width(&text, longest), INDENT, LABEL)?;
        }
        Ok(())
    }

    /// What could not be seen, once per cause: a server that is down is one trouble and not eighty.
    pub(super) fn undetermined(&mut self, run: &Run, verdict: Verdict) -> io::Result<()> {
        for (finding, cases) in by_cause(run, verdict) {
            let [only] = cases[..] else {
                let count = cases.len();
                self.heading(verdict, &format!("{count} results"), &escape_to_width(cause_of(&finding), LONGEST_TEXT))?;
                let labels: Vec<String> = cases.iter().map(|case| case.label()).collect();
                self.row("cases", &labels.join(", "), INDENT, LABEL)?;
                let rows = finding.rows(run, cases[0]);
                for (label, text) in rows.iter().filter(|(label, _)| ["expected", "actual", "repeat", "evidence"].contains(label))
                {
                    self.row(label, &escape_to_width(text, LONGEST_COMMAND), INDENT, LABEL)?;
                }
                continue;
            };
            self.finding(run, only, &finding)?;
        }
        Ok(())
    }

    /// The place stands behind the requirement where both fit in a line.
    fn with_place(&self, mut rows: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
        let place = rows.iter().position(|(label, _)| *label == "place");
        let required = rows.iter().position(|(label, _)| *label == "required");
        let (Some(place), Some(required)) = (place, required) else { return rows };
        let both = format!("{}        {}", rows[required].1, rows[place].1);
        if both.chars().count() <= self.room(INDENT, LABEL) {
            rows[required].1 = both;
            rows.remove(place);
        }
        rows
    }

    /// What persons say, in a list of its own; of what needs nobody's attention only the number, unless all is asked for.
    fn stated(&mut self, title: &str, rows: &[Statement], all: bool) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.section(title)?;
        let all = all || self.look.loudness == Loudness::Verbose;
        for row in rows.iter().filter(|row| all || row.is_open) {
            self.row(row.word, &format!("{}: {}", row.about, row.text), 2, 9)?;
        }
        match rows.iter().filter(|row| !all && !row.is_open).count() {
            0 => Ok(()),
            count => self.row("yes", &format!("{count} requirements (-v names them)"), 2, 9),
        }
    }

    /// What flags or missing inputs left out, what is not tested at all (`-v`), and what cleanup left behind.
    pub(super) fn left_out(&mut self, run: &Run) -> io::Result<()> {
        if !run.not_selected.is_empty() {
            self.section("Not selected")?;
            for (reason, cases) in by_reason(run) {
                let flag = run.not_selected.iter().any(|left| left.reason == reason && left.kind == "flag");
                let text = match cases.len() {
                    count if (flag || count > 12) && self.look.loudness != Loudness::Verbose => {
                        let (plural, colon) = (if count == 1 { "" } else { "s" }, if flag { "" } else { ":" });
                        format!("{count} case{plural}{colon} {reason} (-v names them)")
                    }
                    _ => format!("{reason}: {}", cases.join(", ")),
                };
                self.row("", &text, 0, 2)?;
            }
        }
        if self.look.loudness == Loudness::Verbose {
            self.untested(run)?;
        }
        if !run.not_exercised.is_empty() {
            self.section("Claimed and not exercised by this run")?;
            self.row("", &run.not_exercised.join(", "), 0, 2)?;
        }
        self.stated("Waivers", &statements::waivers(run), true)?;
        self.stated("Attested by persons, not tested", &statements::attestations(run), false)?;
        if !run.left_behind.is_empty() {
            self.section("Left behind at the target")?;
            for thing in &run.left_behind {
                self.row("", thing, 0, 2)?;
            }
        }
        Ok(())
    }

    fn untested(&mut self, run: &Run) -> io::Result<()> {
        let kinds = [
            (Tested::InPart, "Tested in part"),
            (Tested::Declined, "Declined by the operator"),
            (Tested::Attestation, "By attestation of a person"),
            (Tested::NotTestable, "Not testable from outside"),
            (Tested::Uncovered, "Without a case"),
        ];
        for (kind, title) in kinds {
            let rows: Vec<&str> = run.requirements.iter().filter(|row| row.tested == kind).map(|row| row.id.as_str()).collect();
            if !rows.is_empty() {
                self.section(title)?;
                self.row("", &rows.join(", "), 0, 2)?;
            }
        }
        Ok(())
    }
}

/// What a group of results has in common: the cause alone, whichever capability it leaves unknown.
fn cause_of<'f>(finding: &'f Finding<'_>) -> &'f str {
    let said = finding.reason.unwrap_or(&finding.actual);
    let unknown = said.strip_prefix("it is not known whether the target claims ");
    unknown.and_then(|rest| rest.split_once(": ")).map_or(said, |(_, cause)| cause)
}

/// The first finding of each cause with all results that it stands for.
fn by_cause(run: &Run, verdict: Verdict) -> Vec<(Finding<'_>, Vec<&CaseResult>)> {
    let mut causes: Vec<(Finding<'_>, Vec<&CaseResult>)> = Vec::new();
    for case in &run.cases {
        for finding in report::findings(run, case).into_iter().filter(|finding| finding.verdict == verdict) {
            let known = causes.iter_mut().find(|(known, _)| cause_of(known) == cause_of(&finding));
            match known {
                Some((_, cases)) if cases.iter().any(|own| std::ptr::eq(*own, case)) => {}
                Some((_, cases)) => cases.push(case),
                None => causes.push((finding, vec![case])),
            }
        }
    }
    causes
}

/// Cases by the reason that left them out, in the order of the record.
fn by_reason(run: &Run) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for left in &run.not_selected {
        match reasons.iter_mut().find(|(reason, _)| *reason == left.reason) {
            Some((_, cases)) => cases.push(&left.case),
            None => reasons.push((&left.reason, vec![&left.case])),
        }
    }
    reasons
}
