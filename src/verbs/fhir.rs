//! `fhir.search` and `fhir.read`: asks for data without a right to it, and tells what the answer means.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use url::Url;

use super::challenge::{challenges, leading};
use super::discovery::facts_in;
use super::exchange::{MOST_SENT, exchange};
use super::fhir_content::FhirContent;
use super::http_facts::{document_of, facts_of, silence_of};
use super::internals::internals_of;
use super::refusal::{Form, Meaning, meaning};
use super::tidy::tidy;
use super::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::net::{Answer, HttpOutcome, Request};
use crate::vocabulary::Cause;

/// One of the two interactions.
pub struct Fhir {
    help: &'static VerbHelp,
}

impl Fhir {
    /// `fhir.search`
    pub const SEARCH: Self = Self { help: &help::SEARCH };
    /// `fhir.read`
    pub const READ: Self = Self { help: &help::READ };
}

impl Verb for Fhir {
    fn help(&self) -> &'static VerbHelp {
        self.help
    }

    fn cost(&self, _: &Arguments) -> Cost {
        // Metadata and canary, which it compares with, are counted in `Documents::COST`.
        Cost { requests: MOST_SENT, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(observe(arguments, context))
    }
}

async fn observe(arguments: &Arguments, context: &Context) -> Observed {
    let url = match url_of(arguments, context) {
        Ok(url) => url,
        Err(cause) => return Observed::broken(cause, Vec::new()),
    };
    let mut request = Request::get(url.clone()).anonymously().header("accept", "application/fhir+json");
    if let Some(token) = arguments.text("token") {
        // The token is made up: no credential.
        request = request.header("authorization", &format!("Bearer {token}"));
    }
    let exchange = exchange(context, request).await;
    let (mut evidence, flaky) = (exchange.evidence, exchange.flaky);
    let answer = match exchange.outcome {
        HttpOutcome::Failure(failure) => return Observed { flaky, ..Observed::broken(failure.cause, evidence) },
        HttpOutcome::Response(answer) => answer,
    };
    if let Some(cause) = silence_of(&answer) {
        return Observed { flaky, ..Observed::broken(cause, evidence) };
    }
    let surroundings = Surroundings::of(context).await;
    evidence.extend(surroundings.evidence.iter().cloned());
    Observed { observation: interpret(&answer, &url, context, &surroundings), evidence, flaky }
}

/// What an answer is compared with.
struct Surroundings {
    canary: Option<Form>,
    base_is_fhir: bool,
    evidence: Vec<String>,
}

impl Surroundings {
    async fn of(context: &Context) -> Self {
        let statement = context.documents.capability_statement(context).await;
        let canary = context.documents.canary(context).await;
        let base_is_fhir = facts_in(statement).is_some_and(|facts| facts.get("found") == Some(&Value::Bool(true)));
        let form = facts_in(canary).map(Form::of);
        Self { canary: form, base_is_fhir, evidence: canary.evidence.clone() }
    }
}

fn interpret(answer: &Answer, url: &Url, context: &Context, surroundings: &Surroundings) -> Observation {
    let document = document_of(answer);
    let mut facts = facts_of(answer, &document, url, context.world.clock.now(), &context.world.redactor);
    let form = Form::of(&Value::Object(facts.clone()));
    let resources = FhirContent::of(document.tree.as_ref(), &answer.text());
    let meaning = meaning(&form, surroundings.canary.as_ref(), surroundings.base_is_fhir);
    let is_refused = meaning == Meaning::Refused;
    let why = match meaning {
        Meaning::Served | Meaning::Redirected | Meaning::Refused => None,
        // Data is a finding, whatever else the answer is.
        _ if resources.count > 0 => None,
        Meaning::BlockPage(why) => return Observation::Broken(Cause::new("block-page", why)),
        Meaning::Unsettled(why) => Some(why),
    };
    let own = json!({
        "served": (200..300).contains(&answer.status),
        "refused": is_refused,
        "settled": why.is_none(),
        "data": resources.count,
        "data_types": resources.types,
        "challenge": challenge_facts(answer),
        "operation_outcome": form.is_operation_outcome(),
        "differs_from_canary": surroundings.canary.as_ref().is_some_and(|canary| *canary != form),
        "internals": internals_of(answer),
    });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    facts.extend(why.map(|why| ("why_not_settled".to_owned(), why.into())));
    Observation::Facts(tidy(facts, &context.world.redactor))
}

fn challenge_facts(answer: &Answer) -> Value {
    let challenges = challenges(answer.headers_named("www-authenticate"));
    let mut facts = Map::new();
    facts.insert("present".into(), answer.header("www-authenticate").is_some().into());
    if let Some(challenge) = leading(&challenges) {
        facts.insert("scheme".into(), challenge.scheme.as_str().into());
        if let Some(error) = challenge.parameter("error") {
            facts.insert("error".into(), error.into());
        }
    }
    Value::Object(facts)
}

/// The address of the type or resource; neither may leave its place in the path.
fn url_of(arguments: &Arguments, context: &Context) -> Result<Url, Cause> {
    let wrong = || Cause::new("url", format!("{} has no path below it", context.target.base));
    let mut url = Url::parse(context.target.base.as_str()).map_err(|_| wrong())?;
    {
        let mut path = url.path_segments_mut().map_err(|()| wrong())?;
        path.pop_if_empty().push(arguments.text("type").unwrap_or_default());
        if let Some(id) = arguments.text("id") {
            path.push(id);
        }
    }
    let parameters = arguments.text_table("parameters");
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    Ok(url)
}
