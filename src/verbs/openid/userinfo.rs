//! `openid.userinfo`: who the UserInfo endpoint says the token is about.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::crypto::Jwt;
use crate::net::{Credentials, HttpOutcome, Request};
use crate::verbs::exchange::{MOST_SENT, exchange};
use crate::verbs::http_facts::{document_of, facts_of, is_page, silence_of};
use crate::verbs::json_document::BodyKind;
use crate::verbs::oauth::{altered, oauth_error, optional_endpoint};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `openid.userinfo`
pub struct UserInfo;

impl Verb for UserInfo {
    fn help(&self) -> &'static VerbHelp {
        &help::USERINFO
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_SENT, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { observe(arguments, context).await.unwrap_or_else(|observed| observed) })
    }
}

async fn observe(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let none = |observation| Observed { observation, evidence: Vec::new(), flaky: false };
    let url = optional_endpoint(context, "userinfo_endpoint").await.map_err(none)?;
    let resolve = |label, text| {
        context.vault.resolve(label, text).map_err(|message| Observed::broken(Cause::new("input", message), Vec::new()))
    };
    let token = resolve("access_token", arguments.text("token").unwrap_or_default())?;
    let token = altered(token, arguments.text("alter"), &*context.world.random);
    let mut request = Request::get(url.clone()).header("accept", "application/json");
    if token.made_up {
        request = request.header("authorization", &format!("Bearer {}", token.secret.expose()));
    } else {
        request.credentials = Credentials::Bearer(token.secret);
    }
    let expected = match arguments.text("id_token") {
        Some(handle) => subject_of(resolve("id_token", handle)?.secret.expose()),
        None => None,
    };
    let exchange = exchange(context, request).await;
    let (evidence, flaky) = (exchange.evidence, exchange.flaky);
    let answer = match exchange.outcome {
        HttpOutcome::Failure(failure) => return Err(Observed { flaky, ..Observed::broken(failure.cause, evidence) }),
        HttpOutcome::Response(answer) => answer,
    };
    if let Some(cause) = silence_of(&answer) {
        return Err(Observed { flaky, ..Observed::broken(cause, evidence) });
    }
    let document = document_of(&answer);
    let challenged = answer.header("www-authenticate").is_some();
    if is_page(&document) && !challenged && answer.status < 500 && !(300..400).contains(&answer.status) {
        let why = format!("a page with status {} stood in front of the endpoint", answer.status);
        return Err(Observed { flaky, ..Observed::broken(Cause::new("block-page", why), evidence) });
    }
    let jwt =
        answer.header("content-type").filter(|kind| kind.contains("application/jwt")).map(|_| Jwt::parse(answer.text().trim()));
    let nothing = Map::new();
    let members = document.tree.as_ref().and_then(Value::as_object).or_else(|| jwt.as_ref()?.claims.as_ref()).unwrap_or(&nothing);
    let subject = members.get("sub").and_then(Value::as_str);
    let mut facts = facts_of(&answer, &document, &url, context.world.clock.now(), &context.world.redactor);
    let own = json!({
        "served": answer.status == 200 && (document.kind == BodyKind::JsonObject || jwt.is_some()),
        "refused": matches!(answer.status, 400 | 401 | 403) && (challenged || oauth_error(&document).is_some()),
        "signed": jwt.is_some(),
        "fields": members.keys().collect::<Vec<_>>(),
        "sub_present": subject.is_some_and(|subject| !subject.is_empty()),
    });
    facts.extend(own.as_object().cloned().unwrap_or_default());
    if let Some(expected) = expected {
        facts.insert("sub_matches".into(), (subject == Some(expected.as_str())).into());
    }
    if document.kind == BodyKind::JsonObject {
        facts.insert("json".into(), masked(members, context));
    }
    Ok(Observed { flaky, ..Observed::facts(tidy(facts, &context.world.redactor), evidence) })
}

/// Only an error is shown: the rest is about the member.
fn masked(members: &Map<String, Value>, context: &Context) -> Value {
    let shown = |name: &str, value: &Value| match value {
        Value::Bool(_) => value.clone(),
        _ if name.starts_with("error") => value.clone(),
        Value::String(text) => context.world.redactor.pseudonym("value", text).into(),
        other => context.world.redactor.pseudonym("value", &other.to_string()).into(),
    };
    Value::Object(members.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect())
}

fn subject_of(id_token: &str) -> Option<String> {
    Jwt::parse(id_token).claims?.get("sub")?.as_str().map(str::to_owned)
}
