//! A table of requirement by case for a spreadsheet.
//!
//! A spreadsheet runs a cell that begins like a formula, so such a cell gets an apostrophe in front.

use std::io;

use crate::engine::Run;
use crate::engine::record::RequirementResult;
use crate::vocabulary::escape;

use super::statements::waiver_of;
use super::{Report, ResultRow, result_rows, words};

const HEAD: [&str; 12] =
    ["requirement", "level", "counts as", "tested", "verdict", "case", "variant", "title", "reason", "rule", "source", "waived"];

/// RFC 4180: every cell quoted, CRLF at the end of a row.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

impl Report for Csv {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        write_row(out, &HEAD.map(str::to_owned))?;
        let results = result_rows(run);
        for requirement in &run.requirements {
            let own: Vec<_> = results.iter().filter(|row| row.requirement == requirement.id).collect();
            if own.is_empty() {
                write_row(out, &row(run, requirement, None))?;
            }
            for result in own {
                write_row(out, &row(run, requirement, Some(result)))?;
            }
        }
        Ok(())
    }
}

fn row(run: &Run, requirement: &RequirementResult, result: Option<&ResultRow<'_>>) -> Vec<String> {
    let case = result.map(|result| result.case);
    let text = |get: fn(&crate::engine::record::CaseResult) -> &String| case.map_or(String::new(), |case| get(case).clone());
    vec![
        requirement.id.clone(),
        requirement.level.to_string(),
        requirement.strength.to_string(),
        words::how_far(requirement).to_owned(),
        result.map_or("", |result| result.verdict.map_or("not judged", crate::vocabulary::Verdict::word)).to_owned(),
        text(|case| &case.case),
        text(|case| &case.variant),
        text(|case| &case.title),
        text(|case| &case.reason),
        requirement.summary.clone(),
        requirement.url.clone(),
        case.and_then(|case| waiver_of(run, case, &requirement.id)).unwrap_or_default(),
    ]
}

fn write_row(out: &mut dyn io::Write, cells: &[String]) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// One cell: one line, quoted, never a formula.
fn cell(text: &str) -> String {
    let text = escape(text);
    let first = text.trim_start().chars().next();
    let guard = if first.is_some_and(is_formula) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Signs that begin a formula, also in the full width that some spreadsheets fold.
fn is_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h31_a_cell_is_never_a_formula_and_never_ends_early() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(cell("  @SUM(1)"), "\"'  @SUM(1)\"");
        assert_eq!(cell("a\",\"=b\r\n"), "\"a\"\",\"\"=b\\u{d}\\u{a}\"");
        assert_eq!(cell("plain"), "\"plain\"");
    }
}
