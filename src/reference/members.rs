//! The invented members whose data the reference server holds, read from `fixtures/members/`.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// The resource types that are served.
pub(super) const TYPES: [&str; 6] =
    ["Patient", "Coverage", "ExplanationOfBenefit", "Organization", "Practitioner", "RelatedPerson"];

const FILES: [&str; 4] = [
    include_str!("../../fixtures/members/member-1.json"),
    include_str!("../../fixtures/members/member-2.json"),
    include_str!("../../fixtures/members/member-3.json"),
    include_str!("../../fixtures/members/member-4.json"),
];

/// All resources of one member.
#[derive(Debug)]
pub(super) struct Member {
    resources: Vec<Value>,
}

static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| FILES.iter().map(|text| Member::read(text)).collect());

/// All members.
pub(super) fn all() -> &'static [Member] {
    &MEMBERS
}

/// A member by number; 0 is the first, 1 an unrelated one, 2 the first one's child, 3 unrelated again.
pub(super) fn by_index(index: usize) -> &'static Member {
    &MEMBERS[index % FILES.len()]
}

/// The member that the access token stands for.
pub(super) fn first() -> &'static Member {
    &MEMBERS[0]
}

impl Member {
    fn read(text: &str) -> Self {
        // a file that is not JSON gives a member without data, which the tests below refuse
        let bundle: Value = serde_json::from_str(text).unwrap_or_default();
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        let mut resources: Vec<Value> = entries.into_iter().map(|entry| entry["resource"].clone()).collect();
        let claims = resources.iter().filter(|resource| resource["resourceType"] == "ExplanationOfBenefit");
        let told: Vec<Value> = claims.map(provenance_of).collect();
        resources.extend(told);
        Self { resources }
    }

    /// The resources of one type.
    pub(super) fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.resources.iter().filter(move |resource| resource["resourceType"] == kind)
    }

    /// The resources of one type, for as long as the process lives.
    pub(super) fn all_of<'a>(&'static self, kind: &'a str) -> impl Iterator<Item = &'static Value> + use<'a> {
        self.resources.iter().filter(move |resource| resource["resourceType"] == kind)
    }

    /// Type and id of every resource of the guide.
    pub(super) fn identities(&self) -> Vec<(String, String)> {
        let text = |resource: &Value, name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let listed = self.resources.iter().filter(|resource| TYPES.iter().any(|kind| resource["resourceType"] == *kind));
        listed.map(|resource| (text(resource, "resourceType"), text(resource, "id"))).collect()
    }

    /// The logical id of the member's Patient.
    pub(super) fn patient_id(&self) -> &str {
        self.of_type("Patient").next().and_then(|patient| patient["id"].as_str()).unwrap_or_default()
    }
}

/// Who says what a claim says: its insurer.
fn provenance_of(claim: &Value) -> Value {
    let id = claim["id"].as_str().unwrap_or_default();
    let role = json!({"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "author"});
    json!({
        "resourceType": "Provenance",
        "id": format!("provenance-of-{id}"),
        "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-provenance"]},
        "target": [{"reference": format!("ExplanationOfBenefit/{id}")}],
        "recorded": "2026-01-15T12:00:00Z",
        "agent": [{"type": {"coding": [role]}, "who": {"reference": claim["insurer"]["reference"]}}],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_has_every_type_and_every_reference_leads_to_the_member_itself() {
        assert_eq!(MEMBERS.len(), 4);
        for member in MEMBERS.iter() {
            for kind in TYPES {
                let expected = if kind == "ExplanationOfBenefit" { 2 } else { 1 };
                assert_eq!(member.of_type(kind).count(), expected, "{kind}");
            }
            let text = serde_json::to_string(&member.resources).unwrap();
            let references = text.split("\"reference\":\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let mut count = 0;
            for reference in references {
                let (kind, id) = reference.split_once('/').unwrap();
                assert!(member.of_type(kind).any(|resource| resource["id"] == id), "{reference}");
                count += 1;
            }
            assert!(count >= 5, "only {count} references");
        }
        assert_eq!(first().patient_id(), "carinbb-member-1");
        assert_eq!(MEMBERS[1].patient_id(), "carinbb-member-2");
    }
}
