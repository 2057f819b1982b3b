//! `tls.survey`: what the one look at a host and port found, in a few words.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::look::{Look, looked};
use super::{COST, cause_of, place, shared_look};
use crate::net::tls::{Conclusion, Version, kinds_of, suite_name};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};

/// `tls.survey`
pub struct TlsSurvey;

impl Verb for TlsSurvey {
    fn help(&self) -> &'static VerbHelp {
        &help::SURVEY
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
            let evidence = look.evidence();
            let versions = look.gate.versions();
            let failure = look.gate.failure.as_ref().filter(|_| versions.is_empty());
            if let Some(cause) = failure.and_then(cause_of) {
                return Observed::broken(cause, evidence);
            }
            let observation = Observation::Facts(facts(&look, &versions, failure, context));
            Observed { observation, evidence, flaky: false }
        })
    }
}

fn facts(look: &Look, versions: &[Version], failure: Option<&Conclusion>, context: &Context) -> Value {
    let gate = &look.gate;
    let weak = gate.weak.found.iter().map(|(version, suite)| format!("{} {}", version.title(), suite_name(*suite)));
    let kinds: BTreeSet<&str> = gate.weak.found.iter().flat_map(|(_, suite)| kinds_of(*suite)).collect();
    let mut facts = json!({
        "speaks": !versions.is_empty(),
        "versions": words(versions),
        "unsettled": words(&gate.unsettled()),
        "weak": weak.collect::<Vec<String>>(),
        "weak_kinds": kinds,
        "weak_settled": gate.weak.open.is_none(),
        "connections": gate.connections(),
    });
    if let (Some(facts), Some(open)) = (facts.as_object_mut(), &gate.weak.open) {
        facts.insert("weak_open".into(), open.as_str().into());
    }
    if let (Some(facts), Some(Conclusion::SpeaksButRefusesAll { how })) = (facts.as_object_mut(), failure) {
        facts.insert("refusal".into(), how.as_str().into());
    }
    tidy(facts.as_object().cloned().unwrap_or_default(), &context.world.redactor)
}

fn words(versions: &[Version]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
