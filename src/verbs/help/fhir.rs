//! Documentation of the verbs that ask for FHIR data, with a token of the run or without a right to it.

use super::facts::{argument, facts, http_facts};
use crate::verbs::{ArgumentHelp, Effect, FactHelp, Kind, VerbHelp};

const TYPE: ArgumentHelp =
    argument!("type", Kind::Text, required, "the resource type; in fhir.search also the handle of a page (fact next)");
const TOKEN: ArgumentHelp =
    argument!("token", Kind::Text, "a handle of an access token, or a made-up bearer token; none is sent without it");
const ALTER: ArgumentHelp = argument!(
    "alter",
    Kind::Word(&["no", "changed", "truncated", "made-up"]),
    "sends another token: one letter changed, the last third cut off, or a random one of the same length"
);
const PLACE: ArgumentHelp = argument!(
    "token_in",
    Kind::Word(&["header", "query"]),
    "where the token stands; header without it, query for the parameter access_token"
);

const AGAIN: ArgumentHelp = argument!(
    "again",
    Kind::Number,
    "how many more times it is sent while the answer is 500 or 501, 0 to 2; the last answer is the one that is told"
);
const BESIDE: ArgumentHelp = argument!(
    "beside",
    Kind::Text,
    "without a token: the handle of one that opened the same address in the same case; a refusal then counts by its own form, without a canary"
);

const ORIGIN: ArgumentHelp = argument!("origin", Kind::Text, "an Origin header as a browser sends it; none is sent without it");

const FACTS: &[FactHelp] = http_facts! {
    "served": "true when the answer is a 2xx",
    "data": "how many resources other than Bundle and OperationOutcome the body holds, whatever the status",
    "data_types": "the types of those resources, each once",
    "entry_types": "the types of the resources that stand for themselves: the one of the body, or the entries of a Bundle; contained resources are left out",
    "guarded_types": "those of entry_types that the target file does not name public (public_types)",
    "server_errors": "how many answers were 500 or 501, the last among them; 0 when the last was none",
    "refused": "true when the answer is a 4xx that counts as a refusal",
    "settled": "true when the answer tells something: served, redirected, or a refusal that counts",
    "why_not_settled": "why the answer tells nothing; absent when settled",
    "challenge.present": "true when the answer carries WWW-Authenticate",
    "challenge.scheme": "the scheme of the challenge in lower case, Bearer before others",
    "challenge.error": "the error code of the challenge; absent when it has none",
    "operation_outcome": "true when the body is an OperationOutcome",
    "differs_from_canary": "true when the answer has another form than the one to a path that cannot exist",
    "patient_count": "with a handle: how many different patients the body names, by their own resource or by reference",
    "patients": "with a handle: handles of those patients, each once; beside those that the run knows already, the first 50",
    "ids.Coverage": "with a handle: handles of the ids of the resources in the body, by type; contained resources have none. Beside those that the run knows already, the first 50",
    "kinds": "with a handle: how many resources of each type the body holds, contained ones left out, for instance kinds.Coverage",
    "references.Organization": "with a handle: handles of the ids at this base that the body refers to, by type; a reference to another server is left out",
    "other_members": "with a handle: how many of the second member's known resources the body holds or refers to",
    "stranger_patients": "with a handle: how many of the patients are neither the token's own nor a dependant's, contained ones left out; absent when the token's patient is not known",
    "total": "Bundle.total; absent when there is none",
    "entry_count": "how many entries the Bundle has; absent when it is none",
    "link_relations": "the relations of Bundle.link",
    "next": "a handle of the next page's address; absent when there is none",
    "next_link_same_origin": "true when the next page has the origin of the FHIR base; absent when there is none",
    "batch_declared": "of a batch with a handle: true when the CapabilityStatement lists batch or transaction; absent when it could not be read",
    "pages_read": "how many pages were read",
    "provenance_lacks": "with a handle: what a Provenance on the first page lacks that its definition wants, each once; absent without a Provenance",
    "provenance_profile_lacks": "with a handle: what such a Provenance lacks that the US Core profile wants besides",
    "narratives": "with a handle: how many narratives (text.div) were read; 0 also when one is too large to be read and nothing was found in the others",
    "active_content": "with a handle: what runs, loads or sends something in the narratives, each kind once: script, event attribute, script address, frame, object, form, base, link, meta",
    "labels.Coverage": "with a handle: of each resource of the first page that has an id, by type, the handles of its security labels; an empty list without any",
    "tells_member": "of an answer without a resource: what it tells of members whose Patient was read in this run and who are neither the token's own nor a dependant: name, birth date, identifier; what the request said does not count",
    "outcome_codes": "the issue codes of the OperationOutcomes",
    "internals": "signs of the server's insides in body or headers, for instance a stack trace or a software version",
};

/// `fhir.search`
pub static SEARCH: VerbHelp = VerbHelp {
    name: "fhir.search",
    summary: "Searches a resource type with a token, without one or with a made-up one, and tells what the answer holds and whether it is a refusal that counts.",
    effect: Effect::Probe,
    arguments: &[
        TYPE,
        argument!("parameters", Kind::TextTable, "search parameters; a value may be or end with a handle"),
        argument!("repeated", Kind::Texts, "further parameters as name=value, for names that occur more than once"),
        TOKEN,
        ALTER,
        PLACE,
        ORIGIN,
        AGAIN,
        BESIDE,
        argument!("follow", Kind::Number, "how many next pages are read as well, 0 to 5; only below the FHIR base"),
        argument!("method", Kind::Word(&["get", "post"]), "post: by a form at Type/_search"),
    ],
    facts: FACTS,
};

/// `fhir.read`
pub static READ: VerbHelp = VerbHelp {
    name: "fhir.read",
    summary: "Reads one resource with a token, without one or with a made-up one, and tells what the answer holds and whether it is a refusal that counts.",
    effect: Effect::Probe,
    arguments: &[
        TYPE,
        argument!("id", Kind::Text, required, "the logical id, or a handle of it"),
        TOKEN,
        ALTER,
        PLACE,
        ORIGIN,
        AGAIN,
        BESIDE,
    ],
    facts: FACTS,
};

/// `fhir.batch`
pub static BATCH: VerbHelp = VerbHelp {
    name: "fhir.batch",
    summary: "Posts a batch Bundle of GETs with a token, and tells what the answer holds.",
    effect: Effect::Probe,
    arguments: &[
        argument!("requests", Kind::Texts, required, "what each entry gets, for instance Patient/{{id}}; the id may be a handle"),
        TOKEN,
        ALTER,
    ],
    facts: FACTS,
};

/// `fhir.create`
pub static CREATE: VerbHelp = VerbHelp {
    name: "fhir.create",
    summary: "Posts a body that is no valid resource to a type, to see whether the scope is looked at before the content.",
    effect: Effect::Login,
    arguments: &[TYPE, TOKEN],
    facts: FACTS,
};
