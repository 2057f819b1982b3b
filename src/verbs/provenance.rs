//! What each `Provenance` of a body lacks, by the definition of the resource and by the US Core profile.

use std::collections::BTreeSet;

use serde_json::Value;

use super::json_tree::{list, text};

/// What is missing, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProvenanceContent {
    /// True when there is one at all.
    pub seen: bool,
    /// What the definition of the resource wants.
    pub lacks: BTreeSet<&'static str>,
    /// What the US Core profile wants besides.
    pub profile_lacks: BTreeSet<&'static str>,
}

impl ProvenanceContent {
    /// Looks through a tree.
    pub fn look_through(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                if members.get("resourceType").and_then(Value::as_str) == Some("Provenance") {
                    self.note(value);
                }
                members.values().for_each(|member| self.look_through(member));
            }
            Value::Array(items) => items.iter().for_each(|item| self.look_through(item)),
            _ => {}
        }
    }

    fn note(&mut self, provenance: &Value) {
        self.seen = true;
        let targets: Vec<&Value> = list(provenance, "target").collect();
        if targets.is_empty() {
            self.lacks.insert("target");
        } else if targets.iter().any(|target| text(target, "reference").is_none()) {
            self.profile_lacks.insert("target.reference");
        }
        if text(provenance, "recorded").is_none() {
            self.lacks.insert("recorded");
        }
        if list(provenance, "agent").next().is_none() {
            self.lacks.insert("agent");
        }
        for agent in list(provenance, "agent") {
            let who = agent.get("who").and_then(Value::as_object).filter(|who| !who.is_empty());
            if who.is_none() {
                self.lacks.insert("agent.who");
            }
            let reference = agent.get("who").and_then(|who| text(who, "reference")).unwrap_or_default();
            let is_one = |kind: &str| reference.starts_with(kind) || reference.contains(&format!("/{kind}"));
            let acts_for_somebody = is_one("Practitioner/") || is_one("Device/");
            if acts_for_somebody && agent.get("onBehalfOf").is_none() {
                self.profile_lacks.insert("agent.onBehalfOf");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(value: &Value) -> ProvenanceContent {
        let mut content = ProvenanceContent::default();
        content.look_through(value);
        content
    }

    #[test]
    fn what_is_missing_is_named() {
        let whole = json!({ "resourceType": "Provenance", "target": [{ "reference": "ExplanationOfBenefit/1" }], "recorded": "2026-01-01T00:00:00Z", "agent": [{ "who": { "reference": "Organization/1" } }] });
        assert_eq!(
            seen(&json!({ "entry": [{ "resource": whole }] })),
            ProvenanceContent { seen: true, ..ProvenanceContent::default() }
        );
        assert_eq!(seen(&json!({ "resourceType": "Patient" })), ProvenanceContent::default());
        let bare = seen(&json!({ "resourceType": "Provenance", "agent": [{}], "target": "x" }));
        assert_eq!(bare.lacks.into_iter().collect::<Vec<_>>(), ["agent.who", "recorded", "target"]);
        let mut alone = whole;
        alone["agent"][0]["who"] = json!({ "reference": "https://p.example/r4/Practitioner/2" });
        alone["target"] = json!([{ "display": "a claim" }]);
        assert_eq!(seen(&alone).profile_lacks.into_iter().collect::<Vec<_>>(), ["agent.onBehalfOf", "target.reference"]);
        alone["agent"][0]["who"] = json!({ "reference": "PractitionerRole/2" });
        assert!(!seen(&alone).profile_lacks.contains("agent.onBehalfOf"), "a role names its organization itself");
    }
}
