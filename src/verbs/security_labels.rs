//! Which security labels the resources of an answer carry, as handles: a label may tell as much of a member as the resource itself.

use serde_json::{Map, Value};

use super::Vault;
use super::json_tree::{list, text};

/// The most resources of one type, and the most labels of one resource, that become facts.
const MOST: usize = 50;

/// The labels of each resource that has an id, by type, in the order of the answer; each resource's in the order of their handles.
pub(super) fn labels(tree: Option<&Value>, vault: &Vault) -> Value {
    let mut by_type: Map<String, Value> = Map::new();
    for resource in tree.into_iter().flat_map(resources) {
        let (Some(kind), Some(_)) = (text(resource, "resourceType"), text(resource, "id")) else { continue };
        let own = by_type.entry(kind.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(own) = own.as_array_mut().filter(|own| own.len() < MOST) {
            own.push(labels_of(resource, vault));
        }
    }
    Value::Object(by_type)
}

/// The resource, or those of the entries.
fn resources(tree: &Value) -> Vec<&Value> {
    if tree.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        return vec![tree];
    }
    list(tree, "entry").filter_map(|entry| entry.get("resource")).collect()
}

fn labels_of(resource: &Value, vault: &Vault) -> Value {
    let codings = resource.pointer("/meta/security").and_then(Value::as_array).into_iter().flatten().take(MOST);
    let named = codings.filter_map(|coding| {
        let (system, code) = (text(coding, "system").unwrap_or_default(), text(coding, "code")?);
        Some(vault.keep_value("label", &format!("{system}|{code}")))
    });
    let mut handles: Vec<String> = named.collect();
    handles.sort();
    handles.dedup();
    handles.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Redactor;
    use serde_json::json;

    #[test]
    fn labels_are_handles_that_are_the_same_for_the_same_labels_in_any_order() {
        let vault = Vault::new(Redactor::new("salt"));
        let coded =
            |code: &str| json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code, "display": "x" });
        let one = json!({ "resourceType": "Coverage", "id": "1", "meta": { "security": [coded("ETH"), coded("PSY")] } });
        let other = json!({ "resourceType": "Coverage", "id": "1", "meta": { "security": [coded("PSY"), coded("ETH"), coded("ETH"), { "display": "no code" }] } });
        let bare = json!({ "resourceType": "Coverage", "id": "2" });
        let bundle = json!({ "resourceType": "Bundle", "meta": { "security": [coded("R")] }, "entry": [{ "resource": other }, { "resource": bare }, { "resource": { "resourceType": "OperationOutcome" } }] });
        let (read, searched) = (labels(Some(&one), &vault), labels(Some(&bundle), &vault));
        assert_eq!(read["Coverage"][0], searched["Coverage"][0]);
        assert_eq!((read["Coverage"][0].as_array().unwrap().len(), &searched["Coverage"][1]), (2, &json!([])));
        assert!(searched.get("OperationOutcome").is_none() && !searched.to_string().contains("PSY"), "{searched}");
        assert_eq!(labels(None, &vault), json!({}));
    }
}
