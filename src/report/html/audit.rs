//! The items that ISO/IEC 17025 asks of a test report (7.8.2.1 and 7.8.6), in the words of the record.

use serde_json::{Value, json};

use crate::engine::record::WaiverState;
use crate::engine::{Certification, Run};

/// Each item with its label.
pub(super) fn rows(run: &Run, own: &Certification) -> Vec<Value> {
    let header = &run.header;
    let profiles: Vec<&str> = header.profiles.iter().map(|profile| profile.title.as_str()).collect();
    let certificates: Vec<&str> = run.certificates.iter().map(|certificate| certificate.sha256.as_str()).collect();
    let ignored = run.waivers.iter().filter(|waiver| waiver.state == WaiverState::Ignored).count();
    let attested = run.attestations.iter().filter(|attestation| attestation.counts).count();
    let day = |time: &str| time.get(..10).unwrap_or_default().to_owned();
    let person = |who: &crate::engine::Signatory| format!("{}, {}; key SHA-256 {}", who.name, who.role, who.key);
    let rows = [
        ("title", format!("Test report on the security requirements of {}", profiles.join(", "))),
        ("number", format!("{}, {} results; it ends with the words End of the report", header.run, run.cases.len())),
        ("laboratory", format!("{}, {}", own.laboratory.name, own.laboratory.address)),
        ("place of testing", own.location.clone()),
        ("customer", format!("{}, {}", own.customer.name, own.customer.address)),
        ("standing", format!("{} party", own.party.word())),
        ("method", format!("carinbb {}, suite {}, SMART App Launch {}", header.tool, header.suite, header.smart.version)),
        (
            "method validation",
            format!(
                "selftest of the program with the SHA-256 {}: {} proofs, all good; selftest.json, SHA-256 {}",
                own.method_validation.program, own.method_validation.proofs, own.method_validation.sha256
            ),
        ),
        ("item", format!("{}: {}; certificates seen: {}", header.target, own.item, certificates.join(", "))),
        ("received", own.received.clone()),
        ("tested", format!("{} to {}", header.started, run.finished)),
        ("issued", day(&run.finished)),
        ("sampling", own.sampling.clone()),
        ("decision rule", own.decision_rule.clone()),
        (
            "deviations",
            format!(
                "{}; left out: {} cases; waivers that were given and do not count: {ignored}",
                own.deviations,
                run.not_selected.len()
            ),
        ),
        ("from others", format!("{attested} statements of persons, listed apart; nothing else")),
        ("supersedes", own.supersedes.clone()),
        ("statement", "The results relate only to the item tested, at the time of testing.".to_owned()),
        ("authorised by", person(&own.authorised_by)),
        ("reviewed by", format!("{} (the second signature beside the evidence)", person(&own.reviewed_by))),
    ];
    rows.into_iter().map(|(label, text)| json!({ "label": label, "text": text })).collect()
}
