//! Which hosts and ports belong to the target: its base, what its discovery documents name, what the target file adds.
//!
//! Nothing here connects. Addresses that the guard refuses are listed all the same, so that they are seen (H15 to H18).

use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::documents::Documents;
use super::documents::facts_in;
use super::smart::url_members;
use crate::net::{Origin, host_of};
use crate::verbs::{Context, Observed};

/// A document that advertises more than this is not taken at its word.
const MOST: usize = 64;

/// A host and port of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// What it serves, for instance `authorize+token`.
    pub name: String,
    /// The host, in one spelling.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The first URL that named it.
    pub url: String,
}

/// A URL that a discovery document names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advertised {
    /// Document and member, for instance `smart-configuration token_endpoint`.
    pub name: String,
    /// The URL as it is written there.
    pub url: String,
    #[serde(skip)]
    pub(super) service: Option<&'static str>,
}

impl Documents {
    /// Every absolute http or https URL that the documents of stage 0 name.
    pub async fn advertised(&self, context: &Context) -> Vec<Advertised> {
        let smart = self.smart(context).await;
        let statement = self.capability_statement(context).await;
        let udap = self.udap(context).await;
        let openid = self.openid(context).await;
        let mut found = of_document("smart-configuration", smart);
        found.extend(of_oauth_uris(statement));
        found.extend(of_document("udap", udap));
        found.extend(of_document("openid-configuration", openid));
        found.truncate(MOST);
        found
    }

    /// Every host and port of the target once, the base first.
    pub async fn endpoints(&self, context: &Context) -> Vec<Endpoint> {
        let advertised = self.advertised(context).await;
        let target = &context.target;
        let services = advertised.iter().filter_map(|entry| Some((entry.service?, Url::parse(&entry.url).ok()?)));
        // What is advertised over plain http is a finding of its own; asking it for TLS would only be an error beside it.
        let services = services.filter(|(_, url)| url.scheme() == "https");
        let stated = target.endpoints.iter().map(|url| ("stated", url.clone()));
        distinct(std::iter::once(("fhir", target.base.clone())).chain(services).chain(stated))
    }
}

fn distinct(services: impl Iterator<Item = (&'static str, Url)>) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for (service, url) in services {
        let Some(origin) = Origin::of(&url) else { continue };
        match endpoints.iter_mut().find(|known| known.host == origin.host && known.port == origin.port) {
            Some(known) if known.name.split('+').any(|name| name == service) => {}
            Some(known) => known.name = format!("{}+{service}", known.name),
            None => endpoints.push(Endpoint { name: service.into(), host: origin.host, port: origin.port, url: url.into() }),
        }
    }
    endpoints.iter_mut().for_each(|endpoint| endpoint.name = short(&endpoint.name));
    endpoints
}

/// The most services that a name spells out; it stands in reports beside every result.
const SPELT_OUT: usize = 3;

/// `authorize+token+jwks+4` for seven services of one host and port.
fn short(name: &str) -> String {
    let services: Vec<&str> = name.split('+').collect();
    match services.len().checked_sub(SPELT_OUT) {
        Some(more @ 1..) => format!("{}+{more}", services[..SPELT_OUT].join("+")),
        _ => name.to_owned(),
    }
}

fn of_document(document: &str, observed: &Observed) -> Vec<Advertised> {
    let Some(facts) = facts_in(observed).filter(|facts| facts.get("found") == Some(&Value::Bool(true))) else {
        return Vec::new();
    };
    let nothing = Map::new();
    let members = facts.get("json").and_then(Value::as_object).unwrap_or(&nothing);
    url_members(members).filter_map(|(member, url)| advertised(document, member, url)).collect()
}

fn of_oauth_uris(observed: &Observed) -> Vec<Advertised> {
    let uris = facts_in(observed).and_then(|facts| facts.get("oauth_uris")).and_then(Value::as_object);
    uris.into_iter().flatten().filter_map(|(kind, url)| advertised("oauth-uris", kind, url.as_str()?)).collect()
}

fn advertised(document: &str, member: &str, url: &str) -> Option<Advertised> {
    let parsed = Url::parse(url).ok()?;
    host_of(parsed.host_str()?)?;
    let name = format!("{document} {member}");
    matches!(parsed.scheme(), "http" | "https").then(|| Advertised { name, url: url.to_owned(), service: service_of(member) })
}

/// What stands behind a member; nothing for a URL that is no service of its own (issuer, brands).
fn service_of(member: &str) -> Option<&'static str> {
    Some(match member {
        "authorization_endpoint" | "authorize" => "authorize",
        "token_endpoint" | "token" => "token",
        "introspection_endpoint" | "introspect" => "introspection",
        "revocation_endpoint" | "revoke" => "revocation",
        "registration_endpoint" | "register" => "registration",
        "management_endpoint" | "manage" => "management",
        "jwks_uri" => "jwks",
        "userinfo_endpoint" => "userinfo",
        "smart_app_state_endpoint" => "app-state",
        _ if member.ends_with("_endpoint") => "other",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(json: &Value) -> Observed {
        Observed::facts(json!({ "found": true, "json": json }), Vec::new())
    }

    #[test]
    fn trap_23_every_host_and_port_is_listed_once_under_all_its_names() {
        let services = [
            ("fhir", "https://fhir.example/r4"),
            ("authorize", "https://auth.example/a"),
            ("token", "https://AUTH.example:443/t"),
            ("token", "https://auth.example./t"),
            ("jwks", "https://auth.example:8443/jwks"),
            ("fhir", "ftp://auth.example/"),
        ];
        let endpoints = distinct(services.into_iter().map(|(name, url)| (name, Url::parse(url).unwrap())));
        let shown: Vec<String> = endpoints.iter().map(|e| format!("{} {}:{}", e.name, e.host, e.port)).collect();
        assert_eq!(shown, ["fhir fhir.example:443", "authorize+token auth.example:443", "jwks auth.example:8443"]);
    }

    #[test]
    fn only_absolute_web_addresses_are_advertised() {
        let observed = found(&json!({
            "token_endpoint": "https://p.example/token",
            "issuer": "https://p.example",
            "jwks_uri": "file:///etc/passwd",
            "registration_endpoint": "/register",
            "introspection_endpoint": 7,
            "revocation_endpoint": "http://169.254.169.254/",
        }));
        let names: Vec<String> = of_document("smart-configuration", &observed).into_iter().map(|entry| entry.name).collect();
        let expected =
            ["smart-configuration token_endpoint", "smart-configuration issuer", "smart-configuration revocation_endpoint"];
        assert_eq!(names, expected);
    }

    proptest::proptest! {
        #[test]
        fn any_member_is_read_without_a_panic(name in "[a-z_]{0,12}(_endpoint|_uri)?", url: String) {
            let _ = of_document("x", &found(&json!({ name: url })));
        }
    }
}
