//! Documentation of the discovery verbs.

use super::facts::{argument, facts, http_facts};
use crate::verbs::{ArgumentHelp, Effect, Kind, VerbHelp};

const ACCEPT: ArgumentHelp = argument!("accept", Kind::Text, "another Accept header; makes a request of its own");
const ORIGIN: ArgumentHelp =
    argument!("origin", Kind::Text, "an Origin header as a browser sends it; makes a request of its own");

/// `discovery.smart`
pub static SMART: VerbHelp = VerbHelp {
    name: "discovery.smart",
    summary: "Reads .well-known/smart-configuration below the FHIR base, without credentials; once per run unless an argument asks for more.",
    effect: Effect::Observe,
    arguments: &[ACCEPT, ORIGIN],
    facts: http_facts! {
        "found": "true when the answer is 200 with a JSON object, after at most three redirects to the same origin",
        "url": "the address that was asked first",
        "redirects": "how many redirects were followed",
        "foreign_redirect": "true when a redirect leads to another origin; it is not followed",
        "relative_urls": "the names of members that should hold a URL and hold one that is not absolute",
        "http_urls": "the names of members that hold an absolute URL that is not https",
        "capabilities": "the list of capabilities; empty when the member is missing or ill-typed",
        "scopes_supported": "the list of scopes; empty when the member is missing or ill-typed",
    },
};

/// `discovery.capability-statement`
pub static CAPABILITY_STATEMENT: VerbHelp = VerbHelp {
    name: "discovery.capability-statement",
    summary: "Reads the CapabilityStatement at /metadata, without credentials; once per run unless an argument asks for more.",
    effect: Effect::Observe,
    arguments: &[ACCEPT, ORIGIN],
    facts: http_facts! {
        "found": "true when the answer is 200 with a CapabilityStatement",
        "url": "the address that was asked first",
        "redirects": "how many redirects were followed",
        "foreign_redirect": "true when a redirect leads to another origin; it is not followed",
        "oauth_uris_present": "true when a server entry of rest carries the oauth-uris extension",
        "oauth_uris.authorize": "its authorize URL; .token .register .introspect .revoke .manage likewise, absent when not there",
        "security_services": "the codes of rest.security.service",
        "instantiates": "the canonicals of instantiates",
        "interactions": "the interactions with the whole server that it lists, for instance batch",
        "instantiates_c4bb": "true when one of them is the server CapabilityStatement of CARIN BB, with or without a version",
        "implementation_guides": "the canonicals of implementationGuide",
        "fhir_version": "fhirVersion; absent when not there",
    },
};

/// `discovery.openid`
pub static OPENID: VerbHelp = VerbHelp {
    name: "discovery.openid",
    summary: "Reads openid-configuration below an issuer, without credentials; nothing to look at when no issuer is known.",
    effect: Effect::Observe,
    arguments: &[argument!("issuer", Kind::Text, "the issuer; by default the one in smart-configuration")],
    facts: http_facts! {
        "found": "true when the answer is 200 with a JSON object",
        "issuer_asked": "the issuer that the address was built from",
        "url": "the address that was asked first",
        "redirects": "how many redirects were followed",
        "foreign_redirect": "true when a redirect leads to another origin; it is not followed",
    },
};

/// `discovery.udap`
pub static UDAP: VerbHelp = VerbHelp {
    name: "discovery.udap",
    summary: "Reads .well-known/udap below the FHIR base, without credentials; once per run.",
    effect: Effect::Observe,
    arguments: &[],
    facts: http_facts! {
        "found": "true when the answer is 200 with a JSON object",
        "offered": "true when found; false when the answer is a well-formed absence (404, 410 or 204); absent otherwise",
        "url": "the address that was asked first",
        "redirects": "how many redirects were followed",
        "foreign_redirect": "true when a redirect leads to another origin; it is not followed",
        "relative_urls": "as udap.discover says it",
        "http_urls": "as udap.discover says it",
        "fragment_urls": "as udap.discover says it",
        "extensions_beyond_supported": "as udap.discover says it",
        "certifications_beyond_supported": "as udap.discover says it",
        "certifications_not_uris": "as udap.discover says it",
        "token_algorithms_not_asymmetric": "as udap.discover says it",
        "registration_algorithms_not_asymmetric": "as udap.discover says it",
        "signed": "as udap.discover says it",
    },
};

/// `discovery.agreement`
pub static AGREEMENT: VerbHelp = VerbHelp {
    name: "discovery.agreement",
    summary: "Compares the discovery documents with each other; sends nothing that stage 0 has not sent.",
    effect: Effect::Observe,
    arguments: &[],
    facts: facts! {
        "compared": "the kinds of endpoint that smart-configuration and oauth-uris both name: authorize, token, register, introspect, revoke, manage",
        "disagreements": "one sentence for each of those that differs",
        "openid_compared": "the members that smart-configuration and openid-configuration both hold",
        "openid_disagreements": "one sentence for each of those that differs",
        "registration_places": "the documents that name a registration endpoint: smart-configuration, udap, oauth-uris, openid-configuration",
        "advertised": "how many endpoints the documents name",
        "private_endpoints": "endpoints on an address that is not public, without a word having been sent to them: member and address",
    },
};

/// `discovery.canary`
pub static CANARY: VerbHelp = VerbHelp {
    name: "discovery.canary",
    summary: "Asks once per run for a path below the base that cannot exist, to know how this server says no.",
    effect: Effect::Probe,
    arguments: &[],
    facts: http_facts! {
        "missing": "true when the answer is a 4xx",
        "page": "true when the answer is a 2xx with an HTML page",
        "base_found": "false when smart-configuration and /metadata are both 404: the address may not be that of a FHIR base",
    },
};
