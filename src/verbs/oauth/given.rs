//! `oauth.given`: the tokens that the operator gives, where nobody signs in.
//!
//! What they are good for is the operator's word; a flow proves it with a request before anything rests on it.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::token_facts::words;
use crate::target::{GivenTokens, MemberKey};
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::{Cause, Secret};

/// `oauth.given`
pub struct Given;

impl Verb for Given {
    fn help(&self) -> &'static VerbHelp {
        &help::GIVEN
    }

    fn cost(&self, _: &Arguments) -> Cost {
        Cost::default()
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        let member = arguments.text("member").and_then(MemberKey::from_word).unwrap_or(MemberKey::First);
        let observed = match context.launch.given(member) {
            Some(tokens) => Observed::facts(tidy(facts(tokens, context), &context.world.redactor), Vec::new()),
            None => {
                let why = format!("the target file gives no tokens of the {} member", member.word());
                Observed::broken(Cause::new("input", why), Vec::new())
            }
        };
        Box::pin(std::future::ready(observed))
    }
}

fn facts(tokens: &GivenTokens, context: &Context) -> Map<String, Value> {
    let mut facts = Map::new();
    let keep = |secret: &Secret| context.vault.newest(&context.vault.keep(secret.clone()));
    let given =
        [("access_token", &tokens.access_token), ("refresh_token", &tokens.refresh_token), ("id_token", &tokens.id_token)];
    for (name, secret) in given {
        facts.extend(secret.as_ref().map(|secret| (name.to_owned(), keep(secret).into())));
    }
    if let Some(patient) = &tokens.patient {
        facts.insert("patient".into(), context.vault.keep_value("patient", patient).into());
        for handle in ["access_token", "refresh_token"].iter().filter_map(|name| facts.get(*name)?.as_str()) {
            context.vault.bind(handle, Secret::new("patient", patient.as_str()));
        }
    }
    facts.insert("nonce".into(), "".into());
    let mut token = Map::new();
    if let Some(scope) = &tokens.scope {
        facts.insert("granted".into(), words(scope).into());
        token.insert("scope".into(), scope.as_str().into());
    }
    facts.insert("token".into(), token.into());
    observe(&facts, context);
    facts
}

/// That a token is there shows that the server issued it.
fn observe(facts: &Map<String, Value>, context: &Context) {
    let shown =
        [("id_token", "openid.id-token"), ("patient", "smart.patient-context"), ("refresh_token", "oauth.refresh-issued")];
    shown.iter().filter(|(name, _)| facts.contains_key(*name)).for_each(|(_, capability)| context.observe(capability));
    let granted = facts.get("granted").cloned().unwrap_or_else(|| json!([]));
    let granted = |scope: &str| granted.as_array().is_some_and(|all| all.iter().any(|own| own == scope));
    let by_scope =
        [("openid", "openid.granted"), ("fhirUser", "openid.fhir-user-granted"), ("offline_access", "oauth.offline-granted")];
    by_scope.iter().filter(|(scope, _)| granted(scope)).for_each(|(_, capability)| context.observe(capability));
}
