//! `discovery.canary`: how this server answers for a path that cannot exist.
//!
//! A server that answers everything with a page, or refuses everything in the same words, proves nothing by its refusals (H36, H37).

use futures_util::future::BoxFuture;
use url::Url;

use super::documents::{ACCEPT_FHIR, Documents};
use crate::net::{Answer, HttpOutcome, Request};
use crate::verbs::exchange::exchange;
use crate::verbs::http_facts::{document_of, facts_of, is_page, silence_of};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `discovery.canary`
pub struct Canary;

impl Verb for Canary {
    fn help(&self) -> &'static VerbHelp {
        &help::CANARY
    }

    fn cost(&self, _: &Arguments) -> Cost {
        // Once per run; see `Documents::COST`.
        Cost::default()
    }

    fn run<'a>(&'a self, _: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { context.documents.canary(context).await.clone() })
    }
}

impl Documents {
    /// The answer to a path that cannot exist.
    pub async fn canary(&self, context: &Context) -> &Observed {
        self.memo.canary.get_or_init(|| ask(context)).await
    }
}

async fn ask(context: &Context) -> Observed {
    // It looks like a resource type, because that is what it is compared with.
    let name = format!("Canary{}", context.world.random.uuid().simple());
    let Ok(url) = Url::parse(&context.target.below(&name)) else {
        return Observed::broken(Cause::new("url", format!("{} has no path below it", context.target.base)), Vec::new());
    };
    let exchange = exchange(context, Request::get(url.clone()).header("accept", ACCEPT_FHIR)).await;
    let observation = match exchange.outcome {
        HttpOutcome::Failure(failure) => Observation::Broken(failure.cause),
        HttpOutcome::Response(answer) => interpret(context, &answer, &url),
    };
    Observed { observation, evidence: exchange.evidence, flaky: exchange.flaky }
}

fn interpret(context: &Context, answer: &Answer, url: &Url) -> Observation {
    if let Some(cause) = silence_of(answer) {
        return Observation::Broken(cause);
    }
    let document = document_of(answer);
    let mut facts = facts_of(answer, &document, url, context.world.clock.now(), &context.world.redactor);
    facts.insert("missing".into(), (400..500).contains(&answer.status).into());
    facts.insert("page".into(), ((200..300).contains(&answer.status) && is_page(&document)).into());
    Observation::Facts(tidy(facts, &context.world.redactor))
}
