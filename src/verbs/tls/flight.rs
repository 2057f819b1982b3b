//! `tls.flight`: what a server says in the clear when TLS 1.2 is offered.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::look::looked;
use super::{COST, cause_of, place, shared_look};
use crate::net::tls::{Conclusion, Extra, Flight, Gate, KeyExchange, Shape, Version, group_name, scheme_name, suite_name};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `tls.flight`
pub struct TlsFlight;

impl Verb for TlsFlight {
    fn help(&self) -> &'static VerbHelp {
        &help::FLIGHT
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
            let evidence = look.gate.offer_of(&[Version::Tls12]).map(|offered| look.evidence_of(offered));
            Observed { observation: observation(&look.gate, context), evidence: evidence.unwrap_or_default(), flaky: false }
        })
    }
}

fn observation(gate: &Gate, context: &Context) -> Observation {
    let offered = gate.offer_of(&[Version::Tls12]);
    match (&gate.flight, offered.map(|offered| &offered.conclusion)) {
        (Some((flight, shape)), _) if flight.version == Version::Tls12 => {
            Observation::Facts(tidy(facts(flight, shape), &context.world.redactor))
        }
        (_, Some(Conclusion::Refused { .. })) => Observation::Absent(Cause::new("refused", "TLS 1.2 is not negotiated")),
        (_, Some(conclusion)) => Observation::Broken(
            cause_of(conclusion).unwrap_or_else(|| Cause::new("undetermined", "no flight of TLS 1.2 was seen")),
        ),
        (_, None) => Observation::Broken(Cause::new("undetermined", "TLS 1.2 was not offered")),
    }
}

/// What was not asked for is not said to be missing.
fn facts(flight: &Flight, shape: &Shape) -> Map<String, Value> {
    let mut facts = json!({
        "suite": suite_name(flight.suite),
        "whole": flight.is_whole,
        "secure_renegotiation": flight.extension(0xff01).is_some(),
        "extended_master_secret": flight.extension(23).is_some(),
    });
    let Some(facts) = facts.as_object_mut() else { return Map::new() };
    if shape.asks(Extra::Deflate) {
        facts.insert("compression".into(), (flight.compression != 0).into());
    }
    for (extra, kind, name) in [(Extra::TruncatedHmac, 4, "truncated_hmac"), (Extra::SessionTicket, 35, "session_ticket")] {
        if shape.asks(extra) {
            facts.insert(name.into(), flight.extension(kind).is_some().into());
        }
    }
    if flight.is_whole {
        facts.insert("asks_for_certificate".into(), flight.asks_for_certificate.into());
        if shape.asks(Extra::StatusRequest) {
            facts.insert("stapled".into(), flight.stapled.is_some().into());
        }
    }
    match flight.key_exchange {
        Some(KeyExchange::Dhe { bits }) => facts.insert("dh_bits".into(), bits.into()),
        Some(KeyExchange::Ecdhe { group }) => facts.insert("group".into(), group_name(group).into()),
        Some(KeyExchange::Other) | None => None,
    };
    if let Some(signature) = flight.signature {
        facts.insert("signature".into(), scheme_name(signature).into());
    }
    std::mem::take(facts)
}
