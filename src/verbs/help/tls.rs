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
            Kind::Words(&["ssl2", "ssl3", "1.0", "1.1", "1.2", "1.3"]),
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

/// `tls.survey`
pub static SURVEY: VerbHelp = VerbHelp {
    name: "tls.survey",
    summary: "Looks at a host and port once for the whole run, with at most 24 connections, and tells in short what it negotiates.",
    effect: Effect::Probe,
    arguments: &[ENDPOINT],
    facts: facts! {
        "speaks": "true when some offer was negotiated",
        "versions": "the versions that were negotiated, newest first: 1.3 1.2 1.1 1.0 ssl3 ssl2",
        "unsettled": "the versions of which it is not known: silence, or answers that change",
        "weak": "the suites that it accepts of those that are offered as weak, each with the version",
        "weak_kinds": "what the suites of weak are made of: null export des rc4 anonymous, and the other words of a suite",
        "weak_settled": "true when it refused the rest of the weak suites",
        "weak_open": "why it is not known whether it accepts others; absent when it is",
        "refusal": "the alerts when every offer is refused; absent otherwise",
        "connections": "how many connections the look took",
    },
};

/// `tls.flight`
pub static FLIGHT: VerbHelp = VerbHelp {
    name: "tls.flight",
    summary: "Tells what the server says in the clear when TLS 1.2 is offered; nothing to look at when TLS 1.2 is refused.",
    effect: Effect::Probe,
    arguments: &[ENDPOINT],
    facts: facts! {
        "suite": "the cipher suite that it chose",
        "whole": "true when the flight was read to its end",
        "secure_renegotiation": "true when it answers renegotiation_info",
        "extended_master_secret": "true when it agrees to extended_master_secret",
        "compression": "true when it chose to compress; absent when compression could not be offered",
        "truncated_hmac": "true when it agrees to truncated_hmac; absent when that could not be offered",
        "session_ticket": "true when it would send a session ticket; absent when that could not be offered",
        "stapled": "true when an OCSP response came with the certificate; absent when the flight broke off or none could be asked for",
        "asks_for_certificate": "true when it asked for a certificate of the client; absent when the flight broke off",
        "dh_bits": "the size of the finite-field group; absent for another key exchange",
        "group": "the name of the elliptic curve; absent for another key exchange",
        "signature": "the scheme that the key exchange is signed with; absent where nothing is signed",
    },
};

/// `tls.suites`
pub static SUITES: VerbHelp = VerbHelp {
    name: "tls.suites",
    summary: "Asks for every registered cipher suite, group and signature scheme until nothing is left that the server accepts; nothing to look at where the target file does not name the host.",
    effect: Effect::Probe,
    arguments: &[ENDPOINT],
    facts: facts! {
        "suites": "every suite that it accepts, each with the version",
        "kinds": "what these suites are made of: null export des rc4 rc2 3des idea seed camellia aria chacha20 aes, static-rsa static-dh dhe ecdhe psk tls13, cbc aead, anonymous md5 dss",
        "unapproved": "those that are not made up of algorithms that NIST approves",
        "recommended": "those that are ECDHE with AES in GCM for TLS 1.2; absent without TLS 1.2",
        "settled": "true when the server refused the rest of every list",
        "prefers_forward_secrecy": "true when it chooses forward secrecy though the client lists it last; absent when it has no choice",
        "prefers_aead": "true when it chooses authenticated encryption though the client lists it last; absent when it has no choice",
        "dh_bits": "the size of the finite-field group; absent where there is none",
        "encrypt_then_mac": "true when CBC suites of TLS 1.2 come with encrypt_then_mac; absent where there is none",
        "groups": "the groups that it accepts in TLS 1.2 and 1.3; absent where neither is spoken with such",
        "signatures": "the schemes that the key exchange of TLS 1.2 is signed with; absent where nothing is signed",
        "needs_fallback": "true when it speaks versions below TLS 1.2 and not TLS 1.3",
        "refuses_fallback": "true when a fallback to a lower version is refused as such; absent when that could not be asked",
        "without_name": "what it does with a hello without a server name",
        "strange_name": "what it does with a server name that nobody has",
        "strange_protocol": "what it does with an application protocol that nobody speaks",
        "intolerances": "hellos that it minds: odd-length long pieces future-version",
        "other_defects": "what is wrong with chains that only other kinds of clients get to see",
        "connections": "how many connections the long look took",
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
        "defects": "words: expired not-yet-valid wrong-name self-signed untrusted-issuer chain-incomplete malformed bad-signature unsupported-signature wrong-usage revoked key-not-proven other",
        "explanations": "one sentence for each defect",
        "stopped": "how the handshake ended when it was not completed; without a certificate trusted, defects, leaf and chain are absent",
        "version": "the negotiated version, for instance 1.3",
        "suite": "the negotiated cipher suite",
        "alpn": "the negotiated application protocol; absent when none",
        "leaf.subject": "the subject of the certificate; .issuer .names .not_before .not_after .days_left .key .signature likewise",
        "stapled": "true when an OCSP response came with the certificate",
        "revocation": "what that response says: good revoked unknown unusable, or not-checked (the issuer was not sent) and not-stapled",
        "issues": "words on what a strict certificate profile finds: version weak-key weak-curve weak-signature long-validity key-usage extended-key-usage no-ocsp-address no-issuer-address no-key-identifiers self-signed",
        "order": "words on how the chain was sent: misordered superfluous root-sent duplicate",
        "asks_for_certificate": "true when the server asked for a certificate of the client",
        "tickets": "how many session tickets of TLS 1.3 came at once; absent when the handshake was not completed",
        "early_data": "true when a ticket permits data before the handshake is done; absent when the handshake was not completed",
        "chain": "the subjects of the certificates that were sent, leaf first",
        "judged_against": "which trust anchors the verdict rests on, and what it was seen through",
        "named_root": "true when the chain leads to a root that the operator named and to no public one",
        "private_chain": "true when named_root is and the target file says that this is production",
        "public_address": "true when the host was reached at a public address",
    },
};

/// `tls.revocation`
pub static REVOCATION: VerbHelp = VerbHelp {
    name: "tls.revocation",
    summary: "Asks the responders and lists that the certificates of a host and port name whether they are revoked; nothing to look at where none is named, the issuer was not sent, or (unless --revocation hard) none answers.",
    effect: Effect::Probe,
    arguments: &[ENDPOINT],
    facts: facts! {
        "status": "good or revoked",
        "revoked": "the subjects of those that are revoked",
        "by": "what says so of the certificate of the server: OCSP response or CRL",
        "asked": "about how many certificates of the chain an authority could be asked",
        "explained": "what could not be had, one sentence each",
    },
};
