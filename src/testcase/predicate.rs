//! The closed list of comparisons, one per assertion.

use serde_json::Value;

/// What an assertion asks of a fact. Values may hold templates until the case runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Equal.
    Is(Value),
    /// Not equal (an absent fact is not equal to anything).
    IsNot(Value),
    /// Equal to an element of the list.
    OneOf(Value),
    /// Present and equal to no element of the list.
    NoneOf(Value),
    /// A text that contains the text, without regard to case.
    Contains(Value),
    /// A text that matches the regular expression.
    Matches(String),
    /// Present and not null (or, with `false`, the opposite).
    Exists(bool),
    /// Not present or null (or, with `false`, the opposite).
    Absent(bool),
    /// A list, object or text of so many elements.
    Count(Value),
    /// A list that holds the value.
    Includes(Value),
    /// A list that holds every value.
    IncludesAll(Value),
    /// A list that holds none of the values.
    IncludesNone(Value),
    /// A list whose every element is in the list.
    SubsetOf(Value),
    /// A list that holds at least the list.
    SupersetOf(Value),
    /// A list of SMART scopes that permits, by meaning, every scope of the list.
    Grants(Value),
    /// A list of SMART scopes that permits, by meaning, no resource that the list does not.
    GrantsOnly(Value),
    /// A number, or a duration as a word, not below.
    AtLeast(Value),
    /// A number, or a duration as a word, not above.
    AtMost(Value),
    /// An RFC 3339 time earlier than.
    Before(Value),
    /// An RFC 3339 time later than.
    After(Value),
    /// A value of this type.
    IsA(TypeWord),
}

/// The types that `is_a` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeWord {
    /// A JSON string that is not empty.
    String,
    /// A JSON number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A JSON object.
    Object,
    /// A JSON array of strings.
    Strings,
    /// An absolute URI.
    Uri,
    /// An absolute https URL with a host and without user information.
    HttpsUrl,
    /// Three dot-separated base64url parts, the first two JSON objects.
    Jwt,
}

impl TypeWord {
    /// Every type by its word.
    pub const WORDS: [(&'static str, TypeWord); 8] = [
        ("string", TypeWord::String),
        ("integer", TypeWord::Integer),
        ("boolean", TypeWord::Boolean),
        ("object", TypeWord::Object),
        ("strings", TypeWord::Strings),
        ("uri", TypeWord::Uri),
        ("https-url", TypeWord::HttpsUrl),
        ("jwt", TypeWord::Jwt),
    ];

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| *word)
    }
}

impl Predicate {
    /// Every predicate by its word, in the order of the documentation.
    pub const WORDS: [&'static str; 21] = [
        "is",
        "is_not",
        "one_of",
        "none_of",
        "contains",
        "matches",
        "exists",
        "absent",
        "count",
        "includes",
        "includes_all",
        "includes_none",
        "subset_of",
        "superset_of",
        "grants",
        "grants_only",
        "at_least",
        "at_most",
        "before",
        "after",
        "is_a",
    ];

    /// The predicate of a word and its value.
    ///
    /// # Errors
    /// A sentence that says what kind of value the word takes.
    pub fn new(word: &str, value: Value) -> Result<Self, String> {
        let list = |value: Value, make: fn(Value) -> Self| match value {
            Value::Array(_) => Ok(make(value)),
            Value::String(ref text) if text.contains("{{") => Ok(make(value)),
            _ => Err(format!("'{word}' takes a list")),
        };
        let flag = |value: &Value| value.as_bool().ok_or_else(|| format!("'{word}' takes true or false"));
        match word {
            "is" => Ok(Self::Is(value)),
            "is_not" => Ok(Self::IsNot(value)),
            "one_of" => list(value, Self::OneOf),
            "none_of" => list(value, Self::NoneOf),
            "contains" => Ok(Self::Contains(value)),
            "matches" => {
                let pattern = value.as_str().ok_or("'matches' takes a regular expression as a string")?;
                regex::Regex::new(pattern).map_err(|error| format!("'matches' takes a regular expression: {error}"))?;
                Ok(Self::Matches(pattern.to_owned()))
            }
            "exists" => flag(&value).map(Self::Exists),
            "absent" => flag(&value).map(Self::Absent),
            "count" => Ok(Self::Count(value)),
            "includes" => Ok(Self::Includes(value)),
            "includes_all" => list(value, Self::IncludesAll),
            "includes_none" => list(value, Self::IncludesNone),
            "subset_of" => list(value, Self::SubsetOf),
            "superset_of" => list(value, Self::SupersetOf),
            "grants" => list(value, Self::Grants),
            "grants_only" => list(value, Self::GrantsOnly),
            "at_least" => Ok(Self::AtLeast(value)),
            "at_most" => Ok(Self::AtMost(value)),
            "before" => Ok(Self::Before(value)),
            "after" => Ok(Self::After(value)),
            "is_a" => {
                let word = value.as_str().unwrap_or_default();
                let found = TypeWord::WORDS.iter().find(|(own, _)| *own == word).map(|(_, kind)| *kind);
                let known = || TypeWord::WORDS.map(|(word, _)| word).join(", ");
                found.map(Self::IsA).ok_or_else(|| format!("'is_a' takes one of: {}", known()))
            }
            _ => Err(format!("unknown predicate '{word}'")),
        }
    }

    /// The word and the value, as they stand in a file.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Value) {
        match self {
            Self::Is(value) => ("is", value.clone()),
            Self::IsNot(value) => ("is_not", value.clone()),
            Self::OneOf(value) => ("one_of", value.clone()),
            Self::NoneOf(value) => ("none_of", value.clone()),
            Self::Contains(value) => ("contains", value.clone()),
            Self::Matches(pattern) => ("matches", Value::from(pattern.as_str())),
            Self::Exists(yes) => ("exists", Value::from(*yes)),
            Self::Absent(yes) => ("absent", Value::from(*yes)),
            Self::Count(value) => ("count", value.clone()),
            Self::Includes(value) => ("includes", value.clone()),
            Self::IncludesAll(value) => ("includes_all", value.clone()),
            Self::IncludesNone(value) => ("includes_none", value.clone()),
            Self::SubsetOf(value) => ("subset_of", value.clone()),
            Self::SupersetOf(value) => ("superset_of", value.clone()),
            Self::Grants(value) => ("grants", value.clone()),
            Self::GrantsOnly(value) => ("grants_only", value.clone()),
            Self::AtLeast(value) => ("at_least", value.clone()),
            Self::AtMost(value) => ("at_most", value.clone()),
            Self::Before(value) => ("before", value.clone()),
            Self::After(value) => ("after", value.clone()),
            Self::IsA(kind) => ("is_a", Value::from(kind.word())),
        }
    }

    /// True for the predicates that are allowed on secrets and member data, which are recorded as pseudonyms.
    #[must_use]
    pub fn works_on_pseudonyms(&self) -> bool {
        matches!(
            self,
            Self::Is(_)
                | Self::IsNot(_)
                | Self::Exists(_)
                | Self::Absent(_)
                | Self::OneOf(_)
                | Self::Includes(_)
                | Self::IncludesAll(_)
                | Self::IncludesNone(_)
                | Self::SubsetOf(_)
                | Self::SupersetOf(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_word_makes_a_predicate_that_gives_the_word_back() {
        for word in Predicate::WORDS {
            let value = match word {
                "exists" | "absent" => json!(true),
                "is_a" => json!("https-url"),
                "matches" => json!("^a"),
                _ => json!(["a"]),
            };
            let predicate = Predicate::new(word, value.clone()).unwrap();
            assert_eq!(predicate.parts(), (word, value));
        }
    }

    #[test]
    fn wrong_values_are_refused_with_what_to_write() {
        for (word, value, part) in [
            ("one_of", json!("a"), "takes a list"),
            ("exists", json!("yes"), "true or false"),
            ("is_a", json!("url"), "https-url"),
            ("matches", json!("("), "regular expression"),
            ("equals", json!(1), "unknown predicate"),
        ] {
            assert!(Predicate::new(word, value).unwrap_err().contains(part), "{word}");
        }
        assert!(Predicate::new("one_of", json!("{{profile.unauthorized_statuses}}")).is_ok());
    }
}
