//! The vectors that were made without this project: this server believes the good ones and none of the others.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use serde_json::Value;
use time::OffsetDateTime;

use super::chain;
use super::jws;
use super::options::{Community, UdapOptions};
use super::place::{Place, REGISTRATION, TOKEN};
use super::revocation::{self, Finding};
use crate::reference::Options;
use crate::reference::site::Site;
use crate::vocabulary::FaultName;

const VECTORS: &str = include_str!("../../../fixtures/udap/vectors/index.json");

/// What is good in general and refused here: an algorithm that this server does not advertise, an anchor whose own time
/// is over, and the very last second of a certificate, both of which OpenSSL minds.
const REFUSED_HERE: [&str; 3] = ["es512", "anchor-expired", "valid-for-one-second"];

fn ders(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().into_iter().flatten().map(|text| STANDARD.decode(text.as_str().unwrap()).unwrap()).collect()
}

/// Why this server refuses a vector; `None` when it believes it.
fn refusal(faults: &[&str], place: &'static Place, vector: &Value, at: i64) -> Option<String> {
    let now = Arc::new(move || OffsetDateTime::from_unix_timestamp(at).unwrap());
    let community = Community { uri: "urn:vectors".into(), anchors: ders(&vector["anchors"]) };
    let udap = UdapOptions { communities: vec![community], ..UdapOptions::default() };
    let faults = faults.iter().map(|name| FaultName::parse(name).unwrap()).collect();
    let site = Site::new(&Options { now, udap, faults, ..Options::default() }, [1, 2, 3]).unwrap();
    let certificates = |value: &Value| -> Vec<X509> { ders(value).iter().filter_map(|der| X509::from_der(der).ok()).collect() };
    let chain = match vector["jws"].as_str() {
        Some(jwt) => match jws::read(&site, place, jwt) {
            Ok(jws) => jws.chain,
            Err(doubt) => return Some(doubt.reason().to_owned()),
        },
        None => certificates(&vector["chain"]),
    };
    if chain.is_empty() {
        return Some("no certificate".to_owned());
    }
    let path = match chain::trust(&site, place, &chain, &certificates(&vector["intermediates"])) {
        Ok(path) => path,
        Err(doubt) => return Some(doubt.reason().to_owned()),
    };
    // what a fault takes without an issuer has nobody who could speak about its revocation
    let [leaf, issuer, ..] = path.certificates.as_slice() else { return None };
    let lists = ders(&vector["crls"]).into_iter().map(|list| revocation::in_list(&list, leaf, issuer, at));
    let answers = ders(&vector["ocsp"]).into_iter().map(|answer| revocation::in_answer(&answer, leaf, issuer, at));
    let findings: Vec<Finding> = lists.chain(answers).collect();
    let is_good = findings.is_empty() || findings.contains(&Finding::Good);
    (!is_good || findings.contains(&Finding::Revoked)).then(|| format!("{findings:?}"))
}

#[test]
fn foreign_vectors_are_believed_when_they_are_good_and_refused_when_they_are_not() {
    let index: Value = serde_json::from_str(VECTORS).unwrap();
    let at = index["at"].as_i64().unwrap();
    let (mut good, mut bad, mut wrong) = (0, 0, Vec::new());
    for vector in index["vectors"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        let expect = &vector["expect"];
        let is_form = expect["jws"].as_array().is_none_or(Vec::is_empty);
        let standing = expect["revocation"].as_str();
        let is_good = is_form && expect["trusted"] == true && standing.is_none_or(|standing| standing == "good");
        let refused = refusal(&[], &REGISTRATION, vector, at);
        if is_good {
            good += 1
        } else {
            bad += 1
        }
        let is_right = refused.is_none() == (is_good && !REFUSED_HERE.contains(&name));
        if !is_right {
            wrong.push(format!("{name}: {refused:?}, and it should be good: {is_good} {expect}"));
        }
    }
    assert!(good > 20 && bad > 50, "{good} {bad}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_lax_fault_overlooks_just_what_it_is_named_after() {
    let index: Value = serde_json::from_str(VECTORS).unwrap();
    let at = index["at"].as_i64().unwrap();
    let named = |name: &str| index["vectors"].as_array().unwrap().iter().find(|vector| vector["name"] == name).unwrap();
    let mut wrong = Vec::new();
    for place in [&REGISTRATION, &TOKEN] {
        let overlooked = [
            (place.critical_extension, "leaf-unknown-critical"),
            (place.critical_extension, "intermediate-unknown-critical"),
            (place.path_length, "path-length"),
            (place.name_constraints, "name-excluded"),
            (place.name_constraints, "name-not-permitted"),
            (place.weak_key, "rsa-1024"),
            (place.weak_key, "sha1"),
            (place.no_ca_intermediate, "intermediate-not-an-authority"),
            (place.no_ca_intermediate, "no-cert-sign"),
            (place.not_for_signing, "no-digital-signature"),
            (place.ca_leaf, "leaf-is-authority"),
            (place.expired_certificate, "leaf-expired"),
            (place.future_certificate, "leaf-future"),
            (place.expired_intermediate, "intermediate-expired"),
            (place.self_signed, "self-signed"),
            (place.unknown_ca, "unknown-authority"),
            (place.bad_signature, "payload-changed"),
            (place.unknown_crit, "crit"),
        ];
        for (fault, vector) in overlooked {
            if let Some(reason) = refusal(&[fault], place, named(vector), at) {
                wrong.push(format!("{fault} does not take {vector}: {reason}"));
            }
            let others = overlooked.iter().map(|(other, _)| *other).filter(|other| *other != fault);
            wrong.extend(
                others
                    .filter(|other| refusal(&[*other], place, named(vector), at).is_none())
                    .map(|other| format!("{other} takes {vector}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
