//! `discovery.agreement`: do the discovery documents say the same?
//!
//! An endpoint that only one of two documents names is not a disagreement (peers.md 2.3). Sends nothing of its own.

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Map, Value, json};
use url::Url;

use super::capability_statement::OAUTH_KINDS;
use super::documents::facts_in;
use super::endpoints::Advertised;
use super::readings::DocumentKind;
use crate::net::Origin;
use crate::net::tls::ConnectFailure;
use crate::verbs::tidy::tidy;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};
use crate::vocabulary::escape_to_width;

/// The members of smart-configuration in the order of [`OAUTH_KINDS`].
const SMART_MEMBERS: [&str; 6] = [
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "management_endpoint",
];
/// The members that smart-configuration and openid-configuration have in common.
const OPENID_MEMBERS: [&str; 4] = ["issuer", "jwks_uri", "authorization_endpoint", "token_endpoint"];
/// Names are resolved for no more advertised addresses than this.
const MOST_RESOLVED: usize = 32;

/// `discovery.agreement`
pub struct Agreement;

impl Verb for Agreement {
    fn help(&self) -> &'static VerbHelp {
        &help::AGREEMENT
    }

    fn cost(&self, _: &Arguments) -> Cost {
        // Reads what stage 0 has fetched; see `Documents::COST`.
        Cost::default()
    }

    fn run<'a>(&'a self, _: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(compare(context))
    }
}

async fn compare(context: &Context) -> Observed {
    let documents = &context.documents;
    let smart = documents.whole(DocumentKind::Smart, context).await;
    let statement = documents.whole(DocumentKind::CapabilityStatement, context).await;
    let udap = documents.whole(DocumentKind::Udap, context).await;
    let openid = documents.whole(DocumentKind::OpenId, context).await;
    let evidence: Vec<String> =
        [smart, statement, udap, openid].into_iter().flat_map(|observed| observed.evidence.clone()).collect();
    // These two are what is compared; without an answer of either there is nothing to say.
    for observed in [smart, statement] {
        if let Observation::Broken(cause) = &observed.observation {
            return Observed::broken(cause.clone(), evidence);
        }
    }
    let smart = object(smart, "/json");
    let uris = object(statement, "/oauth_uris");
    let openid = object(openid, "/json");
    let (kinds, disagreements) = compared(&smart, &uris, SMART_MEMBERS.into_iter().zip(OAUTH_KINDS), "oauth-uris");
    let pairs = OPENID_MEMBERS.into_iter().map(|member| (member, member));
    let (openid_compared, openid_disagreements) = compared(&smart, &openid, pairs, "openid-configuration");
    let advertised = documents.advertised(context).await;
    let Value::Object(facts) = json!({
        "compared": kinds,
        "disagreements": disagreements,
        "openid_compared": openid_compared,
        "openid_disagreements": openid_disagreements,
        "registration_places": registration_places(&smart, &object(udap, "/json"), &uris, &openid),
        "advertised": advertised.len(),
        "private_endpoints": private_endpoints(context, &advertised).await,
    }) else {
        return Observed::facts(Value::Null, evidence);
    };
    Observed::facts(tidy(facts, &context.world.redactor), evidence)
}

/// The object at a pointer into the facts; empty when the document was not found.
fn object(observed: &Observed, pointer: &str) -> Map<String, Value> {
    let facts = facts_in(observed).filter(|facts| facts.get("found") == Some(&Value::Bool(true)));
    facts.and_then(|facts| facts.pointer(pointer)).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Kinds that both name, and sentences about those that differ.
fn compared<'a>(
    smart: &Map<String, Value>,
    other: &Map<String, Value>,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    other_name: &str,
) -> (Vec<String>, Vec<String>) {
    let (mut kinds, mut differ) = (Vec::new(), Vec::new());
    for (ours, theirs) in pairs {
        let (Some(first), Some(second)) = (text(smart, ours), text(other, theirs)) else { continue };
        kinds.push(theirs.to_owned());
        // The issuer is compared as it is written: clients do the same (OpenID Connect Discovery 4.3).
        let is_same = if ours == "issuer" { first == second } else { is_same_address(first, second) };
        if !is_same {
            let (first, second) = (escape_to_width(first, 300), escape_to_width(second, 300));
            differ.push(format!("{ours} is {first} in smart-configuration, {theirs} is {second} in {other_name}"));
        }
    }
    (kinds, differ)
}

fn is_same_address(first: &str, second: &str) -> bool {
    first == second || matches!((Url::parse(first), Url::parse(second)), (Ok(first), Ok(second)) if first == second)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn registration_places(
    smart: &Map<String, Value>,
    udap: &Map<String, Value>,
    uris: &Map<String, Value>,
    openid: &Map<String, Value>,
) -> Vec<&'static str> {
    let places = [
        ("smart-configuration", smart, "registration_endpoint"),
        ("udap", udap, "registration_endpoint"),
        ("oauth-uris", uris, "register"),
        ("openid-configuration", openid, "registration_endpoint"),
    ];
    places.into_iter().filter(|(_, members, name)| text(members, name).is_some()).map(|(place, _, _)| place).collect()
}

/// Advertised addresses that we would not connect to. Names are resolved, nothing is sent to the addresses.
async fn private_endpoints(context: &Context, advertised: &[Advertised]) -> Vec<String> {
    let looked_up = advertised.iter().take(MOST_RESOLVED).map(|entry| private_endpoint(context, entry));
    join_all(looked_up).await.into_iter().flatten().collect()
}

async fn private_endpoint(context: &Context, entry: &Advertised) -> Option<String> {
    let origin = Origin::of(&Url::parse(&entry.url).ok()?)?;
    match context.world.dialer.permitted(&origin.host, origin.port).await {
        Err(ConnectFailure::Forbidden(why)) => Some(format!("{}: {}", entry.name, escape_to_width(&why, 300))),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn oauth(smart: Value, uris: Value) -> (Vec<String>, Vec<String>) {
        compared(&map(smart), &map(uris), SMART_MEMBERS.into_iter().zip(OAUTH_KINDS), "oauth-uris")
    }

    #[test]
    fn trap_16_two_different_addresses_of_one_endpoint_disagree() {
        let smart = json!({ "authorization_endpoint": "https://p.example/a", "token_endpoint": "https://p.example/t" });
        let (kinds, differ) = oauth(smart, json!({ "authorize": "https://p.example/a", "token": "https://p.example/other" }));
        assert_eq!(kinds, ["authorize", "token"]);
        assert!(differ.len() == 1 && differ[0].starts_with("token_endpoint is https://p.example/t"), "{differ:?}");
    }

    #[test]
    fn spelling_of_an_address_and_an_endpoint_in_one_document_only_are_no_disagreement() {
        let smart = json!({ "token_endpoint": "https://P.example:443/t", "introspection_endpoint": "https://p.example/i" });
        let (kinds, differ) = oauth(smart, json!({ "token": "https://p.example/t", "revoke": "https://p.example/r" }));
        assert_eq!((kinds, differ), (vec!["token".to_owned()], Vec::new()));
    }

    #[test]
    fn trap_28_the_issuer_is_compared_as_it_is_written() {
        let pairs = || OPENID_MEMBERS.into_iter().map(|member| (member, member));
        let (smart, openid) = (map(json!({ "issuer": "https://p.example" })), map(json!({ "issuer": "https://p.example/" })));
        assert_eq!(compared(&smart, &openid, pairs(), "openid-configuration").1.len(), 1);
        assert_eq!(compared(&smart, &smart, pairs(), "openid-configuration").1.len(), 0);
    }

    #[test]
    fn registration_is_found_wherever_it_is_named() {
        let places = registration_places(
            &map(json!({ "registration_endpoint": "" })),
            &map(json!({ "registration_endpoint": "https://p.example/u" })),
            &map(json!({ "register": "https://p.example/r" })),
            &Map::new(),
        );
        assert_eq!(places, ["udap", "oauth-uris"]);
    }
}
