//! Faults and quirks of the discovery documents: smart-configuration, openid-configuration, JWKS, the
//! `CapabilityStatement`, UDAP metadata and their CORS headers.

use super::fault::{Fault, fault, quirk};

const G: &str = "discovery";

/// The version whose smart-configuration names no issuer.
const V1: &str = "1.0.0";
const V2: &str = "2.0.0";

pub(super) const TABLE: &[Fault] = &[
    fault(G, "smart-configuration-missing", "smart-configuration is 404"),
    fault(G, "smart-configuration-requires-token", "smart-configuration is 401 without a token"),
    fault(G, "smart-configuration-fhir-json", "smart-configuration comes as application/fhir+json"),
    fault(G, "smart-configuration-text-html", "smart-configuration is right JSON but comes as text/html"),
    fault(G, "smart-configuration-html-page", "smart-configuration is an HTML page with status 200"),
    fault(G, "smart-configuration-not-json", "smart-configuration is cut off in the middle"),
    fault(G, "smart-configuration-array", "smart-configuration is a JSON array"),
    fault(G, "smart-configuration-duplicate-keys", "scopes_supported stands twice in smart-configuration"),
    fault(G, "smart-configuration-at-host-root", "smart-configuration lies at the root of the host, not below the base"),
    fault(G, "smart-configuration-redirects", "smart-configuration redirects to the authorization origin, which serves it"),
    fault(G, "smart-configuration-needs-accept", "smart-configuration is 406 unless Accept names application/json").smart(V2),
    fault(G, "smart-configuration-500", "smart-configuration is 500"),
    fault(G, "smart-no-authorization-endpoint", "authorization_endpoint is missing"),
    fault(G, "smart-no-token-endpoint", "token_endpoint is missing"),
    fault(G, "smart-no-capabilities", "capabilities is missing"),
    fault(G, "smart-capabilities-string", "capabilities is one string with spaces"),
    fault(G, "smart-capabilities-empty", "capabilities is empty, and what they would ask for is not there"),
    fault(G, "smart-relative-endpoints", "authorization_endpoint and token_endpoint are relative").smart("2.2.0"),
    fault(G, "smart-authorization-endpoint-http", "authorization_endpoint is http"),
    fault(G, "smart-token-endpoint-http", "token_endpoint is http"),
    fault(G, "smart-token-endpoint-not-url", "token_endpoint is not a URL"),
    fault(G, "smart-jwks-uri-http", "jwks_uri is http"),
    fault(G, "smart-registration-endpoint-http", "registration_endpoint is http"),
    fault(G, "smart-introspection-endpoint-http", "introspection_endpoint is http"),
    fault(G, "smart-revocation-endpoint-http", "revocation_endpoint is http"),
    fault(G, "smart-management-endpoint-http", "management_endpoint is http"),
    fault(G, "smart-no-issuer", "issuer is missing").smart(V2),
    fault(G, "smart-issuer-empty", "issuer is an empty string").smart(V2),
    fault(G, "smart-issuer-http", "issuer is http").smart(V2),
    fault(G, "smart-no-jwks-uri", "jwks_uri is missing").smart(V2),
    fault(G, "smart-jwks-missing", "the JWKS is 404"),
    fault(G, "smart-jwks-not-a-set", "the JWKS is JSON without keys"),
    fault(G, "smart-jwks-private-key", "the JWKS publishes a private key"),
    fault(G, "smart-no-grant-types", "grant_types_supported is missing").smart(V2),
    fault(G, "smart-grant-types-without-code", "grant_types_supported lacks authorization_code").smart(V2),
    fault(G, "smart-grant-types-string", "grant_types_supported is a string").smart(V2),
    fault(G, "smart-no-code-challenge-methods", "code_challenge_methods_supported is missing").smart(V2),
    fault(G, "smart-code-challenge-without-s256", "code_challenge_methods_supported lacks S256").smart(V2),
    fault(G, "smart-code-challenge-plain", "code_challenge_methods_supported lists plain beside S256").smart(V2),
    fault(G, "smart-no-scopes-supported", "scopes_supported is missing"),
    fault(G, "smart-scopes-supported-empty", "scopes_supported is empty"),
    fault(G, "smart-scopes-supported-string", "scopes_supported is one string with spaces"),
    fault(G, "smart-no-response-types", "response_types_supported is missing"),
    fault(G, "smart-response-types-without-code", "response_types_supported lacks code"),
    fault(G, "smart-no-management-endpoint", "management_endpoint is missing"),
    fault(G, "smart-no-introspection-endpoint", "introspection_endpoint is missing"),
    fault(G, "smart-no-revocation-endpoint", "revocation_endpoint is missing"),
    fault(G, "smart-auth-methods-string", "token_endpoint_auth_methods_supported is a string"),
    fault(G, "smart-auth-methods-contradict", "client-confidential-asymmetric is claimed and private_key_jwt is not listed"),
    fault(G, "smart-issuer-without-sso", "issuer is published though sso-openid-connect is not claimed")
        .under(&["smart-app-launch-2.2.0", "carin-bb-2.2.0"])
        .smart("2.2.0"),
    fault(G, "smart-associated-endpoints-string", "associated_endpoints is a string").smart("2.2.0"),
    fault(G, "auth-none-algorithm", "token_endpoint_auth_signing_alg_values_supported lists none"),
    fault(G, "openid-configuration-missing", "openid-configuration is 404"),
    fault(G, "openid-issuer-differs", "the issuer in openid-configuration is not the place it is served from"),
    fault(G, "openid-jwks-uri-differs", "openid-configuration names another jwks_uri than smart-configuration"),
    fault(
        G,
        "openid-authorization-endpoint-differs",
        "openid-configuration names another authorization_endpoint than smart-configuration",
    ),
    fault(G, "openid-no-rs256", "openid-configuration does not list RS256 for ID tokens"),
    fault(G, "openid-missing-fields", "openid-configuration lacks subject_types_supported"),
    fault(G, "openid-fields-null", "required members of openid-configuration are null"),
    fault(G, "openid-alg-values-string", "id_token_signing_alg_values_supported is one string with spaces"),
    quirk(G, "token-issuer-alone", "only the ID token names the issuer, as in SMART 1.0.0").smart(V1),
    fault(G, "token-issuer-configuration-missing", "only the ID token names the issuer, and openid-configuration is 404")
        .smart(V1),
    fault(G, "token-issuer-differs", "only the ID token names the issuer, and openid-configuration below it names another")
        .smart(V1),
    fault(
        G,
        "token-issuer-missing-fields",
        "only the ID token names the issuer, and openid-configuration lacks subject_types_supported",
    )
    .smart(V1),
    fault(G, "token-issuer-no-rs256", "only the ID token names the issuer, and openid-configuration does not list RS256")
        .smart(V1),
    fault(G, "metadata-missing", "metadata is 404"),
    fault(G, "metadata-requires-token", "metadata is 401 without a token"),
    fault(G, "metadata-html-page", "metadata is an HTML page with status 200"),
    fault(G, "metadata-not-a-capability-statement", "metadata is an OperationOutcome with status 200"),
    fault(G, "metadata-no-security-service", "the CapabilityStatement has no coded security service"),
    fault(G, "metadata-no-oauth-uris", "the CapabilityStatement has no oauth-uris extension").smart("1.0.0"),
    fault(G, "metadata-oauth-uris-differ", "oauth-uris names another token endpoint than smart-configuration").smart("1.0.0"),
    fault(G, "metadata-oauth-uris-no-token", "oauth-uris has no token endpoint").smart("1.0.0"),
    fault(G, "metadata-no-instantiates", "the CapabilityStatement instantiates nothing"),
    fault(G, "metadata-instantiates-other", "the CapabilityStatement instantiates the one of another guide"),
    fault(G, "metadata-duplicate-keys", "fhirVersion stands twice in the CapabilityStatement"),
    fault(G, "udap-registration-endpoint-missing", "UDAP registration is claimed and no document names its endpoint")
        .under(&["carin-bb-1.1.0"]),
    fault(G, "cors-missing-on-smart-configuration", "smart-configuration has no CORS headers").smart("2.2.0"),
    fault(G, "cors-missing-on-metadata", "metadata has no CORS headers").smart("2.2.0"),
    fault(G, "soft-404", "unknown paths get 200 and an HTML page"),
    quirk(G, "smart-configuration-charset", "smart-configuration comes as application/json; charset=utf-8"),
    quirk(
        G,
        "smart-configuration-names-a-person",
        "smart-configuration has claims about a person, whose values are its own addresses",
    ),
    quirk(G, "smart-configuration-extra-fields", "smart-configuration has members and capabilities that nobody knows"),
    quirk(G, "metadata-instantiates-versioned", "the CapabilityStatement instantiates c4bb with |2.2.0"),
    quirk(G, "smart-scopes-v2", "scopes_supported is in SMART 2 syntax, with wildcards"),
    quirk(G, "smart-scopes-wildcard", "scopes_supported names patient/*.read and user/*.read"),
    quirk(G, "issuer-other-host", "the issuer is a path on the authorization origin, with its openid-configuration below it"),
];
