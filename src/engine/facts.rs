//! Finds one fact in an observation: dotted paths, or a JSON pointer behind `#` where dots do not do.

use serde_json::Value;

/// The fact at a path. `header.` is followed by a header name in any case; a list takes an index.
///
/// `json.scopes_supported`, `header.cache-control`, `json#/rest/0/security`.
#[must_use]
pub fn fact<'a>(facts: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some((front, pointer)) = path.split_once('#') {
        return fact(facts, front)?.pointer(pointer);
    }
    let mut value = facts;
    for part in path.split('.') {
        value = match value {
            Value::Object(members) => members
                .get(part)
                .or_else(|| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(part)).map(|(_, value)| value))?,
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn facts_are_found_by_dots_indices_and_pointers() {
        let facts = json!({ "header": { "cache-control": "no-store" }, "json": { "a/b": 1, "list": [{ "x": 2 }] } });
        assert_eq!(fact(&facts, "header.Cache-Control"), Some(&json!("no-store")));
        assert_eq!(fact(&facts, "json.list.0.x"), Some(&json!(2)));
        assert_eq!(fact(&facts, "json#/a~1b"), Some(&json!(1)));
        assert_eq!(fact(&facts, "json.nope.x"), None);
        assert_eq!(fact(&facts, "json.list.9"), None);
    }
}
