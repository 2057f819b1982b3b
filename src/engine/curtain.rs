//! Between what is compared and what is shown of it. A comparison is made with what the target said; what is recorded of it has
//! pseudonyms for secrets and members' values. A target that has us take a text for a member's value so changes no outcome.

use serde_json::{Map, Value};

use super::compare::{in_words, show};
use super::comparison::Comparison;
use crate::testcase::Predicate;
use crate::verbs::{Context, Vault};
use crate::vocabulary::{Cause, Mismatch, Outcome, Redactor};

/// The longest text of a fact that is shown, in bytes.
const LONGEST: usize = 4 * 1024;

/// Knows what is hidden.
#[derive(Clone, Copy)]
pub struct Curtain<'a> {
    redactor: &'a Redactor,
    vault: &'a Vault,
}

impl<'a> Curtain<'a> {
    /// That of a run.
    #[must_use]
    pub fn of(context: &'a Context) -> Self {
        Self { redactor: &context.world.redactor, vault: &context.vault }
    }

    /// A text as it is shown.
    #[must_use]
    pub fn text(self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// A value as it is shown.
    #[must_use]
    pub fn value(self, value: &Value) -> Value {
        each_text(value, &|text| {
            let shown = self.text(text);
            let end = shown.floor_char_boundary(LONGEST);
            if end < shown.len() { format!("{}…", &shown[..end]) } else { shown }
        })
    }

    /// A cause as it is shown.
    #[must_use]
    pub fn cause(self, cause: &Cause) -> Cause {
        Cause { message: self.text(&cause.message), ..cause.clone() }
    }

    /// The outcome of a step that saw nothing, as it is shown.
    #[must_use]
    pub fn outcome(self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::NotApplicable(cause) => Outcome::NotApplicable(self.cause(&cause)),
            Outcome::NotReached(cause) => Outcome::NotReached(self.cause(&cause)),
            Outcome::Broken(cause) => Outcome::Broken(self.cause(&cause)),
            other => other,
        }
    }

    /// What comes of a comparison with what the target said.
    #[must_use]
    pub fn compared(self, comparison: &Comparison) -> Outcome {
        self.bare(comparison).outcome(None)
    }

    /// The comparison as it is shown, so that the same comes of it.
    #[must_use]
    pub fn shown(self, comparison: &Comparison) -> Comparison {
        match comparison {
            Comparison::Any { of } => Comparison::Any { of: of.iter().map(|one| self.shown(one)).collect() },
            Comparison::Missing { cause } => Comparison::Missing { cause: self.cause(cause) },
            Comparison::One { that, word, with, fact } => {
                let (with, fact) = (self.value(with), fact.as_ref().map(|fact| self.value(fact)));
                let shown = Comparison::One { that: self.text(that), word: word.clone(), with, fact };
                shown.with_outcome_of(&self.compared(comparison), None)
            }
            unshown @ Comparison::Unshown { .. } => unshown.clone(),
        }
    }

    /// Without the handles of members' values, whose names depend on where each was seen first. Secrets keep theirs: those are the
    /// same on both sides.
    fn bare(self, comparison: &Comparison) -> Comparison {
        let value = |value: &Value| each_text(value, &|text| self.vault.with_values(&self.redactor.redact_secrets(text)));
        match comparison {
            Comparison::One { that, word, with, fact } => Comparison::One {
                that: that.clone(),
                word: word.clone(),
                with: if word == "matches" { with.clone() } else { value(with) },
                fact: fact.as_ref().map(value),
            },
            Comparison::Any { of } => Comparison::Any { of: of.iter().map(|one| self.bare(one)).collect() },
            other => other.clone(),
        }
    }
}

impl Comparison {
    /// The same when this comes of it. When it does not, because what decides cannot be shown, what came of it instead.
    #[must_use]
    pub fn with_outcome_of(self, outcome: &Outcome, seen: Option<&Value>) -> Self {
        let Self::One { that, word, with, fact } = &self else { return self };
        if std::mem::discriminant(&self.outcome(seen)) == std::mem::discriminant(outcome) {
            return self;
        }
        let expected = Predicate::new(word, with.clone()).map_or_else(|_| format!("{word} {}", show(with)), |own| in_words(&own));
        let actual = fact.as_ref().or(seen).map_or_else(|| "nothing".to_owned(), show);
        match outcome {
            Outcome::Met => Self::Unshown { that: that.clone(), expected, actual: None },
            Outcome::NotMet(_) => Self::Unshown { that: that.clone(), expected, actual: Some(actual) },
            Outcome::NotReached(cause) | Outcome::NotApplicable(cause) | Outcome::Broken(cause) => {
                Self::Missing { cause: cause.clone() }
            }
        }
    }
}

/// What came of a comparison that cannot be shown.
pub(super) fn of_unshown(expected: &str, actual: Option<&String>) -> Outcome {
    actual.map_or(Outcome::Met, |actual| Outcome::NotMet(Mismatch { expected: expected.to_owned(), actual: actual.clone() }))
}

fn each_text(value: &Value, by: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => by(text).into(),
        Value::Array(items) => items.iter().map(|item| each_text(item, by)).collect(),
        Value::Object(members) => {
            let members: Map<String, Value> = members.iter().map(|(name, own)| (by(name), each_text(own, by))).collect();
            Value::Object(members)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Secret;
    use serde_json::json;

    const ORIGIN: &str = "https://foreign.example";

    fn one(word: &str, with: &Value, fact: &Value) -> Comparison {
        Comparison::One { that: "f".into(), word: word.into(), with: with.clone(), fact: Some(fact.clone()) }
    }

    fn is_met(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Met)
    }

    /// Each comparison that holds and each that does not, whatever of both sides a target has taught us to hide.
    #[test]
    fn what_a_target_teaches_changes_no_outcome_and_the_record_gives_the_same() {
        let cases = [
            ("is_not", json!(ORIGIN), json!(ORIGIN), false),
            ("is_not", json!(ORIGIN), json!("https://foreign.example/"), true),
            ("none_of", json!([ORIGIN]), json!(ORIGIN), false),
            ("includes_none", json!([ORIGIN]), json!([ORIGIN]), false),
            ("is", json!(ORIGIN), json!("https://foreign%2Eexample"), false),
            ("is", json!(ORIGIN), json!(ORIGIN), true),
            ("is_a", json!("https-url"), json!(ORIGIN), true),
            ("is_a", json!("https-url"), json!("foreign.example"), false),
            ("contains", json!("EXAMPLE"), json!(ORIGIN), true),
            ("contains", json!("member"), json!("foreign.example"), false),
            ("matches", json!("^https://[a-z.]+$"), json!(ORIGIN), true),
            ("matches", json!("[0-9a-f]{6}"), json!("foreign.example"), false),
            ("count", json!(15), json!("foreign.example"), true),
            ("grants", json!(["patient/Patient.read"]), json!(["patient/Patient.read"]), true),
            ("is_not", json!({ "foreign.example": 1 }), json!({ "foreign.example": 1 }), false),
        ];
        let taught = [ORIGIN, "foreign.example", "foreign", "Patient.read", "https://", "foreign%2Eexample"];
        for (word, with, fact, holds) in &cases {
            let comparison = one(word, with, fact);
            for teach in [false, true] {
                let redactor = Redactor::new("salt");
                let vault = Vault::new(redactor.clone());
                let curtain = Curtain { redactor: &redactor, vault: &vault };
                taught.iter().filter(|_| teach).for_each(|value| redactor.register_member("value", value));
                let (outcome, shown) = (curtain.compared(&comparison), curtain.shown(&comparison));
                assert_eq!(is_met(&outcome), *holds, "{word} {with} {fact}, taught: {teach}");
                assert_eq!(is_met(&shown.outcome(None)), *holds, "{shown:?}");
                let text = serde_json::to_string(&shown).unwrap();
                assert!(!teach || *word == "matches" || !text.contains("foreign.example"), "{text}");
                let again: Comparison = serde_json::from_str(&text).unwrap();
                assert_eq!((again.outcome(None), again.expected()), (shown.outcome(None), shown.expected()));
            }
        }
    }

    #[test]
    fn a_value_at_the_end_of_a_long_text_is_not_shown_in_part() {
        let redactor = Redactor::new("salt");
        let vault = Vault::new(redactor.clone());
        let curtain = Curtain { redactor: &redactor, vault: &vault };
        redactor.register_member("member", "Jane Q. Canary");
        let shown = curtain.value(&json!(format!("{}Jane Q. Canary and more", "x".repeat(LONGEST - 4))));
        assert!(!shown.as_str().unwrap().contains("Jane") && shown.as_str().unwrap().ends_with('…'), "{shown}");
    }

    /// A value is known by other names in other places, and one of the two sides may have been seen before it was known.
    #[test]
    fn a_members_value_is_the_same_under_every_name_and_a_secret_is_its_handle() {
        let redactor = Redactor::new("salt");
        let vault = Vault::new(redactor.clone());
        let curtain = Curtain { redactor: &redactor, vault: &vault };
        let handles = [vault.keep_value("patient", "canary-7"), vault.keep_value("id", "canary-7")];
        for with in handles.iter().map(String::as_str).chain(["canary-7"]) {
            for fact in handles.iter().map(String::as_str).chain(["canary-7"]) {
                for (word, holds) in [("is", true), ("is_not", false)] {
                    let comparison = one(word, &json!(with), &json!(fact));
                    assert_eq!(is_met(&curtain.compared(&comparison)), holds, "{word} {with} {fact}");
                    assert_eq!(is_met(&curtain.shown(&comparison).outcome(None)), holds, "{word} {with} {fact}");
                }
            }
        }
        let token = vault.keep(Secret::new("access_token", "s3cr3t-token"));
        assert!(!is_met(&curtain.compared(&one("is_not", &json!(token), &json!("s3cr3t-token")))));
        assert!(is_met(&curtain.compared(&one("is", &json!(token), &json!("s3cr3t-token")))));
    }
}
