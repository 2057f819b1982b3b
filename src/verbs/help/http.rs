//! Documentation of `http.get`, `http.options` and `http.post`.

use super::facts::{argument, facts, http_facts};
use crate::verbs::{ArgumentHelp, Effect, FactHelp, Kind, VerbHelp};

const URL: ArgumentHelp = argument!("url", Kind::Text, required, "where to; what is not absolute lies below the FHIR base");
const HEADERS: ArgumentHelp = argument!("headers", Kind::TextTable, "further request headers");
const ACCEPT: ArgumentHelp = argument!("accept", Kind::Text, "the Accept header");
const BEARER: ArgumentHelp = argument!("bearer", Kind::Text, "a made-up token, sent as Authorization: Bearer; never a real one");
const ORIGIN: ArgumentHelp = argument!("origin", Kind::Text, "the Origin header, as a browser sends it");
const COPIES: ArgumentHelp = argument!("copies", Kind::Number, "how many equal requests are sent at once, 1 to 16");
const CONNECTION: ArgumentHelp =
    argument!("connection", Kind::Word(&["fresh"]), "fresh: on a connection of its own, as every request of this program is");
const PLAIN: ArgumentHelp = argument!(
    "plain",
    Kind::Flag,
    "the URL is plain HTTP on purpose, and a port that does not speak it is an answer; up to three redirects that stay on plain HTTP of the same host are followed"
);

const FACTS: &[FactHelp] = http_facts! {
    "accepted_count": "how many of the copies were answered with 2xx",
    "answered": "with plain: true when something spoke HTTP; false when the connection was refused, reset or answered by another protocol",
    "served": "with plain: true when a 2xx carried FHIR, JSON or a login form",
    "redirects_to_https": "with plain: true when the answer only points to an https address",
};

/// `http.get`
pub static GET: VerbHelp = VerbHelp {
    name: "http.get",
    summary: "Sends a GET without credentials and looks at the answer.",
    effect: Effect::Probe,
    arguments: &[URL, HEADERS, ACCEPT, BEARER, ORIGIN, COPIES, CONNECTION, PLAIN],
    facts: FACTS,
};

/// `http.options`
pub static OPTIONS: VerbHelp = VerbHelp {
    name: "http.options",
    summary: "Sends an OPTIONS request, for instance the preflight of a browser.",
    effect: Effect::Probe,
    arguments: &[URL, HEADERS, ACCEPT, BEARER, ORIGIN, COPIES, CONNECTION, PLAIN],
    facts: FACTS,
};

/// `http.post`
pub static POST: VerbHelp = VerbHelp {
    name: "http.post",
    summary: "Sends a POST with a form or a JSON body; it is never repeated.",
    effect: Effect::Probe,
    arguments: &[
        URL,
        HEADERS,
        ACCEPT,
        BEARER,
        ORIGIN,
        argument!("form", Kind::TextTable, "the fields of a form body"),
        argument!("json", Kind::Any, "the JSON body"),
        COPIES,
        CONNECTION,
        PLAIN,
    ],
    facts: FACTS,
};
