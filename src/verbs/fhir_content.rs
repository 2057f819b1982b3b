//! Which resources a body holds, in whatever form it comes: a tree, lines of JSON, XML, a page that shows JSON.
//!
//! Data in an odd place is data: a 403 whose body holds a member's Coverage has leaked it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Resources that carry no data of their own.
const ENVELOPES: [&str; 2] = ["Bundle", "OperationOutcome"];

static JSON_TYPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:"|&quot;|&#34;)resourceType(?:"|&quot;|&#34;)\s*:\s*(?:"|&quot;|&#34;)([A-Za-z]{2,64})"#).ok()
});
static XML_TYPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"<([A-Z][A-Za-z]{1,63})[^<>]*xmlns\s*=\s*["']http://hl7\.org/fhir["']|<(?:resource|contained)\b[^<>]*>\s*<([A-Z][A-Za-z]{1,63})\b"#).ok()
});

/// The resources of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FhirContent {
    /// How many, without envelopes.
    pub count: usize,
    /// Their types, each once, in alphabetical order.
    pub types: BTreeSet<String>,
    /// The types of those that stand for themselves: a contained resource is a part of the one around it.
    pub entry_types: BTreeSet<String>,
}

impl FhirContent {
    /// Looks through a tree, or through the text when there is none.
    #[must_use]
    pub fn of(tree: Option<&Value>, text: &str) -> Self {
        let mut content = Self::default();
        match tree {
            Some(tree) => content.walk(tree, false),
            None => content.scan(text),
        }
        content
    }

    fn walk(&mut self, value: &Value, is_part: bool) {
        match value {
            Value::Object(members) => {
                let kind = members.get("resourceType").and_then(Value::as_str);
                kind.into_iter().for_each(|kind| self.note(kind, is_part));
                for (name, member) in members {
                    self.walk(member, is_part || kind.is_some() && name == "contained");
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, is_part)),
            _ => {}
        }
    }

    fn scan(&mut self, text: &str) {
        for pattern in [JSON_TYPE.as_ref(), XML_TYPE.as_ref()].into_iter().flatten() {
            for found in pattern.captures_iter(text) {
                if let Some(kind) = found.get(1).or_else(|| found.get(2)) {
                    self.note(kind.as_str(), found[0].starts_with("<contained"));
                }
            }
        }
    }

    fn note(&mut self, kind: &str, is_part: bool) {
        if ENVELOPES.contains(&kind) {
            return;
        }
        self.count += 1;
        let kind: String = kind.chars().take(64).collect();
        if !is_part {
            self.entry_types.insert(kind.clone());
        }
        self.types.insert(kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn types(content: &FhirContent) -> Vec<&str> {
        content.types.iter().map(String::as_str).collect()
    }

    #[test]
    fn resources_are_counted_wherever_they_stand_in_the_tree() {
        let bundle = json!({ "resourceType": "Bundle", "entry": [
            { "resource": { "resourceType": "Coverage", "contained": [{ "resourceType": "Patient" }] } },
            { "resource": { "resourceType": "OperationOutcome" } },
        ] });
        let content = FhirContent::of(Some(&bundle), "");
        assert_eq!((content.count, types(&content)), (2, vec!["Coverage", "Patient"]));
        assert_eq!(content.entry_types.iter().collect::<Vec<_>>(), ["Coverage"], "a contained resource is a part of another");
        assert_eq!(FhirContent::of(Some(&json!({ "resourceType": "Bundle", "entry": [] })), "").count, 0);
    }

    #[test]
    fn data_in_xml_in_lines_and_in_pages_is_data() {
        let xml = "<Bundle xmlns=\"http://hl7.org/fhir\"><entry><resource><Patient xmlns='http://hl7.org/fhir'/></resource></entry></Bundle>";
        let lines = "{\"resourceType\":\"Coverage\"}\n{\"resourceType\" : \"Coverage\"}\n";
        let page = "<html><pre>{&quot;resourceType&quot;: &quot;ExplanationOfBenefit&quot;}</pre>";
        assert_eq!(types(&FhirContent::of(None, xml)), ["Patient"]);
        assert_eq!(FhirContent::of(None, lines).count, 2);
        let contained =
            "<Coverage xmlns=\"http://hl7.org/fhir\"><contained><Patient xmlns=\"http://hl7.org/fhir\"/></contained></Coverage>";
        let content = FhirContent::of(None, contained);
        assert_eq!(types(&content), ["Coverage", "Patient"]);
        assert_eq!(content.entry_types.iter().collect::<Vec<_>>(), ["Coverage"]);
        assert_eq!(types(&FhirContent::of(None, page)), ["ExplanationOfBenefit"]);
        assert_eq!(FhirContent::of(None, "<OperationOutcome xmlns=\"http://hl7.org/fhir\"/>").count, 0);
        assert_eq!(FhirContent::of(None, "<html><body>Patient portal</body></html>").count, 0);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_through_without_a_panic(text: String) {
            let content = FhirContent::of(None, &text);
            proptest::prop_assert!(content.types.len() <= content.count);
        }
    }
}
