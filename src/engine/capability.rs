//! Which capabilities the target claims: claimed, not claimed, or unknown.
//!
//! Only a well-formed absence is "not claimed". A document that answers 500, 401, HTML or nothing makes what it would
//! have told unknown, and what depends on it is Blocked, never skipped.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// What is known about a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The target or its operator says so, or the run has seen it.
    Yes,
    /// A readable document does not list it.
    No,
    /// Nothing readable tells; the sentence says why.
    Unknown(String),
}

/// What became of a discovery document.
#[derive(Debug, Clone, Default)]
pub enum Document {
    /// It was read.
    Found(Value),
    /// It is absent in a well-formed way (UDAP metadata answered 404, or 204 for a community).
    Absent,
    /// Nobody asked, or the answer could not be read; the sentence says which.
    Unreadable(String),
    /// It was not fetched.
    #[default]
    NotFetched,
}

/// The documents that capabilities are read from.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// `[base]/.well-known/smart-configuration`.
    pub smart: Document,
    /// `[base]/metadata`.
    pub metadata: Document,
    /// `[base]/.well-known/udap`.
    pub udap: Document,
}

/// Answers which capabilities are claimed. Clones share what the run has seen.
#[derive(Debug, Clone)]
pub struct Capabilities {
    documents: Arc<Documents>,
    /// True when a client is under observation: then what it was not seen to do in a whole launch, it does not do.
    of_client: bool,
    stated: Arc<BTreeSet<String>>,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

impl Capabilities {
    /// Reads them from the documents; `stated` are those that the operator claims.
    #[must_use]
    pub fn new(documents: Documents, stated: impl IntoIterator<Item = String>, seen: Arc<Mutex<BTreeSet<String>>>) -> Self {
        Self { documents: Arc::new(documents), of_client: false, stated: Arc::new(stated.into_iter().collect()), seen }
    }

    /// Those of a client under observation: what it is seen to do.
    #[must_use]
    pub fn of_client(stated: impl IntoIterator<Item = String>, seen: Arc<Mutex<BTreeSet<String>>>) -> Self {
        Self { of_client: true, ..Self::new(Documents::default(), stated, seen) }
    }

    /// The documents that were read.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Whether a capability of the closed list is claimed.
    #[must_use]
    pub fn claimed(&self, name: &str) -> Claimed {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains(name);
        if seen || self.stated.contains(name) {
            return Claimed::Yes;
        }
        if self.of_client {
            return self.of_a_client();
        }
        match name {
            "smart" => self.smart(|_| true),
            "smart.client-confidential" => {
                self.smart_lists_any(&["client-confidential-symmetric", "client-confidential-asymmetric"])
            }
            "smart.permission-refresh" => self.smart_lists_any(&["permission-offline", "permission-online"]),
            "smart.introspection" => self.smart(|json| has_text(json, "introspection_endpoint")),
            "smart.revocation" => self.smart(|json| has_text(json, "revocation_endpoint")),
            "oauth.pkce-advertised" => self.smart(|json| lists(json, "code_challenge_methods_supported", "S256")),
            // What the run has not seen demanded is not demanded: otherwise a server without PKCE would be blocked for ever.
            "oauth.pkce" => match self.claimed("oauth.pkce-demanded") {
                Claimed::Yes => Claimed::Yes,
                Claimed::No | Claimed::Unknown(_) => self.claimed("oauth.pkce-advertised"),
            },
            "oauth.client-secret" => self.smart_lists_any(&["client-confidential-symmetric"]),
            "oauth.client-credentials" => self.smart(|json| lists(json, "grant_types_supported", "client_credentials")),
            "oauth.dynamic-registration" => self.smart(|json| has_text(json, "registration_endpoint")),
            "oauth.jwks-uri" => self.smart(|json| has_text(json, "jwks_uri")),
            "openid.provider" => either(self.claimed("udap.tiered"), self.claimed("openid.idp")),
            "audit.log" | "openid.idp" | "cors.browser-apps" | "oauth.access-token-revocation" => Claimed::No,
            "smart.introspection-protected" | "smart.patient-context" | "smart.fhir-context" => not_seen_yet(name),
            "fhir.batch" => self.metadata(|rest| interactions(rest, &["batch", "transaction"])),
            "fhir.operations" => {
                self.metadata(|rest| rest.get("operation").and_then(Value::as_array).is_some_and(|all| !all.is_empty()))
            }
            "fhir.provenance" => self.metadata(|rest| has_resource(rest, "Provenance")),
            "fhir.provenance-include" => self.metadata(|rest| includes_back(rest, "ExplanationOfBenefit", "Provenance:target")),
            "fhir.audit-event" => self.metadata(|rest| has_resource(rest, "AuditEvent")),
            _ => match name.split_once('.') {
                Some(("smart", listed)) => self.smart_lists_any(&[listed]),
                _ if name == "udap" || name.starts_with("udap.") => self.udap(name),
                _ => not_seen_yet(name),
            },
        }
    }

    /// The first of `names` that is claimed, or what is known about all of them.
    #[must_use]
    pub fn any_claimed<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Claimed {
        names.into_iter().map(|name| self.claimed(name)).fold(Claimed::No, either)
    }

    /// What a client was not seen to do: nothing is known before it has launched.
    fn of_a_client(&self) -> Claimed {
        let launched = self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains("client.launched");
        if launched { Claimed::No } else { Claimed::Unknown("the client has not finished a launch".into()) }
    }

    fn smart(&self, test: impl Fn(&Value) -> bool) -> Claimed {
        match &self.documents.smart {
            Document::Found(json) => yes_or_no(test(json)),
            Document::Absent => Claimed::Unknown("smart-configuration is not published".into()),
            Document::Unreadable(why) => Claimed::Unknown(why.clone()),
            Document::NotFetched => Claimed::Unknown("smart-configuration was not fetched".into()),
        }
    }

    /// A list of capabilities that is missing or ill-typed tells nothing.
    fn smart_lists_any(&self, names: &[&str]) -> Claimed {
        if let Document::Found(json) = &self.documents.smart
            && !json.get("capabilities").is_some_and(Value::is_array)
        {
            return Claimed::Unknown("smart-configuration has no readable list of capabilities".into());
        }
        self.smart(|json| names.iter().any(|name| lists(json, "capabilities", name)))
    }

    fn metadata(&self, test: impl Fn(&Value) -> bool) -> Claimed {
        match &self.documents.metadata {
            Document::Found(json) => yes_or_no(json.get("rest").and_then(Value::as_array).into_iter().flatten().any(test)),
            Document::Absent => Claimed::Unknown("the CapabilityStatement is not published".into()),
            Document::Unreadable(why) => Claimed::Unknown(why.clone()),
            Document::NotFetched => Claimed::Unknown("the CapabilityStatement was not fetched".into()),
        }
    }

    fn udap(&self, name: &str) -> Claimed {
        let json = match &self.documents.udap {
            Document::Found(json) => json,
            Document::Absent => return Claimed::No,
            Document::Unreadable(why) => return Claimed::Unknown(why.clone()),
            Document::NotFetched => return Claimed::Unknown("the UDAP metadata was not fetched".into()),
        };
        let profile = |profile: &str| lists(json, "udap_profiles_supported", profile);
        let filled = |member: &str| json.get(member).and_then(Value::as_array).is_some_and(|items| !items.is_empty());
        yes_or_no(match name {
            "udap" => true,
            // Decided once for the whole run and stated: see `udap_version`.
            "udap.0.1" | "udap.1.0" => false,
            "udap.b2b-optional" => {
                lists(json, "udap_authorization_extensions_supported", "hl7-b2b")
                    && !lists(json, "udap_authorization_extensions_required", "hl7-b2b")
            }
            "udap.refresh" => lists(json, "grant_types_supported", "refresh_token"),
            "udap.registration" => profile("udap_dcr") || has_text(json, "registration_endpoint"),
            "udap.authorization-code" => lists(json, "grant_types_supported", "authorization_code"),
            "udap.client-credentials" => lists(json, "grant_types_supported", "client_credentials"),
            "udap.authorization-endpoint" => has_text(json, "authorization_endpoint"),
            "udap.extensions" => filled("udap_authorization_extensions_supported"),
            "udap.b2b" => lists(json, "udap_authorization_extensions_supported", "hl7-b2b"),
            "udap.b2b-required" => lists(json, "udap_authorization_extensions_required", "hl7-b2b"),
            "udap.tiered" => profile("udap_to"),
            "udap.certifications" => filled("udap_certifications_supported"),
            "udap.certifications-required" => filled("udap_certifications_required"),
            "udap.mtls" => lists(json, "token_endpoint_auth_methods_supported", "tls_client_auth"),
            "udap.wildcard-scopes" => texts(json, "scopes_supported").any(|scope| scope.contains('*')),
            _ => match algorithm_of(name) {
                Some((member, algorithm)) => lists(json, member, &algorithm),
                None => return not_seen_yet(name),
            },
        })
    }
}

/// The list that an algorithm of UDAP is looked for in, and its name there.
fn algorithm_of(name: &str) -> Option<(&'static str, String)> {
    let places = [
        ("udap.registration-", "registration_endpoint_jwt_signing_alg_values_supported"),
        ("udap.token-", "token_endpoint_auth_signing_alg_values_supported"),
    ];
    places.iter().find_map(|(prefix, member)| Some((*member, name.strip_prefix(prefix)?.to_ascii_uppercase())))
}

fn not_seen_yet(name: &str) -> Claimed {
    Claimed::Unknown(format!("nothing in this run has shown whether '{name}' holds"))
}

fn yes_or_no(yes: bool) -> Claimed {
    if yes { Claimed::Yes } else { Claimed::No }
}

fn either(a: Claimed, b: Claimed) -> Claimed {
    match (a, b) {
        (Claimed::Yes, _) | (_, Claimed::Yes) => Claimed::Yes,
        (Claimed::Unknown(why), _) | (_, Claimed::Unknown(why)) => Claimed::Unknown(why),
        (Claimed::No, Claimed::No) => Claimed::No,
    }
}

fn texts<'a>(json: &'a Value, member: &str) -> impl Iterator<Item = &'a str> {
    json.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn lists(json: &Value, member: &str, wanted: &str) -> bool {
    texts(json, member).any(|text| text == wanted)
}

fn has_text(json: &Value, member: &str) -> bool {
    json.get(member).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

fn interactions(rest: &Value, wanted: &[&str]) -> bool {
    let own = rest.get("interaction").and_then(Value::as_array).into_iter().flatten();
    own.filter_map(|interaction| interaction.get("code")?.as_str()).any(|code| wanted.contains(&code))
}

fn has_resource(rest: &Value, wanted: &str) -> bool {
    let own = rest.get("resource").and_then(Value::as_array).into_iter().flatten();
    own.filter_map(|resource| resource.get("type")?.as_str()).any(|name| name == wanted)
}

/// True when searches for a type can bring what refers to it in this way.
fn includes_back(rest: &Value, kind: &str, wanted: &str) -> bool {
    let own = rest.get("resource").and_then(Value::as_array).into_iter().flatten();
    let mut own = own.filter(|resource| resource.get("type").and_then(Value::as_str) == Some(kind));
    own.any(|resource| texts(resource, "searchRevInclude").any(|name| name == wanted || name == "*"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(smart: Document, udap: Document) -> Capabilities {
        Capabilities::new(Documents { smart, udap, ..Documents::default() }, [], Arc::default())
    }

    #[test]
    fn only_a_readable_document_can_say_no() {
        let listed = with(Document::Found(json!({ "capabilities": ["launch-standalone"] })), Document::Absent);
        assert_eq!(listed.claimed("smart.launch-standalone"), Claimed::Yes);
        assert_eq!(listed.claimed("smart.launch-ehr"), Claimed::No);
        let broken = with(Document::Unreadable("it answered 500".into()), Document::Unreadable("it answered 401".into()));
        assert!(matches!(broken.claimed("smart.launch-ehr"), Claimed::Unknown(_)));
        assert!(matches!(broken.claimed("udap"), Claimed::Unknown(_)));
        let ill_typed = with(Document::Found(json!({ "capabilities": "launch-standalone" })), Document::Absent);
        assert!(matches!(ill_typed.claimed("smart.launch-standalone"), Claimed::Unknown(_)));
        assert_eq!(ill_typed.claimed("smart"), Claimed::Yes);
    }

    #[test]
    fn trap_17_pkce_is_advertised_or_demanded_and_neither_is_not_claimed() {
        let seen: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let smart = |json: Value| Documents { smart: Document::Found(json), ..Documents::default() };
        let advertised = Capabilities::new(smart(json!({ "code_challenge_methods_supported": ["S256"] })), [], Arc::default());
        let silent = Capabilities::new(smart(json!({})), [], Arc::clone(&seen));
        assert_eq!((advertised.claimed("oauth.pkce"), silent.claimed("oauth.pkce")), (Claimed::Yes, Claimed::No));
        seen.lock().unwrap().insert("oauth.pkce-demanded".into());
        assert_eq!((silent.claimed("oauth.pkce"), silent.claimed("oauth.pkce-advertised")), (Claimed::Yes, Claimed::No));
    }

    #[test]
    fn trap_46_udap_answered_404_is_not_claimed() {
        let capabilities = with(Document::default(), Document::Absent);
        assert_eq!(capabilities.claimed("udap"), Claimed::No);
        assert_eq!(capabilities.claimed("udap.registration"), Claimed::No);
        assert_eq!(capabilities.any_claimed(["udap", "udap.b2b"]), Claimed::No);
    }

    #[test]
    fn what_the_operator_states_or_the_run_sees_is_claimed() {
        let seen: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let capabilities = Capabilities::new(Documents::default(), ["cors.browser-apps".to_owned()], Arc::clone(&seen));
        assert_eq!(capabilities.claimed("cors.browser-apps"), Claimed::Yes);
        assert!(matches!(capabilities.claimed("tls.1.3"), Claimed::Unknown(_)));
        seen.lock().unwrap().insert("tls.1.3".into());
        assert_eq!(capabilities.claimed("tls.1.3"), Claimed::Yes);
    }
}
