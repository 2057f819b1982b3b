//! `tls.suites`: the long look at a host and port, made only with `--tls full` and only at hosts that the target file names.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::look::{deep, looked};
use super::{Place, cause_of, place};
use crate::net::tls::{CertificateDefect, Deep, Gate, Habit, SuitesOf, Version, group_name, kinds_of, scheme_name, suite_name};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `tls.suites`
pub struct TlsSuites;

/// As many as the registry has suites, for five versions, and three times where answers have to be repeated.
const MOST_OF_A_LONG_LOOK: u64 = 6000;

impl Verb for TlsSuites {
    fn help(&self) -> &'static VerbHelp {
        &help::SUITES
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { probes: MOST_OF_A_LONG_LOOK, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match place(arguments) {
                Ok(place) => observe(context, &place).await,
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

async fn observe(context: &Context, place: &Place) -> Observed {
    if !is_named(context, place) {
        let why = "the target file does not name this host, so it gets the short look alone";
        let observation = Observation::Absent(Cause::new("not-named", why));
        return Observed { observation, evidence: Vec::new(), flaky: false };
    }
    let look = looked(context, place).await;
    if let Some(cause) = look.gate.failure.as_ref().filter(|_| look.gate.versions().is_empty()).and_then(cause_of) {
        return Observed::broken(cause, look.evidence());
    }
    let (deep, evidence) = &*deep(context, place).await;
    let observation = Observation::Facts(tidy(facts(&look.gate, deep), &context.world.redactor));
    Observed { observation, evidence: evidence.clone(), flaky: false }
}

/// A host of a third party, an identity provider for instance, did not agree to hundreds of connections.
fn is_named(context: &Context, place: &Place) -> bool {
    let target = &context.target;
    let named = std::iter::once(&target.base).chain(&target.endpoints).chain(&target.allow_origins);
    named.filter_map(crate::net::Origin::of).any(|origin| origin.host == place.host)
}

fn facts(gate: &Gate, deep: &Deep) -> Map<String, Value> {
    let all: Vec<u16> = deep.accepted().map(|(_, suite)| suite).collect();
    let kinds: BTreeSet<&str> = all.iter().flat_map(|suite| kinds_of(*suite)).collect();
    let named = |wanted: &dyn Fn(u16) -> bool| {
        let suites = deep.accepted().filter(|(_, suite)| wanted(*suite));
        suites.map(|(version, suite)| format!("{} {}", version.title(), suite_name(suite))).collect::<Vec<String>>()
    };
    let groups: BTreeSet<String> = deep.groups.values().flat_map(|of| &of.chosen).map(|group| group_name(*group)).collect();
    let versions = gate.versions();
    let mut facts = json!({
        "suites": named(&|_| true),
        "kinds": kinds,
        "unapproved": named(&is_unapproved),
        "settled": deep.suites.iter().all(|of| of.accepted.open.is_none()),
        "needs_fallback": versions.len() > 1
            && versions.first().is_some_and(|newest| *newest < Version::Tls13)
            && versions.iter().any(|version| *version < Version::Tls12),
        "intolerances": intolerances(deep),
        "other_defects": other_defects(deep),
        "connections": deep.probes.len(),
    });
    let Some(facts) = facts.as_object_mut() else { return Map::new() };
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    let recommended = || json!(named(&|suite| [0xc02b, 0xc02c, 0xc02f, 0xc030].contains(&suite)));
    put("recommended", versions.contains(&Version::Tls12).then(recommended));
    put("groups", Some(json!(groups)).filter(|_| !deep.groups.is_empty()));
    put("dh_bits", deep.dh_bits.map(Value::from));
    put("encrypt_then_mac", deep.encrypt_then_mac.map(Value::from));
    put("refuses_fallback", deep.habits.refuses_fallback.map(Value::from));
    put("signatures", deep.signatures.as_ref().map(|of| of.chosen.iter().map(|scheme| scheme_name(*scheme)).collect()));
    put("strange_name", deep.habits.strange_name.as_ref().map(|habit| habit.describe().into()));
    put("without_name", deep.habits.without_name.as_ref().map(|habit| habit.describe().into()));
    put("strange_protocol", deep.habits.strange_protocol.as_ref().map(|habit| habit.describe().into()));
    let of_12 = deep.suites.iter().find(|of| of.version == Version::Tls12);
    put("prefers_forward_secrecy", of_12.and_then(|of| prefers(of, &["ecdhe", "dhe"])).map(Value::from));
    put("prefers_aead", of_12.and_then(|of| prefers(of, &["aead"])).map(Value::from));
    std::mem::take(facts)
}

/// Whether it takes a suite of these kinds when weaker ones come first; absent when it has nothing to prefer.
fn prefers(of: &SuitesOf, wanted: &[&str]) -> Option<bool> {
    let has = |suite: &u16| kinds_of(*suite).iter().any(|kind| wanted.contains(kind));
    let has_both = of.accepted.chosen.iter().any(has) && of.accepted.chosen.iter().any(|suite| !has(suite));
    of.weakest_first.filter(|_| has_both).map(|suite| has(&suite))
}

/// Not made up of algorithms that NIST approves: anything but AES, a checksum of MD5, or no certificate.
fn is_unapproved(suite: u16) -> bool {
    let kinds = kinds_of(suite);
    let strange = ["anonymous", "psk", "krb5", "srp", "md5", "null"];
    !kinds.contains(&"aes") || kinds.iter().any(|kind| strange.contains(kind))
}

fn intolerances(deep: &Deep) -> Vec<&'static str> {
    let habits = &deep.habits;
    let all = [
        ("odd-length", &habits.odd_length),
        ("long", &habits.long),
        ("pieces", &habits.in_pieces),
        ("future-version", &habits.future_version),
    ];
    let minded = all.into_iter().filter(|(_, habit)| habit.as_ref().is_some_and(|habit| *habit != Habit::Answered));
    minded.map(|(word, _)| word).collect()
}

fn other_defects(deep: &Deep) -> Vec<&'static str> {
    let defects = deep.other_chains.iter().flat_map(|other| &other.defects);
    defects.filter(|defect| defect.is_fault_of_the_server()).map(CertificateDefect::kind).collect()
}
