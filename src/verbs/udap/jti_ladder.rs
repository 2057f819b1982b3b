//! `udap.jti-ladder`: when is a `jti` free again after the JWT that carried it has expired?
//!
//! Each rung has a `jti` of its own, for a server may remember a refused attempt as well. All are sent first; then each rung
//! waits until so long after the expiry of its JWT and sends a new JWT with the same `jti`.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::Register;
use super::token::UdapToken;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, format_duration, parse_duration};

/// A refusal this long after expiry cannot be tolerance for clocks that differ.
const BEYOND_TOLERANCE: Duration = Duration::from_secs(300);
/// How long the JWTs live when the case does not say.
const LIFETIME: Duration = Duration::from_secs(20);

/// `udap.jti-ladder`
pub struct JtiLadder;

impl Verb for JtiLadder {
    fn help(&self) -> &'static VerbHelp {
        &help::JTI_LADDER
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        let rungs = rungs(arguments);
        let each = verb(arguments).cost(&Arguments::default()).requests;
        let last = rungs.last().copied().unwrap_or_default();
        let wait = lifetime(arguments) + last;
        Cost { requests: (2 * rungs.len() as u64 + 1) * each, wait, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { climb(arguments, context).await.unwrap_or_else(|observed| observed) })
    }
}

fn lifetime(arguments: &Arguments) -> Duration {
    arguments.duration("lifetime").unwrap_or(LIFETIME)
}

fn rungs(arguments: &Arguments) -> Vec<Duration> {
    arguments.texts("rungs").into_iter().filter_map(|text| parse_duration(text).ok()).collect()
}

fn verb(arguments: &Arguments) -> &'static dyn Verb {
    if at_registration(arguments) { &Register } else { &UdapToken }
}

fn at_registration(arguments: &Arguments) -> bool {
    arguments.text("at") == Some("registration")
}

/// What one use of a `jti` came to.
struct Use {
    accepted: bool,
    skew: Option<i64>,
}

async fn climb(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let rungs = rungs(arguments);
    let (lifetime, clock) = (lifetime(arguments), &context.world.clock);
    let jtis: Vec<String> = rungs.iter().map(|_| context.world.random.uuid().to_string()).collect();
    let mut evidence = Vec::new();
    let mut skews = Vec::new();
    let begun = clock.elapsed();
    for jti in &jtis {
        let first = using(arguments, context, jti, lifetime, &mut evidence).await?;
        skews.extend(first.skew);
        if !first.accepted {
            let cause = Cause::new("input", "a JWT with a new jti was not accepted, so its reuse would say nothing");
            return Err(Observed::broken(cause, evidence));
        }
    }
    skews.sort_unstable();
    // A clock behind ours lets the JWT live longer than we see.
    let behind = skews.get(skews.len() / 2).map_or(0, |skew| skew.min(&0).unsigned_abs());
    let sent = clock.elapsed().saturating_sub(begun);
    let (mut waits, mut accepted) = (Vec::new(), None);
    for (jti, rung) in jtis.iter().zip(&rungs) {
        let end = begun + sent + lifetime + *rung + Duration::from_secs(behind.min(300));
        clock.sleep(end.saturating_sub(clock.elapsed())).await;
        waits.push(format_duration(*rung));
        if using(arguments, context, jti, LIFETIME, &mut evidence).await?.accepted {
            accepted = Some(*rung);
            break;
        }
    }
    if accepted.is_none() && rungs.last().is_none_or(|last| *last < BEYOND_TOLERANCE) {
        let message = "the jti was not free again so soon after expiry, which may be tolerance for clocks; --slow waits longer";
        return Ok(Observed { observation: Observation::Absent(Cause::new("unsettled", message)), evidence, flaky: false });
    }
    let mut facts = json!({ "reused": accepted.is_some(), "tried": waits, "clock_behind_seconds": behind });
    if let Some(rung) = accepted {
        facts["accepted_after"] = format_duration(rung).into();
    }
    Ok(Observed::facts(facts, evidence))
}

/// Sends a new JWT with this `jti`.
async fn using(
    arguments: &Arguments,
    context: &Context,
    jti: &str,
    lifetime: Duration,
    evidence: &mut Vec<String>,
) -> Result<Use, Observed> {
    let mut given = Map::new();
    given.insert("client".into(), arguments.text("client").unwrap_or("credentials").into());
    let changes = json!({ "jti": jti, "lifetime": format_duration(lifetime) });
    given.insert(if at_registration(arguments) { "statement" } else { "assertion" }.into(), changes);
    let observed = verb(arguments).run(&Arguments::unchecked(given), context).await;
    evidence.extend(observed.evidence.iter().cloned());
    match observed.observation {
        Observation::Facts(facts) => Ok(Use {
            accepted: facts.get("refused") == Some(&Value::Bool(false)),
            skew: facts.get("date_skew_seconds").and_then(Value::as_i64),
        }),
        other => Err(Observed { observation: other, evidence: evidence.clone(), flaky: false }),
    }
}
