//! `openid.id-token`: takes an ID token apart and verifies it with what its issuer publishes.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::claims::{Expected, claim_facts};
use super::fhir_user::fhir_user;
use super::keys::{Issuer, issuer, keys};
use crate::crypto::duplicate_keys;
use crate::crypto::{Jwt, Key, Verification, verify};
use crate::target::ClientKey;
use crate::verbs::discovery::MOST_DOCUMENT_REQUESTS;
use crate::verbs::exchange::MOST_SENT;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};
use crate::vocabulary::Cause;

/// `openid.id-token`
pub struct IdToken;

impl Verb for IdToken {
    fn help(&self) -> &'static VerbHelp {
        &help::ID_TOKEN
    }

    fn cost(&self, _: &Arguments) -> Cost {
        // The keys, and a configuration of its own where stage 0 knows no issuer.
        Cost { requests: MOST_SENT + MOST_DOCUMENT_REQUESTS, ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            match observe(arguments, context).await {
                Ok(observed) => observed,
                Err(cause) => Observed::broken(cause, Vec::new()),
            }
        })
    }
}

async fn observe(arguments: &Arguments, context: &Context) -> Result<Observed, Cause> {
    let input = |message: String| Cause::new("input", message);
    let token = context.vault.resolve("id_token", arguments.text("id_token").unwrap_or_default()).map_err(input)?.secret;
    let key = arguments.text("client").and_then(ClientKey::from_word).unwrap_or(ClientKey::Confidential);
    let client = context.launch.client(key).ok_or_else(|| input(format!("the target file has no {} client", key.word())))?;
    let jwt = Jwt::parse(token.expose());
    let mut facts = form_facts(&jwt);
    let Some(claims) = &jwt.claims else {
        return Ok(Observed::facts(tidy(facts, &context.world.redactor), Vec::new()));
    };
    let issuer = issuer(context, claims.get("iss").and_then(Value::as_str)).await;
    let mut evidence = issuer.evidence.clone();
    let expected = Expected {
        issuer: issuer.name.as_deref(),
        client_id: &client.client_id,
        nonce: arguments.text("nonce"),
        now: context.world.clock.now(),
        leeway: arguments.duration("leeway").unwrap_or(context.world.clock_leeway),
    };
    facts.extend(claim_facts(claims, &expected, &context.world.redactor));
    facts.insert("fhir_user".into(), fhir_user(claims.get("fhirUser"), context).into());
    facts.extend(header_facts(&jwt, &issuer));
    let found = signature_facts(&jwt, &issuer, context, arguments.text("keys") == Some("fresh"), &mut evidence).await;
    facts.extend(found);
    Ok(Observed::facts(tidy(facts, &context.world.redactor), evidence))
}

fn form_facts(jwt: &Jwt) -> Map<String, Value> {
    let mut defects: Vec<&str> = jwt.defects.iter().map(|defect| defect.word()).collect();
    if !duplicate_keys(&jwt.header_text).is_empty() || !duplicate_keys(&jwt.claims_text).is_empty() {
        defects.push("duplicate-member");
    }
    let is_known = |name: &&String| matches!(name.as_str(), "alg" | "kid" | "typ" | "cty" | "crit" | "x5t" | "x5t#S256");
    let jose = jwt.header.iter().flatten().filter(|(name, _)| is_known(name)).map(|(name, value)| (name.clone(), value.clone()));
    let facts = json!({
        "well_formed": jwt.defects.is_empty(),
        "defects": defects,
        "encrypted": jwt.is_encrypted(),
        "jose": jose.collect::<Map<String, Value>>(),
    });
    let mut facts = facts.as_object().cloned().unwrap_or_default();
    facts.extend(jwt.signature.as_ref().map(|signature| ("signature_bytes".to_owned(), signature.len().into())));
    facts
}

fn header_facts(jwt: &Jwt, issuer: &Issuer) -> Map<String, Value> {
    let algorithm = jwt.header_text_of("alg");
    let mut facts = Map::new();
    facts.insert("kid_present".into(), jwt.header.as_ref().is_some_and(|header| header.contains_key("kid")).into());
    facts.extend(algorithm.map(|algorithm| ("alg".to_owned(), algorithm.into())));
    if let Some(listed) = &issuer.algorithms {
        facts.insert("alg_listed".into(), algorithm.is_some_and(|own| listed.iter().any(|known| known == own)).into());
    }
    facts
}

async fn signature_facts(
    jwt: &Jwt,
    issuer: &Issuer,
    context: &Context,
    fresh: bool,
    evidence: &mut Vec<String>,
) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut set = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    let Some((url, place)) = &issuer.keys else {
        set("keys_found", false.into());
        set("signature_why", "no discovery document names a jwks_uri".into());
        return facts;
    };
    set("keys_place", (*place).into());
    let (fetched, seen) = keys(context, url, fresh).await;
    evidence.extend(seen);
    let keys: Vec<Key> = match fetched {
        Ok(keys) => keys,
        Err(cause) => {
            set("keys_found", false.into());
            set("signature_why", cause.message.into());
            return facts;
        }
    };
    set("keys_found", true.into());
    set("key_count", keys.len().into());
    if let Some(kid) = jwt.header_text_of("kid") {
        set("kid_known", keys.iter().any(|key| key.id() == Some(kid)).into());
    }
    match verify(jwt, &keys) {
        Verification::Valid => {
            set("signature_valid", true.into());
        }
        Verification::Invalid(why) => {
            set("signature_valid", false.into());
            set("signature_why", why.into());
        }
        Verification::Unknown(why) => {
            set("signature_why", why.into());
        }
    }
    facts
}
