//! The verbs against little servers on loopback, by the traps and hostile situations that they must get right.

mod access;
mod audit;
mod authority;
mod discovery;
mod endpoints;
mod http;
mod member_data;
mod oauth;
mod real_servers;
mod server;
mod tls;
mod tls_revocation;
mod udap;
mod udap_discovery;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use self::server::{Reply, Seen, Server};
use super::{Arguments, Context, Observation, Observed, TlsSettings, find};
use crate::net::tls::{Limits as TlsLimits, Trust};
use crate::net::{Limits, Origin, SeededRandom, World, WorldOptions};
use crate::target::Target;

const SHORT: Duration = Duration::from_millis(500);

/// A context for a target at this base, with short deadlines and no trust in anybody.
fn context_for(base: &Url) -> Context {
    context_with(Target::new(base.clone(), base.as_str()), WorldOptions::default())
}

fn context_with(target: Target, mut options: WorldOptions) -> Context {
    options.target_origins.push(Origin::of(&target.base).unwrap());
    options.http.limits = Limits { body: options.http.limits.body, grace: SHORT, ..Limits::all(SHORT) };
    options.random = Arc::new(SeededRandom::new(7));
    let tls = TlsSettings {
        trust: Arc::new(Trust::nothing()),
        judged_against: "nothing".into(),
        limits: TlsLimits { deadline: SHORT, ..TlsLimits::default() },
    };
    Context::new(World::new(options).unwrap(), Arc::new(target), tls).labelled("test.case", "step")
}

/// Runs a verb with arguments that its documentation allows.
async fn run(context: &Context, verb: &str, arguments: Value) -> Observed {
    let verb = find(verb).unwrap();
    let arguments = Arguments::new(verb.help(), arguments.as_object().unwrap().clone()).unwrap();
    let sent = context.world.http.requests();
    let observed = verb.run(&arguments, context).await;
    let most = verb.cost(&arguments).requests + super::Documents::COST.requests;
    assert!(context.world.http.requests() - sent <= most, "more was sent than the bound says");
    if let Observation::Facts(Value::Object(facts)) = &observed.observation {
        for name in facts.keys() {
            assert!(verb.help().knows_fact(name), "{} returns the fact {name}, which it does not document", verb.help().name);
        }
    }
    observed
}

/// The facts; anything else is shown and ends the test.
async fn facts(context: &Context, verb: &str, arguments: Value) -> Value {
    match run(context, verb, arguments).await.observation {
        Observation::Facts(facts) => facts,
        other => panic!("{verb}: {other:?}"),
    }
}

/// The kind of a cause, with `absent:` in front when there was nothing to look at.
async fn cause(context: &Context, verb: &str, arguments: Value) -> String {
    match run(context, verb, arguments).await.observation {
        Observation::Facts(facts) => panic!("{verb}: {facts}"),
        Observation::Absent(cause) => format!("absent:{}", cause.kind),
        Observation::Broken(cause) => cause.kind,
    }
}

/// A FHIR server with metadata; everything else is answered by `rest`.
fn with_metadata(rest: impl Fn(&Seen) -> Reply) -> impl Fn(&Seen) -> Reply {
    move |seen| match seen.path.as_str() {
        "/r4/metadata" => Reply::json(200, &json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1" })),
        _ => rest(seen),
    }
}

fn outcome(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": code }] }))
}
