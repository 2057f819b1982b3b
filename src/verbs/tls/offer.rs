//! `tls.offer`: whether a host and port negotiates one of these versions, offered alone.

use futures_util::future::BoxFuture;
use serde_json::Map;

use super::look::{evidence, with_known};
use super::{COST, Place, cause_of, place, shared_look};
use crate::net::tls::{Answer, Conclusion, Offer, Offered, Version, is_part_of_a_look, offer, suite_name};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `tls.offer`
pub struct TlsOffer;

impl Verb for TlsOffer {
    fn help(&self) -> &'static VerbHelp {
        &help::OFFER
    }

    fn cost(&self, _: &Arguments) -> Cost {
        COST
    }

    fn shared_by(&self, arguments: &Arguments) -> Option<String> {
        // Other lists of versions are no part of the look and asked by themselves.
        let is_part = versions(arguments).is_ok_and(|versions| is_part_of_a_look(&versions));
        shared_look(arguments).filter(|_| is_part)
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

fn versions(arguments: &Arguments) -> Result<Vec<Version>, Cause> {
    let versions: Result<Vec<Version>, _> = arguments.texts("versions").into_iter().map(str::parse).collect();
    match versions {
        Ok(versions) if !versions.is_empty() => Ok(versions),
        Ok(_) => Err(Cause::new("input", "no version is offered")),
        Err(error) => Err(Cause::new("input", error.to_string())),
    }
}

/// Answered from the look where that made the same offer; otherwise asked now.
async fn ask(context: &Context, place: &Place, versions: &[Version]) -> Observed {
    with_known(context, place, async |known, address| {
        if let Some(offered) = known.look.gate.offer_of(versions) {
            return Observed {
                observation: conclusion(offered, context),
                evidence: known.look.evidence_of(offered),
                flaky: false,
            };
        }
        let start = context.world.clock.elapsed();
        let question = Offer::new(place.host.as_str(), versions);
        let offered = offer(address.connect, &place.host, place.port, &question, &mut known.control, &context.tls.limits).await;
        let elapsed = context.world.clock.elapsed().saturating_sub(start);
        if let Conclusion::Negotiated(version) = offered.conclusion {
            context.observe(&format!("tls.{version}"));
        }
        let evidence = evidence(context, place, &offered, elapsed);
        Observed { observation: conclusion(&offered, context), evidence, flaky: false }
    })
    .await
}

fn conclusion(offered: &Offered, context: &Context) -> Observation {
    if let Some(cause) = cause_of(&offered.conclusion) {
        return Observation::Broken(cause);
    }
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
        Conclusion::Undetermined { .. } | Conclusion::Unreachable { .. } | Conclusion::NotTls { .. } => {}
    }
    Observation::Facts(tidy(facts, &context.world.redactor))
}

/// The suite of the last `ServerHello` to the offer itself.
fn suite_of(offered: &Offered) -> Option<String> {
    offered.probes.iter().rev().find_map(|probe| match probe.answer {
        Answer::ServerHello { suite, .. } => Some(suite_name(suite)),
        _ => None,
    })
}
