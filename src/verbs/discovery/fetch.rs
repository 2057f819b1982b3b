//! Fetches one discovery document: without credentials, over unverified TLS if only the certificate is in the way, along
//! redirects within the origin, and again when the server stumbles (trap 65).

use serde_json::{Map, Value};
use url::Url;

use crate::net::{Answer, HttpOutcome, Origin, Request};
use crate::verbs::Context;
use crate::verbs::exchange::{MOST_SENT, exchange};
use crate::verbs::http_facts::{document_of, facts_of, location_of, silence_of};
use crate::verbs::json_document::{BodyKind, JsonDocument};
use crate::verbs::tidy::tidy;
use crate::verbs::{Observation, Observed};
use crate::vocabulary::Cause;

/// Redirects that are followed.
const MOST_REDIRECTS: u64 = 3;
/// How often a 500 or 501 is asked again.
const REPEATS: u64 = 2;
/// The most requests that one document may take: every hop with its repetitions, and the repetitions of a 500.
pub(in crate::verbs) const MOST_REQUESTS: u64 = (1 + MOST_REDIRECTS) * MOST_SENT + REPEATS;
/// Metadata may be larger than other answers (H45).
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub url: Url,
    pub accept: String,
    pub origin: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    asked: Url,
    reached: Url,
    outcome: Result<(Answer, JsonDocument), Cause>,
    evidence: Vec<String>,
    flaky: bool,
    redirects: u64,
    foreign_redirect: bool,
}

impl Fetched {
    /// True for 200 and one JSON object.
    pub fn is_object(&self) -> bool {
        matches!(&self.outcome, Ok((answer, document)) if answer.status == 200 && document.kind == BodyKind::JsonObject)
    }

    /// The status code, when there is an answer.
    pub fn status(&self) -> Option<u16> {
        self.outcome.as_ref().ok().map(|(answer, _)| answer.status)
    }

    /// The tree, when the answer is one JSON document.
    pub fn tree(&self) -> Option<&Value> {
        self.outcome.as_ref().ok()?.1.tree.as_ref()
    }

    /// The common facts and those of the verb, or the cause why there are none.
    pub fn observed(self, context: &Context, own: impl FnOnce(&Self, &mut Map<String, Value>)) -> Observed {
        let observation = match &self.outcome {
            Err(cause) => Observation::Broken(cause.clone()),
            Ok((answer, document)) => {
                let mut facts = facts_of(answer, document, &self.reached, context.world.clock.now(), &context.world.redactor);
                facts.insert("url".into(), self.asked.as_str().into());
                facts.insert("redirects".into(), self.redirects.into());
                facts.insert("foreign_redirect".into(), self.foreign_redirect.into());
                own(&self, &mut facts);
                Observation::Facts(tidy(facts, &context.world.redactor))
            }
        };
        Observed { observation, evidence: self.evidence, flaky: self.flaky }
    }
}

/// Asks.
pub(super) async fn fetch(context: &Context, question: Question) -> Fetched {
    let start = question.url.clone();
    let mut fetched = Fetched {
        asked: start.clone(),
        reached: start,
        outcome: Err(Cause::new("unsent", "nothing was asked")),
        evidence: Vec::new(),
        flaky: false,
        redirects: 0,
        foreign_redirect: false,
    };
    let mut repeats = REPEATS;
    loop {
        let mut request = Request::get(fetched.reached.clone()).anonymously().header("accept", &question.accept);
        if let Some(origin) = &question.origin {
            request = request.header("origin", origin);
        }
        request.body_limit = Some(BODY_LIMIT);
        let answer = ask(context, request, &mut repeats, &mut fetched).await;
        let next = answer.as_ref().ok().and_then(|answer| target_of_redirect(answer, &fetched.reached));
        fetched.outcome = answer.map(|answer| {
            let document = document_of(&answer);
            (answer, document)
        });
        let Some(next) = next else { return fetched };
        if Origin::of(&next).is_none() || Origin::of(&next) != Origin::of(&fetched.reached) {
            fetched.foreign_redirect = true;
            return fetched;
        }
        if fetched.redirects == MOST_REDIRECTS {
            return fetched;
        }
        fetched.redirects += 1;
        fetched.reached = next;
    }
}

/// One hop. A server that stumbles (500, 501) is asked again, so that a finding does not rest on one bad moment.
async fn ask(context: &Context, request: Request, repeats: &mut u64, fetched: &mut Fetched) -> Result<Answer, Cause> {
    let mut request = request;
    loop {
        let exchange = exchange(context, request.clone()).await;
        fetched.evidence.extend(exchange.evidence);
        fetched.flaky |= exchange.flaky;
        let answer = match exchange.outcome {
            HttpOutcome::Failure(failure) => return Err(failure.cause),
            HttpOutcome::Response(answer) => answer,
        };
        if let Some(cause) = silence_of(&answer) {
            return Err(cause);
        }
        if !matches!(answer.status, 500 | 501) {
            fetched.flaky |= !request.retry;
            return Ok(answer);
        }
        if *repeats == 0 {
            return Ok(answer);
        }
        *repeats -= 1;
        request.retry = false;
    }
}

fn target_of_redirect(answer: &Answer, asked: &Url) -> Option<Url> {
    if matches!(answer.status, 301 | 302 | 303 | 307 | 308) { location_of(answer, asked) } else { None }
}
