//! `oauth.attempt`: authorize, exchange the code, use the token. "Refused at authorize, or the token is useless" is then one
//! fact (trap 40, trap 41).

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::authorize::authorize;
use super::token::{MOST_TOKEN_REQUESTS, exchange_code};
use super::trouble;
use crate::verbs::browser::MOST_LOGIN_REQUESTS;
use crate::verbs::exchange::MOST_SENT;
use crate::verbs::fhir::Fhir;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};

/// `oauth.attempt`
pub struct Attempt;

impl Verb for Attempt {
    fn help(&self) -> &'static VerbHelp {
        &help::ATTEMPT
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost { requests: MOST_LOGIN_REQUESTS + MOST_TOKEN_REQUESTS + MOST_SENT, authorizations: 1, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            let observed = attempt(arguments, context).await.unwrap_or_else(|observed| observed);
            if arguments.flag("again") { trouble::with_another_attempt(observed, arguments, context).await } else { observed }
        })
    }
}

/// What is known so far.
struct Course {
    facts: Map<String, Value>,
    evidence: Vec<String>,
}

impl Course {
    fn take(&mut self, facts: &Value, names: &[(&str, &str)]) {
        for (fact, pointer) in names {
            self.facts.extend(facts.pointer(pointer).map(|value| ((*fact).to_owned(), value.clone())));
        }
    }

    fn stopped_at(mut self, place: &str, context: &Context) -> Observed {
        self.facts.insert("stopped_at".into(), place.into());
        self.end(context)
    }

    fn unsettled(mut self, why: &str, context: &Context) -> Observed {
        self.facts.insert("why_not_settled".into(), why.into());
        self.end(context)
    }

    fn end(self, context: &Context) -> Observed {
        Observed::facts(tidy(self.facts, &context.world.redactor), self.evidence)
    }
}

/// Authorizes, exchanges the code and uses the token.
pub(super) async fn attempt(arguments: &Arguments, context: &Context) -> Result<Observed, Observed> {
    let authorized = authorize(arguments, context).await.map_err(|cause| Observed::broken(cause, Vec::new()))?;
    let mut course = Course { facts: Map::new(), evidence: authorized.evidence.clone() };
    let Observation::Facts(seen) = &authorized.observation else { return Err(authorized) };
    course.take(
        seen,
        &[
            ("arrived", "/arrived"),
            ("error", "/error"),
            ("authorize_status", "/status"),
            ("sent", "/sent"),
            ("authorizations", "/authorizations"),
        ],
    );
    let Some(code) = seen.get("code").and_then(Value::as_str) else {
        return Ok(match seen.get("refused").and_then(Value::as_bool) {
            Some(true) => {
                // Refused as the protocol has it, and the same with a challenge goes on in the setup of the case.
                let is_page = seen["arrived"] == "error-answer" && seen["status"] == 400;
                if arguments.text("pkce") == Some("none") && (seen["arrived"] == "redirect" || is_page) {
                    context.observe("oauth.pkce-demanded");
                }
                course.stopped_at("authorize", context)
            }
            _ => course.unsettled("the authorization brought neither a code nor an error", context),
        });
    };
    let token = token_facts(arguments, context, code, seen).await?;
    course.evidence.extend(token.evidence.clone());
    let Observation::Facts(token) = &token.observation else { return Err(Observed { evidence: course.evidence, ..token }) };
    course.take(token, &[("error", "/oauth_error"), ("token_status", "/status"), ("token", "/token")]);
    let Some(access_token) = token.pointer("/token/access_token").and_then(Value::as_str).filter(|_| token["issued"] == true)
    else {
        return Ok(match token["refused"] == true {
            true => course.stopped_at("token", context),
            false => course.unsettled("the token endpoint neither issued a token nor refused in the form of OAuth", context),
        });
    };
    let used = use_token(arguments, context, access_token, token.pointer("/token/patient")).await;
    course.evidence.extend(used.evidence.clone());
    let Observation::Facts(used_facts) = &used.observation else { return Err(Observed { evidence: course.evidence, ..used }) };
    course.take(used_facts, &[("resource_status", "/status")]);
    let has_data = used_facts["data"].as_u64().is_some_and(|count| count > 0);
    Ok(match (has_data, used_facts["status"].as_u64()) {
        (true, _) => course.stopped_at("never", context),
        (false, Some(401 | 403)) => course.stopped_at("resource", context),
        (false, Some(404)) if used_facts["refused"] == true => course.stopped_at("resource", context),
        _ => course.unsettled("the FHIR server gave neither data nor a refusal", context),
    })
}

async fn token_facts(arguments: &Arguments, context: &Context, code: &str, seen: &Value) -> Result<Observed, Observed> {
    let mut with = Map::new();
    for name in ["client", "client_id", "authenticate", "assertion", "verifier"] {
        with.extend(arguments.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    with.insert("code".into(), code.into());
    with.extend(seen.pointer("/sent/redirect_uri").map(|uri| ("redirect_uri".to_owned(), uri.clone())));
    with.extend(seen.pointer("/sent/scopes").map(|scopes| ("scopes".to_owned(), scopes.clone())));
    exchange_code(&Arguments::unchecked(with), context).await
}

/// Reads the patient in context, or searches the type that the case names.
async fn use_token(arguments: &Arguments, context: &Context, token: &str, patient: Option<&Value>) -> Observed {
    let (verb, with) = match (arguments.text("type"), patient) {
        (Some(kind), _) => (&Fhir::SEARCH, json!({ "type": kind, "token": token })),
        (None, Some(patient)) => (&Fhir::READ, json!({ "type": "Patient", "id": patient, "token": token })),
        (None, None) => (&Fhir::SEARCH, json!({ "type": "Patient", "token": token })),
    };
    let with = Arguments::unchecked(with.as_object().cloned().unwrap_or_default());
    verb.run(&with, context).await
}
