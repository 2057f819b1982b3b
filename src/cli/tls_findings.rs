//! What a look at a host and port found, each as one sentence with the rows that it is about.
//!
//! Without a profile nobody can say how much a row counts, so nothing here is a verdict.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::net::tls::{
    Conclusion, Deep, Extra, Gate, Handshake, KeyExchange, Version, chain_order, kinds_of, profile_issues, suite_name,
};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was seen.
    pub what: String,
    /// The rows of the catalogue.
    pub rows: &'static [&'static str],
}

const OLD: &[&str] = &["us-core-security/tls-1", "bcp195/versions-1", "carin-bb/exchange-1"];
const WEAK: &[&str] = &["bcp195/cipher-suites-1", "sp800-52r2/cipher-suites-1"];
const CERTIFICATE: &[&str] = &["carin-bb/general-3", "smart-best-practices/transport-3"];

/// All of them, the gravest first.
#[must_use]
pub fn findings(gate: &Gate, deep: Option<&Deep>, now: OffsetDateTime) -> Vec<Finding> {
    let mut all = Vec::new();
    let versions = gate.versions();
    all.extend(
        versions
            .iter()
            .filter(|version| **version < Version::Tls12)
            .map(|version| Finding { what: format!("{} is negotiated", version.title()), rows: OLD }),
    );
    let refused = |version: Version| {
        let offered = gate.offer_of(&[version]).map(|offered| &offered.conclusion);
        matches!(offered, Some(Conclusion::Refused { .. }))
    };
    if refused(Version::Tls13) {
        all.push(Finding {
            what: "TLS 1.3 is not negotiated".into(),
            rows: &["carin-bb/exchange-2", "bcp195/versions-3", "sp800-52r2/versions-2"],
        });
    }
    all.extend(
        gate.weak
            .found
            .iter()
            .map(|(version, suite)| Finding { what: format!("{} accepts {}", version.title(), suite_name(*suite)), rows: WEAK }),
    );
    all.extend(gate.handshakes.last().into_iter().flat_map(|seen| of_certificate(seen, now)));
    of_flight(gate, &mut all);
    if let Some(deep) = deep {
        of_suites(deep, &mut all);
    }
    all.dedup();
    all
}

fn of_certificate(seen: &Handshake, now: OffsetDateTime) -> Vec<Finding> {
    let defects = seen.defects.iter().filter(|defect| defect.is_fault_of_the_server());
    let mut all: Vec<Finding> = defects.map(|defect| Finding { what: defect.to_string(), rows: CERTIFICATE }).collect();
    for issue in profile_issues(&seen.chain) {
        let (what, rows): (&str, &'static [&'static str]) = match issue {
            "weak-key" => ("a key of the chain has less than 2048 bits", &["bcp195/keys-2", "sp800-52r2/certificates-2"]),
            "weak-curve" => {
                ("a key of the chain is on a curve of less than 224 bits", &["bcp195/keys-3", "sp800-52r2/certificates-2"])
            }
            "weak-signature" => {
                ("a certificate of the chain is signed with SHA-1 or MD5", &["bcp195/keys-2", "sp800-52r2/certificates-2"])
            }
            "long-validity" => ("the certificate is valid for more than three years", &["sp800-52r2/certificates-3"]),
            "key-usage" => ("the key usage is not critical or does not permit signatures", &["sp800-52r2/certificates-4"]),
            "extended-key-usage" => ("the extended key usage is not for servers alone", &["sp800-52r2/certificates-5"]),
            "no-ocsp-address" => ("the certificate names no OCSP responder", &["sp800-52r2/certificates-1"]),
            "version" => ("the certificate is not of version 3", &["sp800-52r2/certificates-2"]),
            "no-issuer-address" | "no-key-identifiers" => {
                ("the certificate lacks key identifiers or the address of its issuer", &["sp800-52r2/certificates-7"])
            }
            _ => continue,
        };
        all.push(Finding { what: what.into(), rows });
    }
    if chain_order(&seen.chain).contains(&"misordered") {
        all.push(Finding { what: "the chain is not in order".into(), rows: &["sp800-52r2/certificates-8"] });
    }
    if let Some(leaf) = seen.chain.first().filter(|leaf| leaf.not_after > now && leaf.not_after - now < time::Duration::days(14))
    {
        let what = format!("the certificate ends in {} days", (leaf.not_after - now).whole_days());
        all.push(Finding { what, rows: &["advice/certificate-renewal-1"] });
    }
    if seen.early_data {
        all.push(Finding { what: "session tickets permit early data (0-RTT)".into(), rows: &["bcp195/sessions-1"] });
    }
    all
}

fn of_flight(gate: &Gate, all: &mut Vec<Finding>) {
    let Some((flight, shape)) = gate.flight.as_ref().filter(|(flight, _)| flight.version == Version::Tls12) else { return };
    let mut note = |is_so: bool, what: &str, rows: &'static [&'static str]| {
        if is_so {
            all.push(Finding { what: what.into(), rows });
        }
    };
    note(
        flight.extension(0xff01).is_none(),
        "TLS 1.2 lacks secure renegotiation",
        &["bcp195/extensions-2", "sp800-52r2/extensions-1"],
    );
    note(
        flight.extension(23).is_none(),
        "TLS 1.2 lacks the extended master secret",
        &["bcp195/extensions-3", "sp800-52r2/extensions-3"],
    );
    note(flight.compression != 0, "TLS 1.2 is compressed", &["bcp195/compression-1", "sp800-52r2/compression-1"]);
    note(
        shape.asks(Extra::TruncatedHmac) && flight.extension(4).is_some(),
        "truncated_hmac is agreed to",
        &["bcp195/extensions-1"],
    );
    if let Some(KeyExchange::Dhe { bits }) = flight.key_exchange {
        note(bits < 2048, &format!("the group for DHE has {bits} bits"), &["bcp195/keys-1"]);
    }
}

fn of_suites(deep: &Deep, all: &mut Vec<Finding>) {
    let kinds: BTreeSet<&str> = deep.accepted().flat_map(|(_, suite)| kinds_of(suite)).collect();
    for (kind, what, rows) in [
        ("null", "suites without encryption are accepted", WEAK),
        ("rc4", "suites with RC4 are accepted", WEAK),
        ("export", "suites with keys for export are accepted", WEAK),
        ("des", "suites with single DES are accepted", WEAK),
        ("anonymous", "suites without a certificate are accepted", WEAK),
        ("3des", "suites with 3DES are accepted", &["bcp195/cipher-suites-2"][..]),
        ("static-rsa", "suites with RSA key transport are accepted", &["bcp195/cipher-suites-3"]),
        ("static-dh", "suites with static Diffie-Hellman are accepted", &["bcp195/cipher-suites-4"]),
        ("dhe", "suites with DHE are accepted", &["bcp195/cipher-suites-5"]),
        ("chacha20", "ChaCha20 is accepted, which NIST does not approve", &["sp800-52r2/cipher-suites-1"]),
        ("camellia", "CAMELLIA is accepted, which NIST does not approve", &["sp800-52r2/cipher-suites-1"]),
        ("aria", "ARIA is accepted, which NIST does not approve", &["sp800-52r2/cipher-suites-1"]),
    ] {
        if kinds.contains(kind) {
            all.push(Finding { what: what.into(), rows });
        }
    }
    if let Some(bits) = deep.dh_bits.filter(|bits| *bits < 2048) {
        all.push(Finding { what: format!("the group for DHE has {bits} bits"), rows: &["bcp195/keys-1"] });
    }
    if deep.encrypt_then_mac == Some(false) {
        all.push(Finding { what: "CBC comes without encrypt-then-mac".into(), rows: &["bcp195/cipher-suites-8"] });
    }
    for other in &deep.other_chains {
        let defects = other.defects.iter().filter(|defect| defect.is_fault_of_the_server());
        all.extend(defects.map(|defect| Finding { what: format!("another chain: {defect}"), rows: CERTIFICATE }));
    }
}
