//! `discovery.smart`: what smart-configuration says, member by member.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use url::Url;

use super::documents::{ACCEPT_JSON, Documents};
use super::fetch::{Fetched, MOST_REQUESTS, Question, fetch};
use super::readings::DocumentKind;
use crate::net::well_known;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};

/// `discovery.smart`
pub struct Smart;

impl Verb for Smart {
    fn help(&self) -> &'static VerbHelp {
        &help::SMART
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        // Without arguments it reads what stage 0 has fetched, which `Documents::COST` counts once per run.
        if is_fresh(arguments) { Cost { requests: MOST_REQUESTS, ..Cost::default() } } else { Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            if !is_fresh(arguments) {
                return context.documents.whole(DocumentKind::Smart, context).await.clone();
            }
            let fetched = fetch(context, question(context, arguments)).await;
            observed(fetched, context)
        })
    }
}

/// An argument that changes the request makes it a request of its own.
pub(super) fn is_fresh(arguments: &Arguments) -> bool {
    arguments.get("accept").is_some() || arguments.get("origin").is_some()
}

/// The request of stage 0, changed by the arguments.
pub(super) fn question(context: &Context, arguments: &Arguments) -> Question {
    Question {
        url: well_known(&context.target.base, "smart-configuration"),
        accept: arguments.text("accept").unwrap_or(ACCEPT_JSON).to_owned(),
        origin: arguments.text("origin").map(str::to_owned),
    }
}

/// The facts of smart-configuration.
pub(super) fn observed(fetched: Fetched, context: &Context) -> Observed {
    fetched.observed(context, |fetched, facts| {
        facts.insert("found".into(), fetched.is_object().into());
        let nothing = Map::new();
        let members = fetched.tree().and_then(Value::as_object).unwrap_or(&nothing);
        facts.extend(facts_of_members(members));
    })
}

/// What follows from the members alone.
fn facts_of_members(members: &Map<String, Value>) -> Map<String, Value> {
    let (mut relative, mut not_https) = (Vec::new(), Vec::new());
    for (name, text) in url_members(members) {
        match Url::parse(text) {
            Ok(url) if url.has_host() && url.scheme() != "https" => not_https.push(name.to_owned()),
            Ok(url) if url.has_host() => {}
            _ => relative.push(name.to_owned()),
        }
    }
    let mut facts = Map::new();
    facts.insert("relative_urls".into(), relative.into());
    facts.insert("http_urls".into(), not_https.into());
    for name in ["capabilities", "scopes_supported"] {
        facts.insert(name.into(), texts(members.get(name)).into());
    }
    facts
}

/// The members that hold a URL by their name. An empty text counts: it should be a URL and is none (peers.md 2.1 row 16).
pub(super) fn url_members(members: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    let holds_url = |name: &str| {
        name == "issuer" || name == "user_access_brand_bundle" || name.ends_with("_endpoint") || name.ends_with("_uri")
    };
    members.iter().filter(move |(name, _)| holds_url(name)).filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

/// The texts of a list; nothing when it is not a list.
pub(in crate::verbs) fn texts(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Documents {
    /// `smart-configuration` as stage 0 fetched it.
    pub(super) async fn smart(&self, context: &Context) -> &Observed {
        self.memo
            .smart
            .get_or_init(|| async { observed(fetch(context, question(context, &Arguments::default())).await, context) })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(value: &Value) -> Map<String, Value> {
        facts_of_members(value.as_object().unwrap())
    }

    #[test]
    fn peers_row_15_a_url_that_is_relative_plain_http_or_none_is_named() {
        let facts = facts(&json!({
            "authorization_endpoint": "http://p.example/authorize",
            "token_endpoint": "not a URL",
            "registration_endpoint": "/register",
            "jwks_uri": "",
            "introspection_endpoint": "https://p.example/introspect",
            "revocation_endpoint": "mailto:ann@p.example",
            "issuer": "//p.example",
            "code_challenge_methods_supported": ["S256"],
        }));
        assert_eq!(facts["http_urls"], json!(["authorization_endpoint"]));
        assert_eq!(
            facts["relative_urls"],
            json!(["token_endpoint", "registration_endpoint", "jwks_uri", "revocation_endpoint", "issuer"])
        );
    }

    #[test]
    fn h22_ill_typed_members_give_empty_lists_and_no_panic() {
        for value in [json!("x"), json!({}), json!(null), json!(7), json!([1, null, {}])] {
            let facts = facts(&json!({ "capabilities": value, "scopes_supported": value, "token_endpoint": value }));
            assert_eq!((&facts["capabilities"], &facts["scopes_supported"]), (&json!([]), &json!([])), "{value}");
        }
        assert_eq!(facts(&json!({ "capabilities": ["a", "b"] }))["capabilities"], json!(["a", "b"]));
    }
}
