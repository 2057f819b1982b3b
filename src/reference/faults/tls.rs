//! Faults of the TLS layer, of certificates and of the plain HTTP listener. They touch the FHIR listener
//! unless the name begins with `auth-`.

use super::fault::{Fault, degenerate, fault, quirk};

const G: &str = "tls";
const NIST: &[&str] = &["carin-bb-2.2.0", "nist-strict"];
const OLD: &[&str] = &["carin-bb-2.2.0", "carin-bb-1.1.0", "nist-strict"];
const CERTIFICATE: &[&str] = &["carin-bb-2.2.0", "carin-bb-1.1.0"];

pub(super) const TABLE: &[Fault] = &[
    fault(G, "tls-1.0-enabled", "the FHIR listener completes TLS 1.0 handshakes, beside 1.2 and 1.3").under(OLD),
    fault(G, "tls-1.1-enabled", "the FHIR listener completes TLS 1.1 handshakes, beside 1.2 and 1.3").under(OLD),
    fault(G, "auth-tls-1.0-enabled", "the authorization listener completes TLS 1.0 handshakes, beside 1.2 and 1.3"),
    fault(G, "ssl-3-enabled", "an SSL 3 hello is answered with an SSL 3 ServerHello").under(NIST),
    fault(G, "tls-1.3-disabled", "TLS 1.3 is not offered, 1.2 is").under(NIST),
    fault(G, "tls-legacy-only", "TLS 1.0 is the only version").under(NIST),
    fault(G, "tls-answers-lower-version", "a hello for TLS 1.2 or 1.1 at most is answered with a TLS 1.1 ServerHello; 1.3 works"),
    fault(G, "certificate-expired", "the certificate expired yesterday").under(CERTIFICATE),
    fault(G, "certificate-not-yet-valid", "the certificate becomes valid tomorrow").under(CERTIFICATE),
    fault(G, "certificate-wrong-name", "the certificate is for another host").under(CERTIFICATE),
    fault(G, "certificate-self-signed", "the certificate is signed by its own key").under(CERTIFICATE),
    fault(G, "certificate-untrusted", "the certificate is signed by a CA that nobody trusts").under(CERTIFICATE),
    fault(G, "certificate-chain-incomplete", "the intermediate certificate is not sent").under(CERTIFICATE),
    fault(
        G,
        "certificate-impostor-issuer",
        "the certificate is signed by a CA with the name of the trusted root and another key",
    )
    .under(CERTIFICATE),
    fault(G, "certificate-wrong-usage", "the certificate is for clients, not for servers").under(CERTIFICATE),
    fault(G, "auth-certificate-expired", "the certificate of the authorization listener expired yesterday").under(CERTIFICATE),
    fault(G, "plain-http-serves-data", "plain HTTP serves the FHIR base and a login page instead of redirecting"),
    fault(G, "plain-http-serves-login", "plain HTTP serves a login page at the authorize path; the rest redirects"),
    quirk(G, "tls-1-byte-records", "every plaintext handshake byte comes in a record of its own"),
    quirk(G, "tls-warning-alert-first", "an unrecognized_name warning alert comes before the ServerHello"),
    quirk(G, "tls-resets-old-versions", "hellos below TLS 1.2 are answered with a TCP reset"),
    quirk(G, "tls-closes-old-versions", "hellos below TLS 1.2 are answered by closing the connection"),
    quirk(G, "tls-alert-40-old-versions", "hellos below TLS 1.2 are answered with alert 40 (handshake_failure)"),
    quirk(G, "tls-alert-80-old-versions", "hellos below TLS 1.2 are answered with alert 80 (internal_error)"),
    quirk(G, "tls-1.3-only", "TLS 1.3 is the only version"),
    quirk(G, "tls-1.2-slow-handshake", "handshakes of at most TLS 1.2 are answered 100 ms late"),
    degenerate(G, "tls-hang", "the hello is read and never answered"),
    degenerate(G, "tls-reset", "every hello is answered with a TCP reset"),
    degenerate(G, "tls-fin", "every hello is answered by closing the connection"),
    degenerate(G, "tls-plain-http", "the TLS port answers in clear text with HTTP 400"),
    degenerate(G, "tls-ssh-banner", "the TLS port sends an SSH banner"),
    degenerate(G, "tls-drip", "the ServerHello comes one byte per 50 ms and never ends"),
    degenerate(G, "tls-alert-only", "every hello is answered with a fatal handshake_failure"),
    degenerate(G, "tls-flaky", "two of three connections are reset after the hello, and TLS 1.0 is enabled behind that"),
    degenerate(G, "tls-garbage", "every hello is answered with bytes that are not TLS"),
    degenerate(G, "tls-hangs-old-versions", "hellos below TLS 1.2 are never answered"),
];
