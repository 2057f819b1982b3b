//! `discovery.canary`: how this server answers for a path that cannot exist.
//!
//! A server that answers everything with a page, or refuses everything in the same words, proves nothing by its refusals (H36, H37).

use futures_util::future::BoxFuture;
use serde_json::Value;
use url::Url;

use super::documents::{ACCEPT_FHIR, Documents, facts_in};
use super::readings::DocumentKind;
use crate::net::{Answer, HttpOutcome, Request};
use crate::verbs::exchange::exchange;
use crate::verbs::http_facts::{document_of, facts_of, is_page, silence_of};
use crate::verbs::refusal::Form;
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

/// How often a path that cannot exist is asked for. A server that answers the same question in different ways (H38) proves
/// nothing by any of its answers.
pub(super) const TIMES: u64 = 3;

/// Asks several times, and once more for `/metadata`; the same question has to be answered in the same way.
async fn ask(context: &Context) -> Observed {
    let mut first = ask_for(context, &unknown_name(context)).await;
    let Some(form) = facts_in(&first).map(Form::of) else { return first };
    for _ in 1..TIMES {
        let again = ask_for(context, &unknown_name(context)).await;
        let differs = facts_in(&again).map(Form::of).is_none_or(|again| again != form);
        first.evidence.extend(again.evidence);
        if differs {
            return inconsistent("a path that cannot exist", first.evidence);
        }
    }
    let documents = &context.documents;
    Form::POINTERS.iter().for_each(|pointer| documents.note(DocumentKind::CapabilityStatement, pointer));
    let statement = documents.fetched(DocumentKind::CapabilityStatement, context).await;
    if let Some(form) = facts_in(statement).map(Form::of) {
        let again = ask_for(context, "metadata").await;
        let differs = facts_in(&again).map(Form::of).is_none_or(|again| again != form);
        first.evidence.extend(again.evidence);
        if differs {
            return inconsistent("/metadata", first.evidence);
        }
    }
    documents.note(DocumentKind::Smart, "/status");
    let smart = documents.fetched(DocumentKind::Smart, context).await;
    let is_missing = |observed: &Observed| {
        facts_in(observed).and_then(|facts| facts.get("status")?.as_u64()).is_some_and(|status| matches!(status, 404 | 410))
    };
    let base_found = !(is_missing(statement) && is_missing(smart));
    if let Observation::Facts(Value::Object(facts)) = &mut first.observation {
        facts.insert("base_found".into(), base_found.into());
    }
    first
}

fn inconsistent(what: &str, evidence: Vec<String>) -> Observed {
    Observed::broken(
        Cause::new("inconsistent", format!("the server answers the same request for {what} in different ways")),
        evidence,
    )
}

/// It looks like a resource type, because that is what it is compared with.
fn unknown_name(context: &Context) -> String {
    format!("Canary{}", context.world.random.uuid().simple())
}

async fn ask_for(context: &Context, name: &str) -> Observed {
    let Ok(url) = Url::parse(&context.target.below(name)) else {
        return Observed::broken(Cause::new("url", format!("{} has no path below it", context.target.base)), Vec::new());
    };
    let exchange = exchange(context, Request::get(url.clone()).anonymously().header("accept", ACCEPT_FHIR)).await;
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
