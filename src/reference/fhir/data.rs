//! What a token reaches: types by its scopes, resources by the member it stands for.

use serde_json::Value;

use super::super::exchange::Reply;
use super::super::members;
use super::super::oauth::{Access, Context, reach, resource_scopes};
use super::super::site::Site;
use super::super::udap;
use super::api::of_everyone;
use super::refusal::{insufficient_scope, names_the_member, outcome};
use super::search;
use super::shown::{By, shown};

/// The faults that refuse what was granted.
const REFUSED: [(&str, &str); 6] = [
    ("Patient", "read-refused-patient"),
    ("Coverage", "read-refused-coverage"),
    ("ExplanationOfBenefit", "read-refused-explanationofbenefit"),
    ("Organization", "read-refused-organization"),
    ("Practitioner", "read-refused-practitioner"),
    ("RelatedPerson", "read-refused-relatedperson"),
];

/// The faults that end in an error of the server.
const CRASHES: [(&str, &str); 3] =
    [("Patient", "patient-read-500"), ("Coverage", "coverage-read-500"), ("Organization", "organization-read-500")];

/// Data as one caller sees it.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) access: Access,
    /// Whether a fault shows the data of all members.
    pub(super) everyone: bool,
}

impl View {
    /// What this token sees.
    pub(super) fn of(access: Access) -> Self {
        Self { access, everyone: false }
    }

    /// The resources of a type that may be read (`r`) or searched (`s`); `None` when the scopes do not reach the type.
    pub(super) fn visible(&self, site: &Site, kind: &str, interaction: char) -> Option<Vec<&'static Value>> {
        if self.access.without_member {
            return udap::system_reads(&self.access.scopes, kind, interaction).then(|| of_everyone(kind));
        }
        let opens = |context| context != Context::User || !site.has("user-token-opens-nothing");
        let scopes = resource_scopes(&self.access.scopes).filter(|scope| scope.allows(kind, interaction) && opens(scope.context));
        let scopes: Vec<_> = scopes.collect();
        if scopes.is_empty() {
            let lenient = site.has("ungranted-type-readable");
            return lenient.then(|| members::by_index(self.access.member).all_of(kind).collect());
        }
        if self.everyone {
            return Some(of_everyone(kind));
        }
        let mut visible: Vec<&'static Value> = Vec::new();
        for scope in scopes {
            let reached = match scope.context {
                Context::Patient => vec![self.access.member],
                Context::User if site.has("user-scope-widens") => (0..members::all().len()).collect(),
                Context::User => reach(self.access.member),
            };
            let resources = reached.into_iter().flat_map(|member| members::by_index(member).all_of(kind));
            for resource in resources.filter(|resource| search::matches_plainly(resource, &scope.query)) {
                if !visible.iter().any(|known| std::ptr::eq(*known, resource)) {
                    visible.push(resource);
                }
            }
        }
        Some(visible)
    }

    /// Answers a read.
    pub(super) fn read(&self, site: &Site, kind: &str, id: &str) -> Reply {
        let Some(visible) = self.visible(site, kind, 'r') else { return not_granted(site, kind, 'r') };
        if CRASHES.iter().any(|(crashing, fault)| *crashing == kind && site.has(fault)) {
            return outcome(500, "exception", "the read went wrong");
        }
        if REFUSED.iter().any(|(refused, fault)| *refused == kind && site.has(fault)) {
            return insufficient_scope(site, &format!("patient/{kind}.r"));
        }
        let found = visible.into_iter().find(|resource| resource["id"] == id);
        let elsewhere = || of_everyone(kind).into_iter().find(|resource| resource["id"] == id);
        let found = match found {
            Some(resource) => Some(resource),
            None if elsewhere().is_some() && site.has("other-member-readable-by-id") => elsewhere(),
            None if elsewhere().is_some() && site.has("refusal-names-the-member") => return names_the_member(kind, id),
            None if elsewhere().is_some() && site.has("other-member-403") => return outcome(403, "forbidden", "not yours"),
            None => None,
        };
        match found {
            Some(resource) => Reply::fhir(200, &shown(site, resource, By::Read)).with("cache-control", kept_by(site)),
            None => unknown_id(site),
        }
    }
}

/// Who may keep a member's data.
pub(super) fn kept_by(site: &Site) -> &'static str {
    if site.has("member-data-in-shared-caches") { "public, max-age=600" } else { "no-store" }
}

/// The answer to an id that no resource has.
fn unknown_id(site: &Site) -> Reply {
    if site.has("unknown-id-200") {
        return outcome(200, "not-found", "there is no such resource");
    }
    if site.has("error-carries-internals") {
        return outcome(
            404,
            "not-found",
            "java.lang.NullPointerException: dao\n\tat org.payer.fhir.PatientDao.find(PatientDao.java:88)",
        );
    }
    if site.has("unreached-id-plain-404") {
        return Reply::new(404, "application/json", r#"{"message":"not found"}"#);
    }
    outcome(404, "not-found", "there is no such resource")
}

/// The answer to a request for a type that was not granted.
pub(super) fn not_granted(site: &Site, kind: &str, interaction: char) -> Reply {
    if site.has("ungranted-type-404") {
        return outcome(404, "not-found", "there is no such resource");
    }
    insufficient_scope(site, &format!("patient/{kind}.{interaction}"))
}
