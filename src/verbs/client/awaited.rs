//! `client.await` and `serve.with_fault`: a launch against a good server, and one against a server with a fault.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::launch::Launch;
use super::stand::{ClientStand, LaunchAsk, Launched};
use super::{evidence, facts};
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// The longest that an operator may let one launch take. It is not the time of the case.
const LONGEST: Duration = Duration::from_mins(30);

/// What a good server lets pass, so that a client with one mistake is seen to the end of its launch. None of it is published.
const LENIENT: [&str; 6] = [
    "pkce-not-required",
    "public-client-without-pkce-accepted",
    "pkce-plain-accepted",
    "aud-missing-accepted",
    "token-get-accepted",
    "redirect-uri-missing-at-token-accepted",
];

/// `client.await`
pub struct Await;

/// `serve.with_fault`
pub struct WithFault;

impl Verb for Await {
    fn help(&self) -> &'static VerbHelp {
        &help::CLIENT_AWAIT
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { wait: LONGEST, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let stand = match context.client() {
                Ok(stand) => stand,
                Err(missing) => return Observed::broken(missing, Vec::new()),
            };
            let ask = ask(arguments, None);
            let mut launched = Vec::new();
            for _ in 0..stand.launches().max(2) {
                match stand.launch(&ask).await {
                    Ok(one) => launched.push(one),
                    Err(cause) => return Observed::broken(cause, Vec::new()),
                }
                // One that does not come the first time need not be waited for twice.
                if launched.iter().all(|own| own.exchanges.is_empty()) {
                    break;
                }
            }
            let (launches, evidence) = read(&launched, context, stand);
            facts::learn(context, &launches);
            let observed = facts::of(&launches, stand, ask.by_udap);
            let ended = launched.last().map(|own| own.ended.clone()).unwrap_or_default();
            Observed::facts(json!({ "observed": observed, "ended": ended }), evidence)
        })
    }
}

impl Verb for WithFault {
    fn help(&self) -> &'static VerbHelp {
        &help::SERVE_WITH_FAULT
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { wait: LONGEST, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let stand = match context.client() {
                Ok(stand) => stand,
                Err(missing) => return Observed::broken(missing, Vec::new()),
            };
            let ask = ask(arguments, arguments.text("fault"));
            let launched = match stand.launch(&ask).await {
                Ok(launched) => [launched],
                Err(cause) => return Observed::broken(cause, Vec::new()),
            };
            let (launches, mut evidence) = read(&launched, context, stand);
            let (reached, went_on) = facts::reaction(&launches[0], arguments.text("shows_at").unwrap_or_default());
            let mut works_afterwards = true;
            if reached && !went_on {
                match works(&ask, context, stand).await {
                    Ok((works, more)) => {
                        works_afterwards = works;
                        evidence.extend(more);
                    }
                    Err(cause) => return Observed::broken(cause, evidence),
                }
            }
            let all = json!({
                "observed": facts::of(&launches, stand, ask.by_udap),
                "ended": launched[0].ended,
                "reached": reached,
                "went_on": went_on,
                "works_afterwards": works_afterwards,
            });
            Observed::facts(all, evidence)
        })
    }
}

/// A client that has stopped may have broken: one more good launch tells. With its evidence.
async fn works(before: &LaunchAsk, context: &Context, stand: &dyn ClientStand) -> Result<(bool, Vec<String>), Cause> {
    let ask = LaunchAsk {
        title: "The server is right again: the app must work".to_owned(),
        by_udap: before.by_udap,
        faults: LENIENT.map(str::to_owned).to_vec(),
    };
    let launched = [stand.launch(&ask).await?];
    let (launches, evidence) = read(&launched, context, stand);
    Ok((launches[0].is_finished(), evidence))
}

fn ask(arguments: &Arguments, fault: Option<&str>) -> LaunchAsk {
    LaunchAsk {
        title: arguments.text("title").unwrap_or_default().to_owned(),
        by_udap: arguments.text("as") == Some("udap"),
        faults: LENIENT.into_iter().chain(fault).map(str::to_owned).collect(),
    }
}

fn read<'l>(launched: &'l [Launched], context: &Context, stand: &dyn ClientStand) -> (Vec<Launch<'l>>, Vec<String>) {
    let places = stand.places();
    let launches: Vec<Launch<'l>> = launched.iter().map(|one| Launch::read(one, &places)).collect();
    let evidence = launches.iter().flat_map(|launch| evidence::record(context, launch)).collect();
    (launches, evidence)
}

impl Context {
    /// Whoever launches the client under observation.
    fn client(&self) -> Result<&dyn ClientStand, Cause> {
        self.client
            .as_deref()
            .ok_or_else(|| Cause::new("input", "no client is observed in this run: carinbb serve --observe does"))
    }
}
