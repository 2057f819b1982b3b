//! `tls.handshake`: the certificate that a host and port shows, and what a finished handshake tells.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;

use super::look::looked;
use super::{COST, Place, cause_of, not_tls, place, shared_look, unreachable};
use crate::net::tls::{
    CertificateDefect, CertificateFacts, Conclusion, Handshake, HandshakeOutcome, Revocation, chain_order, profile_issues,
};
use crate::target::Environment;
use crate::verbs::discovery::is_public_host;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, escape_to_width};

/// `tls.handshake`
pub struct TlsHandshake;

impl Verb for TlsHandshake {
    fn help(&self) -> &'static VerbHelp {
        &help::HANDSHAKE
    }

    fn cost(&self, _: &Arguments) -> Cost {
        COST
    }

    fn shared_by(&self, arguments: &Arguments) -> Option<String> {
        shared_look(arguments)
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let place = match place(arguments) {
                Ok(place) => place,
                Err(cause) => return Observed::broken(cause, Vec::new()),
            };
            let look = looked(context, &place).await;
            let observation = match look.gate.handshakes.last() {
                // The first bytes of a foreign protocol were kept by the probe beside it.
                Some(seen) if seen.outcome == HandshakeOutcome::NotTls => {
                    Observation::Broken(foreign(look.gate.failure.as_ref()))
                }
                Some(seen) => certificate(seen, &place, context).await,
                None => Observation::Broken(nothing_came()),
            };
            Observed { observation, evidence: look.evidence_of_handshake(), flaky: look.gate.handshakes.len() > 1 }
        })
    }
}

fn foreign(failure: Option<&Conclusion>) -> Cause {
    failure.and_then(cause_of).unwrap_or_else(|| not_tls(""))
}

fn nothing_came() -> Cause {
    Cause::new("timeout", "no certificate came within the deadline")
}

async fn certificate(seen: &Handshake, place: &Place, context: &Context) -> Observation {
    match &seen.outcome {
        HandshakeOutcome::Unreachable(failure) => return Observation::Broken(unreachable(failure)),
        HandshakeOutcome::Silent => return Observation::Broken(nothing_came()),
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
    facts.insert("asks_for_certificate".into(), seen.asks_for_certificate.into());
    facts.insert("public_address".into(), is_public_host(context, &place.host, place.port).await.into());
    if let HandshakeOutcome::Stopped { why } | HandshakeOutcome::CannotHandshake { why } = &seen.outcome {
        facts.insert("stopped".into(), escape_to_width(why, 300).into());
    }
    if seen.outcome == HandshakeOutcome::Completed {
        facts.insert("tickets".into(), seen.tickets.into());
        facts.insert("early_data".into(), seen.early_data.into());
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
    let is_production = context.target.environment == Environment::Production;
    let facts = json!({
        "trusted": seen.trusted,
        "named_root": seen.is_private,
        "private_chain": seen.is_private && is_production,
        "defects": words,
        "explanations": seen.defects.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "stapled": seen.revocation != Revocation::NotStapled,
        "revocation": seen.revocation.word(),
        "issues": profile_issues(&seen.chain),
        "order": chain_order(&seen.chain),
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
