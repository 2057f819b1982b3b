//! Makes facts fit to be compared: secrets that the run knows are taken out, and no text is longer than 8 KiB.
//!
//! Values of members stay until what was compared is recorded: a target could teach us as such whatever it wants not to be seen.

use serde_json::{Map, Value};

use crate::vocabulary::Redactor;

/// The longest text in a fact, in bytes. Half of it is shown, so that nothing is shown of a value that the end cuts.
const LONGEST: usize = 8 * 1024;

/// The facts, without secrets and shortened.
#[must_use]
pub fn tidy(facts: Map<String, Value>, redactor: &Redactor) -> Value {
    let members = facts.into_iter().map(|(name, value)| (name, tidy_value(value, redactor)));
    Value::Object(members.collect())
}

fn tidy_value(value: Value, redactor: &Redactor) -> Value {
    match value {
        Value::String(text) => Value::String(tidy_text(&text, redactor)),
        Value::Array(items) => items.into_iter().map(|item| tidy_value(item, redactor)).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (tidy_text(&name, redactor), tidy_value(value, redactor)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

fn tidy_text(text: &str, redactor: &Redactor) -> String {
    let text = redactor.redact_secrets(text);
    if text.len() <= LONGEST {
        return text;
    }
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Secret;
    use serde_json::json;

    #[test]
    fn known_secrets_and_endless_texts_do_not_get_into_facts() {
        let redactor = Redactor::new("salt");
        redactor.register(&Secret::new("access_token", "s3cr3t-token"));
        let Value::Object(facts) = json!({ "json": { "a": ["x s3cr3t-token"], "s3cr3t-token": 1 }, "long": "é".repeat(100_000) })
        else {
            unreachable!("the literal is an object")
        };
        let tidied = tidy(facts, &redactor);
        assert!(!tidied.to_string().contains("s3cr3t-token"));
        assert!(tidied["long"].as_str().unwrap().len() < LONGEST + 8);
    }
}
