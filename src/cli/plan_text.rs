//! What a run would do, for `--plan`.

use std::fmt::Write as _;

use serde_json::json;

use crate::engine::{Knowledge, PlanView};

/// A page for people.
#[must_use]
pub fn human(view: &PlanView, knowledge: Knowledge) -> String {
    let header = &view.prepared.header;
    let mut text = format!("Plan for {}\n", header.target);
    for profile in &header.profiles {
        let _ = writeln!(text, "  {} ({})", profile.title, profile.why);
    }
    let _ = writeln!(text, "  SMART {} ({})\n", header.smart.version, header.smart.why);
    for case in &view.cases {
        let cost = [
            (case.requests, "request"),
            (case.probes, "TLS probe"),
            (case.authorizations, "authorization"),
            (case.waits, "second of waiting"),
        ];
        let cost: Vec<String> = cost.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| counted(*count, unit)).collect();
        let cost = if cost.is_empty() { "nothing more".to_owned() } else { cost.join(", ") };
        let _ = writeln!(text, "  {:<52} {cost}", case.label());
    }
    for case in &view.prepared.plan.not_selected {
        let _ = writeln!(text, "  {:<52} not selected: {}", case.case, case.reason);
    }
    let traffic = view.traffic;
    let _ = writeln!(
        text,
        "\nAt most {}, {} and {}.",
        counted(traffic.planned_requests, "request"),
        counted(traffic.planned_probes, "TLS probe connection"),
        counted(traffic.planned_authorizations, "authorization"),
    );
    if view.code_wait > 0 {
        let _ = writeln!(
            text,
            "At most {} for one-time codes: a code is typed once, and a new one comes every 30 seconds. A server that keeps its members \
             signed in asks once for each.",
            counted(view.code_wait, "second of waiting"),
        );
    }
    if knowledge == Knowledge::Nothing {
        text.push_str("Nothing was sent. Results per endpoint are made × endpoints found: --plan=discover fetches the discovery documents and counts them.\n");
    }
    text
}

/// A number with its noun, in the plural where it is not one.
pub(super) fn counted(count: u64, unit: &str) -> String {
    let (noun, rest) = unit.split_at(unit.find(" of ").unwrap_or(unit.len()));
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}{rest}")
}

/// The same as JSON.
#[must_use]
pub fn json(view: &PlanView) -> String {
    let plan = json!({
        "header": view.prepared.header,
        "cases": view.cases,
        "not_selected": view.prepared.plan.not_selected,
        "traffic": view.traffic,
        "one_time_code_wait": view.code_wait,
    });
    serde_json::to_string_pretty(&plan).unwrap_or_default()
}
