//! The UDAP metadata: `discovery.udap` says whether it is there, `udap.discover` what it says and whether what is signed holds.
//!
//! Both see the same facts; the document without arguments is fetched once per run.

mod anchors;
mod fetched;
mod members;
mod signed;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use url::Url;

pub use anchors::{RevocationMode, UdapAnchors};
pub(in crate::verbs::discovery) use fetched::MOST_FETCHED;

use super::documents::{ACCEPT_JSON, Documents};
use super::fetch::{Fetched, MOST_REQUESTS, Question, fetch};
use super::readings::DocumentKind;
use crate::crypto::Jwt;
use crate::net::well_known;
use crate::verbs::{Arguments, Context, Cost, Observation, Observed, Verb, VerbHelp, help};

/// The most documents that one use fetches.
const MOST_TIMES: u64 = 5;

/// `discovery.udap`
pub struct Udap;

impl Verb for Udap {
    fn help(&self) -> &'static VerbHelp {
        &help::UDAP
    }

    fn cost(&self, _: &Arguments) -> Cost {
        // What stage 0 has fetched; see `Documents::COST`.
        Cost::default()
    }

    fn run<'a>(&'a self, _: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move { context.documents.whole(DocumentKind::Udap, context).await.clone() })
    }
}

/// `udap.discover`
pub struct Discover;

impl Verb for Discover {
    fn help(&self) -> &'static VerbHelp {
        &help::DISCOVER
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        if !is_fresh(arguments) {
            return Cost::default();
        }
        Cost { requests: times(arguments) * (MOST_REQUESTS + MOST_FETCHED), ..Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            if !is_fresh(arguments) {
                return context.documents.whole(DocumentKind::Udap, context).await.clone();
            }
            let community = arguments.text("community");
            if times(arguments) > 1 {
                repeated(context, community, times(arguments)).await
            } else {
                ask(context, community).await
            }
        })
    }
}

fn is_fresh(arguments: &Arguments) -> bool {
    arguments.get("community").is_some() || arguments.get("times").is_some()
}

fn times(arguments: &Arguments) -> u64 {
    arguments.number("times").unwrap_or(1).clamp(1, MOST_TIMES)
}

impl Documents {
    /// The UDAP metadata as stage 0 fetched it.
    pub(in crate::verbs::discovery) async fn udap(&self, context: &Context) -> &Observed {
        self.memo.udap.get_or_init(|| ask(context, None)).await
    }
}

/// The address of the document, with the community behind it.
fn address(base: &Url, community: Option<&str>) -> Url {
    let mut url = well_known(base, "udap");
    if let Some(community) = community {
        url.query_pairs_mut().append_pair("community", community);
    }
    url
}

async fn document(context: &Context, community: Option<&str>) -> Fetched {
    let question = Question { url: address(&context.target.base, community), accept: ACCEPT_JSON.to_owned(), origin: None };
    fetch(context, question).await
}

async fn ask(context: &Context, community: Option<&str>) -> Observed {
    let fetched = document(context, community).await;
    let signed = match fetched.tree() {
        Some(tree) if fetched.is_object() => Some(signed::facts_of(context, tree, community).await),
        _ => None,
    };
    if fetched.is_object() && community.is_some_and(|own| context.udap_anchors.names(own)) {
        context.observe("udap.communities");
    }
    let (signed, evidence) = signed.unzip();
    let mut observed = fetched.observed(context, |fetched, facts| {
        facts.insert("found".into(), fetched.is_object().into());
        // Only a well-formed absence says that it is not offered (trap 46); 401, 500 or a page say nothing.
        let offered = match fetched.status() {
            _ if fetched.is_object() => Some(true),
            Some(404 | 410 | 204) => Some(false),
            _ => None,
        };
        if let Some(offered) = offered {
            facts.insert("offered".into(), offered.into());
        }
        if let Some(members) = fetched.tree().and_then(Value::as_object).filter(|_| fetched.is_object()) {
            facts.extend(members::facts_of(members));
        }
        if let Some(signed) = signed {
            facts.insert("signed".into(), signed);
        }
    });
    observed.evidence.extend(evidence.into_iter().flatten());
    observed
}

/// Fetches it again and again: is a `jti` used twice in two different tokens of one issuer, while the first still holds?
async fn repeated(context: &Context, community: Option<&str>, times: u64) -> Observed {
    let mut tokens: Vec<String> = Vec::new();
    let mut evidence = Vec::new();
    let mut last = None;
    for _ in 0..times {
        let fetched = document(context, community).await;
        let members = fetched.tree().and_then(Value::as_object).filter(|_| fetched.is_object());
        let token = members.and_then(|members| signed::token_of(members)).and_then(|(_, value)| value.as_str());
        let token = token.map(str::to_owned);
        let observed = fetched.observed(context, |fetched, facts| {
            facts.insert("found".into(), fetched.is_object().into());
        });
        evidence.extend(observed.evidence.iter().cloned());
        let is_broken = matches!(observed.observation, Observation::Broken(_));
        last = Some(observed);
        if is_broken {
            break;
        }
        tokens.extend(token);
    }
    let Some(mut observed) = last else { return Observed::facts(json!({}), evidence) };
    observed.evidence = evidence;
    if let Observation::Facts(Value::Object(facts)) = &mut observed.observation {
        let read = tokens.len();
        tokens.sort_unstable();
        tokens.dedup();
        facts.insert("tokens_read".into(), read.into());
        facts.insert("distinct_tokens".into(), tokens.len().into());
        facts.insert("jti_reused".into(), reuses_jti(&tokens).into());
    }
    observed
}

/// True when two different tokens have the same issuer and the same `jti`.
fn reuses_jti(tokens: &[String]) -> bool {
    let mut seen: Vec<(Value, Value)> = Vec::new();
    for claims in tokens.iter().filter_map(|token| Jwt::parse(token).claims) {
        let jti = claims.get("jti").filter(|jti| jti.as_str().is_some_and(|text| !text.is_empty()));
        let (Some(iss), Some(jti)) = (claims.get("iss"), jti) else { continue };
        let pair = (iss.clone(), jti.clone());
        if seen.contains(&pair) {
            return true;
        }
        seen.push(pair);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::raw;

    #[test]
    fn d10_the_path_is_appended_to_the_base_and_the_community_is_encoded() {
        let url = |base: &str, community| address(&Url::parse(base).unwrap(), community).to_string();
        assert_eq!(url("https://p.example/r4", None), "https://p.example/r4/.well-known/udap");
        assert_eq!(
            url("https://p.example/r4", Some("urn:a:b c&d")),
            "https://p.example/r4/.well-known/udap?community=urn%3Aa%3Ab+c%26d"
        );
    }

    #[test]
    fn d7_a_cached_token_reuses_nothing_and_another_issuer_neither() {
        let token = |claims: &str| raw("{}", claims, |_| Ok(vec![1])).unwrap();
        let first = token(r#"{"iss":"a","jti":"1","iat":1}"#);
        assert!(!reuses_jti(std::slice::from_ref(&first)));
        assert!(!reuses_jti(&[first.clone(), token(r#"{"iss":"b","jti":"1","iat":1}"#)]));
        assert!(!reuses_jti(&[first.clone(), token(r#"{"iss":"a"}"#), token(r#"{"iss":"a","iat":2}"#)]));
        assert!(reuses_jti(&[first, token(r#"{"iss":"a","jti":"1","iat":2}"#)]));
    }
}
