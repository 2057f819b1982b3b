//! The lower part of the terminal's output: findings in full, and what was left out.

use std::io;

use crate::engine::Run;
use crate::engine::record::{CaseResult, Tested};
use crate::report;
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
            self.heading(finding.verdict, &case.label(), &escape_to_width(&case.title, LONGEST_TEXT))?;
            for (label, text) in self.with_place(finding.rows(run, case)) {
                let longest = if label == "repeat" { LONGEST_COMMAND } else { LONGEST_TEXT };
                self.row(label, &escape_to_width(&text, longest), INDENT, LABEL)?;
            }
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

    /// What flags or missing inputs left out, what is not tested at all (`-v`), and what cleanup left behind.
    pub(super) fn left_out(&mut self, run: &Run) -> io::Result<()> {
        if !run.not_selected.is_empty() {
            self.section("Not selected")?;
            for (reason, cases) in by_reason(run) {
                self.row("", &format!("{reason}: {}", cases.join(", ")), 0, 2)?;
            }
        }
        if self.look.loudness == Loudness::Verbose {
            self.untested(run)?;
        }
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
