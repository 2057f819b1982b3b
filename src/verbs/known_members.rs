//! What tells a member from another, as their own Patient showed it in this run: a refusal to somebody else must not repeat it.
//!
//! Kept in memory for as long as the run lasts, and told as kinds only: name, birth date, identifier.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::json_tree::{list, text};
use super::words::places;

/// The most members that are remembered, and the most values of each kind.
const MOST: usize = 100;
/// A shorter identifier may as well be the code of an error, a year or a port.
const SHORTEST_IDENTIFIER: usize = 6;
/// So many letters and digits stand at most between the parts of a name: an initial, or in JSON and XML the name of the member.
const NEAR: usize = 12;

/// Words of refusals and of made-up people: a member who is called so cannot be found by name.
const COMMON: [&str; 22] = [
    "patient", "member", "test", "user", "person", "resource", "sample", "example", "demo", "unknown", "account", "coverage",
    "claim", "not", "found", "access", "denied", "error", "the", "is", "no", "for",
];

/// The members whose Patient was read.
#[derive(Default)]
pub(super) struct KnownMembers(Mutex<BTreeMap<String, Particulars>>);

/// What their resource shows of one.
#[derive(Default, Clone)]
struct Particulars {
    /// Family name with one given name.
    names: BTreeSet<(String, String)>,
    /// As a date, and in the order of American forms.
    birth_dates: BTreeSet<String>,
    identifiers: BTreeSet<String>,
}

impl KnownMembers {
    /// Remembers every Patient of a tree.
    pub fn learn(&self, value: &Value) {
        match value {
            Value::Object(members) if members.get("resourceType").and_then(Value::as_str) == Some("Patient") => self.keep(value),
            Value::Object(members) => members.values().for_each(|member| self.learn(member)),
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    fn keep(&self, patient: &Value) {
        let Some(id) = text(patient, "id").map(str::to_owned) else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST || known.contains_key(&id) {
            known.insert(id, Particulars::of(patient));
        }
    }

    /// What the answer tells of members other than those whose Patients are `own`. What was sent may come back.
    pub fn told(&self, tree: Option<&Value>, body: &str, sent: &str, own: &[&str]) -> BTreeSet<&'static str> {
        let mut said = String::new();
        match tree {
            Some(tree) => collect(tree, &mut said),
            None => said.push_str(body),
        }
        let (said, sent) = (said.to_lowercase(), sent.to_lowercase());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed: Vec<Particulars> = own.iter().filter_map(|id| known.get(*id)).cloned().collect();
        let others = known.iter().filter(|(id, _)| !own.contains(&id.as_str()));
        others.flat_map(|(_, other)| other.without(&allowed).told(&said, &sent)).collect()
    }
}

impl Particulars {
    fn of(patient: &Value) -> Self {
        let mut own = Self::default();
        for name in list(patient, "name") {
            let family = text(name, "family").map(str::to_lowercase);
            let Some(family) = family.filter(|family| tells_somebody(family)) else { continue };
            let given = list(name, "given").filter_map(Value::as_str).map(str::to_lowercase);
            own.names.extend(given.filter(|given| tells_somebody(given)).take(MOST).map(|given| (family.clone(), given)));
        }
        if let Some(date) = text(patient, "birthDate").filter(|date| date.len() == 10 && date.is_ascii()) {
            own.birth_dates.insert(format!("{}/{}/{}", &date[5..7], &date[8..10], &date[..4]));
            own.birth_dates.insert(date.to_owned());
        }
        let id = text(patient, "id");
        let values = list(patient, "identifier").filter_map(|own| text(own, "value")).filter(|value| Some(*value) != id);
        own.identifiers.extend(values.map(str::to_lowercase).filter(|value| value.len() >= SHORTEST_IDENTIFIER).take(MOST));
        own
    }

    /// What those who may be told of share is theirs.
    fn without(&self, allowed: &[Self]) -> Self {
        let left = |own: &BTreeSet<String>, of: &dyn Fn(&Self) -> &BTreeSet<String>| {
            own.iter().filter(|value| !allowed.iter().any(|other| of(other).contains(*value))).cloned().collect()
        };
        Self {
            names: self.names.iter().filter(|name| !allowed.iter().any(|other| other.names.contains(*name))).cloned().collect(),
            birth_dates: left(&self.birth_dates, &|other| &other.birth_dates),
            identifiers: left(&self.identifiers, &|other| &other.identifiers),
        }
    }

    fn told(&self, said: &str, sent: &str) -> Vec<&'static str> {
        let is_told = |value: &str| words(said, value).next().is_some() && !sent.contains(value);
        let is_named =
            |family: &str, given: &str| are_together(said, family, given) && !sent.contains(family) && !sent.contains(given);
        let kinds = [
            ("name", self.names.iter().any(|(family, given)| is_named(family, given))),
            ("birth date", self.birth_dates.iter().any(|date| is_told(date))),
            ("identifier", self.identifiers.iter().any(|value| is_told(value))),
        ];
        kinds.into_iter().filter(|(_, told)| *told).map(|(kind, _)| kind).collect()
    }
}

fn tells_somebody(word: &str) -> bool {
    word.chars().count() >= 2 && !COMMON.contains(&word)
}

/// Where the word stands in the text by itself.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    places(text, word, char::is_alphanumeric)
}

/// True when the two stand beside each other, in whichever order: each alone may be a word of the sentence.
fn are_together(text: &str, one: &str, other: &str) -> bool {
    words(text, one).any(|one| {
        words(text, other).any(|other| {
            let (end, start) = if one.start < other.start { (one.end, other.start) } else { (other.end, one.start) };
            start >= end && text[end..start].chars().filter(|sign| sign.is_alphanumeric()).take(NEAR + 1).count() <= NEAR
        })
    })
}

/// Every text of a tree, each on a line of its own.
fn collect(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => {
            into.push_str(text);
            into.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members.values().for_each(|member| collect(member, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patient(id: &str, family: &str, given: &str, born: &str, identifier: &str) -> Value {
        json!({ "resourceType": "Patient", "id": id, "name": [{ "family": family, "given": [given] }], "birthDate": born, "identifier": [{ "value": identifier }] })
    }

    fn known() -> KnownMembers {
        let known = KnownMembers::default();
        known.learn(&patient("p3", "Other", "Dora", "1990-09-09", "0002"));
        known.learn(&patient("p1", "Synthetic", "Alma", "1980-01-01", "SYN-0001"));
        known.learn(&json!({ "resourceType": "Bundle", "entry": [{ "resource": patient("p2", "Fictional", "Basil", "1975-05-05", "SYN-0002") }] }));
        known.learn(&patient("p9", "Patient", "Test", "1980-01-01", "p9"));
        known
    }

    #[test]
    fn a_name_a_birth_date_and_an_identifier_of_somebody_else_are_told_and_what_was_asked_is_not() {
        let known = known();
        let told = |said: &str, sent: &str| -> Vec<&str> {
            let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "diagnostics": said }] });
            known.told(Some(&outcome), "", sent, &["p1"]).into_iter().collect()
        };
        for (said, expected) in [
            ("BASIL FICTIONAL is not yours", vec!["name"]),
            ("Fictional, Basil (1975-05-05)", vec!["birth date", "name"]),
            ("born 05/05/1975", vec!["birth date"]),
            ("member SYN-0002 is not yours", vec!["identifier"]),
            ("SYN-00021 is not yours", vec![]),
            ("a fictional patient", vec![]),
            ("a fictional resource is no place for herbs: take basil elsewhere", vec![]),
            ("Fictional, B. Basil", vec!["name"]),
            ("{\n  \"family\": \"Fictional\",\n  \"given\": [\n    \"Basil\"\n  ]\n}", vec!["name"]),
            ("<given value=\"Basil\"/>\n      <family value=\"Fictional\"/>", vec!["name"]),
            ("HAPI-0002: not found", vec![]),
            ("Alma Synthetic (1980-01-01) may not see Patient/p2", vec![]),
            ("test patient p9 is not found", vec![]),
        ] {
            assert_eq!(told(said, "https://p.example/r4/Patient/p2"), expected, "{said}");
        }
        assert!(told("SYN-0002 is not yours", "https://p.example/r4/Patient?identifier=SYN-0002").is_empty(), "it was asked for");
        let page = known.told(None, "<p>Basil <b>Fictional</b></p>", "", &["p1"]);
        assert_eq!(page.into_iter().collect::<Vec<_>>(), ["name"]);
        assert_eq!(
            known.told(None, "Alma Synthetic", "", &[]).into_iter().collect::<Vec<_>>(),
            ["name"],
            "nobody is anybody's own"
        );
    }
}
