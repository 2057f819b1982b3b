//! The audit log: every request for data and every sign-in is kept, and whoever holds the auditor's token searches it as
//! `AuditEvent`. The faults are in what a search shows, so that no request for data depends on them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::super::exchange::{Asked, Reply};
use super::super::members::{self, TYPES};
use super::super::site::Site;
use super::caller::{Caller, caller, token};
use super::data::not_granted;
use super::refusal::{refuse_nobody, refuse_stranger};

/// How late an entry shows under the quirk `audit-delayed`.
const DELAY: Duration = Duration::seconds(20);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Read,
    Search,
    SignIn,
}

/// One line of the log.
#[derive(Debug, Clone)]
pub(in super::super) struct Entry {
    at: OffsetDateTime,
    deed: Deed,
    succeeded: bool,
    /// The app, as far as it is known.
    client: Option<String>,
    /// The Patient whose data it was about.
    patient: Option<String>,
    /// Type and id, or type and query.
    what: String,
}

/// Keeps what was asked for below the base.
pub(super) fn note(site: &Site, asked: &Asked, path: &str, reply: &Reply) {
    let segments: Vec<&str> = path.split('/').collect();
    let (deed, patient) = match segments.as_slice() {
        [kind, id] if TYPES.contains(kind) && *id != "_search" => (Deed::Read, (*kind == "Patient").then(|| (*id).to_owned())),
        [kind] | [kind, "_search"] if TYPES.contains(kind) => {
            let asked_for = asked.parameters().into_iter().find(|(name, _)| name == "patient" || name == "beneficiary");
            (Deed::Search, asked_for.map(|(_, value)| value.trim_start_matches("Patient/").to_owned()))
        }
        _ => return,
    };
    let access = match caller(site, asked) {
        Caller::Member(access) => Some(access),
        Caller::Nobody | Caller::Stranger => None,
    };
    let query = if deed == Deed::Search { format!("?{}", asked.query) } else { String::new() };
    let entry = Entry {
        at: site.now(),
        deed,
        succeeded: reply.status < 400,
        client: access.as_ref().map(|access| access.client.clone()),
        patient: patient.or_else(|| access.and_then(|access| access.patient)),
        what: format!("{path}{query}"),
    };
    site.store().audit.push(entry);
}

/// Keeps that a member signed in and let an app in.
pub(in super::super) fn note_sign_in(site: &Site, client: &str, member: usize) {
    let entry = Entry {
        at: site.now(),
        deed: Deed::SignIn,
        succeeded: true,
        client: Some(client.to_owned()),
        patient: Some(members::by_index(member).patient_id().to_owned()),
        what: String::new(),
    };
    site.store().audit.push(entry);
}

/// Answers a search of `AuditEvent`.
pub(super) fn search(site: &Site, asked: &Asked) -> Reply {
    if token(site, asked).as_deref() != Some(site.auditor.expose()) {
        return match caller(site, asked) {
            Caller::Member(_) => not_granted(site, "AuditEvent", 's'),
            Caller::Stranger => refuse_stranger(site, asked),
            Caller::Nobody => refuse_nobody(site, asked),
        };
    }
    let parameters = asked.query_parameters();
    let value = |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let from = value("date").and_then(|text| OffsetDateTime::parse(text.strip_prefix("ge")?, &Rfc3339).ok());
    let patient = value("patient").map(|text| text.trim_start_matches("Patient/"));
    let entries = site.store().audit.clone();
    let events: Vec<Value> = entries
        .iter()
        .filter(|entry| shows(site, entry))
        .map(|entry| (entry, time_of(site, entry)))
        .filter(|(_, at)| from.is_none_or(|from| *at >= from))
        .filter(|(entry, _)| patient.is_none_or(|patient| member_of(site, entry) == Some(patient)))
        .enumerate()
        .map(|(number, (entry, at))| json!({"resource": event(site, entry, at, number), "search": {"mode": "match"}}))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": events.len(), "entry": events});
    Reply::fhir(200, &bundle).with("cache-control", "no-store")
}

fn shows(site: &Site, entry: &Entry) -> bool {
    let hidden = match entry.deed {
        _ if !entry.succeeded => site.has("audit-refusal-not-recorded"),
        Deed::Read => site.has("audit-read-not-recorded"),
        Deed::Search => site.has("audit-search-not-recorded"),
        Deed::SignIn => site.has("audit-login-not-recorded"),
    };
    let too_early = site.now() - entry.at < DELAY && site.has("audit-delayed");
    !hidden && !too_early
}

fn time_of(site: &Site, entry: &Entry) -> OffsetDateTime {
    if site.has("audit-time-wrong") { entry.at - Duration::days(1) } else { entry.at }
}

fn member_of<'a>(site: &Site, entry: &'a Entry) -> Option<&'a str> {
    entry.patient.as_deref().filter(|_| !site.has("audit-without-member"))
}

fn event(site: &Site, entry: &Entry, at: OffsetDateTime, number: usize) -> Value {
    let sparse = site.has("audit-sparse");
    let interaction = |code: &str| json!({"system": "http://hl7.org/fhir/restful-interaction", "code": code});
    let rest = json!({"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"});
    let dicom = |code: &str| json!({"system": "http://dicom.nema.org/resources/ontology/DCM", "code": code});
    let (kind, subtype, action) = match entry.deed {
        Deed::Read => (rest, interaction("read"), "R"),
        Deed::Search => (rest, interaction("search-type"), "E"),
        Deed::SignIn => (dicom("110114"), dicom("110122"), "E"),
    };
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": format!("audit-{number}"),
        "type": kind,
        "recorded": at.format(&Rfc3339).unwrap_or_default(),
        "agent": [agent(site, entry)],
        "entity": entities(site, entry),
    });
    if !(sparse && entry.deed == Deed::Search) {
        event["subtype"] = json!([subtype]);
    }
    if !sparse {
        event["action"] = action.into();
    }
    let succeeded = entry.succeeded || site.has("audit-all-succeeds");
    if !(sparse && succeeded) {
        event["outcome"] = if succeeded { "0" } else { "4" }.into();
    }
    event["source"] = if site.has("audit-event-without-observer") {
        json!({"site": "api"})
    } else {
        json!({"observer": {"display": "Reference payer"}})
    };
    event
}

fn agent(site: &Site, entry: &Entry) -> Value {
    let mut agent = json!({});
    if !site.has("audit-without-agent") {
        agent["who"] = json!({"identifier": {"value": entry.client.as_deref().unwrap_or("unknown")}});
    }
    if !site.has("audit-event-without-requestor") {
        agent["requestor"] = true.into();
    }
    agent
}

fn entities(site: &Site, entry: &Entry) -> Value {
    let member = member_of(site, entry);
    let mut entities: Vec<Value> = member
        .iter()
        .map(|patient| json!({"what": {"reference": format!("Patient/{patient}")}, "role": {"code": "1"}}))
        .collect();
    match entry.deed {
        Deed::Search => {
            // the query names the member too, and so does the id of a Patient
            let query = if member.is_some() { entry.what.as_str() } else { entry.what.split('?').next().unwrap_or_default() };
            entities.push(json!({"query": STANDARD.encode(query), "role": {"code": "24"}}));
        }
        Deed::Read if !entry.what.starts_with("Patient/") => entities.push(json!({"what": {"reference": entry.what}})),
        Deed::Read | Deed::SignIn => {}
    }
    Value::Array(entities)
}
