//! Documentation of `audit.find`.

use super::facts::{argument, facts};
use crate::verbs::{Effect, Kind, VerbHelp};

/// `audit.find`
pub static AUDIT_FIND: VerbHelp = VerbHelp {
    name: "audit.find",
    summary: "Searches AuditEvent with the access token of [audit] for the record of something that this run did, and asks again until it is there or the wait is over.",
    effect: Effect::Probe,
    arguments: &[
        argument!(
            "kind",
            Kind::Word(&["read", "search", "refusal", "login"]),
            required,
            "what was done: a read, a search, a request that was refused, a sign-in"
        ),
        argument!("type", Kind::Text, "the resource type that was asked for"),
        argument!("patient", Kind::Text, required, "a handle of the id of the member's Patient, whom the record has to name"),
        argument!("since", Kind::Any, required, "when it was done, in seconds since 1970 (fact at of wait.until)"),
        argument!("wait", Kind::Duration, required, "how long the server may take to write it"),
    ],
    facts: facts! {
        "served": "true when the search was answered with a Bundle",
        "status": "the status code of the last answer",
        "found": "how many AuditEvents are records of it: of its time, its kind and the member concerned",
        "seen": "how many AuditEvents the last search brought",
        "outcome": "success, failure or unstated: what the records say of how it ended; success when one of several does",
        "agent_named": "true when a record says who did it",
        "malformed": "what an AuditEvent of this search lacks that its definition wants, each once, for instance source.observer",
        "searches": "how many searches it took",
        "complete": "false when there are more pages than are read, so that a record may stand on one of them",
        "clocks_agree": "false when the Date header is so far from our time that a record of this time looks like one of another",
    },
};
