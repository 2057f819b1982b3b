//! Documentation of the TLS verbs.

use super::facts::{argument, facts};
use crate::verbs::{ArgumentHelp, Effect, Kind, VerbHelp};

const ENDPOINT: ArgumentHelp = argument!("endpoint", Kind::Endpoint, required, "host and port, an element of target.endpoints");

/// `tls.offer`
pub static OFFER: VerbHelp = VerbHelp {
    name: "tls.offer",
    summary: "Offers these protocol versions with a hello of its own, and tells whether the server negotiates one of them.",
    effect: Effect::Probe,
    arguments: &[
        ENDPOINT,
        argument!(
            "versions",
            Kind::Words(&["ssl3", "1.0", "1.1", "1.2", "1.3"]),
            required,
            "the versions that are offered, alone"
        ),
    ],
    facts: facts! {
        "negotiated": "true when the server answered with one of the offered versions",
        "version": "the version that it answered with, also when it was not offered; absent when it answered with none",
        "suite": "the cipher suite that it chose; absent when it chose none",
        "refusal": "how it refused; absent when it negotiated",
        "connections": "how many connections the answer took",
    },
};

/// `tls.handshake`
pub static HANDSHAKE: VerbHelp = VerbHelp {
    name: "tls.handshake",
    summary: "Completes a TLS handshake whatever the certificate is, and tells everything that is wrong with it.",
    effect: Effect::Probe,
    arguments: &[ENDPOINT],
    facts: facts! {
        "completed": "true when the handshake was completed",
        "trusted": "true when the certificate has no defect",
        "defects": "words: expired not-yet-valid wrong-name self-signed untrusted-issuer chain-incomplete malformed bad-signature unsupported-signature wrong-usage key-not-proven other",
        "explanations": "one sentence for each defect",
        "stopped": "how the handshake ended when it was not completed; without a certificate trusted, defects, leaf and chain are absent",
        "version": "the negotiated version, for instance 1.3",
        "suite": "the negotiated cipher suite",
        "alpn": "the negotiated application protocol; absent when none",
        "leaf.subject": "the subject of the certificate; .issuer .names .not_before .not_after .days_left .key .signature likewise",
        "chain": "the subjects of the certificates that were sent, leaf first",
        "judged_against": "which trust anchors the verdict rests on",
        "public_address": "true when the host was reached at a public address",
    },
};
