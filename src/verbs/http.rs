//! `http.get`, `http.options`, `http.post`: one request without a credential, or several equal ones at once.
//!
//! With `plain`, an http URL is meant: that nothing there speaks HTTP is an answer, because not serving is what is hoped for.

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Map, Value};
use url::Url;

use super::exchange::{Exchange, MOST_SENT, MOST_SENT_ONCE, exchange};
use super::http_facts::{document_of, facts_of, location_of, silence_of};
use super::json_document::{JsonDocument, is_login_form};
use super::tidy::tidy;
use super::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::net::{Answer, Failure, FormValue, HttpOutcome, Method, Payload, Phase, Request};
use crate::vocabulary::{Cause, escape_to_width};

/// The most copies of one request.
const MOST_COPIES: u64 = 16;

/// How often a redirect that stays on plain HTTP is followed.
const MOST_HOPS: u64 = 3;

/// A request with one of the methods.
pub struct Http {
    help: &'static VerbHelp,
    method: Method,
}

impl Http {
    /// `http.get`
    pub const GET: Self = Self { help: &help::GET, method: Method::GET };
    /// `http.options`
    pub const OPTIONS: Self = Self { help: &help::OPTIONS, method: Method::OPTIONS };
    /// `http.post`
    pub const POST: Self = Self { help: &help::POST, method: Method::POST };

    fn is_repeatable(&self) -> bool {
        self.method != Method::POST
    }

    async fn observe(&self, arguments: &Arguments, context: &Context) -> Observed {
        let request = match self.request(arguments, context) {
            Ok(request) => request,
            Err(cause) => return Observed::broken(cause, Vec::new()),
        };
        let (mut url, plain) = (request.url.clone(), arguments.flag("plain"));
        let mut sent = join_all((0..copies(arguments)).map(|_| exchange(context, request.clone()))).await;
        if let (true, Some(first)) = (plain, sent.first_mut()) {
            url = follow(first, request, context).await;
        }
        let evidence = sent.iter().flat_map(|exchange| exchange.evidence.clone()).collect();
        let flaky = sent.iter().any(|exchange| exchange.flaky);
        let observation = if plain { plain_observation(&sent, &url, context) } else { observation(&sent, &url, context) };
        Observed { observation, evidence, flaky }
    }

    fn request(&self, arguments: &Arguments, context: &Context) -> Result<Request, Cause> {
        let url = url_of(arguments.text("url").unwrap_or_default(), context)?;
        let mut request = Request { retry: self.is_repeatable(), ..Request::new(self.method.clone(), url) };
        for (name, value) in arguments.text_table("headers") {
            request = request.header(name, value);
        }
        // The token is made up: it is no credential and may go wherever the request goes.
        let bearer = arguments.text("bearer").map(|token| format!("Bearer {token}"));
        let named =
            [("accept", arguments.text("accept")), ("origin", arguments.text("origin")), ("authorization", bearer.as_deref())];
        for (name, value) in named {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.payload = payload(arguments);
        Ok(request)
    }
}

impl Verb for Http {
    fn help(&self) -> &'static VerbHelp {
        self.help
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        let each = if self.is_repeatable() { MOST_SENT } else { MOST_SENT_ONCE };
        let hops = if arguments.flag("plain") { MOST_HOPS * each } else { 0 };
        Cost { requests: copies(arguments) * each + hops, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(self.observe(arguments, context))
    }
}

fn copies(arguments: &Arguments) -> u64 {
    arguments.number("copies").unwrap_or(1).clamp(1, MOST_COPIES)
}

fn payload(arguments: &Arguments) -> Payload {
    if arguments.get("form").is_some() {
        let fields = arguments.text_table("form").into_iter();
        return Payload::Form(fields.map(|(name, value)| (name.to_owned(), FormValue::Plain(value.to_owned()))).collect());
    }
    arguments.get("json").map_or(Payload::None, |json| Payload::Json(json.clone()))
}

/// What is not absolute lies below the base; a leading slash makes no difference.
fn url_of(text: &str, context: &Context) -> Result<Url, Cause> {
    let absolute = if text.contains("://") { text.to_owned() } else { context.target.below(text) };
    Url::parse(&absolute)
        .map_err(|error| Cause::new("url", format!("'{}' is not a URL: {error}", escape_to_width(&absolute, 200))))
}

/// The facts of the first copy. One copy without an answer leaves the count open, so there are none.
fn observation(sent: &[Exchange], url: &Url, context: &Context) -> Observation {
    let mut answers = Vec::new();
    for exchange in sent {
        match &exchange.outcome {
            HttpOutcome::Failure(failure) => return Observation::Broken(failure.cause.clone()),
            HttpOutcome::Response(answer) => match silence_of(answer) {
                Some(cause) => return Observation::Broken(cause),
                None => answers.push(answer),
            },
        }
    }
    let Some(first) = answers.first() else { return Observation::Broken(Cause::new("unsent", "nothing was sent")) };
    let accepted = answers.iter().filter(|answer| is_success(answer)).count();
    let mut facts = common(first, &document_of(first), url, context);
    facts.insert("accepted_count".into(), accepted.into());
    Observation::Facts(tidy(facts, &context.world.redactor))
}

/// Goes on while plain HTTP only points to plain HTTP of the same host: where a person ends up is what counts (trap 24). An address
/// from which nothing comes leaves the answer that pointed there.
async fn follow(last: &mut Exchange, request: Request, context: &Context) -> Url {
    let mut url = request.url.clone();
    for _ in 0..MOST_HOPS {
        let answer = last.outcome.answer().filter(|answer| (300..400).contains(&answer.status));
        let next = answer
            .and_then(|answer| location_of(answer, &url))
            .filter(|next| next.scheme() == "http" && next.host_str() == url.host_str() && *next != url);
        let Some(next) = next else { break };
        let again = exchange(context, Request { url: next.clone(), ..request.clone() }).await;
        last.evidence.extend(again.evidence);
        last.flaky |= again.flaky;
        if again.outcome.answer().is_none() {
            break;
        }
        (last.outcome, url) = (again.outcome, next);
    }
    url
}

/// What is to be seen on a plain HTTP port (trap 24).
fn plain_observation(sent: &[Exchange], url: &Url, context: &Context) -> Observation {
    let failure = sent.iter().find_map(|exchange| match &exchange.outcome {
        HttpOutcome::Failure(failure) => Some(failure),
        HttpOutcome::Response(_) => None,
    });
    if let Some(failure) = failure {
        return plain_failure(failure);
    }
    let observation = observation(sent, url, context);
    let Observation::Facts(Value::Object(mut facts)) = observation else { return observation };
    let Some(answer) = sent.first().and_then(|exchange| exchange.outcome.answer()) else {
        return Observation::Facts(Value::Object(facts));
    };
    facts.insert("answered".into(), true.into());
    facts.insert("served".into(), serves(answer).into());
    facts.insert("redirects_to_https".into(), leads_to_https(answer, url).into());
    Observation::Facts(Value::Object(facts))
}

/// The client repeats a reset by itself, so one that is left stands for three in a row.
fn plain_failure(failure: &Failure) -> Observation {
    match failure.cause.kind.as_str() {
        "refused" | "reset" | "protocol" | "not-tls" => {
            let facts = [("answered", false), ("served", false), ("redirects_to_https", false)];
            Observation::Facts(facts.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect())
        }
        "timeout" if failure.phase <= Phase::Connect => {
            Observation::Absent(Cause::new("timeout", "nothing answers plain HTTP there: no connection within the deadline"))
        }
        _ => Observation::Broken(failure.cause.clone()),
    }
}

fn serves(answer: &Answer) -> bool {
    let document: JsonDocument = document_of(answer);
    let text = answer.text();
    // A form that asks for a password is bad on any status; FHIR in XML is data as well.
    is_login_form(&text) || (is_success(answer) && (document.tree.is_some() || text.contains("http://hl7.org/fhir")))
}

fn leads_to_https(answer: &Answer, url: &Url) -> bool {
    (300..400).contains(&answer.status) && location_of(answer, url).is_some_and(|location| location.scheme() == "https")
}

fn is_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

fn common(answer: &Answer, document: &JsonDocument, url: &Url, context: &Context) -> Map<String, Value> {
    facts_of(answer, document, url, context.world.clock.now(), &context.world.redactor)
}
