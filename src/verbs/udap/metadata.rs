//! What the UDAP metadata tells a client: endpoints, scopes, grant types, algorithms.
//!
//! The signed values come before the plain ones, and an endpoint is used letter by letter as it is written: it is compared so.

use serde_json::Value;
use url::Url;

use super::overrides::Places;
use crate::verbs::Context;
use crate::verbs::discovery::{DocumentKind, Documents, facts_in};
use crate::vocabulary::{Cause, escape_to_width};

/// The members of the metadata.
pub(super) struct Metadata {
    members: Value,
    documents: Documents,
}

impl Metadata {
    /// Reads what stage 0 fetched.
    pub async fn of(context: &Context) -> Result<Self, Cause> {
        let missing = || Cause::new("input", "there is no readable UDAP metadata, so it is not known where to register");
        for pointer in ["/found", "/status", "/body_kind"] {
            context.documents.note(DocumentKind::Udap, pointer);
        }
        let facts = facts_in(context.documents.fetched(DocumentKind::Udap, context).await).ok_or_else(missing)?;
        let mut members = facts.get("json").filter(|json| json.is_object()).cloned().ok_or_else(missing)?;
        for name in ["authorization_endpoint", "token_endpoint", "registration_endpoint"] {
            if let Some(endpoint) = facts.pointer(&format!("/signed/claims/{name}")) {
                members[name] = endpoint.clone();
            }
        }
        Ok(Self { members, documents: context.documents.clone() })
    }

    /// An endpoint as it is written, and as an address.
    pub fn endpoint(&self, member: &str) -> Result<(String, Url), Cause> {
        let missing = || Cause::new("input", format!("the UDAP metadata names no {member}"));
        self.documents.note(DocumentKind::Udap, &format!("/signed/claims/{member}"));
        let text = self.member(member).and_then(Value::as_str).ok_or_else(missing)?;
        let wrong = || Cause::new("input", format!("the {member} '{}' is no absolute URL", escape_to_width(text, 200)));
        let url = Url::parse(text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "https" | "http"));
        Ok((text.to_owned(), url.ok_or_else(wrong)?))
    }

    /// What a case may name in braces, for a client of this URI.
    pub fn places(&self, context: &Context, uri: &str) -> Places {
        let endpoint = |member| self.endpoint(member).map(|(text, _)| text).unwrap_or_default();
        Places(vec![
            ("{own}", uri.to_owned()),
            ("{base}", context.target.base.as_str().trim_end_matches('/').to_owned()),
            ("{token_endpoint}", endpoint("token_endpoint")),
            ("{registration_endpoint}", endpoint("registration_endpoint")),
            ("{code_scopes}", self.scopes("authorization_code").join(" ")),
        ])
    }

    /// True when a list of the metadata holds this word.
    pub fn lists(&self, member: &str, word: &str) -> bool {
        self.texts(member).any(|text| text == word)
    }

    /// The scopes that a client of this flow asks for: those that it needs, as far as the metadata does not leave them out.
    pub fn scopes(&self, flow: &str) -> Vec<String> {
        let offered: Vec<&str> = self.texts("scopes_supported").collect();
        let wanted: &[&str] = match flow {
            "client_credentials" => &["system/ExplanationOfBenefit.read", "system/Patient.read", "system/Coverage.read"],
            _ => &[
                "openid",
                "fhirUser",
                "launch/patient",
                "offline_access",
                "patient/Patient.read",
                "patient/ExplanationOfBenefit.read",
            ],
        };
        let kept: Vec<String> = wanted
            .iter()
            .filter(|scope| offered.is_empty() || offered.contains(*scope))
            .map(|scope| (*scope).to_owned())
            .collect();
        let prefix = if flow == "client_credentials" { "system/" } else { "patient/" };
        if kept.iter().any(|scope| scope.starts_with(prefix)) {
            return kept;
        }
        // A server with other scopes than ours is asked for its own: single ones, or else the wildcard that it has.
        let (wildcards, single): (Vec<&str>, Vec<&str>) =
            offered.into_iter().filter(|scope| scope.starts_with(prefix)).partition(|scope| scope.contains('*'));
        let reading = |scope: &&&str| scope.ends_with(".read") || scope.ends_with(".rs");
        let wildcard = wildcards.iter().find(reading).or(wildcards.first()).copied();
        let own = if single.is_empty() { wildcard.into_iter().collect() } else { single };
        let mut scopes: Vec<String> = kept.into_iter().chain(own.into_iter().take(3).map(str::to_owned)).collect();
        if scopes.is_empty() {
            scopes.push(format!("{prefix}*.read"));
        }
        scopes
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.documents.note(DocumentKind::Udap, &format!("/json/{name}"));
        self.members.get(name)
    }

    fn texts(&self, member: &str) -> impl Iterator<Item = &str> {
        self.member(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}
