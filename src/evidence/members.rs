//! Takes members' data out of bodies before they are recorded: of a FHIR resource its type, profiles and references stay, of
//! claims about a person the names, and the values of those alone that a specification defines and that are about nobody. What looks like FHIR and cannot be read is withheld as a whole.
//!
//! Values that were seen become known to the redactor, so that they go out of URLs and other texts as well.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

use super::tokens::SHOWN;
use crate::vocabulary::Redactor;

/// Resource types that say nothing about a member.
const PUBLIC: [&str; 10] = [
    "CapabilityStatement",
    "StructureDefinition",
    "SearchParameter",
    "OperationDefinition",
    "CompartmentDefinition",
    "ImplementationGuide",
    "ValueSet",
    "CodeSystem",
    "NamingSystem",
    "TerminologyCapabilities",
];

/// Members of token and introspection answers that are about nobody, besides those of signed tokens.
const SHOWN_IN_ANSWERS: [&str; 15] = [
    "active",
    "expires_in",
    "refresh_expires_in",
    "ext_expires_in",
    "issued_token_type",
    "error",
    "error_description",
    "error_uri",
    "need_patient_banner",
    "smart_style_url",
    "intent",
    // They hold secrets, which are taken out of every text by these names.
    "access_token",
    "refresh_token",
    "id_token",
    "registration_access_token",
];

/// One of them shows that an object is an answer about a person.
const SIGNS: [&str; 6] = ["sub", "access_token", "active", "fhirUser", "patient", "preferred_username"];

/// Members of a resource whose texts tell a member from another.
const TELLING: [&str; 13] = [
    "id",
    "value",
    "family",
    "given",
    "text",
    "line",
    "city",
    "postalCode",
    "subscriberId",
    "display",
    "div",
    "memberId",
    "birthDate",
];

/// The most entries of a Bundle that are shown.
const MOST_ENTRIES: usize = 20;

/// A text that names a FHIR type the way JSON or XML does.
static FHIR_TYPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""resourceType"\s*:\s*"([A-Za-z]{1,64})"|<(?:[A-Za-z_][\w.\-]{0,63}:)?([A-Z][A-Za-z]{1,63})\s[^>]*http://hl7\.org/fhir"#).ok()
});

/// Addresses and references of a member's resources, and search parameters that name a member.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(Patient|RelatedPerson|Person|Coverage|ExplanationOfBenefit|Claim)/([A-Za-z0-9.\-]{1,64})",
        r"|([?&](?:patient|subject|beneficiary|_id|identifier|family|given|birthdate|email|phone|address|subscriber)(?::[A-Za-z]+)?)=([^&#\s\x22'<>‹›]+)"
    ))
    .ok()
});

/// The body without members' data; nothing when there is none in it.
pub(super) fn reduced(redactor: &Redactor, text: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) if members.contains_key("resourceType") => {
            let reduced = resource(redactor, &members);
            (reduced != Value::Object(members)).then(|| reduced.to_string())
        }
        Ok(Value::Object(members)) if SIGNS.iter().any(|sign| members.contains_key(*sign)) => {
            let reduced = Value::Object(claims(redactor, &members));
            (reduced != Value::Object(members)).then(|| reduced.to_string())
        }
        _ => {
            let kinds = FHIR_TYPE.as_ref()?.captures_iter(text);
            let mut kinds = kinds.filter_map(|found| found.get(1).or_else(|| found.get(2)).map(|kind| kind.as_str()));
            let withheld = "‹withheld: FHIR data that could not be read and reduced›";
            kinds.any(|kind| !PUBLIC.contains(&kind)).then(|| withheld.to_owned())
        }
    }
}

/// The text with the ids of members' resources, and the values of parameters that name a member, as pseudonyms.
pub(super) fn without_addresses(redactor: &Redactor, text: &str) -> String {
    // Most texts are short and hold no address.
    let Some(pattern) = ADDRESS.as_ref().filter(|_| text.contains(['/', '='])) else { return text.to_owned() };
    let replace = |found: &Captures<'_>| match (found.get(1), found.get(2), found.get(3), found.get(4)) {
        (Some(kind), Some(id), ..) => format!("{}/{}", kind.as_str(), redactor.pseudonym("id", id.as_str())),
        (_, _, Some(name), Some(value)) => format!("{}={}", name.as_str(), redactor.pseudonym("member", value.as_str())),
        _ => found[0].to_owned(),
    };
    pattern.replace_all(text, replace).into_owned()
}

fn resource(redactor: &Redactor, members: &Map<String, Value>) -> Value {
    let kind = members.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    if PUBLIC.contains(&kind) {
        return Value::Object(members.clone());
    }
    match kind {
        "Bundle" => return bundle(redactor, members),
        "OperationOutcome" => return outcome(members),
        _ => {}
    }
    let mut references = BTreeSet::new();
    let mut values = 0;
    members.iter().for_each(|(name, value)| learn(redactor, name, value, &mut references, &mut values));
    let mut left = Map::new();
    left.insert("resourceType".into(), kind.into());
    if let Some(id) = members.get("id").and_then(Value::as_str) {
        left.insert("id".into(), redactor.pseudonym("id", id).into());
    }
    if let Some(profile) = members.get("meta").and_then(|meta| meta.get("profile")) {
        left.insert("meta".into(), json!({ "profile": profile }));
    }
    left.insert("_references".into(), json!(references));
    left.insert("_withheld".into(), format!("{} members with {values} values", members.len()).into());
    Value::Object(left)
}

/// What went wrong, by its codes and places. Its texts may name a member: servers write what they were asked for into them.
fn outcome(members: &Map<String, Value>) -> Value {
    let coded = |issue: &Value| {
        let mut own = Map::new();
        for name in ["severity", "code", "expression", "location"] {
            issue.get(name).into_iter().for_each(|value| drop(own.insert(name.into(), value.clone())));
        }
        if let Some(coding) = issue.pointer("/details/coding") {
            own.insert("details".into(), json!({ "coding": coding }));
        }
        let texts = [issue.get("diagnostics"), issue.pointer("/details/text")].into_iter().flatten();
        let length: usize = texts.filter_map(Value::as_str).map(|text| text.chars().count()).sum();
        if length > 0 {
            own.insert("_withheld".into(), format!("{length} characters of text").into());
        }
        Value::Object(own)
    };
    let issues = members.get("issue").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    json!({ "resourceType": "OperationOutcome", "issue": issues.iter().take(MOST_ENTRIES).map(coded).collect::<Vec<_>>() })
}

fn bundle(redactor: &Redactor, members: &Map<String, Value>) -> Value {
    let mut left: Map<String, Value> = Map::new();
    for name in ["resourceType", "type", "total", "link"] {
        members.get(name).into_iter().for_each(|value| drop(left.insert(name.into(), value.clone())));
    }
    let entries = members.get("entry").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let mut own = Map::new();
            for name in ["request", "response", "search"] {
                entry.get(name).filter(|value| value.get("outcome").is_none()).into_iter().for_each(|value| {
                    own.insert(name.into(), value.clone());
                });
            }
            if let Some(inner) = entry.get("resource").and_then(Value::as_object) {
                own.insert("resource".into(), resource(redactor, inner));
            }
            Value::Object(own)
        })
        .collect();
    left.insert("entry".into(), shown.into_iter().take(MOST_ENTRIES).collect());
    left.insert("_entries".into(), entries.len().into());
    Value::Object(left)
}

/// Tells the redactor of the values that tell a member from another, and collects the references as pseudonyms.
fn learn(redactor: &Redactor, name: &str, value: &Value, references: &mut BTreeSet<String>, values: &mut usize) {
    match value {
        Value::Object(members) => {
            // The display of a code is no member's name; that of a reference may be.
            let coded = members.contains_key("code") && members.contains_key("system");
            members
                .iter()
                .filter(|(name, _)| !(coded && name.as_str() == "display"))
                .for_each(|(name, value)| learn(redactor, name, value, references, values));
        }
        Value::Array(items) => items.iter().for_each(|item| learn(redactor, name, item, references, values)),
        Value::String(text) => {
            *values += 1;
            if name == "reference" {
                if let Some((kind, id)) = text.rsplit_once('/') {
                    let kind = kind.rsplit('/').next().unwrap_or_default();
                    references.insert(format!("{kind}/{}", redactor.pseudonym("id", id)));
                    redactor.register_member("id", id);
                }
            } else if TELLING.contains(&name) {
                redactor.register_member(if name == "id" { "id" } else { "member" }, text);
            }
        }
        _ => *values += 1,
    }
}

fn claims(redactor: &Redactor, members: &Map<String, Value>) -> Map<String, Value> {
    let shown = |(name, value): (&String, &Value)| {
        let is_shown = SHOWN.contains(&name.as_str()) || SHOWN_IN_ANSWERS.contains(&name.as_str());
        let value = match value {
            // What is nested has names of its own, which nobody has looked at.
            Value::Array(items) if is_shown && !items.iter().any(|item| item.is_object() || item.is_array()) => value.clone(),
            Value::Object(_) | Value::Array(_) => redactor.pseudonym("value", &value.to_string()).into(),
            _ if is_shown => value.clone(),
            Value::String(text) if text.starts_with('‹') => value.clone(),
            Value::String(text) => {
                redactor.register_member("value", text);
                redactor.pseudonym(if name == "patient" { "patient" } else { "value" }, text).into()
            }
            other => redactor.pseudonym("value", &other.to_string()).into(),
        };
        (name.clone(), value)
    };
    members.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{redact_bytes, redact_text};

    fn benefit() -> Value {
        json!({
            "resourceType": "ExplanationOfBenefit", "id": "canary-eob-1", "meta": { "profile": ["http://hl7.org/p"] },
            "identifier": [{ "system": "https://payer.example/claims", "value": "CANARY-CLAIM-1" }],
            "patient": { "reference": "Patient/canary-member-7", "display": "Canary Q. Member" },
            "text": { "status": "generated", "div": "<div>Canary narrative</div>" },
        })
    }

    #[test]
    fn of_a_members_resource_type_profile_and_references_stay_and_nothing_else() {
        let redactor = Redactor::new("salt");
        let link = json!([{ "relation": "self", "url": "https://p.example/ExplanationOfBenefit?patient=canary-member-7" }]);
        let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": 1, "link": link, "entry": [{ "resource": benefit() }] });
        for body in [benefit(), bundle] {
            let kept = redact_bytes(&redactor, body.to_string().as_bytes());
            assert!(kept.redacted && !kept.text.to_lowercase().contains("canary"), "{}", kept.text);
            assert!(kept.text.contains("ExplanationOfBenefit") && kept.text.contains("http://hl7.org/p"), "{}", kept.text);
            assert!(kept.text.contains(&format!("Patient/{}", redactor.pseudonym("id", "canary-member-7"))), "{}", kept.text);
        }
        // What was seen once is known from then on.
        let later = redact_text(&redactor, "there is no claim CANARY-CLAIM-1 of Canary Q. Member");
        assert!(!later.to_lowercase().contains("canary"), "{later}");
    }

    #[test]
    fn what_looks_like_fhir_and_is_none_is_withheld() {
        let redactor = Redactor::new("salt");
        let cut = &benefit().to_string()[..150];
        let with_prefix = "<f:Patient xmlns:f=\"http://hl7.org/fhir\"><f:id value=\"canary\"/></f:Patient>";
        for text in [cut, with_prefix, "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"canary\"/></Patient>"] {
            assert!(redact_bytes(&redactor, text.as_bytes()).text.starts_with("‹withheld"), "{text}");
        }
    }

    #[test]
    fn what_is_about_no_member_stays_as_it_is() {
        let redactor = Redactor::new("salt");
        for text in [
            r#"{"resourceType":"CapabilityStatement","name":"X","rest":[]}"#,
            r#"{"resourceType":"OperationOutcome","issue":[{"code":"login"}]}"#,
            r#"{"issuer":"https://p.example","name":"discovery"}"#,
            "<html>Patient login</html>",
            r#"{"resourceType":"CapabilityStatement","cut":"#,
        ] {
            assert_eq!(reduced(&redactor, text), None, "{text}");
        }
    }

    #[test]
    fn claims_about_a_person_are_pseudonyms_and_their_names_stay() {
        let redactor = Redactor::new("salt");
        let text = r#"{"sub":"canary-sub-1","name":"Canary Name","email":"canary@p.example","iss":"https://p.example","scope":"openid"}"#;
        let kept = redact_bytes(&redactor, text.as_bytes()).text;
        assert!(
            !kept.to_lowercase().contains("canary") && kept.contains("https://p.example") && kept.contains("openid"),
            "{kept}"
        );
        let kept = redact_bytes(&redactor, br#"{"access_token":"abc","patient":"canary-7","expires_in":300}"#).text;
        assert!(
            !kept.contains("canary") && kept.contains("300") && kept.contains(&redactor.pseudonym("patient", "canary-7")),
            "{kept}"
        );
    }

    /// A claim that no specification knows may be about a person as well as one that some do.
    #[test]
    fn of_claims_that_nobody_defines_the_names_alone_stay() {
        let redactor = Redactor::new("salt");
        let text = r#"{"active":false,"sub":"0a1b2c3d","member_id":"W123456789","dob":"1961-03-12","upn":"jane.canary@payer.example",
            "plan":4711,"aud":["app",{"ssn":"078-05-1120"}],"scope":"openid","client_id":"app","exp":1800000000}"#;
        let kept = redact_bytes(&redactor, text.as_bytes()).text;
        for gone in ["0a1b2c3d", "W1234", "1961", "canary", "4711", "078-05"] {
            assert!(!kept.contains(gone), "{gone} in {kept}");
        }
        for stays in ["\"active\":false", "member_id", "\"scope\":\"openid\"", "\"client_id\":\"app\"", "1800000000"] {
            assert!(kept.contains(stays), "{stays} in {kept}");
        }
        assert!(!redact_text(&redactor, "no account W123456789").contains("W123"), "it is known from then on");
    }

    #[test]
    fn ids_in_addresses_are_pseudonyms_and_scopes_are_not_touched() {
        let redactor = Redactor::new("salt");
        let text = redact_text(&redactor, "https://p.example/r4/Patient/12?x=1&patient=77 patient/Patient.read user/Coverage.rs");
        assert!(!text.contains("12") || text.contains("#"), "{text}");
        assert!(text.contains(&format!("Patient/{}", redactor.pseudonym("id", "12"))), "{text}");
        assert!(text.contains(&format!("patient={}", redactor.pseudonym("member", "77"))), "{text}");
        assert!(text.ends_with("patient/Patient.read user/Coverage.rs"), "{text}");
    }
}
