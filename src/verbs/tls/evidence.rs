//! TLS probes and handshakes as evidence: the bytes, and what they mean in words.

use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use super::{Place, unreachable};
use crate::evidence::{Record, TlsExchange};
use crate::net::tls::{Extra, Handshake, HandshakeOutcome, Probe, Suites};
use crate::verbs::Context;
use crate::vocabulary::escape_to_width;

pub(super) fn record(context: &Context, place: &Place, probe: &Probe, elapsed: Duration) -> String {
    let versions: Vec<&str> = probe.offer.versions.iter().map(|version| version.title()).collect();
    let mut offered = versions.join(", ");
    if let Suites::Exactly(suites) = &probe.offer.suites {
        offered.push_str(&format!(" with {} chosen cipher suites", suites.len()));
    }
    if probe.offer.shape.asks(Extra::Fallback) {
        offered.push_str(" as a fallback");
    }
    append(context, place, offered, probe.answer.describe(), (&probe.sent, &probe.received), elapsed)
}

pub(super) fn record_handshake(context: &Context, place: &Place, seen: &Handshake, elapsed: Duration) -> String {
    let defects: Vec<String> = seen.defects.iter().map(ToString::to_string).collect();
    let how = match &seen.outcome {
        HandshakeOutcome::Completed => "handshake completed".to_owned(),
        HandshakeOutcome::Stopped { why } => format!("handshake stopped after the certificate: {}", escape_to_width(why, 300)),
        HandshakeOutcome::CannotHandshake { why } => format!("no handshake: {}", escape_to_width(why, 300)),
        HandshakeOutcome::Unreachable(failure) => unreachable(failure).message,
        HandshakeOutcome::Silent => "no answer until the deadline".to_owned(),
        HandshakeOutcome::NotTls => "bytes that are not TLS".to_owned(),
    };
    let mut answered = if defects.is_empty() { how } else { format!("{how}; {}", defects.join("; ")) };
    if seen.is_private {
        answered.push_str("; the chain leads to a root that the operator named, and to no public one");
    }
    seen.chain.iter().for_each(|one| context.world.evidence.keep_certificate(&one.sha256, &one.der));
    let chain: Vec<u8> = seen.chain.first().map(|leaf| leaf.der.clone()).unwrap_or_default();
    append(context, place, "a complete handshake as a client of today makes it".into(), answered, (&[], &chain), elapsed)
}

/// `elapsed` is that of the whole look, which may have taken several connections.
fn append(
    context: &Context,
    place: &Place,
    offered: String,
    answered: String,
    bytes: (&[u8], &[u8]),
    elapsed: Duration,
) -> String {
    let exchange = TlsExchange {
        host: place.host.clone(),
        port: place.port,
        offered,
        answered,
        sent: hex(bytes.0),
        received: hex(bytes.1),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    };
    let started = context.world.clock.now().format(&Rfc3339).unwrap_or_default();
    context.world.evidence.append(&context.label, started, Record::Tls(Box::new(exchange))).to_string()
}

/// The first KiB is enough to read the answer again.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().take(1024).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
