//! `fhirContext` of a token response: which items have the shape that each version of SMART gives them (trap 52), without what they name.

use serde_json::{Value, json};

/// The facts of `fhirContext`, items by their place from 1. `value` is whatever the server sent; no reference leaves this function.
pub(super) fn fhir_context_facts(value: &Value) -> Value {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let places = |is_found: &dyn Fn(&Value) -> bool| -> Vec<usize> {
        items.iter().enumerate().filter(|(_, item)| is_found(item)).map(|(place, _)| place + 1).collect()
    };
    json!({
        "list": value.is_array(),
        "other_than_reference_text": places(&|item| !item.as_str().is_some_and(is_relative_reference)),
        "other_than_reference_object": places(&|item| !has_reference(item)),
        "other_than_named_object": places(&|item| !has_reference(item) && !names_without_reference(item)),
        "blank_role": places(&|item| item.get("role").is_some_and(|role| role.as_str().is_none_or(str::is_empty))),
        "patient_or_encounter": places(&|item| is_at_launch(item) && names_top_level_context(item)),
    })
}

/// Every relative reference in it, for the register of what belongs to the member.
pub(super) fn references(value: &Value) -> impl Iterator<Item = &str> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(reference)
}

fn reference(item: &Value) -> Option<&str> {
    item.as_str().or_else(|| item.get("reference")?.as_str())
}

fn has_reference(item: &Value) -> bool {
    item.get("reference").and_then(Value::as_str).is_some_and(is_relative_reference) && properties_fit(item)
}

fn names_without_reference(item: &Value) -> bool {
    let is_named = item.get("canonical").is_some_and(Value::is_string) || item.get("identifier").is_some_and(Value::is_object);
    is_named && properties_fit(item)
}

/// True when each property that the specification defines has its type; a blank role is a rule of its own.
fn properties_fit(item: &Value) -> bool {
    let texts = ["reference", "canonical", "type", "role"];
    texts.iter().all(|name| item.get(name).is_none_or(Value::is_string)) && item.get("identifier").is_none_or(Value::is_object)
}

/// `Type/id`, with nothing in front and at most a version behind.
fn is_relative_reference(text: &str) -> bool {
    let mut parts = text.split('/');
    let is_type = parts.next().is_some_and(is_type_name);
    let is_id = parts.next().is_some_and(|id| !id.is_empty() && !id.contains(char::is_whitespace));
    let ends_well = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => true,
        (Some("_history"), Some(version), None) => !version.is_empty(),
        _ => false,
    };
    is_type && is_id && ends_well
}

fn is_type_name(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_uppercase()) && text.chars().all(|sign| sign.is_ascii_alphabetic())
}

/// No role means the role `launch`.
fn is_at_launch(item: &Value) -> bool {
    item.get("role").is_none_or(|role| role == "launch" || role == "")
}

fn names_top_level_context(item: &Value) -> bool {
    let named = reference(item).and_then(|reference| reference.split('/').next()).or_else(|| item.get("type")?.as_str());
    matches!(named, Some("Patient" | "Encounter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(value: &Value, fact: &str) -> Vec<u64> {
        fhir_context_facts(value)[fact].as_array().unwrap().iter().filter_map(Value::as_u64).collect()
    }

    #[test]
    fn t52_each_version_has_its_own_shape() {
        let items = json!([
            "ImagingStudy/123",
            { "reference": "ImagingStudy/123" },
            { "canonical": "https://example.org/Questionnaire/1|2.0", "type": "Questionnaire" },
            { "identifier": { "value": "7" } },
            { "reference": "https://elsewhere.example.org/ImagingStudy/123" },
            { "reference": "ImagingStudy/123", "type": 7 },
            { "identifier": "7" },
            17,
        ]);
        assert_eq!(places(&items, "other_than_reference_text"), [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(places(&items, "other_than_reference_object"), [1, 3, 4, 5, 6, 7, 8]);
        assert_eq!(places(&items, "other_than_named_object"), [1, 5, 6, 7, 8]);
        assert_eq!(fhir_context_facts(&json!("ImagingStudy/123"))["list"], false);
    }

    #[test]
    fn a_patient_needs_a_role_of_its_own_and_a_role_some_text() {
        let items = json!([
            { "reference": "Patient/1" },
            { "reference": "Patient/1", "role": "launch" },
            { "reference": "Patient/1", "role": "https://example.org/mother" },
            "Encounter/1",
            { "identifier": {}, "type": "Encounter" },
            { "reference": "List/1", "role": "" },
            { "reference": "List/1", "role": null },
            { "reference": "List/1" },
        ]);
        assert_eq!(places(&items, "patient_or_encounter"), [1, 2, 4, 5]);
        assert_eq!(places(&items, "blank_role"), [6, 7]);
    }

    #[test]
    fn a_reference_has_a_type_and_an_id() {
        let good = ["List/1", "List/-1", "List/1/_history/2"];
        let bad = [
            "",
            "List",
            "List/",
            "/List/1",
            "list/1",
            "List/1/2",
            "List/1/_history/",
            "urn:uuid:1",
            "https://a.example.org/List/1",
        ];
        assert!(good.iter().all(|text| is_relative_reference(text)));
        assert!(bad.iter().all(|text| !is_relative_reference(text)), "{bad:?}");
    }

    #[test]
    fn what_it_names_stays_inside() {
        let items = json!([{ "reference": "Coverage/canary-7", "identifier": { "value": "canary-7" } }, "List/canary-7"]);
        assert!(!fhir_context_facts(&items).to_string().contains("canary"));
        assert_eq!(references(&items).collect::<Vec<_>>(), ["Coverage/canary-7", "List/canary-7"]);
    }
}
