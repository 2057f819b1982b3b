//! The closed list of capabilities: what a target can claim, by which a row or a case applies or does not.
//!
//! Names and meanings only. Whether a target claims one is observed elsewhere, and it may stay unknown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::closed::UnknownWord;

/// A capability of the closed list, for instance `smart.permission-v2` or `udap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CapabilityName(&'static str);

impl CapabilityName {
    /// The capability of a name.
    ///
    /// # Errors
    /// When the name is not on the list; the message says which name is near.
    pub fn parse(name: &str) -> Result<Self, UnknownWord> {
        let found = CAPABILITIES.iter().find(|(known, _)| *known == name);
        found
            .map(|(known, _)| Self(known))
            .ok_or_else(|| UnknownWord::new(name, "a capability", CAPABILITIES.iter().map(|(known, _)| *known)))
    }

    /// Every capability, in the order of the list.
    pub fn all() -> impl Iterator<Item = Self> {
        CAPABILITIES.iter().map(|(name, _)| Self(name))
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// When it is claimed, in words.
    #[must_use]
    pub fn description(self) -> &'static str {
        CAPABILITIES.iter().find(|(name, _)| *name == self.0).map_or("", |(_, description)| description)
    }

    /// The element of `capabilities` in smart-configuration that it stands for, for instance `permission-v2`.
    #[must_use]
    pub fn smart_element(self) -> Option<&'static str> {
        (self.description() == LISTED).then(|| self.0.trim_start_matches("smart."))
    }
}

impl fmt::Display for CapabilityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl TryFrom<String> for CapabilityName {
    type Error = UnknownWord;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name)
    }
}

impl From<CapabilityName> for String {
    fn from(name: CapabilityName) -> Self {
        name.0.to_owned()
    }
}

const LISTED: &str = "listed in capabilities of smart-configuration";

/// Name, and when it is claimed.
const CAPABILITIES: &[(&str, &str)] = &[
    ("smart", "a valid smart-configuration is published"),
    ("smart.launch-ehr", LISTED),
    ("smart.launch-standalone", LISTED),
    ("smart.authorize-post", LISTED),
    ("smart.client-public", LISTED),
    ("smart.client-confidential-symmetric", LISTED),
    ("smart.client-confidential-asymmetric", LISTED),
    ("smart.sso-openid-connect", LISTED),
    ("smart.context-banner", LISTED),
    ("smart.context-style", LISTED),
    ("smart.context-ehr-patient", LISTED),
    ("smart.context-ehr-encounter", LISTED),
    ("smart.context-standalone-patient", LISTED),
    ("smart.context-standalone-encounter", LISTED),
    ("smart.permission-offline", LISTED),
    ("smart.permission-online", LISTED),
    ("smart.permission-patient", LISTED),
    ("smart.permission-user", LISTED),
    ("smart.permission-v1", LISTED),
    ("smart.permission-v2", LISTED),
    ("smart.smart-app-state", LISTED),
    ("smart.client-confidential", "one of the two confidential client types is listed"),
    ("smart.permission-refresh", "permission-offline or permission-online is listed"),
    ("smart.introspection", "introspection_endpoint is published"),
    ("smart.introspection-protected", "a call of the introspection endpoint without credentials was refused"),
    ("smart.revocation", "revocation_endpoint is published"),
    ("smart.patient-context", "a token response of the run carried patient"),
    ("smart.fhir-context", "a token response of the run carried fhirContext"),
    ("openid.granted", "scope openid was granted in the run"),
    ("openid.fhir-user-granted", "scope fhirUser was granted in the run"),
    ("openid.id-token", "an id_token was issued in the run"),
    ("openid.idp", "the target file declares the target an identity provider"),
    ("openid.provider", "udap.tiered or openid.idp"),
    ("oauth.refresh-issued", "a refresh token was issued in the run"),
    ("oauth.refresh-public", "a public client got a refresh token in the run"),
    ("oauth.offline-granted", "scope offline_access was granted in the run"),
    ("oauth.wildcard-granted", "a scope with * was granted in the run"),
    ("oauth.expires-in", "a token response of the run carried expires_in"),
    ("oauth.authorization-details", "a token response of the run carried authorization_details"),
    ("oauth.pkce-advertised", "S256 is in code_challenge_methods_supported"),
    ("oauth.pkce-demanded", "an authorization without code_challenge was refused, and the same with one went on"),
    ("oauth.pkce", "oauth.pkce-advertised or oauth.pkce-demanded"),
    ("oauth.client-secret", "the target file names a client with a secret, or client-confidential-symmetric is listed"),
    ("oauth.client-credentials", "grant_types_supported has client_credentials"),
    ("oauth.dynamic-registration", "registration_endpoint is published"),
    (
        "oauth.access-token-revocation",
        "the target file says so, or a revoked access token was answered 200 without unsupported_token_type",
    ),
    ("oauth.server-metadata", "/.well-known/oauth-authorization-server of the issuer answers with a JSON object"),
    ("oauth.jwks-uri", "jwks_uri is published"),
    ("cors.browser-apps", "the target file says that purely browser-based apps are supported"),
    ("fhir.batch", "the CapabilityStatement lists interaction batch or transaction"),
    ("fhir.operations", "the CapabilityStatement lists an operation"),
    ("fhir.provenance", "the CapabilityStatement lists the resource type Provenance"),
    ("fhir.audit-event", "the CapabilityStatement lists the resource type AuditEvent"),
    ("audit.log", "the target file says that the audit log of the target is what it shows as AuditEvent"),
    ("fhir.provenance-include", "the CapabilityStatement lists Provenance:target in searchRevInclude of ExplanationOfBenefit"),
    ("tls.1.2", "an endpoint of the target negotiated TLS 1.2"),
    ("tls.1.3", "an endpoint of the target negotiated TLS 1.3"),
    ("tls.dhe", "an endpoint negotiated a DHE suite"),
    ("tls.rsa-certificate", "an endpoint showed an RSA certificate"),
    ("tls.client-certificate", "an endpoint asked for a client certificate"),
    ("udap", "[base]/.well-known/udap answers 200 with a JSON object"),
    ("udap.0.1", "version 0.1.0 of HL7 UDAP Security is held to"),
    ("udap.1.0", "version 1.0.0 or a later one of HL7 UDAP Security is held to"),
    ("udap.registration", "udap_dcr is listed in udap_profiles_supported, or the UDAP metadata has registration_endpoint"),
    ("udap.authorization-code", "authorization_code is in grant_types_supported of the UDAP metadata"),
    ("udap.client-credentials", "client_credentials is in grant_types_supported of the UDAP metadata"),
    ("udap.authorization-endpoint", "the UDAP metadata has authorization_endpoint"),
    ("udap.extensions", "udap_authorization_extensions_supported is not empty"),
    ("udap.b2b", "hl7-b2b is in udap_authorization_extensions_supported"),
    ("udap.b2b-required", "hl7-b2b is in udap_authorization_extensions_required"),
    ("udap.b2b-optional", "hl7-b2b is supported and not in udap_authorization_extensions_required"),
    ("udap.refresh", "refresh_token is in grant_types_supported of the UDAP metadata"),
    ("udap.registration-es256", "ES256 is in registration_endpoint_jwt_signing_alg_values_supported"),
    ("udap.registration-rs384", "RS384 is in registration_endpoint_jwt_signing_alg_values_supported"),
    ("udap.registration-es384", "ES384 is in registration_endpoint_jwt_signing_alg_values_supported"),
    ("udap.registration-ps256", "PS256 is in registration_endpoint_jwt_signing_alg_values_supported"),
    ("udap.token-es256", "ES256 is in token_endpoint_auth_signing_alg_values_supported of the UDAP metadata"),
    ("udap.token-rs384", "RS384 is in token_endpoint_auth_signing_alg_values_supported of the UDAP metadata"),
    ("udap.token-es384", "ES384 is in token_endpoint_auth_signing_alg_values_supported of the UDAP metadata"),
    ("udap.token-ps256", "PS256 is in token_endpoint_auth_signing_alg_values_supported of the UDAP metadata"),
    ("udap.tiered", "udap_to is in udap_profiles_supported"),
    ("udap.certifications", "udap_certifications_supported is not empty"),
    ("udap.certifications-required", "udap_certifications_required is not empty"),
    ("udap.certification-status", "a certification names certification_status_endpoint"),
    ("udap.communities", "the target file names a community URI and the target answered 200 for it"),
    ("udap.replay-tracking", "a replayed assertion was refused in the run"),
    ("udap.wildcard-scopes", "scopes_supported has a scope with *"),
    ("udap.mtls", "tls_client_auth is in token_endpoint_auth_methods_supported"),
    ("client.authorization-code", "role client: the observed application registers for the grant authorization_code"),
    ("client.client-credentials", "role client: the observed application registers for the grant client_credentials"),
    ("client.tiered", "role client: its requests show Tiered OAuth"),
    ("client.community", "role client: its requests name a community"),
    ("client.shared-secret", "role client: its requests show a shared secret"),
    ("client.jku", "role client: its requests show jku"),
    ("client.consent-reference", "role client: its requests show a consent reference"),
    ("client.several-redirect-uris", "role client: its requests show several redirect URIs"),
    ("client.smart", "role client: the target file says that it also supports SMART"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_is_read_back() {
        let names: Vec<CapabilityName> = CapabilityName::all().collect();
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len());
        for name in names {
            assert_eq!(CapabilityName::parse(name.as_str()), Ok(name));
            assert!(!name.description().is_empty());
        }
    }

    #[test]
    fn the_twenty_elements_of_smart_configuration_are_told_from_derived_capabilities() {
        assert_eq!(CapabilityName::all().filter_map(CapabilityName::smart_element).count(), 20);
        assert_eq!(CapabilityName::parse("smart.permission-v2").unwrap().smart_element(), Some("permission-v2"));
        assert_eq!(CapabilityName::parse("smart.smart-app-state").unwrap().smart_element(), Some("smart-app-state"));
        assert_eq!(CapabilityName::parse("smart.client-confidential").unwrap().smart_element(), None);
    }

    #[test]
    fn a_typo_is_answered_with_the_nearest_name() {
        let message = CapabilityName::parse("smart.permision-v2").unwrap_err().to_string();
        assert!(message.contains("did you mean 'smart.permission-v2'?"), "{message}");
    }
}
