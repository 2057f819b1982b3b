//! Fills in `[each]`: one result per element of the product of its lists.

use serde_json::Value;

use super::model::{EachSource, TestCase};
use super::template::{Scope, TemplateError, resolve, resolve_text};

/// One result of a case: which elements of `[each]` it was made with.
#[derive(Debug, Clone, Default)]
pub struct Variant {
    /// What distinguishes it, for instance `token`; empty for a case without `[each]`.
    pub label: String,
    /// The elements by the names of their lists.
    pub elements: Vec<(String, Value)>,
}

impl Variant {
    /// Puts the elements into a scope.
    pub fn enter(&self, scope: &mut Scope) {
        for (name, value) in &self.elements {
            scope.set(name, value.clone());
        }
    }

    /// The title with its templates filled in.
    ///
    /// # Errors
    /// When the title names something that is not there.
    pub fn title(&self, case: &TestCase, scope: &Scope) -> Result<String, TemplateError> {
        let mut scope = scope.clone();
        self.enter(&mut scope);
        resolve_text(&case.title, &scope)
    }

    /// True when this result is proved by the fault: an element names it, or no element names any.
    #[must_use]
    pub fn declares(&self, case: &TestCase, fault: &str) -> bool {
        let named: Vec<&str> = self.elements.iter().flat_map(|(_, element)| faults_of(element)).collect();
        let by_another_element = || all_element_faults(case).any(|name| name == fault);
        named.contains(&fault) || (case.faults.iter().any(|own| own.as_str() == fault) && !by_another_element())
    }
}

/// Faults named by any written element of the case.
fn all_element_faults(case: &TestCase) -> impl Iterator<Item = &str> {
    case.each.iter().flat_map(|each| match &each.source {
        EachSource::Written(elements) => elements.iter().flat_map(faults_of).collect::<Vec<_>>(),
        EachSource::Template(_) => Vec::new(),
    })
}

fn faults_of(element: &Value) -> Vec<&str> {
    let several = element.get("faults").and_then(Value::as_array).into_iter().flatten();
    element.get("fault").into_iter().chain(several).filter_map(Value::as_str).collect()
}

/// An `[each]` that gives no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// The template names something that is not there.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template gives something that is not a list.
    #[error("'each.{0}' gives no list")]
    NotAList(String),
}

/// All results of a case. An empty list gives no result.
///
/// # Errors
/// When a template of `[each]` cannot be filled in or gives no list.
pub fn expand(case: &TestCase, scope: &Scope) -> Result<Vec<Variant>, ExpandError> {
    let mut variants = vec![Variant::default()];
    for each in &case.each {
        let elements = match &each.source {
            EachSource::Written(elements) => resolve(&Value::Array(elements.clone()), scope)?,
            EachSource::Template(text) => resolve(&Value::from(text.as_str()), scope)?,
        };
        let Value::Array(elements) = elements else { return Err(ExpandError::NotAList(each.name.clone())) };
        let with = |variant: &Variant, element: &Value| {
            let mut next = variant.clone();
            let separator = if next.label.is_empty() { "" } else { ", " };
            next.label = format!("{}{separator}{}", next.label, label_of(element));
            next.elements.push((each.name.clone(), element.clone()));
            next
        };
        variants = variants.iter().flat_map(|variant| elements.iter().map(move |element| with(variant, element))).collect();
    }
    Ok(variants)
}

fn label_of(element: &Value) -> String {
    match element {
        Value::String(text) => text.clone(),
        Value::Object(members) => members.get("name").and_then(Value::as_str).unwrap_or("?").to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testcase::load;
    use crate::vocabulary::document::{Problems, Source};
    use serde_json::json;

    fn case(each: &str) -> TestCase {
        let text = format!(
            "id = \"a.b\"\ntitle = \"T {{{{x}}}}\"\nwhy = \"w\"\nrequirements = [\"a/b-1\"]\nfaults = [\"general\"]\n{each}\n[[steps]]\ntitle = \"s\"\ndo = \"v.v\"\n"
        );
        let problems = Problems::new();
        let source = Arc::new(Source::new("a/b.toml", text));
        let suite = load(std::iter::once(&source), std::iter::empty(), &problems);
        suite.cases.into_iter().next().unwrap()
    }

    #[test]
    fn the_product_of_two_lists_gives_each_pair_a_label() {
        let mut scope = Scope::new();
        scope.set("target", json!({ "endpoints": [{ "name": "fhir" }, { "name": "token" }] }));
        let variants = expand(&case("[each]\nx = [\"p\", \"q\"]\ny = \"{{target.endpoints}}\""), &scope).unwrap();
        let labels: Vec<&str> = variants.iter().map(|variant| variant.label.as_str()).collect();
        assert_eq!(labels, ["p, fhir", "p, token", "q, fhir", "q, token"]);
        assert_eq!(variants[2].title(&case(""), &scope).unwrap(), "T q");
    }

    #[test]
    fn a_fault_of_an_element_belongs_to_its_own_result_alone() {
        let case = case("[[each.x]]\nname = \"p\"\nfault = \"of-p\"\n[[each.x]]\nname = \"q\"\nfault = \"of-q\"");
        let variants = expand(&case, &Scope::new()).unwrap();
        assert!(variants[0].declares(&case, "of-p") && !variants[1].declares(&case, "of-p"));
        assert!(variants[0].declares(&case, "general") && variants[1].declares(&case, "general"));
    }

    #[test]
    fn a_list_that_is_none_is_an_error_and_an_empty_one_gives_no_result() {
        let mut scope = Scope::new();
        scope.set("target", json!({ "endpoints": "no", "none": [] }));
        assert!(expand(&case("[each]\nx = \"{{target.endpoints}}\""), &scope).is_err());
        assert!(expand(&case("[each]\nx = \"{{target.none}}\""), &scope).unwrap().is_empty());
    }
}
