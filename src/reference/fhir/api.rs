//! From a path to an interaction, and who may do it. Routing comes before authentication: an unknown type is 404 for
//! everybody, without a challenge.

use serde_json::{Value, json};

use super::super::exchange::{Asked, Reply};
use super::super::members::{self, TYPES};
use super::super::oauth::Access;
use super::super::site::{BASE_PATH, Site};
use super::audit;
use super::caller::{Caller, caller};
use super::data::View;
use super::provenance;
use super::refusal::{outcome, refuse_nobody, refuse_stranger, unknown_path};
use super::search;

/// The types that can be read without a token or with any token, each with its two faults.
const LEAKS: [(&str, &str, &str); 5] = [
    ("Patient", "open-patient", "garbage-token-accepted-patient"),
    ("Coverage", "open-coverage", "garbage-token-accepted-coverage"),
    ("ExplanationOfBenefit", "open-explanationofbenefit", "garbage-token-accepted-explanationofbenefit"),
    ("Organization", "open-organization", "garbage-token-accepted-organization"),
    ("Practitioner", "open-practitioner", "garbage-token-accepted-practitioner"),
];

/// Answers a request below the base; `path` is what follows the base and its slash.
pub(in super::super) fn answer(site: &Site, asked: &Asked, path: &str) -> Reply {
    let reply = interaction(site, asked, path);
    audit::note(site, asked, path, &reply);
    if site.has("cors-missing-on-fhir") { reply } else { reply.with("access-control-allow-origin", "*") }
}

/// What a path asks for: a type and, for a read, an id.
struct Place<'a> {
    kind: &'a str,
    id: Option<&'a str>,
    methods: &'static [&'static str],
}

fn place(path: &str) -> Option<Place<'_>> {
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        [kind] if is_served(kind) => Some(Place { kind, id: None, methods: &["GET", "HEAD"] }),
        [kind, "_search"] if is_served(kind) => Some(Place { kind, id: None, methods: &["POST"] }),
        [kind, id] if is_served(kind) && !id.is_empty() => Some(Place { kind, id: Some(id), methods: &["GET", "HEAD"] }),
        _ => None,
    }
}

fn is_served(kind: &str) -> bool {
    TYPES.contains(&kind) || kind == provenance::KIND
}

fn interaction(site: &Site, asked: &Asked, path: &str) -> Reply {
    if path.is_empty() {
        return at_the_base(site, asked);
    }
    if path == "AuditEvent" && asked.method == "GET" && !site.has("audit-events-not-offered") {
        return audit::search(site, asked);
    }
    let Some(place) = place(path) else { return unknown_path(site, asked) };
    if asked.method == "OPTIONS" {
        return Reply::empty(204)
            .with("access-control-allow-methods", "GET, HEAD, POST, OPTIONS")
            .with("access-control-allow-headers", "accept, authorization, content-type")
            .with("access-control-max-age", "600");
    }
    let caller = caller(site, asked);
    if !place.methods.contains(&asked.method.as_str()) {
        return write(site, asked, &caller, &place);
    }
    let leaks = LEAKS.iter().find(|(kind, _, _)| *kind == place.kind);
    match caller {
        Caller::Member(access) => data(site, asked, &place, View::of(access)),
        Caller::Stranger if leaks.is_some_and(|(_, _, garbage)| site.has(garbage)) => everything(site, asked, &place),
        Caller::Nobody if leaks.is_some_and(|(_, open, _)| site.has(open)) => everything(site, asked, &place),
        Caller::Stranger => refuse_stranger(site, asked),
        Caller::Nobody => refuse_nobody(site, asked),
    }
}

/// The base itself takes batches and the links of pages.
fn at_the_base(site: &Site, asked: &Asked) -> Reply {
    let is_page = asked.method == "GET" && asked.query_parameters().iter().any(|(name, _)| name == "_getpages");
    let is_batch = asked.method == "POST" && !site.has("batch-not-taken");
    if !is_batch && !is_page {
        return unknown_path(site, asked);
    }
    match caller(site, asked) {
        Caller::Member(access) if is_page => search::page(site, asked, &access),
        Caller::Member(access) => batch(site, asked, &access),
        Caller::Stranger => refuse_stranger(site, asked),
        Caller::Nobody => refuse_nobody(site, asked),
    }
}

/// What a type gives to those whom a fault lets in: the first member's data.
fn everything(site: &Site, asked: &Asked, place: &Place<'_>) -> Reply {
    let access = site.store().access.get(site.token.expose()).cloned();
    access.map_or_else(|| outcome(500, "exception", "no data"), |access| data(site, asked, place, View::of(access)))
}

fn data(site: &Site, asked: &Asked, place: &Place<'_>, view: View) -> Reply {
    match place.id {
        Some(id) => view.read(site, place.kind, id),
        None => search::search(site, asked, place.kind, &view),
    }
}

/// Nothing here can be written, whatever the scopes.
fn write(site: &Site, asked: &Asked, caller: &Caller, place: &Place<'_>) -> Reply {
    if matches!(caller, Caller::Member(_)) && site.has("write-accepted-with-read-scope") {
        let status = match asked.method.as_str() {
            "POST" => 201,
            "DELETE" => 204,
            _ => 200,
        };
        let id = place.id.unwrap_or("new");
        return Reply::empty(status).with("location", format!("{}/{}/{id}/_history/2", site.base, place.kind));
    }
    outcome(405, "not-supported", "this interaction is not supported").with("allow", place.methods.join(", "))
}

/// Runs the reads and searches of a batch one by one, each as if it had come alone.
fn batch(site: &Site, asked: &Asked, access: &Access) -> Reply {
    let bundle: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let Some(entries) = bundle["entry"].as_array().filter(|_| bundle["type"] == "batch") else {
        return outcome(400, "invalid", "the base takes a Bundle of type batch");
    };
    let everyone = site.has("other-member-through-batch");
    let answers: Vec<Value> = entries.iter().map(|entry| entry_answer(site, asked, access, entry, everyone)).collect();
    Reply::fhir(200, &json!({"resourceType": "Bundle", "type": "batch-response", "entry": answers}))
        .with("cache-control", "no-store")
}

fn entry_answer(site: &Site, asked: &Asked, access: &Access, entry: &Value, everyone: bool) -> Value {
    let url = entry["request"]["url"].as_str().unwrap_or_default();
    let url = url.strip_prefix(site.base.as_str()).unwrap_or(url).trim_start_matches('/');
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let inner = Asked {
        method: entry["request"]["method"].as_str().unwrap_or("GET").to_owned(),
        path: format!("{BASE_PATH}/{path}"),
        query: query.to_owned(),
        body: Vec::new(),
        ..asked.clone()
    };
    let reply = match place(path) {
        Some(place) if inner.method == "GET" => data(site, &inner, &place, View { access: access.clone(), everyone }),
        Some(_) => outcome(405, "not-supported", "a batch reads only"),
        None => outcome(404, "not-found", "nothing is here"),
    };
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let mut answer = json!({"response": {"status": reply.status.to_string()}});
    answer[if reply.status < 300 { "resource" } else { "outcome" }] = body.clone();
    if reply.status >= 300 {
        answer["response"]["outcome"] = body;
        if let Some(members) = answer.as_object_mut() {
            members.shift_remove("outcome");
        }
    }
    answer
}

/// The resources of all members, for the faults that forget whose they are.
pub(super) fn of_everyone(kind: &str) -> Vec<&'static Value> {
    members::all().iter().flat_map(|member| member.all_of(kind)).collect()
}
