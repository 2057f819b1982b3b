//! `tls.offer` and `tls.handshake`: what a host and port negotiates, and which certificate it shows.
//!
//! The probing and its decision table live in `net::tls`; here its conclusions become facts, and silence becomes a cause.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use tls_parser::TlsCipherSuite;

use super::discovery::is_public_host;
use super::tidy::tidy;
use super::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::evidence::{Record, TlsExchange};
use crate::net::host_of;
use crate::net::tls::{
    Answer, CertificateDefect, CertificateFacts, Conclusion, ConnectFailure, Handshake, HandshakeOutcome, Offer, Offered, Probe,
    Version, handshake, offer,
};
use crate::vocabulary::{Cause, escape_to_width};

/// The most connections that `net::tls::offer` makes for one question.
const MOST_OF_AN_OFFER: u64 = 14;
/// A handshake that ends before a certificate was seen is tried once more.
const MOST_HANDSHAKES: u64 = 2;

/// `tls.offer`
pub struct TlsOffer;
/// `tls.handshake`
pub struct TlsHandshake;

impl Verb for TlsOffer {
    fn help(&self) -> &'static VerbHelp {
        &help::OFFER
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { probes: MOST_OF_AN_OFFER, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match (place(arguments), versions(arguments)) {
                (Ok(place), Ok(versions)) => ask(context, &place, &versions).await,
                (Err(cause), _) | (_, Err(cause)) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

impl Verb for TlsHandshake {
    fn help(&self) -> &'static VerbHelp {
        &help::HANDSHAKE
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { probes: MOST_HANDSHAKES, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match place(arguments) {
                Ok(place) => shake_hands(context, &place).await,
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

struct Place {
    host: String,
    port: u16,
}

fn place(arguments: &Arguments) -> Result<Place, Cause> {
    let endpoint = arguments.get("endpoint").unwrap_or(&Value::Null);
    let host = endpoint.get("host").and_then(Value::as_str).and_then(host_of);
    let port = endpoint.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    match (host, port) {
        (Some(host), Some(port)) => Ok(Place { host, port }),
        _ => Err(Cause::new("input", "the endpoint has no readable host and port")),
    }
}

fn versions(arguments: &Arguments) -> Result<Vec<Version>, Cause> {
    let versions: Result<Vec<Version>, _> = arguments.texts("versions").into_iter().map(str::parse).collect();
    match versions {
        Ok(versions) if !versions.is_empty() => Ok(versions),
        Ok(_) => Err(Cause::new("input", "no version is offered")),
        Err(error) => Err(Cause::new("input", error.to_string())),
    }
}

async fn ask(context: &Context, place: &Place, versions: &[Version]) -> Observed {
    let control = context.control(&place.host, place.port);
    // Held for the whole question: two questions at a time would take each other's refusals for their own.
    let mut control = control.lock().await;
    let start = context.world.clock.elapsed();
    let question = Offer::new(place.host.as_str(), versions);
    let offered = offer(&*context.world.dialer, &place.host, place.port, &question, &mut control, &context.tls.limits).await;
    drop(control);
    let elapsed = context.world.clock.elapsed().saturating_sub(start);
    let evidence = offered.controls.iter().chain(&offered.probes).map(|probe| record(context, place, probe, elapsed)).collect();
    if let Conclusion::Negotiated(version) = offered.conclusion {
        context.observe(&format!("tls.{version}"));
    }
    Observed { observation: conclusion(&offered, context), evidence, flaky: false }
}

fn conclusion(offered: &Offered, context: &Context) -> Observation {
    let mut facts = Map::new();
    facts.insert("connections".into(), offered.connections.into());
    match &offered.conclusion {
        Conclusion::Negotiated(version) => {
            facts.insert("negotiated".into(), true.into());
            facts.insert("version".into(), version.to_string().into());
            facts.extend(suite_of(offered).map(|suite| ("suite".to_owned(), suite.into())));
        }
        Conclusion::Refused { how, answered } => {
            facts.insert("negotiated".into(), false.into());
            facts.insert("refusal".into(), how.as_str().into());
            facts.extend(answered.map(|version| ("version".to_owned(), version.to_string().into())));
            facts.extend(suite_of(offered).map(|suite| ("suite".to_owned(), suite.into())));
        }
        Conclusion::SpeaksButRefusesAll { how } => {
            facts.insert("negotiated".into(), false.into());
            facts.insert("refusal".into(), format!("every offer is refused: {how}").into());
        }
        Conclusion::Undetermined { why } => return Observation::Broken(Cause::new("undetermined", why.as_str())),
        Conclusion::Unreachable { failure, .. } => return Observation::Broken(unreachable(failure)),
        Conclusion::NotTls { seen } => return Observation::Broken(not_tls(&String::from_utf8_lossy(seen))),
    }
    Observation::Facts(tidy(facts, &context.world.redactor))
}

/// The suite of the last `ServerHello` to the offer itself.
fn suite_of(offered: &Offered) -> Option<String> {
    offered.probes.iter().rev().find_map(|probe| match probe.answer {
        Answer::ServerHello { suite, .. } => {
            Some(TlsCipherSuite::from_id(suite).map_or_else(|| format!("{suite:#06x}"), |known| known.name.to_owned()))
        }
        _ => None,
    })
}

fn unreachable(failure: &ConnectFailure) -> Cause {
    let kind = match failure {
        ConnectFailure::NotFound(_) => "dns",
        ConnectFailure::Refused => "refused",
        ConnectFailure::TimedOut => "timeout",
        ConnectFailure::Forbidden(_) => "forbidden-address",
        ConnectFailure::Reset => "reset",
        ConnectFailure::Other(_) => "unreachable",
    };
    Cause::new(kind, escape_to_width(&failure.to_string(), 300))
}

fn not_tls(seen: &str) -> Cause {
    let seen = if seen.is_empty() { String::new() } else { format!(": it says '{}'", escape_to_width(seen, 64)) };
    Cause::new("not-tls", format!("the port does not speak TLS{seen}"))
}

async fn shake_hands(context: &Context, place: &Place) -> Observed {
    let mut evidence = Vec::new();
    let mut tries = 0;
    loop {
        tries += 1;
        let start = context.world.clock.elapsed();
        let (trust, limits, now) = (&context.tls.trust, &context.tls.limits, context.world.clock.now());
        let seen = handshake(&*context.world.dialer, &place.host, place.port, &place.host, trust, now, limits).await;
        evidence.push(record_handshake(context, place, &seen, context.world.clock.elapsed().saturating_sub(start)));
        if tries < MOST_HANDSHAKES && is_worth_repeating(&seen.outcome) {
            continue;
        }
        let observation = certificate(&seen, place, context).await;
        return Observed { observation, evidence, flaky: tries > 1 };
    }
}

fn is_worth_repeating(outcome: &HandshakeOutcome) -> bool {
    matches!(outcome, HandshakeOutcome::CannotHandshake { .. } | HandshakeOutcome::Unreachable(ConnectFailure::Reset))
}

async fn certificate(seen: &Handshake, place: &Place, context: &Context) -> Observation {
    match &seen.outcome {
        HandshakeOutcome::Unreachable(failure) => return Observation::Broken(unreachable(failure)),
        HandshakeOutcome::Silent => return Observation::Broken(Cause::new("timeout", "no certificate came within the deadline")),
        HandshakeOutcome::NotTls => return Observation::Broken(not_tls("")),
        HandshakeOutcome::Completed | HandshakeOutcome::Stopped { .. } | HandshakeOutcome::CannotHandshake { .. } => {}
    }
    if let Some(limit) = seen.defects.iter().find(|defect| !defect.is_fault_of_the_server()) {
        // Nothing is known of the trust then, so nothing is said.
        return Observation::Broken(Cause::new("client-limit", limit.to_string()));
    }
    let mut facts = Map::new();
    facts.insert("completed".into(), (seen.outcome == HandshakeOutcome::Completed).into());
    facts.insert("judged_against".into(), context.tls.judged_against.as_str().into());
    facts.insert("public_address".into(), is_public_host(context, &place.host, place.port).await.into());
    if let HandshakeOutcome::Stopped { why } | HandshakeOutcome::CannotHandshake { why } = &seen.outcome {
        facts.insert("stopped".into(), escape_to_width(why, 300).into());
    }
    if seen.saw_a_certificate() {
        facts.extend(facts_of_chain(seen, context));
    }
    let negotiated = [
        ("version", seen.version.map(|version| version.to_string())),
        ("suite", seen.suite.clone()),
        ("alpn", seen.alpn.clone()),
    ];
    facts.extend(negotiated.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
    Observation::Facts(tidy(facts, &context.world.redactor))
}

fn facts_of_chain(seen: &Handshake, context: &Context) -> Map<String, Value> {
    let mut words: Vec<&str> = seen.defects.iter().map(CertificateDefect::kind).collect();
    words.dedup();
    let facts = json!({
        "trusted": seen.trusted,
        "defects": words,
        "explanations": seen.defects.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "chain": seen.chain.iter().map(|certificate| certificate.subject.as_str()).collect::<Vec<&str>>(),
    });
    let mut facts = facts.as_object().cloned().unwrap_or_default();
    if let Some(leaf) = seen.chain.first() {
        facts.insert("leaf".into(), facts_of_leaf(leaf, context));
    }
    facts
}

fn facts_of_leaf(leaf: &CertificateFacts, context: &Context) -> Value {
    let left = leaf.not_after - context.world.clock.now();
    json!({
        "subject": leaf.subject,
        "issuer": leaf.issuer,
        "names": leaf.names,
        "not_before": leaf.not_before.format(&Rfc3339).ok(),
        "not_after": leaf.not_after.format(&Rfc3339).ok(),
        "days_left": left.whole_days(),
        "key": format!("{} {}", leaf.key_type, leaf.key_bits),
        "signature": leaf.signature_algorithm,
        "sha256": leaf.sha256,
    })
}

fn record(context: &Context, place: &Place, probe: &Probe, elapsed: Duration) -> String {
    let offered: Vec<&str> = probe.offer.versions.iter().map(|version| version.title()).collect();
    append(context, place, offered.join(", "), probe.answer.describe(), (&probe.sent, &probe.received), elapsed)
}

fn record_handshake(context: &Context, place: &Place, seen: &Handshake, elapsed: Duration) -> String {
    let defects: Vec<String> = seen.defects.iter().map(ToString::to_string).collect();
    let how = match &seen.outcome {
        HandshakeOutcome::Completed => "handshake completed".to_owned(),
        HandshakeOutcome::Stopped { why } => format!("handshake stopped after the certificate: {}", escape_to_width(why, 300)),
        HandshakeOutcome::CannotHandshake { why } => format!("no handshake: {}", escape_to_width(why, 300)),
        HandshakeOutcome::Unreachable(failure) => unreachable(failure).message,
        HandshakeOutcome::Silent => "no answer until the deadline".to_owned(),
        HandshakeOutcome::NotTls => "bytes that are not TLS".to_owned(),
    };
    let answered = if defects.is_empty() { how } else { format!("{how}; {}", defects.join("; ")) };
    seen.chain.iter().for_each(|one| context.world.evidence.keep_certificate(&one.sha256, &one.der));
    let chain: Vec<u8> = seen.chain.first().map(|leaf| leaf.der.clone()).unwrap_or_default();
    append(context, place, "a complete handshake as a client of today makes it".into(), answered, (&[], &chain), elapsed)
}

/// `elapsed` is that of the whole question, which may have taken several connections.
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
