//! Searches: filters, chains, includes and pages, all over what the caller sees and nothing else.

use serde_json::{Value, json};

use super::super::exchange::{Asked, Reply};
use super::super::members::{self, TYPES};
use super::super::oauth::{Access, Page, random};
use super::super::site::{BASE_PATH, Site};
use super::api::of_everyone;
use super::caller;
use super::data::{View, kept_by, not_granted};
use super::last_updated::{self, LastUpdated};
use super::provenance;
use super::refusal::{insufficient_scope, outcome};
use super::shown::{By, shown};

/// The parameters that open the data of all members under a fault: how a name starts, and the fault.
const OPENERS: [(&str, &str); 3] = [
    ("_include", "other-member-through-include"),
    ("_revinclude", "other-member-through-revinclude"),
    ("_has:", "other-member-through-has"),
];

/// A member who is nobody's second: no target file names them.
const STRANGER: usize = 3;

/// Answers a search for a type.
pub(super) fn search(site: &Site, asked: &Asked, kind: &str, view: &View) -> Reply {
    let parameters = asked.parameters();
    let token = caller::token(site, asked).unwrap_or_default();
    run(site, asked, kind, view, &parameters, &token, 0)
}

/// Answers a request for a further page.
pub(super) fn page(site: &Site, asked: &Asked, access: &Access) -> Reply {
    let parameters = asked.query_parameters();
    let id = parameters.iter().find(|(name, _)| name == "_getpages").map(|(_, id)| id.as_str()).unwrap_or_default();
    let Some(page) = site.store().pages.get(id).cloned() else { return outcome(404, "not-found", "there is no such page") };
    let own = caller::token(site, asked).as_deref() == Some(&page.token);
    if !own && !site.has("other-member-through-paging") {
        return outcome(404, "not-found", "there is no such page");
    }
    let owner = site.store().access.get(&page.token).cloned().unwrap_or_else(|| access.clone());
    run(site, asked, &page.kind, &View::of(owner), &page.query, &page.token, page.start)
}

fn run(site: &Site, asked: &Asked, kind: &str, view: &View, parameters: &[(String, String)], token: &str, start: usize) -> Reply {
    let view = &opened(site, view, parameters);
    let by_id = parameters.iter().any(|(name, _)| name == "_id");
    let ungranted = || members::by_index(view.access.member).all_of(kind).collect();
    let found = view
        .visible(site, kind, 's')
        .or_else(|| (by_id && kind == "Coverage" && site.has("ungranted-type-found-by-id")).then(ungranted));
    let Some(mut visible) = found else {
        if site.has("ungranted-type-empty-bundle") {
            return Reply::fhir(200, &empty(site, asked));
        }
        return not_granted(site, kind, 's');
    };
    let refused = match kind {
        "Coverage" => site.has("search-refused-coverage"),
        "ExplanationOfBenefit" => site.has("search-refused-explanationofbenefit"),
        "Patient" => site.has("search-refused-patient"),
        "Organization" => site.has("search-refused-organization"),
        "Practitioner" => site.has("search-refused-practitioner"),
        _ => false,
    };
    if refused {
        return insufficient_scope(site, &format!("patient/{kind}.s"));
    }
    if kind == "ExplanationOfBenefit" && (site.has("claims-search-500") || stumbles(site, token, parameters)) {
        return outcome(500, "exception", "the search went wrong");
    }
    if kind == "Coverage" && !by_id && site.has("coverage-search-by-id-alone") {
        return outcome(400, "not-supported", "a Coverage is searched by its id");
    }
    let is_unfiltered = parameters.iter().all(|(name, _)| name == "_count");
    if kind == "ExplanationOfBenefit" && is_unfiltered && site.has("strangers-in-unfiltered-search") {
        visible.extend(members::by_index(STRANGER).all_of(kind));
    }
    let malformed = parameters.iter().any(|(name, value)| name == "_lastUpdated" && LastUpdated::parse(value).is_none());
    if malformed && !site.has("malformed-search-ignored") {
        return outcome(400, "invalid", "_lastUpdated is not a date");
    }
    let odd = parameters.iter().any(|(name, value)| name == "identifier" && value.contains('\''));
    if odd && site.has("odd-search-500") {
        return outcome(500, "exception", "the search went wrong");
    }
    let matches: Vec<&'static Value> = visible.into_iter().filter(|resource| selects(site, view, resource, parameters)).collect();
    let total = matches.len();
    let count = parameters.iter().find(|(name, _)| name == "_count").and_then(|(_, count)| count.parse().ok()).unwrap_or(50);
    let count = if site.has("pages-not-given") { usize::MAX } else { count };
    let shown: Vec<&Value> = matches.iter().skip(start).take(count).copied().collect();
    let included = included(site, view, &shown, parameters);
    let mut bundle = searchset(site, asked, total, &shown, &included);
    if start.saturating_add(count) < total && count > 0 {
        let page = Page { token: token.to_owned(), kind: kind.to_owned(), query: parameters.to_vec(), start: start + count };
        let id = random();
        site.store().pages.insert(id.clone(), page);
        if let Some(links) = bundle["link"].as_array_mut() {
            links.push(json!({"relation": "next", "url": format!("{}?_getpages={id}", site.base)}));
        }
    }
    Reply::fhir(200, &bundle).with("cache-control", kept_by(site))
}

/// True once for each token, at its first plain search: an accident.
fn stumbles(site: &Site, token: &str, parameters: &[(String, String)]) -> bool {
    let is_plain = parameters.iter().all(|(name, _)| !name.starts_with('_'));
    is_plain && site.has("claims-search-500-once") && site.store().stumbled.insert(token.to_owned())
}

/// The view that the faults make of a search with these parameters.
fn opened(site: &Site, view: &View, parameters: &[(String, String)]) -> View {
    let mut everyone = view.everyone;
    for (name, _) in parameters {
        everyone |= OPENERS.iter().any(|(start, fault)| name.starts_with(start) && site.has(fault));
        everyone |= name.contains('.') && !name.starts_with('_') && site.has("other-member-through-chain");
        everyone |= matches!(name.as_str(), "patient" | "beneficiary" | "_id") && site.has("other-member-in-search");
    }
    View { access: view.access.clone(), everyone }
}

/// Whether every parameter lets a resource through. Parameters that are not known select nothing away.
fn selects(site: &Site, view: &View, resource: &Value, parameters: &[(String, String)]) -> bool {
    parameters.iter().all(|(name, value)| {
        if let Some(reverse) = name.strip_prefix("_has:") {
            return has(site, view, resource, reverse, value);
        }
        match name.split_once('.') {
            Some((reference, rest)) if !name.starts_with('_') => chained(site, view, resource, reference, rest, value),
            _ => matches_one(resource, name, value),
        }
    })
}

/// Whether a resource meets parameters that look at the resource alone.
pub(super) fn matches_plainly(resource: &Value, parameters: &[(String, String)]) -> bool {
    parameters.iter().all(|(name, value)| matches_one(resource, name, value))
}

fn matches_one(resource: &Value, name: &str, value: &str) -> bool {
    match name {
        "_id" => value.split(',').any(|one| resource["id"] == one),
        "status" => resource["status"] == value,
        "_lastUpdated" => last_updated::matches(resource, value),
        "identifier" => {
            let wanted = value.rsplit('|').next().unwrap_or(value);
            resource["identifier"].as_array().is_some_and(|all| all.iter().any(|one| one["value"] == wanted))
        }
        "name" | "family" => resource.to_string().to_lowercase().contains(&format!("\":\"{}", value.to_lowercase())),
        "patient" | "beneficiary" | "patient:Patient" | "beneficiary:Patient" => {
            let bare = name.split(':').next().unwrap_or(name);
            let subjects: Vec<String> = ["patient", "beneficiary"].iter().flat_map(|key| references(&resource[*key])).collect();
            let wanted = value.rsplit_once("Patient/").map_or(value, |(_, id)| id);
            !bare.is_empty() && subjects.iter().any(|subject| subject.strip_prefix("Patient/") == Some(wanted))
        }
        _ => true,
    }
}

/// `patient.identifier=…`: the resource that is referred to must be seen and match.
fn chained(site: &Site, view: &View, resource: &Value, reference: &str, rest: &str, value: &str) -> bool {
    let parameter = reference.split(':').next().unwrap_or(reference);
    let targets = references(&resource[member_of(parameter)]);
    targets.iter().filter_map(|target| seen(site, view, target)).any(|target| matches_one(target, rest, value))
}

/// `_has:Coverage:beneficiary:_id=…`: a resource that is seen, refers here, and matches.
fn has(site: &Site, view: &View, resource: &Value, reverse: &str, value: &str) -> bool {
    let mut words = reverse.splitn(3, ':');
    let (Some(kind), Some(parameter), Some(rest)) = (words.next(), words.next(), words.next()) else { return false };
    let own = identity(resource);
    let candidates = view.visible(site, kind, 's').unwrap_or_default();
    candidates
        .iter()
        .filter(|candidate| references(&candidate[member_of(parameter)]).contains(&own))
        .any(|candidate| matches_one(candidate, rest, value))
}

/// What `_include` and `_revinclude` add to a page.
fn included(site: &Site, view: &View, shown: &[&Value], parameters: &[(String, String)]) -> Vec<&'static Value> {
    let mut included: Vec<&'static Value> = Vec::new();
    let mut add = |resource: &'static Value| {
        let known = |others: &[&Value]| others.iter().any(|other| std::ptr::eq(*other, resource));
        if !known(&included) && !known(shown) {
            included.push(resource);
        }
    };
    for (name, value) in parameters {
        let (kind, parameter) =
            value.split_once(':').map_or((value.as_str(), "*"), |(kind, rest)| (kind, rest.split(':').next().unwrap_or(rest)));
        match name.split(':').next() {
            Some("_include") => {
                for resource in shown.iter().filter(|resource| kind == "*" || resource["resourceType"] == kind) {
                    let targets =
                        if parameter == "*" { references(resource) } else { references(&resource[member_of(parameter)]) };
                    targets.iter().filter_map(|target| seen(site, view, target)).for_each(&mut add);
                }
            }
            Some("_revinclude") if kind == provenance::KIND && site.has("provenance-not-included") => {}
            Some("_revinclude") => {
                let own: Vec<String> = shown.iter().map(|resource| identity(resource)).collect();
                let candidates = view.visible(site, kind, 's').unwrap_or_default();
                let refers = |candidate: &Value| {
                    let all = if parameter == "*" { references(candidate) } else { references(&candidate[member_of(parameter)]) };
                    all.iter().any(|reference| own.contains(reference))
                };
                candidates.into_iter().filter(|candidate| refers(candidate)).for_each(&mut add);
            }
            _ => {}
        }
    }
    included
}

/// The resource that a reference leads to, when the caller may see it.
fn seen(site: &Site, view: &View, reference: &str) -> Option<&'static Value> {
    let (kind, id) = reference.split_once('/')?;
    if !TYPES.contains(&kind) {
        return None;
    }
    match view.visible(site, kind, 'r') {
        Some(visible) => visible.into_iter().find(|resource| resource["id"] == id),
        None if site.has("ungranted-type-through-include") => of_everyone(kind).into_iter().find(|resource| resource["id"] == id),
        None => None,
    }
}

/// The element that a search parameter looks at.
fn member_of(parameter: &str) -> &str {
    match parameter {
        "coverage" => "insurance",
        other => other,
    }
}

/// Every reference somewhere in a value.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("reference").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn identity(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap_or_default(), resource["id"].as_str().unwrap_or_default())
}

/// A searchset without matches.
pub(super) fn empty(site: &Site, asked: &Asked) -> Value {
    searchset(site, asked, 0, &[], &[])
}

fn searchset(site: &Site, asked: &Asked, total: usize, matches: &[&Value], included: &[&Value]) -> Value {
    let base = site.base.as_str();
    let origin = base.trim_end_matches(BASE_PATH);
    let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
    let entry = |resource: &Value, mode: &str| json!({"fullUrl": format!("{base}/{}", identity(resource)), "resource": shown(site, resource, By::Search), "search": {"mode": mode}});
    let entries: Vec<Value> = matches
        .iter()
        .map(|resource| entry(resource, "match"))
        .chain(included.iter().map(|resource| entry(resource, "include")))
        .collect();
    let mut bundle = json!({
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": "self", "url": format!("{origin}{}{query}", asked.path)}],
    });
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    bundle
}
