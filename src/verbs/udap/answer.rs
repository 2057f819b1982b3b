//! One request to a registration or token endpoint, and the one question of every refusal: is it the protocol that speaks?
//!
//! A refusal is a 4xx with a JSON object that has an error. A block page, a 429, a 5xx or a redirect refuses nothing.

use futures_util::future::join_all;
use serde_json::{Map, Value};
use url::Url;

use crate::net::{Answer, HttpOutcome, Request};
use crate::verbs::exchange::exchange;
use crate::verbs::http_facts::{document_of, facts_of, is_page, silence_of};
use crate::verbs::json_document::JsonDocument;
use crate::verbs::oauth::oauth_error;
use crate::verbs::{Context, Observed};
use crate::vocabulary::Cause;

/// An answer that says something.
pub(super) struct Answered {
    pub answer: Answer,
    pub document: JsonDocument,
    pub facts: Map<String, Value>,
    pub evidence: Vec<String>,
}

impl Answered {
    /// The body, when it is a JSON object.
    pub fn members(&self) -> Map<String, Value> {
        self.document.tree.as_ref().and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// True for a 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.answer.status)
    }

    /// True when the protocol refuses.
    pub fn is_refusal(&self) -> bool {
        (400..500).contains(&self.answer.status) && oauth_error(&self.document).is_some()
    }
}

/// Sends the same request several times at once, each on a connection of its own. `any_form` takes a 4xx without the form
/// of the protocol as well: for a wrong method or media type there is none. `Err` when one of the answers says nothing.
pub(super) async fn send(context: &Context, request: &Request, copies: usize, any_form: bool) -> Result<Vec<Answered>, Observed> {
    let sent = join_all((0..copies.clamp(1, 8)).map(|_| exchange(context, request.clone()))).await;
    let evidence: Vec<String> = sent.iter().flat_map(|exchange| exchange.evidence.clone()).collect();
    let mut answers = Vec::new();
    for exchange in sent {
        let answer = match exchange.outcome {
            HttpOutcome::Failure(failure) => return Err(Observed::broken(failure.cause, evidence)),
            HttpOutcome::Response(answer) => answer,
        };
        let document = document_of(&answer);
        if let Some(cause) = silence_of(&answer).or_else(|| nothing_said(&answer, &document, any_form)) {
            return Err(Observed::broken(cause, evidence));
        }
        let facts = facts(context, &answer, &document, &request.url);
        answers.push(Answered { answer, document, facts, evidence: evidence.clone() });
    }
    Ok(answers)
}

fn facts(context: &Context, answer: &Answer, document: &JsonDocument, url: &Url) -> Map<String, Value> {
    facts_of(answer, document, url, context.world.clock.now(), &context.world.redactor)
}

/// Why an answer is neither a grant nor a refusal.
fn nothing_said(answer: &Answer, document: &JsonDocument, any_form: bool) -> Option<Cause> {
    let status = answer.status;
    match status {
        200..300 if is_page(document) => {
            Some(Cause::new("block-page", format!("a page with status {status} stood in front of the endpoint")))
        }
        200..300 => None,
        400..500 if is_page(document) => {
            Some(Cause::new("block-page", format!("a page with status {status} stood in front of the endpoint")))
        }
        400..500 if any_form || oauth_error(document).is_some() => None,
        400..500 => Some(Cause::new(
            "no-protocol-form",
            format!("the answer with status {status} has no error of the protocol, so it may come from something in front"),
        )),
        500.. => Some(Cause::new("server-error", format!("status {status} is trouble of the server, not a refusal"))),
        _ => Some(Cause::new("no-protocol-form", format!("status {status} is neither a grant nor a refusal"))),
    }
}
