//! `fhir.search`, `fhir.read`, `fhir.batch`, `fhir.create`: asks for data with a right to it or without, and tells what the
//! answer holds and what it means.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use url::Url;

use super::challenge::{challenges, leading};
use super::discovery::{DocumentKind, facts_in};
use super::exchange::{MOST_SENT, MOST_SENT_ONCE, exchange};
use super::fhir_content::FhirContent;
use super::fhir_request::{Interaction, Question, question};
use super::http_facts::{document_of, facts_of, silence_of};
use super::internals::internals_of;
use super::json_document::JsonDocument;
use super::member_content::{MemberContent, next_page};
use super::narrative::NarrativeContent;
use super::provenance::ProvenanceContent;
use super::refusal::{Form, Meaning, meaning, meaning_beside_token, meaning_with_token};
use super::security_labels::labels;
use super::tidy::tidy;
use super::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::net::{Answer, HttpOutcome, Origin, Request};
use crate::target::MemberKey;
use crate::vocabulary::{Cause, Secret, escape_to_width};

/// The most next pages that are read.
const MOST_PAGES: u64 = 5;

/// The most times that a request is sent again because the server ran into an error: three in all are no accident (trap 65).
const MOST_AGAIN: u64 = 2;

/// One of the interactions.
pub struct Fhir {
    help: &'static VerbHelp,
    interaction: Interaction,
}

impl Fhir {
    /// `fhir.search`
    pub const SEARCH: Self = Self { help: &help::SEARCH, interaction: Interaction::Search };
    /// `fhir.read`
    pub const READ: Self = Self { help: &help::READ, interaction: Interaction::Read };
    /// `fhir.batch`
    pub const BATCH: Self = Self { help: &help::BATCH, interaction: Interaction::Batch };
    /// `fhir.create`
    pub const CREATE: Self = Self { help: &help::CREATE, interaction: Interaction::Create };
}

impl Verb for Fhir {
    fn help(&self) -> &'static VerbHelp {
        self.help
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        // Metadata and canary, which it compares with, are counted in `Documents::COST`.
        let requests = match self.interaction {
            Interaction::Search | Interaction::Read => MOST_SENT * (1 + pages(arguments) + again(arguments)),
            Interaction::Batch | Interaction::Create => MOST_SENT_ONCE,
        };
        Cost { requests, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(observe(self.interaction, arguments, context))
    }
}

fn pages(arguments: &Arguments) -> u64 {
    arguments.number("follow").unwrap_or(0).min(MOST_PAGES)
}

fn again(arguments: &Arguments) -> u64 {
    arguments.number("again").unwrap_or(0).min(MOST_AGAIN)
}

async fn observe(interaction: Interaction, arguments: &Arguments, context: &Context) -> Observed {
    let question = match question(interaction, arguments, context) {
        Ok(question) => question,
        Err(cause) => return Observed::broken(cause, Vec::new()),
    };
    let beside = arguments.text("beside");
    if let Some(handle) = beside.filter(|handle| context.vault.open(handle).is_none()) {
        let why = format!("{} is no token of this run", escape_to_width(handle, 80));
        return Observed::broken(Cause::new("input", why), Vec::new());
    }
    let (mut answer, mut evidence, mut flaky) = match ask(context, question.request.clone()).await {
        Ok(asked) => asked,
        Err(observed) => return observed,
    };
    let mut errors = u64::from(is_server_error(&answer));
    while errors > 0 && errors <= again(arguments) && is_server_error(&answer) {
        let (next, more, repeated) = match ask(context, question.request.clone()).await {
            Ok(asked) => asked,
            Err(observed) => return observed,
        };
        errors += u64::from(is_server_error(&next));
        answer = next;
        evidence.extend(more);
        flaky |= repeated;
    }
    let errors = if is_server_error(&answer) { errors } else { 0 };
    if question.token_handle.is_some() {
        let observation = with_token(interaction, &answer, &question, arguments, context, &mut evidence).await;
        return Observed { observation: with_errors(observation, errors), evidence, flaky };
    }
    let surroundings = Surroundings::of(context).await;
    let observation = interpret(&answer, &question.request.url, context, &surroundings, beside.is_some());
    let evidence = [surroundings.evidence, evidence].concat();
    Observed { observation: with_errors(observation, errors), evidence, flaky }
}

fn with_errors(mut observation: Observation, errors: u64) -> Observation {
    if let Observation::Facts(Value::Object(facts)) = &mut observation {
        facts.insert("server_errors".into(), errors.into());
    }
    observation
}

/// The errors that a server makes itself; 502, 503 and 504 come from what stands before it.
fn is_server_error(answer: &Answer) -> bool {
    matches!(answer.status, 500 | 501)
}

pub(super) async fn ask(context: &Context, request: Request) -> Result<(Answer, Vec<String>, bool), Observed> {
    let exchange = exchange(context, request).await;
    let (evidence, flaky) = (exchange.evidence, exchange.flaky);
    match exchange.outcome {
        HttpOutcome::Failure(failure) => Err(Observed { flaky, ..Observed::broken(failure.cause, evidence) }),
        HttpOutcome::Response(answer) => match silence_of(&answer) {
            Some(cause) => Err(Observed { flaky, ..Observed::broken(cause, evidence) }),
            None => Ok((answer, evidence, flaky)),
        },
    }
}

/// What an answer to a token of the run holds, with the pages behind it.
async fn with_token(
    interaction: Interaction,
    answer: &Answer,
    question: &Question,
    arguments: &Arguments,
    context: &Context,
    evidence: &mut Vec<String>,
) -> Observation {
    let url = &question.request.url;
    let document = document_of(answer);
    let mut facts = facts_of(answer, &document, url, context.world.clock.now(), &context.world.redactor);
    let form = Form::of(&Value::Object(facts.clone()));
    let mut resources = FhirContent::of(document.tree.as_ref(), &answer.text());
    let mut content = MemberContent::new(context);
    content.look_through(document.tree.as_ref(), &answer.text());
    let mut provenance = ProvenanceContent::default();
    let mut narrative = NarrativeContent::default();
    if let Some(tree) = &document.tree {
        provenance.look_through(tree);
        narrative.look_through(tree);
    }
    let first_next = document.tree.as_ref().and_then(|tree| next_page(tree, url));
    let mut next = first_next.clone();
    let mut read = 1;
    while let Some(page) = next.take().filter(|page| read <= pages(arguments) && lies_below(page, &context.target.base)) {
        let request = Request { url: page.clone(), ..question.request.clone() };
        let (answer, more, _) = match ask(context, request).await {
            Ok(asked) => asked,
            Err(observed) => return observed.observation,
        };
        evidence.extend(more);
        let document = document_of(&answer);
        let found = FhirContent::of(document.tree.as_ref(), &answer.text());
        resources.count += found.count;
        resources.types.extend(found.types);
        resources.entry_types.extend(found.entry_types);
        content.look_through(document.tree.as_ref(), &answer.text());
        document.tree.iter().for_each(|tree| narrative.look_through(tree));
        next = document.tree.as_ref().and_then(|tree| next_page(tree, &page));
        read += 1;
    }
    let meaning = meaning_with_token(&form);
    let why = match meaning.clone() {
        Meaning::BlockPage(why) if resources.count == 0 => return Observation::Broken(Cause::new("block-page", why)),
        Meaning::Unsettled(why) if resources.count == 0 => Some(why),
        _ => None,
    };
    facts.extend(common(answer, &form, &resources, &meaning, why, &context.target.public_types));
    if let Some(next) = first_next {
        facts.insert("next_link_same_origin".into(), (Origin::of(&next) == Origin::of(&context.target.base)).into());
        facts.insert("next".into(), context.vault.keep_value("page", next.as_str()).into());
    }
    if interaction == Interaction::Batch {
        facts.extend(declares_batch(context).await.map(|declared| ("batch_declared".to_owned(), declared.into())));
    }
    facts.insert("pages_read".into(), read.into());
    if provenance.seen {
        facts.insert("provenance_lacks".into(), json!(provenance.lacks));
        facts.insert("provenance_profile_lacks".into(), json!(provenance.profile_lacks));
    }
    facts.extend(content.facts(question.token_handle.as_deref(), document.tree.as_ref()));
    facts.extend(narrative.facts());
    facts.insert("labels".into(), labels(document.tree.as_ref(), &context.vault));
    let is_whole = matches!(arguments.text("alter"), None | Some("no"));
    let own = question.token_handle.as_deref().filter(|_| is_whole).and_then(|token| context.vault.bound(token));
    facts.insert("tells_member".into(), told(&document, answer, &resources, url, own.as_ref().map(Secret::expose), context));
    if meaning == Meaning::Served {
        document.tree.iter().for_each(|tree| context.known_members().learn(tree));
    }
    if resources.count > 0 {
        let shown = |name: &&str| matches!(*name, "resourceType" | "type" | "total");
        let tree = document.tree.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        let kept: Map<String, Value> = tree.into_iter().filter(|(name, _)| shown(&name.as_str())).collect();
        facts.insert("json".into(), kept.into());
    }
    Observation::Facts(tidy(facts, &context.world.redactor))
}

/// What an answer without a resource tells of members whom the caller has nothing to do with. One with resources is judged by them.
fn told(
    document: &JsonDocument,
    answer: &Answer,
    resources: &FhirContent,
    url: &Url,
    own: Option<&str>,
    context: &Context,
) -> Value {
    if resources.count > 0 {
        return json!([]);
    }
    let dependant = context.launch.member(MemberKey::Dependant).and_then(|member| member.patient.as_deref());
    let own: Vec<&str> = own.into_iter().chain(dependant.filter(|_| own.is_some())).collect();
    json!(context.known_members().told(document.tree.as_ref(), &answer.text(), url.as_str(), &own))
}

/// Whether the `CapabilityStatement` lists batches; nothing when it could not be read.
async fn declares_batch(context: &Context) -> Option<bool> {
    let documents = &context.documents;
    if !documents.is_found(DocumentKind::CapabilityStatement, context).await {
        return None;
    }
    let listed = documents.fact(DocumentKind::CapabilityStatement, "/interactions", context).await?.as_array()?;
    Some(listed.iter().any(|code| code == "batch" || code == "transaction"))
}

/// True when a page has the origin of the base and a path below it: a token goes nowhere else.
pub(super) fn lies_below(page: &Url, base: &Url) -> bool {
    let path = base.path().trim_end_matches('/');
    let is_below = page.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    Origin::of(page) == Origin::of(base) && is_below
}

/// What an answer is compared with.
struct Surroundings {
    canary: Option<Form>,
    base_is_fhir: bool,
    evidence: Vec<String>,
}

impl Surroundings {
    async fn of(context: &Context) -> Self {
        let base_is_fhir = context.documents.is_found(DocumentKind::CapabilityStatement, context).await;
        let canary = context.documents.canary(context).await;
        let form = facts_in(canary).map(Form::of);
        Self { canary: form, base_is_fhir, evidence: canary.evidence.clone() }
    }
}

/// `beside_token` says that a token of the run opened the same address in the same case.
fn interpret(answer: &Answer, url: &Url, context: &Context, surroundings: &Surroundings, beside_token: bool) -> Observation {
    let document = document_of(answer);
    let mut facts = facts_of(answer, &document, url, context.world.clock.now(), &context.world.redactor);
    let form = Form::of(&Value::Object(facts.clone()));
    let resources = FhirContent::of(document.tree.as_ref(), &answer.text());
    let meaning = if beside_token {
        meaning_beside_token(&form, surroundings.base_is_fhir)
    } else {
        meaning(&form, surroundings.canary.as_ref(), surroundings.base_is_fhir)
    };
    let why = match &meaning {
        Meaning::Served | Meaning::Redirected | Meaning::Refused => None,
        // Data is a finding, whatever else the answer is.
        _ if resources.count > 0 => None,
        Meaning::BlockPage(why) => return Observation::Broken(Cause::new("block-page", why.clone())),
        Meaning::Unsettled(why) => Some(why.clone()),
    };
    facts.extend(common(answer, &form, &resources, &meaning, why, &context.target.public_types));
    let differs = surroundings.canary.as_ref().is_some_and(|canary| *canary != form);
    facts.insert("differs_from_canary".into(), differs.into());
    facts.insert("tells_member".into(), told(&document, answer, &resources, url, None, context));
    Observation::Facts(tidy(facts, &context.world.redactor))
}

/// The facts of every answer.
fn common(
    answer: &Answer,
    form: &Form,
    resources: &FhirContent,
    meaning: &Meaning,
    why: Option<String>,
    public: &[String],
) -> Map<String, Value> {
    let guarded: Vec<&String> = resources.entry_types.iter().filter(|kind| !public.contains(kind)).collect();
    let own = json!({
        "served": (200..300).contains(&answer.status),
        "refused": *meaning == Meaning::Refused,
        "settled": why.is_none(),
        "data": resources.count,
        "data_types": resources.types,
        "entry_types": resources.entry_types,
        "guarded_types": guarded,
        "challenge": challenge_facts(answer),
        "operation_outcome": form.is_operation_outcome(),
        "internals": internals_of(answer),
    });
    let mut facts = own.as_object().cloned().unwrap_or_default();
    facts.extend(why.map(|why| ("why_not_settled".to_owned(), why.into())));
    facts
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
