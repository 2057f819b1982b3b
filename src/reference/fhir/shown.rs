//! What a resource looks like when it is given out: with a narrative and a security label of its own, and the ways to get these wrong.
//!
//! The narrative says something about markup, escaped, as narratives of records about web sites do: it is text and runs nowhere.

use serde_json::{Value, json};

use super::super::members::TYPES;
use super::super::site::Site;
use super::provenance;

/// How a resource was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Read,
    Search,
}

/// The same resource as it is shown.
pub(super) fn shown(site: &Site, resource: &Value, by: By) -> Value {
    let mut shown = provenance::shown(site, resource);
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if kind == "ExplanationOfBenefit" && site.has("claims-contain-resources") {
        // The ids are those of nobody: they hold within the claim alone.
        shown["contained"] = ["Organization", "Practitioner", "Coverage", "Patient"]
            .map(|kind| json!({ "resourceType": kind, "id": format!("a-{}", kind.to_lowercase()) }))
            .into_iter()
            .collect();
        shown["facility"] = json!({ "reference": "#a-organization" });
    }
    if kind == "ExplanationOfBenefit" && site.has("claims-refer-elsewhere") {
        let elsewhere = |kind: &str| json!({ "reference": format!("https://directory.example/fhir/{kind}/a-elsewhere") });
        shown["facility"] = elsewhere("Organization");
        shown["careTeam"] = json!([{ "sequence": 1, "provider": elsewhere("Practitioner") }]);
        shown["related"] = json!([{ "claim": elsewhere("ExplanationOfBenefit") }]);
        if let Some(insurance) = shown["insurance"].as_array_mut() {
            insurance.push(json!({ "focal": false, "coverage": elsewhere("Coverage") }));
        }
    }
    if !TYPES.contains(&kind) || site.has("resources-bare") {
        return shown;
    }
    shown["text"] = json!({ "status": "generated", "div": narrative(site, kind) });
    if by == By::Read || !site.has("search-drops-security-labels") {
        shown["meta"]["security"] = json!([
            { "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R" },
            { "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST" },
        ]);
    }
    shown
}

fn narrative(site: &Site, kind: &str) -> String {
    let (mut attribute, mut address, mut script) = ("", "https://payer.example/help", "");
    if site.has("narrative-with-event-attribute") {
        attribute = " onclick=\"alert(1)\"";
    }
    if site.has("narrative-with-script-address") {
        address = "java&#10;script:alert(1)";
    }
    if site.has("narrative-with-script") {
        script = "<script>alert(1)</script>";
    }
    format!(
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p{attribute}><b>{kind}</b> &lt;script&gt;alert(1)&lt;/script&gt; is text here. \
         <a href=\"{address}\">Help</a></p>{script}</div>"
    )
}
