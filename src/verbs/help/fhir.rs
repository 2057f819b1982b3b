//! Documentation of the verbs that ask for FHIR data without a right to it.

use super::facts::{argument, facts, http_facts};
use crate::verbs::{ArgumentHelp, Effect, FactHelp, Kind, VerbHelp};

const TYPE: ArgumentHelp = argument!("type", Kind::Text, required, "the resource type");
const TOKEN: ArgumentHelp = argument!("token", Kind::Text, "a made-up bearer token; none is sent without it");

const FACTS: &[FactHelp] = http_facts! {
    "served": "true when the answer is a 2xx",
    "data": "how many resources other than Bundle and OperationOutcome the body holds, whatever the status",
    "data_types": "the types of those resources, each once",
    "refused": "true when the answer is a 4xx that counts as a refusal",
    "settled": "true when the answer tells something: served, redirected, or a refusal that counts",
    "why_not_settled": "why the answer tells nothing; absent when settled",
    "challenge.present": "true when the answer carries WWW-Authenticate",
    "challenge.scheme": "the scheme of the challenge in lower case, Bearer before others",
    "challenge.error": "the error code of the challenge; absent when it has none",
    "operation_outcome": "true when the body is an OperationOutcome",
    "differs_from_canary": "true when the answer has another form than the one to a path that cannot exist",
    "internals": "signs of the server's insides in body or headers, for instance a stack trace or a software version",
};

/// `fhir.search`
pub static SEARCH: VerbHelp = VerbHelp {
    name: "fhir.search",
    summary: "Searches a resource type without a token, or with a made-up one, and tells whether the answer is a refusal that counts.",
    effect: Effect::Probe,
    arguments: &[TYPE, argument!("parameters", Kind::TextTable, "search parameters"), TOKEN],
    facts: FACTS,
};

/// `fhir.read`
pub static READ: VerbHelp = VerbHelp {
    name: "fhir.read",
    summary: "Reads one resource without a token, or with a made-up one, and tells whether the answer is a refusal that counts.",
    effect: Effect::Probe,
    arguments: &[TYPE, argument!("id", Kind::Text, required, "the logical id"), TOKEN],
    facts: FACTS,
};
