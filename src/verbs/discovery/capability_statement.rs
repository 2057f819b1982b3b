//! `discovery.capability-statement`: what the `CapabilityStatement` says about security and about what it claims to be.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use url::Url;

use super::documents::{ACCEPT_FHIR, Documents};
use super::fetch::{Fetched, MOST_REQUESTS, Question, fetch};
use super::readings::DocumentKind;
use super::smart::{is_fresh, texts};
use crate::verbs::json_tree::list;
use crate::verbs::{Arguments, Context, Cost, Observed, Verb, VerbHelp, help};

/// The extension of SMART 1.0.0 that holds the endpoints, deprecated since 2.0.0.
const OAUTH_URIS: &str = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
/// The parts of it.
pub(super) const OAUTH_KINDS: [&str; 6] = ["authorize", "token", "register", "introspect", "revoke", "manage"];

/// `discovery.capability-statement`
pub struct CapabilityStatement;

impl Verb for CapabilityStatement {
    fn help(&self) -> &'static VerbHelp {
        &help::CAPABILITY_STATEMENT
    }

    fn cost(&self, arguments: &Arguments) -> Cost {
        // As in `discovery.smart`.
        if is_fresh(arguments) { Cost { requests: MOST_REQUESTS, ..Cost::default() } } else { Cost::default() }
    }

    fn run<'a>(&'a self, arguments: &'a Arguments, context: &'a Context) -> BoxFuture<'a, Observed> {
        Box::pin(async move {
            if !is_fresh(arguments) {
                return context.documents.whole(DocumentKind::CapabilityStatement, context).await.clone();
            }
            let Some(question) = question(context, arguments) else { return not_a_url(context) };
            observed(fetch(context, question).await, context)
        })
    }
}

impl Documents {
    /// The `CapabilityStatement` as stage 0 fetched it.
    pub(super) async fn capability_statement(&self, context: &Context) -> &Observed {
        let memo = self.memo.capability_statement.get_or_init(|| async {
            let Some(question) = question(context, &Arguments::default()) else { return not_a_url(context) };
            observed(fetch(context, question).await, context)
        });
        memo.await
    }
}

fn question(context: &Context, arguments: &Arguments) -> Option<Question> {
    Some(Question {
        url: Url::parse(&context.target.below("metadata")).ok()?,
        accept: arguments.text("accept").unwrap_or(ACCEPT_FHIR).to_owned(),
        origin: arguments.text("origin").map(str::to_owned),
    })
}

fn not_a_url(context: &Context) -> Observed {
    let why = format!("{}/metadata is not a URL", context.target.base);
    Observed::broken(crate::vocabulary::Cause::new("url", why), Vec::new())
}

fn observed(fetched: Fetched, context: &Context) -> Observed {
    fetched.observed(context, |fetched, facts| {
        let is_statement = |tree: &&Value| tree.get("resourceType").and_then(Value::as_str) == Some("CapabilityStatement");
        let statement = fetched.tree().filter(|_| fetched.status() == Some(200)).filter(is_statement);
        facts.insert("found".into(), statement.is_some().into());
        facts.extend(facts_of_statement(statement.unwrap_or(&Value::Null)));
    })
}

/// What follows from the statement alone; works on any JSON.
fn facts_of_statement(statement: &Value) -> Map<String, Value> {
    let security: Vec<&Value> =
        list(statement, "rest").filter(|rest| is_server(rest)).filter_map(|rest| rest.get("security")).collect();
    let extensions: Vec<&Value> = security
        .iter()
        .flat_map(|security| list(security, "extension"))
        .filter(|extension| text(extension, "url") == Some(OAUTH_URIS))
        .collect();
    let mut oauth_uris = Map::new();
    for part in extensions.iter().flat_map(|extension| list(extension, "extension")) {
        let (Some(kind), Some(uri)) = (text(part, "url"), text(part, "valueUri")) else { continue };
        if OAUTH_KINDS.contains(&kind) {
            oauth_uris.entry(kind.to_owned()).or_insert_with(|| uri.into());
        }
    }
    let codes: Vec<&str> = security
        .iter()
        .flat_map(|security| list(security, "service"))
        .flat_map(|service| list(service, "coding"))
        .filter_map(|coding| text(coding, "code"))
        .collect();
    let interactions: Vec<&str> = list(statement, "rest")
        .filter(|rest| is_server(rest))
        .flat_map(|rest| list(rest, "interaction"))
        .filter_map(|interaction| text(interaction, "code"))
        .collect();
    let instantiates = texts(statement.get("instantiates"));
    let facts = json!({
        "oauth_uris": oauth_uris,
        "oauth_uris_present": !extensions.is_empty(),
        "security_services": codes,
        "instantiates_c4bb": instantiates.iter().any(|canonical| is_c4bb(canonical)),
        "instantiates": instantiates,
        "interactions": interactions,
        "implementation_guides": texts(statement.get("implementationGuide")),
    });
    let Value::Object(mut facts) = facts else { return Map::new() };
    if let Some(version) = text(statement, "fhirVersion") {
        facts.insert("fhir_version".into(), version.into());
    }
    facts
}

/// The canonical with or without `|version`, and the URL of a published version (trap 61).
fn is_c4bb(canonical: &str) -> bool {
    let url = canonical.split('|').next().unwrap_or_default().trim();
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else { return false };
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let Some(path) = rest.strip_prefix("hl7.org/fhir/us/carin-bb/") else { return false };
    let last = path.strip_suffix(".html").or_else(|| path.strip_suffix(".json")).unwrap_or(path);
    let versioned = last.strip_suffix("CapabilityStatement/c4bb").or_else(|| last.strip_suffix("CapabilityStatement-c4bb"));
    versioned.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// An entry without a mode is malformed, but surely not about a client.
fn is_server(rest: &Value) -> bool {
    text(rest, "mode") != Some("client")
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(extension: &Value) -> Value {
        json!({
            "resourceType": "CapabilityStatement",
            "fhirVersion": "4.0.1",
            "instantiates": ["http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb|2.1.0"],
            "rest": [{ "mode": "client", "security": {} }, {
                "mode": "server",
                "security": {
                    "service": [{ "coding": [{ "code": "SMART-on-FHIR" }] }, { "coding": [{ "code": "UDAP" }] }],
                    "extension": [extension],
                }
            }]
        })
    }

    #[test]
    fn endpoints_services_and_claims_are_told() {
        let extension = json!({ "url": OAUTH_URIS, "extension": [
            { "url": "token", "valueUri": "https://p.example/token" },
            { "url": "authorize", "valueUri": 7 },
            { "url": "unheard-of", "valueUri": "https://p.example/x" },
        ] });
        let facts = facts_of_statement(&statement(&extension));
        assert_eq!(facts["oauth_uris"], json!({ "token": "https://p.example/token" }));
        assert_eq!(facts["oauth_uris_present"], true);
        assert_eq!(facts["security_services"], json!(["SMART-on-FHIR", "UDAP"]));
        assert_eq!((&facts["fhir_version"], &facts["instantiates_c4bb"]), (&json!("4.0.1"), &json!(true)));
    }

    #[test]
    fn trap_16_a_statement_without_oauth_uris_says_so_and_no_more() {
        let facts = facts_of_statement(&statement(&json!({ "url": "https://other.example" })));
        assert_eq!((&facts["oauth_uris"], &facts["oauth_uris_present"]), (&json!({}), &json!(false)));
    }

    #[test]
    fn trap_61_instantiates_is_compared_without_its_version_and_in_its_published_form() {
        for canonical in [
            "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb",
            "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb|2.2.0",
            "https://hl7.org/fhir/us/carin-bb/STU2/CapabilityStatement-c4bb.html",
            "https://www.hl7.org/fhir/us/carin-bb/STU2.2/en/CapabilityStatement-c4bb",
            "http://hl7.org/fhir/us/carin-bb/2.0.0/CapabilityStatement/c4bb",
        ] {
            assert!(is_c4bb(canonical), "{canonical}");
        }
        for canonical in [
            "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server",
            "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb-client",
            "http://evil.example/hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb",
            "http://hl7.org/fhir/us/carin-bb/NotACapabilityStatement/c4bb",
            "c4bb",
            "",
        ] {
            assert!(!is_c4bb(canonical), "{canonical}");
        }
    }

    #[test]
    fn h45_a_thousand_extensions_are_read_like_one() {
        let parts: Vec<Value> =
            (0..1000).map(|n| json!({ "url": "token", "valueUri": format!("https://p.example/{n}") })).collect();
        let facts = facts_of_statement(&statement(&json!({ "url": OAUTH_URIS, "extension": parts })));
        assert_eq!(facts["oauth_uris"], json!({ "token": "https://p.example/0" }));
    }

    #[test]
    fn h22_any_shape_of_statement_gives_facts() {
        for value in [
            json!(null),
            json!([]),
            json!({ "rest": 7 }),
            json!({ "rest": [[], null, { "security": [] }] }),
            json!({ "instantiates": "x" }),
        ] {
            assert_eq!(facts_of_statement(&value)["instantiates"], json!([]), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_canonical_is_compared_without_a_panic(text in "(https?://)?(www.)?(hl7.org/fhir/us/carin-bb/)?[a-zA-Z/|.-]{0,40}") {
            let _ = is_c4bb(&text);
        }
    }
}
