//! What is signed of a bundle: an in-toto statement with the test-result predicate, about its manifest and its record.

use std::io;

use serde_json::{Value, json};

use super::content::pretty;
use super::seal::sha256;
use super::{Files, MANIFEST, RECORD};
use crate::crypto::dsse::{self, SigningKey};
use crate::engine::record::{Judgement, RequirementResult, Tested};
use crate::engine::{Run, exit};
use crate::vocabulary::{Strength, Verdict};

/// The media type of an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The statement about a sealed bundle, as bytes that are the same for the same bundle.
///
/// # Errors
/// When a file is missing, or it cannot be written as JSON.
pub fn statement(run: &Run, files: &Files) -> io::Result<Vec<u8>> {
    let subject = |name: &str| {
        let bytes = files.get(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{name} is missing")))?;
        Ok::<_, io::Error>(json!({ "name": name, "digest": { "sha256": sha256(bytes) } }))
    };
    let labels = |verdicts: &[Verdict]| {
        let cases = run.cases.iter().filter(|case| verdicts.contains(&case.verdict));
        cases.map(|case| case.label()).collect::<Vec<_>>()
    };
    let count = |verdict| run.cases.iter().filter(|case| case.verdict == verdict).count();
    let profiles = run.header.profiles.iter().map(|profile| json!({ "name": profile.id }));
    let suite = json!({ "name": "suite", "digest": { "sha256": run.header.suite } });
    let mut statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject(MANIFEST)?, subject(RECORD)?],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result(run),
            "configuration": std::iter::once(suite).chain(profiles).collect::<Vec<Value>>(),
            "passedTests": labels(&[Verdict::Pass, Verdict::Note]),
            "warnedTests": labels(&[Verdict::Warn]),
            "failedTests": labels(&[Verdict::Fail]),
            "carinbb": {
                "tool": run.header.tool,
                "run": run.header.run,
                "target": run.header.target,
                "finished": run.finished,
                "claim": run.claim.text,
                "conformant": run.claim.conformant,
                "blocked": count(Verdict::Blocked),
                "error": count(Verdict::Error),
                "notApplicable": count(Verdict::NotApplicable),
                "notSelected": run.not_selected.len(),
                "waived": run.claim.waived,
                "attested": run.claim.attested,
            },
        },
    });
    if let Some(own) = &run.certification {
        statement["predicate"]["carinbb"]["certification"] = json!({
            "laboratory": own.laboratory, "customer": own.customer, "party": own.party,
            "authorisedBy": own.authorised_by, "reviewedBy": own.reviewed_by, "selftest": own.method_validation,
        });
    }
    pretty(&statement)
}

/// The word of the predicate. What could not be determined, is waived or declined is no pass; FAILED wins.
fn result(run: &Run) -> &'static str {
    let shall = |row: &&RequirementResult| {
        matches!(row.strength, Strength::Shall | Strength::ShallNot) && !matches!(row.verdict, Some(Verdict::NotApplicable))
    };
    let mut open = run.requirements.iter().filter(shall);
    let is_open = |row: &RequirementResult| {
        row.waived || matches!(row.verdict, Some(Verdict::Blocked | Verdict::Error)) || row.tested == Tested::Declined
    };
    let counts = |own: &Judgement| own.verdict == Verdict::Fail && !own.waived;
    let failed =
        run.claim.exit_code == exit::FAILED || run.cases.iter().any(|case| case.judgements().any(|(_, own)| counts(own)));
    let warned = run.cases.iter().any(|case| case.verdict == Verdict::Warn) || open.any(is_open) || run.cases.is_empty();
    match (failed, warned) {
        (true, _) => "FAILED",
        (false, true) => "WARNED",
        (false, false) => "PASSED",
    }
}

/// The signed statement as a file beside the bundle.
///
/// # Errors
/// When it cannot be made or signed.
pub fn signed(run: &Run, files: &Files, key: &SigningKey) -> io::Result<Vec<u8>> {
    let envelope = key.sign(PAYLOAD_TYPE, &statement(run, files)?).map_err(io::Error::other)?;
    dsse::to_file(&envelope).map_err(io::Error::other)
}

/// What a signature beside a bundle is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// SHA-256 of each key that it names, and whether it holds by one that was given.
    pub keys: Vec<(String, bool)>,
    /// What is wrong, in sentences.
    pub problems: Vec<String>,
}

/// Checks a signature: its form, that it is about this bundle and says what its record says, and by a public key (PEM) who made it.
#[must_use]
pub fn check_signature(signature: &[u8], public: &[Vec<u8>], run: Option<&Run>, files: &Files) -> Signed {
    let mut signed = Signed { keys: Vec::new(), problems: Vec::new() };
    let (envelope, payload) = match dsse::from_file(signature) {
        Ok(read) => read,
        Err(error) => {
            signed.problems.push(format!("the signature: {error}"));
            return signed;
        }
    };
    signed.keys = envelope.signatures.iter().map(|own| (own.keyid.clone(), false)).collect();
    if envelope.payload_type != PAYLOAD_TYPE {
        signed.problems.push("the signature: it is about another kind of thing".into());
    }
    let expected = run.and_then(|run| statement(run, files).ok());
    if expected.as_ref() != Some(&payload) {
        signed.problems.push("the signature: what is signed is not this bundle, or says something else than its record".into());
    }
    for key in public {
        match dsse::check(&envelope, &payload, key).and_then(|()| dsse::public_id(key)) {
            Ok(id) => signed.keys.iter_mut().filter(|(own, _)| *own == id).for_each(|(_, is_checked)| *is_checked = true),
            Err(error) => signed.problems.push(format!("the signature: {error}")),
        }
    }
    if let Some(certification) = run.and_then(|run| run.certification.as_ref()) {
        let expected = [("authorised", &certification.authorised_by), ("reviewed", &certification.reviewed_by)];
        for ((id, _), (what, person)) in signed.keys.iter().zip(expected) {
            if *id != person.key {
                signed.problems.push(format!("the signature: {} {what} it by another key than the record names", person.name));
            }
        }
    }
    signed
}
