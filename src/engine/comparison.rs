//! What was compared with what, in the form in which it was compared. The engine compares by it, and a replay compares by it
//! again, so that a record proves its outcomes.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::compare::{compare, in_words};
use super::curtain::of_unshown;
use crate::testcase::Predicate;
use crate::vocabulary::{Cause, Mismatch, Outcome};

/// One comparison with every value filled in. Secrets and members' values in it are pseudonyms already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Comparison {
    /// One fact with one expectation.
    One {
        /// The path of the fact.
        that: String,
        /// The word of the expectation, for instance `one_of`.
        word: String,
        /// What stands behind the word.
        with: Value,
        /// The fact as a whole; absent when there was none, or when `seen` of the assertion holds it as a whole.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "also_null")]
        fact: Option<Value>,
    },
    /// Several comparisons, of which one has to hold.
    Any {
        /// Which.
        of: Vec<Comparison>,
    },
    /// What was compared decides by a part that cannot be shown, a member's value: what came of it all the same.
    Unshown {
        /// The path of the fact.
        that: String,
        /// The expectation in words, with pseudonyms.
        expected: String,
        /// What was seen instead, with pseudonyms; absent when the expectation holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actual: Option<String>,
    },
    /// Nothing could be compared, because a value for it is missing.
    Missing {
        /// Why.
        cause: Cause,
    },
}

/// A null that is there is not the same as nothing.
fn also_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Comparison {
    /// Compares. `seen` stands for a fact that is not kept here.
    #[must_use]
    pub fn outcome(&self, seen: Option<&Value>) -> Outcome {
        match self {
            Self::Missing { cause } => Outcome::NotReached(cause.clone()),
            Self::Unshown { expected, actual, .. } => of_unshown(expected, actual.as_ref()),
            Self::One { word, with, fact, .. } => match Predicate::new(word, with.clone()) {
                Err(wrong) => Outcome::NotReached(Cause::new("input", wrong)),
                Ok(predicate) => compare(fact.as_ref().or(seen), &predicate).map_or_else(Outcome::NotMet, |()| Outcome::Met),
            },
            Self::Any { of } => any_of(of),
        }
    }

    /// What is compared, by path; nothing where it is not known, be it for one of several.
    #[must_use]
    pub fn that(&self) -> String {
        match self {
            Self::Missing { .. } => String::new(),
            Self::One { that, .. } | Self::Unshown { that, .. } => that.clone(),
            Self::Any { of } => {
                let each: Vec<String> = of.iter().map(Self::that).collect();
                if each.iter().any(String::is_empty) { String::new() } else { format!("any of {}", each.join(", ")) }
            }
        }
    }

    /// The expectation in words; nothing where a value for it is missing.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => None,
            Self::Unshown { expected, .. } => Some(expected.clone()),
            Self::One { word, with, .. } => Predicate::new(word, with.clone()).ok().map(|predicate| in_words(&predicate)),
            Self::Any { of } => {
                let each: Option<Vec<String>> =
                    of.iter().map(|one| Some(format!("{} {}", one.that(), one.expected()?))).collect();
                each.map(|each| each.join("; or "))
            }
        }
    }

    /// The same without a fact that `seen` holds as well.
    #[must_use]
    pub fn beside(self, seen: Option<&Value>) -> Self {
        match self {
            Self::One { that, word, with, fact } => {
                let fact = fact.filter(|fact| fact.is_null() || Some(fact) != seen);
                Self::One { that, word, with, fact }
            }
            other => other,
        }
    }
}

/// Met when one is; otherwise the first that could not be compared decides, or all mismatches together.
fn any_of(comparisons: &[Comparison]) -> Outcome {
    let outcomes: Vec<Outcome> = comparisons.iter().map(|one| one.outcome(None)).collect();
    if outcomes.contains(&Outcome::Met) {
        return Outcome::Met;
    }
    let mut mismatches = Vec::new();
    for (one, outcome) in comparisons.iter().zip(outcomes) {
        match outcome {
            Outcome::NotMet(mismatch) => mismatches.push((one.that(), mismatch)),
            other => return other,
        }
    }
    let join = |text: fn(&Mismatch) -> &str| {
        let parts: Vec<String> = mismatches.iter().map(|(that, mismatch)| format!("{that} {}", text(mismatch))).collect();
        parts.join("; or ")
    };
    Outcome::NotMet(Mismatch { expected: join(|mismatch| &mismatch.expected), actual: join(|mismatch| &mismatch.actual) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_null_fact_and_no_fact_come_back_as_they_went() {
        for fact in [None, Some(Value::Null), Some(json!({ "a": 1 }))] {
            let one = Comparison::One { that: "json.x".into(), word: "exists".into(), with: json!(true), fact };
            let again: Comparison = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
            assert_eq!(again, one);
            assert_eq!(again.outcome(None), one.outcome(None));
        }
    }

    #[test]
    fn where_one_of_several_could_not_be_compared_no_paths_are_named() {
        let one = Comparison::One { that: "version".into(), word: "is".into(), with: json!("1.3"), fact: None };
        let missing = Comparison::Missing { cause: Cause::new("input", "nothing was captured") };
        assert_eq!(Comparison::Any { of: vec![one.clone(), one.clone()] }.that(), "any of version, version");
        assert_eq!(Comparison::Any { of: vec![one, missing] }.that(), "");
    }

    #[test]
    fn a_fact_beside_it_is_not_kept_twice_and_gives_the_same_outcome() {
        let one = Comparison::One { that: "status".into(), word: "is".into(), with: json!(401), fact: Some(json!(401)) };
        let beside = one.clone().beside(Some(&json!(401)));
        assert!(matches!(beside, Comparison::One { fact: None, .. }));
        assert_eq!(beside.outcome(Some(&json!(401))), Outcome::Met);
        assert_eq!(one.clone().beside(Some(&json!("cut"))), one);
    }
}
