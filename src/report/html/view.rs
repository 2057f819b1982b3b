//! What the template shows, taken from the record: texts escaped, links checked, lists in reading order.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use crate::engine::Run;
use crate::engine::record::{CaseResult, JoinedRecord, RequirementResult, Tested};
use crate::report::statements::{self, Statement};
use crate::report::words::{self, VERDICTS, link};
use crate::report::{Finding, ranked};
use crate::vocabulary::{Strength, Verdict, escape, escape_to_width};

use super::{audit, exchange, tls};

/// One text of the page.
const LONGEST_TEXT: usize = 2_000;
/// All exchanges together, in bytes: the page is for reading, the record for keeping.
const EXCHANGES: usize = 48 * 1024;
/// Filters by document at most; further documents stand in the matrix all the same.
const MOST_DOCUMENTS: usize = 40;
/// The width of the timeline in its own units.
const TIMELINE: u64 = 100;

/// The documents of the requirements in force, in their order.
pub(super) fn documents(run: &Run) -> Vec<&str> {
    let mut found = Vec::new();
    for row in &run.requirements {
        let document = document(row);
        if !found.contains(&document) && found.len() < MOST_DOCUMENTS {
            found.push(document);
        }
    }
    found
}

fn document(row: &RequirementResult) -> &str {
    row.id.split('/').next().unwrap_or_default()
}

/// Everything the template needs.
///
/// # Errors
/// When a part of the record cannot be shown as JSON.
pub(super) fn view(run: &Run, documents: &[&str]) -> io::Result<Value> {
    let mut view = json!({
        "verdict": verdict(run),
        "claim": run.claim,
        "header": serde_json::to_value(&run.header)?,
        "complete": run.complete,
        "finished": run.finished,
        "counts": counts(run),
        "documents": documents,
        "matrix": run.requirements.iter().map(|row| requirement(row, documents)).collect::<Vec<_>>(),
        "certification": run.certification.as_ref().map(|own| json!({ "rows": audit::rows(run, own), "readings": own.readings })),
        "tls": tls::places(run),
        "joined": run.joined.as_ref().map(joined),
        "waivers": stated(&statements::waivers(run)),
        "attestations": stated(&statements::attestations(run)),
        "findings": findings(run),
        "cases": cases(run),
        "not_selected": serde_json::to_value(&run.not_selected)?,
        "not_tested": not_tested(run),
        "left_behind": run.left_behind,
        "not_exercised": run.not_exercised,
        "traffic": run.traffic,
        "exchanges": run.evidence.len(),
        "pages": serde_json::to_value(&run.sign_in_pages)?,
    });
    make_plain(&mut view, "");
    Ok(view)
}

/// Escapes every text but links, which are ASCII already and would be broken by it.
fn make_plain(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if key != "link" => *text = escape_to_width(text, LONGEST_TEXT),
        Value::Array(items) => items.iter_mut().for_each(|item| make_plain(item, key)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| make_plain(value, key)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The first line of the page. The word conformant comes from the claim alone.
fn verdict(run: &Run) -> Value {
    let claim = &run.claim;
    let (text, class) = if !run.complete {
        ("Interrupted: this run makes no claim".to_owned(), "open")
    } else if claim.conformant {
        ("Conformant".to_owned(), "pass")
    } else if claim.not_met + claim.denied > 0 {
        let waived = if claim.waived == 0 { String::new() } else { format!(", {} of them waived for a time", claim.waived) };
        (format!("{} SHALL not met{waived}", claim.not_met + claim.denied), "fail")
    } else if claim.undetermined > 0 {
        (format!("{} SHALL could not be determined", claim.undetermined), "open")
    } else {
        ("Nothing that was tested failed".to_owned(), "note")
    };
    json!({ "text": text, "class": class })
}

/// What was looked at where, and what came of it.
fn joined(own: &JoinedRecord) -> Value {
    let shown =
        |verdict: Option<Verdict>| json!({ "word": verdict.map_or("", Verdict::word), "class": verdict.map_or("", class) });
    let rows = own.rows.iter().map(|row| {
        json!({ "requirement": row.requirement, "here": shown(row.here), "there": shown(row.there), "differs": row.differs() })
    });
    json!({
        "target": own.target, "environment": own.environment, "run": own.run, "started": own.started, "finished": own.finished,
        "left": own.left.len(), "differ": own.rows.iter().filter(|row| row.differs()).count(), "rows": rows.collect::<Vec<_>>(),
    })
}

fn stated(rows: &[Statement]) -> Vec<Value> {
    rows.iter().map(|row| json!({ "word": row.word, "about": row.about, "text": row.text })).collect()
}

fn counts(run: &Run) -> Vec<Value> {
    let count = |verdict| run.cases.iter().filter(|case| case.verdict == verdict).count();
    let counts = VERDICTS.iter().map(|verdict| (verdict, count(*verdict))).filter(|(_, count)| *count > 0);
    counts.map(|(verdict, count)| json!({ "word": verdict.word(), "class": class(*verdict), "count": count })).collect()
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "fail",
        Verdict::Error | Verdict::Blocked => "open",
        Verdict::Warn => "warn",
        Verdict::Note => "note",
        Verdict::Pass => "pass",
        Verdict::NotApplicable => "na",
    }
}

fn requirement(row: &RequirementResult, documents: &[&str]) -> Value {
    let level = match row.strength {
        Strength::Shall | Strength::ShallNot => "l-shall",
        Strength::Should | Strength::ShouldNot => "l-should",
        Strength::May => "l-may",
    };
    // What was seen in part is met in part only, and is filtered as not tested.
    let shown = match (row.verdict, row.tested) {
        (None, _) | (Some(Verdict::Pass | Verdict::Note | Verdict::NotApplicable), Tested::InPart) => "v-none",
        (Some(Verdict::Fail), _) => "v-fail",
        (Some(Verdict::Warn), _) => "v-warn",
        (Some(Verdict::Error | Verdict::Blocked), _) => "v-open",
        (Some(Verdict::Pass | Verdict::Note), _) => "v-pass",
        (Some(Verdict::NotApplicable), _) => "v-na",
    };
    let document = documents.iter().position(|known| *known == document(row)).map_or(String::new(), |at| format!(" d{at}"));
    let counts_as = if row.strength == row.level { String::new() } else { row.strength.to_string() };
    json!({
        "classes": format!("{level} {shown}{document}"),
        "id": row.id,
        "link": link(&row.url),
        "level": row.level.to_string(),
        "counts_as": counts_as,
        "summary": row.summary,
        "word": row.verdict.map_or("", Verdict::word),
        "class": row.verdict.map_or("", class),
        "tested": words::how_far(row),
        "waived": row.waived,
    })
}

fn findings(run: &Run) -> Vec<Value> {
    let mut room = EXCHANGES;
    ranked(run).iter().map(|(case, finding)| self::finding(run, case, finding, &mut room)).collect()
}

fn finding(run: &Run, case: &CaseResult, finding: &Finding<'_>, room: &mut usize) -> Value {
    let rows = finding.rows(run, case).into_iter();
    let rows: Vec<Value> = rows
        .map(|(label, text)| json!({ "label": label, "link": link(&text).filter(|_| label == "see"), "text": text }))
        .collect();
    // A blocked finding rests on no exchange of its own.
    let is_seen = finding.verdict != Verdict::Blocked;
    let mut exchange = if is_seen { exchange::lines(run, finding) } else { Vec::new() };
    let size: usize = exchange.iter().map(|line| escape(line).len() + 1).sum();
    match room.checked_sub(size) {
        Some(left) => *room = left,
        None => exchange = vec!["the run record has this exchange".to_owned()],
    }
    json!({
        "word": finding.verdict.word(),
        "class": class(finding.verdict),
        "headline": finding.headline(),
        "label": case.label(),
        "title": case.title,
        "step": finding.step.map(|step| format!("step {}: {}", step.number, step.title)),
        "flaky": case.flaky,
        "waived": finding.is_waived(run, case),
        "rows": rows,
        "exchange": exchange,
    })
}

fn cases(run: &Run) -> Vec<Value> {
    let end = run.cases.iter().map(|case| case.started_ms.saturating_add(case.elapsed_ms)).max().unwrap_or(0).max(1);
    let scaled = |ms: u64| u64::try_from(u128::from(ms) * u128::from(TIMELINE) / u128::from(end)).unwrap_or(TIMELINE);
    let mut before = "";
    let each = run.cases.iter().map(|case| {
        // The label of a variant says what is special about it: the title stands once for all.
        let title = if before == case.case { "" } else { case.title.as_str() };
        before = &case.case;
        let reason = escape_to_width(&case.reason, 300);
        let about = [title, reason.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
        json!({
            "word": case.verdict.word(),
            "class": class(case.verdict),
            "label": case.label(),
            "about": about,
            "ms": case.elapsed_ms,
            "at": scaled(case.started_ms),
            "long": scaled(case.elapsed_ms).max(1),
        })
    });
    each.collect()
}

/// Requirements that were not tested in full, by the reason, most first.
fn not_tested(run: &Run) -> Vec<Value> {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for row in run.requirements.iter().filter(|row| words::how_far(row) != "tested" && row.attested.is_none()) {
        *reasons.entry(words::how_far(row)).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    reasons.into_iter().map(|(reason, count)| json!({ "reason": reason, "count": count })).collect()
}
