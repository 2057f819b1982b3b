//! The parameters of a request in order, with those that a case leaves out, adds or doubles.

use serde_json::{Map, Value};

use crate::net::FormValue;
use crate::verbs::{Arguments, Context};
use crate::vocabulary::{Cause, Secret};

/// Parameters in order.
#[derive(Debug, Clone, Default)]
pub(in crate::verbs) struct Form(Vec<(String, FormValue)>);

impl Form {
    /// A parameter that may be shown.
    pub fn plain(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), FormValue::Plain(value.into())));
    }

    /// A parameter that may not, unless the case made it up.
    pub fn secret(&mut self, name: &str, secret: Secret, made_up: bool) {
        let value = if made_up { FormValue::Plain(secret.expose().to_owned()) } else { FormValue::Secret(secret) };
        self.0.push((name.to_owned(), value));
    }

    /// Everything of another.
    pub fn extend(&mut self, fields: Vec<(String, FormValue)>) {
        self.0.extend(fields);
    }

    /// Applies `omit`, `double` and `extra`.
    pub fn broken_as(mut self, arguments: &Arguments, context: &Context) -> Result<Self, Cause> {
        let (omitted, doubled) = (arguments.texts("omit"), arguments.texts("double"));
        self.0.retain(|(name, _)| !omitted.contains(&name.as_str()));
        for name in doubled {
            let again: Vec<_> = self.0.iter().filter(|(known, _)| known == name).cloned().collect();
            self.0.extend(again);
        }
        for (name, value) in arguments.text_table("extra") {
            let filled = context.vault.fill(value).map_err(|message| Cause::new("input", message))?;
            if filled == value {
                self.plain(name, filled);
            } else {
                self.secret(name, Secret::new("parameter", filled), false);
            }
        }
        Ok(self)
    }

    /// Puts a value in the place of a name in braces, wherever it is shown.
    pub fn fill(&mut self, name: &str, value: &str) {
        for (_, shown) in &mut self.0 {
            if let FormValue::Plain(text) = shown {
                *text = text.replace(name, value);
            }
        }
    }

    /// The shown value of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).and_then(|(_, value)| match value {
            FormValue::Plain(text) => Some(text.as_str()),
            FormValue::Secret(_) => None,
        })
    }

    /// The facts `sent.*` of these parameters, without those that were left out.
    pub fn sent(&self, names: &[&str]) -> Map<String, Value> {
        names.iter().filter_map(|name| Some(((*name).to_owned(), self.text(name)?.into()))).collect()
    }

    /// For a request body.
    pub fn into_fields(self) -> Vec<(String, FormValue)> {
        self.0
    }
}
