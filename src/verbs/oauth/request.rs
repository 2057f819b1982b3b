//! A POST of a form to an OAuth endpoint, and what every such answer is looked through for.

use serde_json::{Map, Value};
use url::Url;

use super::client_auth::Identification;
use super::form::Form;
use super::lockout;
use crate::net::{Answer, Credentials, FormValue, HttpOutcome, Method, Payload, Request};
use crate::verbs::exchange::{ages, exchange};
use crate::verbs::http_facts::{document_of, facts_of, is_page, silence_of};
use crate::verbs::json_document::JsonDocument;
use crate::verbs::{Arguments, Context, Observed};
use crate::vocabulary::{Cause, Secret};

/// Below this length a secret may stand in an answer by chance.
const SHORTEST_ECHO: usize = 12;

/// An answer with its evidence.
pub(in crate::verbs) struct Answered {
    pub answer: Answer,
    pub document: JsonDocument,
    /// The facts of every HTTP answer; secrets in them are not masked yet.
    pub facts: Map<String, Value>,
    pub evidence: Vec<String>,
}

/// Sends the form once. `Err` is the observation when nothing can be told from what came back.
pub(super) async fn post(
    context: &Context,
    arguments: &Arguments,
    url: &Url,
    form: Form,
    credentials: Credentials,
) -> Result<Answered, Observed> {
    let mut request = Request::new(Method::POST, url.clone()).header("accept", "application/json");
    if let Some(origin) = arguments.text("origin") {
        request = request.header("origin", origin);
    }
    let fields = form.into_fields();
    let secrets = secrets_in(&fields, &credentials);
    request.good_for = ages(fields.iter().map(|(name, _)| name.as_str()));
    request.payload = Payload::Form(fields);
    request.credentials = credentials;
    let exchange = exchange(context, request).await;
    let evidence = exchange.evidence;
    let answer = match exchange.outcome {
        HttpOutcome::Failure(failure) => return Err(Observed::broken(failure.cause, evidence)),
        HttpOutcome::Response(answer) => answer,
    };
    if let Some(cause) = silence_of(&answer) {
        return Err(Observed::broken(cause, evidence));
    }
    let document = document_of(&answer);
    // No endpoint for programs answers with a page: something in front did (trap 58). A page with 500 is the server's own trouble.
    if is_page(&document) && answer.status < 500 && !(300..400).contains(&answer.status) {
        let why = format!("a page with status {} stood in front of the endpoint", answer.status);
        return Err(Observed::broken(Cause::new("block-page", why), evidence));
    }
    let mut facts = facts_of(&answer, &document, url, context.world.clock.now(), &context.world.redactor);
    facts.insert("echoed".into(), echoed(&answer, &secrets).into());
    Ok(Answered { answer, document, facts, evidence })
}

/// The secrets of a request by the names of their parameters.
fn secrets_in(fields: &[(String, FormValue)], credentials: &Credentials) -> Vec<(String, Secret)> {
    let own = fields.iter().filter_map(|(name, value)| match value {
        FormValue::Secret(secret) => Some((name.clone(), secret.clone())),
        FormValue::Plain(_) => None,
    });
    let password = match credentials {
        Credentials::Basic { password, .. } => Some(("client_secret".to_owned(), password.clone())),
        Credentials::Bearer(_) | Credentials::None => None,
    };
    own.chain(password).collect()
}

/// The names of those that come back in the body or a header of the answer, a refresh token that is repeated rightly among them.
fn echoed(answer: &Answer, secrets: &[(String, Secret)]) -> Vec<String> {
    let body = answer.text();
    let holds = |secret: &Secret| {
        let text = secret.expose();
        text.len() >= SHORTEST_ECHO && (body.contains(text) || answer.headers.iter().any(|(_, value)| value.contains(text)))
    };
    secrets.iter().filter(|(_, secret)| holds(secret)).map(|(name, _)| name.clone()).collect()
}

/// The same as a client: at most so many failures in a row, and what the answer says of the authentication is counted.
pub(super) async fn post_as(
    context: &Context,
    arguments: &Arguments,
    url: &Url,
    form: Form,
    identification: &Identification,
) -> Result<Answered, Observed> {
    let sent_as = lockout::sent_as(identification);
    let relief = lockout::relieve(context, arguments, sent_as).await;
    let mut answered = match post(context, arguments, url, form, identification.credentials.clone()).await {
        Ok(answered) => answered,
        Err(observed) => return Err(Observed { evidence: [relief, observed.evidence.clone()].concat(), ..observed }),
    };
    lockout::note(context, sent_as, &answered);
    answered.evidence.splice(0..0, relief);
    Ok(answered)
}

/// A form that begins with these parameters and goes on with what says who the client is.
pub(super) fn identified(mut form: Form, identification: &Identification) -> Form {
    form.extend(identification.fields.clone());
    form
}
