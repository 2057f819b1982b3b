//! The exchange behind a finding, shortened for reading; the run record has all of it.

use serde_json::Value;

use crate::engine::Run;
use crate::report::Finding;

/// One text within an exchange.
const LONGEST_TEXT: usize = 240;
/// Lines of one exchange.
const MOST_LINES: usize = 70;

/// The last exchange of the finding's step, as lines of JSON; none when there is none.
pub(super) fn lines(run: &Run, finding: &Finding<'_>) -> Vec<String> {
    let ids = finding.step.map_or(&[] as &[String], |step| &step.evidence);
    let Some(record) = ids.iter().rev().find_map(|id| run.evidence.iter().find(|record| record.id == *id)) else {
        return Vec::new();
    };
    let mut exchange = record.exchange.get("record").unwrap_or(&record.exchange).clone();
    shorten(&mut exchange);
    let text = serde_json::to_string_pretty(&exchange).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().take(MOST_LINES).map(str::to_owned).collect();
    if text.lines().count() > MOST_LINES {
        lines.push("… the rest is in the run record".to_owned());
    }
    lines
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            let length = text.chars().count();
            if length > LONGEST_TEXT {
                let head: String = text.chars().take(LONGEST_TEXT).collect();
                *text = format!("{head}… ({length} characters, all of them in the run record)");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
