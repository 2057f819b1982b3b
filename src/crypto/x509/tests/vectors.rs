//! The vectors of `fixtures/udap/vectors`, which no line of this project made: judged as their index says.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::{Anchors, Examination, RevocationEvidence, examine};
use crate::crypto::{JwsDefect, verify_x5c_jws};

const INDEX: &str = include_str!("../../../../fixtures/udap/vectors/index.json");

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn ders(value: &Value) -> Vec<Vec<u8>> {
    texts(value).into_iter().map(|text| STANDARD.decode(text).unwrap()).collect()
}

fn pem(value: &Value) -> String {
    texts(value).iter().map(|text| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).collect()
}

fn set(words: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn expected(value: &Value) -> BTreeSet<String> {
    texts(value).into_iter().map(str::to_owned).collect()
}

/// The chain of a vector: given by itself, or brought by its JWS; and what is wrong with the JWS.
fn taken_apart(vector: &Value) -> (Vec<Vec<u8>>, BTreeSet<String>) {
    match vector["jws"].as_str() {
        Some(text) => {
            let jws = verify_x5c_jws(text);
            assert_eq!(jws.is_sound(), jws.defects.is_empty(), "{}: sound means that the signature holds", vector["name"]);
            (jws.chain, set(jws.defects.into_iter().map(JwsDefect::word)))
        }
        None => (ders(&vector["chain"]), BTreeSet::new()),
    }
}

fn examined(vector: &Value, chain: &[Vec<u8>], at: OffsetDateTime) -> Examination {
    let mut anchors = Anchors::nothing();
    if !texts(&vector["anchors"]).is_empty() {
        anchors.trust_pem(pem(&vector["anchors"]).as_bytes()).unwrap();
    }
    if !texts(&vector["intermediates"]).is_empty() {
        anchors.know_pem(pem(&vector["intermediates"]).as_bytes()).unwrap();
    }
    let evidence = RevocationEvidence { crls: ders(&vector["crls"]), ocsp_responses: ders(&vector["ocsp"]) };
    examine(chain, &[], &anchors, at, &evidence)
}

#[test]
fn every_vector_is_judged_as_those_who_made_it_say() {
    let index: Value = serde_json::from_str(INDEX).unwrap();
    let at = OffsetDateTime::from_unix_timestamp(index["at"].as_i64().unwrap()).unwrap();
    let vectors = index["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 100, "only {} vectors", vectors.len());
    let mut wrong = Vec::new();
    for vector in vectors {
        let (expect, name) = (&vector["expect"], &vector["name"]);
        let (chain, jws_defects) = taken_apart(vector);
        let mut check = |what: &str, seen: String, right: String| {
            if seen != right {
                wrong.push(format!("{name} ({}): {what} is {seen}, should be {right}", vector["why"]));
            }
        };
        check("the JWS", format!("{jws_defects:?}"), format!("{:?}", expected(&expect["jws"])));
        if chain.is_empty() {
            check("trust", "null".into(), expect["trusted"].to_string());
            continue;
        }
        let examination = examined(vector, &chain, at);
        let trusted = examination.trusted().map_or("null".into(), |trusted| trusted.to_string());
        check("trust", trusted, expect["trusted"].to_string());
        if chain.len() > 1 || jws_defects.is_empty() {
            check("the chain", format!("{:?}", set(examination.words())), format!("{:?}", expected(&expect["chain"])));
        }
        if expect["uris"].is_array() {
            let uris = examination.leaf.map(|leaf| leaf.uris).unwrap_or_default();
            check("the URIs", format!("{uris:?}"), format!("{:?}", texts(&expect["uris"])));
        }
        let notes = set(examination.notes.iter().map(|note| note.word));
        if jws_defects.is_empty() && examination.has_anchors && examination.defects.is_empty() {
            check("what is noted", format!("{notes:?}"), format!("{:?}", expected(&expect["notes"])));
        }
        if let Some(status) = expect["revocation"].as_str() {
            check("revocation", examination.revocation[0].word().into(), status.into());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
