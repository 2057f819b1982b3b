//! What a bundle holds before it is sealed, made from the record alone and from what surrounded the run.

use std::io;

use serde_json::Value;

use super::environment::{Surroundings, environment};
use super::{ENVIRONMENT, Files, RECORD, SELFTEST, har, is_ours};
use crate::engine::Run;
use crate::evidence::{Exchange, Record};
use crate::report::{Html, Json, Report, plain_json};

/// Every file but the manifest and its sidecar.
///
/// # Errors
/// When the evidence of the record is not what carinbb writes.
pub fn contents(run: &Run, surroundings: &Surroundings) -> io::Result<Files> {
    let mut files = Files::new();
    let exchanges = exchanges(run)?;
    let mut record = Vec::new();
    Json.write(run, &mut record)?;
    let mut page = Vec::new();
    Html.write(run, &mut page)?;
    files.insert(RECORD.into(), record);
    files.insert("report.html".into(), page);
    files.insert("exchanges.har".into(), pretty(&har(run, &exchanges))?);
    files.insert(ENVIRONMENT.into(), pretty(&environment(run, &exchanges, surroundings))?);
    files.extend(surroundings.selftest.iter().map(|bytes| (SELFTEST.to_owned(), bytes.clone())));
    files.extend(evidence_files(run)?);
    Ok(files)
}

/// The files that repeat what stands in the record: each exchange, the bytes of TLS probes, the certificates.
pub(super) fn evidence_files(run: &Run) -> io::Result<Files> {
    let mut files = Files::new();
    for own in &run.evidence {
        files.insert(named(format!("evidence/{}.json", own.id))?, pretty(&own.exchange)?);
    }
    for exchange in exchanges(run)? {
        let Record::Tls(probe) = &exchange.record else { continue };
        for (side, digits) in [("sent", &probe.sent), ("received", &probe.received)] {
            let bytes = bytes_of(digits).ok_or_else(|| strange("the bytes of a TLS probe are not hex digits"))?;
            if !bytes.is_empty() {
                files.insert(named(format!("tls/{}-{side}.bin", exchange.id))?, bytes);
            }
        }
    }
    for certificate in &run.certificates {
        files.insert(named(format!("certificates/{}.pem", certificate.sha256))?, certificate.pem.clone().into_bytes());
    }
    Ok(files)
}

/// The evidence of a record, read as what it is.
pub(super) fn exchanges(run: &Run) -> io::Result<Vec<Exchange>> {
    run.evidence.iter().map(|own| serde_json::from_value(own.exchange.clone()).map_err(io::Error::from)).collect()
}

fn named(path: String) -> io::Result<String> {
    if is_ours(&path) { Ok(path) } else { Err(strange("a piece of evidence has a name that carinbb does not give")) }
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

pub(super) fn pretty(value: &Value) -> io::Result<Vec<u8>> {
    Ok((plain_json(&serde_json::to_string_pretty(value)?) + "\n").into_bytes())
}

/// Pairs of hex digits, without the sign of a cut at their end.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.trim_end_matches('…');
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len().is_multiple_of(2) { digits.as_bytes().chunks(2).map(pair).collect() } else { None }
}
