//! Markdown for the step summary of a GitHub job, and annotations at the lines of the cases.
//!
//! Every sign of a record's text that Markdown, HTML or GitHub would read as more than a letter becomes a character reference.

use std::fmt::Write as _;
use std::io;

use crate::engine::Run;
use crate::engine::record::CaseResult;
use crate::vocabulary::{Verdict, escape, escape_to_width};

use super::place::place;
use super::statements::{self, Statement};
use super::words::{VERDICTS, link};
use super::{Finding, Report, ranked};

/// GitHub drops a step summary of more than 1 MiB whole; other steps may write into it too.
const LONGEST: usize = 900 * 1024;
/// One text within it.
const LONGEST_TEXT: usize = 2_000;
/// GitHub shows ten errors of a step and forgets the rest.
const ANNOTATIONS: usize = 10;

/// The step summary.
#[derive(Debug, Clone, Copy)]
pub struct GitHub;

impl Report for GitHub {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(summary(run).as_bytes())
    }
}

fn summary(run: &Run) -> String {
    let mut text = head(run);
    let found = ranked(run);
    if !found.is_empty() {
        text.push_str("\n### Findings\n\n");
    }
    for (at, (case, finding)) in found.iter().enumerate() {
        let next = details(run, &case.label(), finding, &finding.rows(run, case));
        if text.len() + next.len() > LONGEST {
            let _ = writeln!(text, "\n**{} more findings are in the run record.**", found.len() - at);
            break;
        }
        text.push_str(&next);
    }
    text.push_str(&stated("Where production and staging differ", &statements::differences(run)));
    text.push_str(&stated("Waivers", &statements::waivers(run)));
    text.push_str(&stated("Attested by persons, not tested", &statements::attestations(run)));
    text.push_str(&results(run, LONGEST.saturating_sub(text.len())));
    text
}

fn head(run: &Run) -> String {
    let profiles: Vec<String> = run.header.profiles.iter().map(|profile| inline(&profile.title)).collect();
    let mut text = format!("## carinbb: {}\n\n", inline(&run.header.target));
    if !run.complete {
        text.push_str("**The run was interrupted and makes no claim.**\n\n");
    }
    let _ = writeln!(text, "**{}**\n", inline(&run.claim.text));
    let _ = writeln!(text, "{}, carinbb {}, exit code {}\n", profiles.join(", "), inline(&run.header.tool), run.claim.exit_code);
    for note in &run.header.notes {
        let _ = writeln!(text, "Note: {}\n", inline(note));
    }
    text.push_str("| verdict | results |\n|---|---|\n");
    for verdict in VERDICTS {
        let count = run.cases.iter().filter(|case| case.verdict == verdict).count();
        if count > 0 {
            let _ = writeln!(text, "| {} | {count} |", verdict.word());
        }
    }
    text
}

/// Open for what failed, folded for the rest.
fn details(run: &Run, label: &str, finding: &Finding<'_>, rows: &[(&'static str, String)]) -> String {
    let open = if finding.verdict == Verdict::Fail { " open" } else { "" };
    let headline = inline(&finding.headline());
    let mut text = format!(
        "<details{open}><summary><b>{}</b> {headline}: {}</summary>\n\n| | |\n|---|---|\n",
        finding.verdict.word(),
        inline(label)
    );
    for (label, value) in rows {
        let shown = match link(value).filter(|_| *label == "see") {
            Some(url) => format!("<a href=\"{}\">{}</a>", references(&url), inline(&url)),
            None => inline(value),
        };
        let _ = writeln!(text, "| {label} | {shown} |");
    }
    let _ = writeln!(text, "\nrun {}\n\n</details>\n", inline(&run.header.run));
    text
}

/// A folded table of what persons say; nothing when nobody says anything.
fn stated(title: &str, rows: &[Statement]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let open = if rows.iter().any(|row| row.is_open) { " open" } else { "" };
    let mut text = format!("\n<details{open}><summary>{title}</summary>\n\n| | | |\n|---|---|---|\n");
    for row in rows {
        let _ = writeln!(text, "| {} | {} | {} |", inline(row.word), inline(&row.about), inline(&row.text));
    }
    text.push_str("\n</details>\n");
    text
}

fn results(run: &Run, room: usize) -> String {
    let mut text = "\n<details><summary>All results</summary>\n\n| verdict | case | title |\n|---|---|---|\n".to_owned();
    for case in &run.cases {
        let next = format!("| {} | {} | {} |\n", case.verdict.word(), inline(&case.label()), inline(&case.title));
        if text.len() + next.len() > room {
            text.push_str("| … | the rest is in the run record | |\n");
            break;
        }
        text.push_str(&next);
    }
    text.push_str("\n</details>\n");
    text
}

/// One line of text without any meaning to Markdown. GitHub looks for mail addresses after it has read the references, so
/// something stands between a name and its `@`.
fn inline(text: &str) -> String {
    references(text).replace("&#64;", "<!---->&#64;")
}

/// The text with a reference for every sign that means something.
fn references(text: &str) -> String {
    let text = escape_to_width(text.trim(), LONGEST_TEXT);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "&<>\"'`*_[](){}|~\\#!@+=:.$^".contains(c) {
            let _ = write!(out, "&#{};", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// `::error file=…,line=…::…` for the gravest findings that fail a run, at most ten; empty when nothing failed.
#[must_use]
pub fn annotations(run: &Run) -> String {
    let counts = |case: &CaseResult, finding: &Finding<'_>| finding.verdict == Verdict::Fail && !finding.is_waived(run, case);
    let failed = ranked(run).into_iter().filter(|(case, finding)| counts(case, finding));
    let lines: Vec<String> = failed
        .take(ANNOTATIONS)
        .map(|(case, finding)| {
            let (file, line) = place(finding.place);
            let title = property(&finding.headline());
            let message = format!("{}: expected {}, actual {}", case.label(), finding.expected, finding.actual);
            format!("::error file={file},line={line},title={title}::{}", message_text(&message))
        })
        .collect();
    lines.join("\n")
}

fn message_text(text: &str) -> String {
    escape(&escape_to_width(text, LONGEST_TEXT)).replace('%', "%25")
}

fn property(text: &str) -> String {
    message_text(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h31_a_text_is_only_text_to_markdown() {
        assert_eq!(inline("a|b\n`c` <b>"), "a&#124;b&#92;u&#123;a&#125;&#96;c&#96; &#60;b&#62;");
        assert_eq!(inline("::x"), "&#58; &#58;x");
        assert_eq!(inline("x@evil.example"), "x<!---->&#64;evil&#46;example");
        assert_eq!(inline("[x](javascript:y)"), "&#91;x&#93;&#40;javascript&#58;y&#41;");
    }

    #[test]
    fn h29_an_annotation_is_one_line_and_one_command() {
        assert_eq!(message_text("50% ::error::x\n##[error]"), "50%25 : :error: :x\\u{a}# #[error]");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
