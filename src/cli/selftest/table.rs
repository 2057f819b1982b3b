//! The matrix, printed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::demand::Proof;
use crate::reference::{FaultKind, faults};
use crate::testcase::{Role, Suite};

/// A row per proof: fault, profile, findings; then everything that is wrong.
#[must_use]
pub fn as_table(proofs: &[Proof]) -> String {
    let mut text = String::new();
    for proof in proofs {
        let word = if proof.problems.is_empty() { "ok " } else { "BAD" };
        let smart = proof.demand.smart.as_ref().map(|version| format!(" smart {version}")).unwrap_or_default();
        let findings: Vec<String> = proof.findings.iter().map(|(label, verdict)| format!("{verdict} {label}")).collect();
        let kind = proof.demand.fault.map_or("clean", |fault| fault.kind.word());
        let _ = writeln!(
            text,
            "{word} {:<46} {kind:<10} {}{smart}   {}",
            proof.demand.name(),
            proof.demand.profile,
            findings.join(", ")
        );
        for problem in &proof.problems {
            let _ = writeln!(text, "      {problem}");
        }
    }
    text
}

/// The same as JSON.
#[must_use]
pub fn as_json(proofs: &[Proof], suite: &Suite) -> Value {
    let rows = proofs.iter().map(|proof| {
        json!({
            "fault": proof.demand.fault.map(|fault| fault.name),
            "kind": proof.demand.fault.map_or("clean", |fault| fault.kind.word()),
            "profile": proof.demand.profile,
            "role": if proof.demand.client { "client" } else { "server" },
            "smart": proof.demand.smart,
            "findings": proof.findings.iter().map(|(label, verdict)| json!({ "case": label, "verdict": verdict })).collect::<Vec<_>>(),
            "problems": proof.problems,
            "whole_suite": proof.whole,
            "elapsed_ms": proof.elapsed_ms,
        })
    });
    let rows: Vec<Value> = rows.collect();
    let (_, good) = summary(proofs, suite);
    json!({ "tool": env!("CARGO_PKG_VERSION"), "good": good, "proofs": rows, "never_passed": never_passed(proofs, suite) })
}

/// Cases that passed against no clean server, or no right client: nothing shows that an honest one can pass them. Some pass only where
/// an oddity makes them apply, so only proofs with every oddity can tell.
#[must_use]
pub fn never_passed(proofs: &[Proof], suite: &Suite) -> Vec<String> {
    let clean: Vec<&Proof> =
        proofs.iter().filter(|proof| proof.demand.fault.is_none_or(|fault| fault.kind == FaultKind::Quirk)).collect();
    let is_proved = |role: Role| {
        let of_client = role == Role::Client;
        let mut quirks = faults().iter().filter(|fault| fault.kind == FaultKind::Quirk && fault.is_of_client() == of_client);
        clean.iter().any(|proof| proof.demand.fault.is_none() && proof.demand.client == of_client)
            && quirks.all(|quirk| clean.iter().any(|proof| proof.demand.name() == quirk.name))
    };
    let passed: BTreeSet<&str> = clean.iter().flat_map(|proof| proof.passed.iter().map(String::as_str)).collect();
    let never = suite.cases.iter().filter(|case| is_proved(case.role) && !passed.contains(case.id.as_str()));
    never.map(|case| case.id.to_string()).collect()
}

/// A case and a fault that it declares, which no proof showed together.
#[must_use]
pub fn never_caught(proofs: &[Proof], suite: &Suite) -> Vec<String> {
    let mut missing = Vec::new();
    for case in &suite.cases {
        for fault in &case.faults {
            let mut own = proofs.iter().filter(|proof| proof.demand.name() == fault.as_str()).peekable();
            let is_caught =
                |proof: &Proof| proof.findings.iter().any(|(label, _)| label.split(' ').next() == Some(case.id.as_str()));
            if own.peek().is_some() && !own.any(is_caught) {
                missing.push(format!("{} declares {fault}, which no proof shows it to catch", case.id));
            }
        }
    }
    missing
}

/// How many proofs held, and everything that did not, in the last lines.
#[must_use]
pub fn summary(proofs: &[Proof], suite: &Suite) -> (String, bool) {
    let failed = proofs.iter().filter(|proof| !proof.problems.is_empty()).count();
    let never = never_passed(proofs, suite);
    let mut text = String::new();
    let mut gaps: Vec<String> = never.iter().map(|case| format!("{case} passes against no clean server")).collect();
    gaps.extend(never_caught(proofs, suite));
    for gap in &gaps {
        let _ = writeln!(text, "BAD {gap}");
    }
    let _ = writeln!(text, "{} passed, {} failed", proofs.len() - failed, failed + gaps.len());
    (text, failed == 0 && gaps.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::selftest::demand::Demand;
    use crate::cli::suite;
    use crate::reference::Fault;

    fn proof(fault: Option<&'static Fault>, passed: &[&str]) -> Proof {
        Proof {
            demand: Demand { fault, profile: "carin-bb-2.2.0".into(), smart: None, client: false },
            findings: Vec::new(),
            problems: Vec::new(),
            passed: passed.iter().map(|case| (*case).to_owned()).collect(),
            elapsed_ms: 0,
            whole: true,
        }
    }

    #[test]
    fn that_nothing_passes_a_case_is_said_only_where_every_oddity_was_tried() {
        let suite = suite::load(None).unwrap_or_else(|_| panic!("the suite is broken")).suite;
        let server = suite.cases.iter().filter(|case| case.role == Role::Server).count();
        let mut proofs = vec![proof(None, &["tls.versions"])];
        assert_eq!(never_passed(&proofs, &suite), Vec::<String>::new());
        let quirks = faults().iter().filter(|fault| fault.kind == FaultKind::Quirk && !fault.is_of_client());
        proofs.extend(quirks.map(|quirk| proof(Some(quirk), &["discovery.clock"])));
        let never = never_passed(&proofs, &suite);
        assert_eq!(never.len(), server - 2, "all but the two that passed");
        assert!(!summary(&proofs, &suite).1, "a suite with cases that nothing passes is not proved");
    }
}
