//! `{{name}}`: substitution and nothing else. No functions, no conditions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// A template that names something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The name is unknown or has no value yet.
    #[error("'{{{{{0}}}}}' has no value here")]
    Unknown(String),
    /// A list or table inside a longer text.
    #[error("'{{{{{0}}}}}' is a list or table and cannot stand inside a text")]
    NotText(String),
    /// `{{` without `}}`.
    #[error("'{{{{' is not closed in '{0}'")]
    NotClosed(String),
}

/// The names that templates may use, in layers; later layers hide earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Shared: every result of a run has a scope of its own, and most of it is what the target publishes.
    names: BTreeMap<String, Arc<Value>>,
}

impl Scope {
    /// An empty scope.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a name.
    pub fn set(&mut self, name: &str, value: Value) {
        self.names.insert(name.to_owned(), Arc::new(value));
    }

    /// The value of a dotted name, for instance `target.base` or `defect.codes`.
    #[must_use]
    pub fn get(&self, dotted: &str) -> Option<&Value> {
        let mut parts = dotted.split('.');
        let mut value: &Value = self.names.get(parts.next()?)?;
        for part in parts {
            value = match value {
                Value::Object(members) => members.get(part)?,
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The names of the first layer.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

/// The template names in a text, in order.
///
/// # Errors
/// When a `{{` is not closed.
pub fn templates_in(text: &str) -> Result<Vec<&str>, TemplateError> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let after = &rest[start + 2..];
        let end = after.find("}}").ok_or_else(|| TemplateError::NotClosed(text.to_owned()))?;
        names.push(after[..end].trim());
        rest = &after[end + 2..];
    }
    Ok(names)
}

/// Fills in every template of a value. A string that is nothing but one template becomes the value itself, type and all.
///
/// # Errors
/// When a name has no value, or a list would have to stand inside a text.
pub fn resolve(value: &Value, scope: &Scope) -> Result<Value, TemplateError> {
    match value {
        Value::String(text) => resolve_string(text, scope),
        Value::Array(items) => items.iter().map(|item| resolve(item, scope)).collect(),
        Value::Object(members) => {
            let filled = members.iter().map(|(key, member)| Ok((key.clone(), resolve(member, scope)?)));
            Ok(Value::Object(filled.collect::<Result<_, _>>()?))
        }
        other => Ok(other.clone()),
    }
}

/// Fills in every template of a text.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_text(text: &str, scope: &Scope) -> Result<String, TemplateError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let after = &rest[start + 2..];
        let end = after.find("}}").ok_or_else(|| TemplateError::NotClosed(text.to_owned()))?;
        let name = after[..end].trim();
        filled.push_str(&rest[..start]);
        match scope.get(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))? {
            Value::String(text) => filled.push_str(text),
            Value::Null => return Err(TemplateError::Unknown(name.to_owned())),
            Value::Array(_) | Value::Object(_) => return Err(TemplateError::NotText(name.to_owned())),
            other => filled.push_str(&other.to_string()),
        }
        rest = &after[end + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

fn resolve_string(text: &str, scope: &Scope) -> Result<Value, TemplateError> {
    if let Some(name) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"))
        && !name.contains("{{")
    {
        let name = name.trim();
        return scope.get(name).cloned().ok_or_else(|| TemplateError::Unknown(name.to_owned()));
    }
    resolve_text(text, scope).map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope() -> Scope {
        let mut scope = Scope::new();
        scope.set("profile", json!({ "statuses": [401, 403] }));
        scope.set("defect", json!({ "name": "late", "count": 2 }));
        scope
    }

    #[test]
    fn a_lone_template_keeps_its_type_and_others_become_text() {
        assert_eq!(resolve(&json!("{{profile.statuses}}"), &scope()), Ok(json!([401, 403])));
        assert_eq!(resolve(&json!("{{profile.statuses.1}}"), &scope()), Ok(json!(403)));
        assert_eq!(
            resolve(&json!({ "a": ["x {{defect.name}} {{ defect.count }}"] }), &scope()),
            Ok(json!({ "a": ["x late 2"] }))
        );
    }

    #[test]
    fn what_cannot_be_filled_in_is_an_error() {
        assert_eq!(resolve(&json!("{{nope.x}}"), &scope()), Err(TemplateError::Unknown("nope.x".into())));
        assert_eq!(resolve(&json!("a {{profile.statuses}}"), &scope()), Err(TemplateError::NotText("profile.statuses".into())));
        assert!(matches!(resolve(&json!("a {{b"), &scope()), Err(TemplateError::NotClosed(_))));
        assert_eq!(templates_in("a {{b}} {{ c.d }}"), Ok(vec!["b", "c.d"]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_filled_in_or_refused_without_a_panic(text in "[{}a-z. ]{0,40}") {
            let _ = resolve(&Value::from(text.as_str()), &scope());
            let _ = templates_in(&text);
        }
    }
}
