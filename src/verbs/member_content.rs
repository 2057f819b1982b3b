//! Whose data a body holds: patients, ids and references as handles, and how much of it is the unrelated member's (trap 59).
//!
//! Only resources count. An `OperationOutcome` or a link may repeat what was asked, and that is no leak.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use url::Url;

use super::Context;
use super::fhir::lies_below;
use crate::target::MemberKey;

/// The most ids of one type that become facts, beside those that the run knows already: these are never left out.
const MOST_IDS: usize = 50;

/// Types that members may share although they have nothing to do with each other.
const SHARED: [&str; 4] = ["Organization", "Practitioner", "PractitionerRole", "Location"];

/// What a body holds of members' data.
pub(super) struct MemberContent<'a> {
    context: &'a Context,
    resources: BTreeMap<String, Vec<String>>,
    /// Contained resources: their ids are local to the resource around them and name nothing outside.
    contained: BTreeMap<String, BTreeSet<String>>,
    /// Whatever is referred to, wherever it lies.
    references: BTreeMap<String, BTreeSet<String>>,
    /// What of it lies at this base.
    here: BTreeMap<String, BTreeSet<String>>,
    outcome_codes: BTreeSet<String>,
    texts: String,
}

impl<'a> MemberContent<'a> {
    /// Nothing seen yet.
    pub fn new(context: &'a Context) -> Self {
        Self {
            context,
            resources: BTreeMap::new(),
            contained: BTreeMap::new(),
            references: BTreeMap::new(),
            here: BTreeMap::new(),
            outcome_codes: BTreeSet::new(),
            texts: String::new(),
        }
    }

    /// Looks through a body; what is no tree is kept as text, in which known ids are found all the same.
    pub fn look_through(&mut self, tree: Option<&Value>, text: &str) {
        match tree {
            Some(tree) => self.walk(tree, false),
            None => self.texts.push_str(text),
        }
    }

    fn walk(&mut self, value: &Value, is_part: bool) {
        match value {
            Value::Object(members) => match members.get("resourceType").and_then(Value::as_str) {
                Some("OperationOutcome") => self.note_outcome(members),
                Some("Bundle") => members.get("entry").into_iter().for_each(|entries| self.walk_entries(entries)),
                Some(kind) => {
                    let id = members.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                    if is_part {
                        self.contained.entry(kind.to_owned()).or_default().insert(id);
                    } else {
                        self.resources.entry(kind.to_owned()).or_default().push(id);
                    }
                    members.iter().for_each(|(name, member)| self.walk(member, is_part || name == "contained"));
                }
                None => {
                    if let Some(reference) = members.get("reference").and_then(Value::as_str) {
                        self.note_reference(reference);
                    }
                    members.values().for_each(|member| self.walk(member, is_part));
                }
            },
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, is_part)),
            _ => {}
        }
    }

    fn walk_entries(&mut self, entries: &Value) {
        for entry in entries.as_array().into_iter().flatten() {
            entry.get("resource").into_iter().for_each(|resource| self.walk(resource, false));
            // The outcome of a batch entry is no resource of a member.
            entry.pointer("/response/outcome").into_iter().for_each(|outcome| self.walk(outcome, false));
        }
    }

    fn note_outcome(&mut self, outcome: &Map<String, Value>) {
        let issues = outcome.get("issue").and_then(Value::as_array).into_iter().flatten();
        let codes = issues.filter_map(|issue| issue.get("code")?.as_str());
        self.outcome_codes.extend(codes.take(MOST_IDS).map(str::to_owned));
    }

    fn note_reference(&mut self, reference: &str) {
        if let Some((kind, id)) = split_reference(reference) {
            self.references.entry(kind.to_owned()).or_default().insert(id.to_owned());
            if is_here(reference, &self.context.target.base) {
                self.here.entry(kind.to_owned()).or_default().insert(id.to_owned());
            }
        }
    }

    /// The facts; `token` is the handle of the token that was sent.
    pub fn facts(&self, token: Option<&str>, first: Option<&Value>) -> Map<String, Value> {
        let vault = &self.context.vault;
        let handles = |label, ids: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            let (mut handles, mut seen, mut new) = (Vec::new(), BTreeSet::new(), 0);
            for id in ids.filter(|id| !id.is_empty()) {
                // A crowd of strangers must not hide the one who is looked for.
                let known = vault.known_value(label, id);
                if known.is_none() && new == MOST_IDS {
                    continue;
                }
                new += usize::from(known.is_none());
                let handle = known.unwrap_or_else(|| vault.keep_value(label, id));
                if seen.insert(handle.clone()) {
                    handles.push(handle);
                }
            }
            handles
        };
        let ids: Map<String, Value> =
            self.resources.iter().map(|(kind, ids)| (kind.clone(), handles("id", &mut ids.iter()).into())).collect();
        let references: Map<String, Value> =
            self.here.iter().map(|(kind, ids)| (kind.clone(), handles("id", &mut ids.iter()).into())).collect();
        let kinds: Map<String, Value> = self.resources.iter().map(|(kind, ids)| (kind.clone(), ids.len().into())).collect();
        // A contained Patient may be the other member's and have its own id all the same; a stranger by that alone it is not.
        let named = self.patients();
        let contained = self.contained.get("Patient").into_iter().flatten().filter(|id| !id.is_empty()).cloned();
        let patients: BTreeSet<String> = named.iter().cloned().chain(contained).collect();
        let mut facts = Map::new();
        let mut set = |name: &str, value: Value| facts.insert(name.to_owned(), value);
        set("patient_count", patients.len().into());
        set("patients", handles("patient", &mut patients.iter()).into());
        set("ids", ids.into());
        set("references", references.into());
        set("kinds", kinds.into());
        set("other_members", self.of_the_second_member().into());
        set("outcome_codes", json!(self.outcome_codes));
        let stranger = token.and_then(|token| vault.bound(token)).map(|own| self.strangers(&named, own.expose()));
        stranger.into_iter().for_each(|count| {
            set("stranger_patients", count.into());
        });
        let bundle = first.and_then(Value::as_object).filter(|members| members.get("resourceType") == Some(&json!("Bundle")));
        if let Some(bundle) = bundle {
            bundle.get("total").into_iter().for_each(|total| {
                set("total", total.clone());
            });
            set("entry_count", bundle.get("entry").and_then(Value::as_array).map_or(0, Vec::len).into());
            let links = bundle.get("link").and_then(Value::as_array).into_iter().flatten();
            let relations: Vec<&str> = links.filter_map(|link| link.get("relation")?.as_str()).take(MOST_IDS).collect();
            set("link_relations", json!(relations));
        }
        facts
    }

    /// Every patient that a resource is, or refers to; contained ones are counted apart.
    fn patients(&self) -> BTreeSet<String> {
        let own = self.resources.get("Patient").into_iter().flatten();
        let referred = self.references.get("Patient").into_iter().flatten();
        own.chain(referred).filter(|id| !id.is_empty()).cloned().collect()
    }

    /// Those that are neither the token's own nor a dependant's.
    fn strangers(&self, patients: &BTreeSet<String>, own: &str) -> usize {
        let dependant = self.context.launch.member(MemberKey::Dependant).and_then(|member| member.patient.as_deref());
        patients.iter().filter(|id| id.as_str() != own && Some(id.as_str()) != dependant).count()
    }

    /// How many of the second member's known resources the body holds or refers to.
    fn of_the_second_member(&self) -> usize {
        let Some(member) = self.context.launch.member(MemberKey::Second) else { return 0 };
        let patient = member.patient.iter().map(|id| ("Patient", id.as_str()));
        let known = member.resources.iter().map(|(kind, id)| (kind.as_str(), id.as_str())).chain(patient);
        let known: BTreeSet<(&str, &str)> = known.filter(|(kind, _)| !SHARED.contains(kind)).collect();
        known.into_iter().filter(|(kind, id)| self.holds(kind, id)).count()
    }

    fn holds(&self, kind: &str, id: &str) -> bool {
        self.resources.get(kind).is_some_and(|ids| ids.iter().any(|known| known == id))
            || self.contained.get(kind).is_some_and(|ids| ids.contains(id))
            || self.references.get(kind).is_some_and(|ids| ids.contains(id))
            || holds_word(&self.texts, &format!("{kind}/{id}"))
            || (self.texts.contains(kind) && holds_word(&self.texts, &format!("\"{id}\"")))
    }
}

/// True when the text holds the word and it does not go on as an id would.
fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let after = text[start + word.len()..].chars().next();
        word.ends_with('"') || !after.is_some_and(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '.'))
    })
}

/// Type and id of a literal reference, relative or absolute, with or without a version.
pub(super) fn split_reference(reference: &str) -> Option<(&str, &str)> {
    let plain = reference.split(['?', '#']).next()?;
    let plain = plain.split("/_history/").next()?;
    let (front, id) = plain.rsplit_once('/')?;
    let kind = front.rsplit('/').next()?;
    let is_type = kind.chars().next().is_some_and(|first| first.is_ascii_uppercase()) && kind.chars().all(char::is_alphanumeric);
    (is_type && !id.is_empty() && kind.len() <= 64 && id.len() <= 256).then_some((kind, id))
}

/// True when a literal reference leads to a resource of this base. An absolute one to elsewhere is a matter of another server,
/// whatever stands under the same type and id here.
fn is_here(reference: &str, base: &Url) -> bool {
    let Ok(url) = Url::parse(reference) else { return true };
    let path = url.path().split("/_history/").next().unwrap_or_default();
    let below = path.strip_prefix(base.path().trim_end_matches('/')).unwrap_or_default();
    lies_below(&url, base) && below.trim_start_matches('/').split('/').count() == 2
}

/// The address of the next page of a Bundle.
pub(super) fn next_page(tree: &Value, asked: &Url) -> Option<Url> {
    let links = tree.get("link")?.as_array()?;
    let next = links.iter().find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))?;
    asked.join(next.get("url")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_spelling_are_split() {
        for (text, expected) in [
            ("Patient/1", Some(("Patient", "1"))),
            ("Patient/-20140000010000", Some(("Patient", "-20140000010000"))),
            ("https://p.example/fhir/Organization/a.b-c", Some(("Organization", "a.b-c"))),
            ("Coverage/7/_history/2", Some(("Coverage", "7"))),
            ("#contained", None),
            ("urn:uuid:1", None),
            ("patient/1", None),
            ("Patient/", None),
        ] {
            assert_eq!(split_reference(text), expected, "{text}");
        }
    }

    #[test]
    fn a_reference_to_another_server_or_to_another_base_of_this_one_leads_elsewhere() {
        let base = Url::parse("https://p.example/r4/").unwrap();
        for (text, expected) in [
            ("Organization/1", true),
            ("https://p.example/r4/Organization/1", true),
            ("https://p.example:443/r4/Organization/1/_history/2", true),
            ("https://p.example/r4/tenant/Organization/1", false),
            ("https://p.example/directory/Organization/1", false),
            ("https://directory.example/r4/Organization/1", false),
            ("http://p.example/r4/Organization/1", false),
        ] {
            assert_eq!(is_here(text, &base), expected, "{text}");
        }
    }

    #[test]
    fn an_id_is_found_as_a_word_only() {
        assert!(holds_word("<reference value='Patient/12'/>", "Patient/12"));
        assert!(!holds_word("Patient/123 Patient/12-a", "Patient/12"));
    }

    #[test]
    fn the_next_page_may_be_relative() {
        let asked = Url::parse("https://p.example/r4/Coverage?patient=1").unwrap();
        let bundle = json!({ "link": [{ "relation": "self", "url": "x" }, { "relation": "next", "url": "?page=2" }] });
        assert_eq!(next_page(&bundle, &asked).unwrap().as_str(), "https://p.example/r4/Coverage?page=2");
        assert_eq!(next_page(&json!({ "link": "x" }), &asked), None);
    }
}
