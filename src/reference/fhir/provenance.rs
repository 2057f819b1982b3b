//! Where a claim comes from: one `Provenance` per claim, as US Core basic provenance has it, and the ways to tell it wrongly.
//!
//! The faults change what is shown, so that no other type depends on them.

use serde_json::{Value, json};

use super::super::site::Site;

/// The type.
pub(super) const KIND: &str = "Provenance";

/// The same resource as it is shown.
pub(super) fn shown(site: &Site, resource: &Value) -> Value {
    let mut shown = resource.clone();
    if resource["resourceType"] != KIND {
        return shown;
    }
    let agent = json!({"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "author"}]}});
    if site.has("provenance-without-agent") {
        shown["agent"] = json!([agent]);
    }
    if site.has("provenance-practitioner-alone") {
        let mut alone = agent;
        alone["who"] = json!({"reference": "Practitioner/carinbb-practitioner-1"});
        shown["agent"] = json!([alone]);
    }
    let gone = [("provenance-without-target", "target"), ("provenance-without-recorded", "recorded")];
    for (_, element) in gone.into_iter().filter(|(fault, _)| site.has(fault)) {
        shown.as_object_mut().map(|members| members.shift_remove(element));
    }
    shown
}
