//! Ids that people type and other tools store: each has one shape, checked once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An id that does not have the shape its kind asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {kind}: {rule}")]
pub struct ParseIdError {
    text: String,
    kind: &'static str,
    rule: &'static str,
}

/// True for a non-empty word of lower-case letters, digits, dots and hyphens that starts with a letter or digit.
fn is_slug(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the shape and wraps the text.
            ///
            /// # Errors
            /// When the text does not have the shape of this kind of id.
            pub fn parse(text: &str) -> Result<Self, ParseIdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseIdError { text: text.to_owned(), kind: $kind, rule: $rule })
                }
            }

            /// The id as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// A row of the catalogue: `document/slug-number`, for instance `carin-bb/exchange-1`.
    RequirementId,
    "a requirement id",
    "write document/section-number, for instance carin-bb/exchange-1",
    |text| text.split_once('/').is_some_and(|(document, row)| is_slug(document) && is_slug(row))
);

impl RequirementId {
    /// The document that the row belongs to: the part before the slash.
    #[must_use]
    pub fn document(&self) -> &str {
        self.0.split_once('/').map_or("", |(document, _)| document)
    }
}

id!(
    /// A test case: `area.name`, for instance `tls.versions`.
    CaseId,
    "a case id",
    "write area.name in lower case, for instance tls.versions",
    |text| text.split_once('.').is_some_and(|(area, name)| is_slug(area) && is_slug(name) && !name.contains('.'))
);

impl CaseId {
    /// The area: the part before the dot, and the folder that the case lies in.
    #[must_use]
    pub fn area(&self) -> &str {
        self.0.split_once('.').map_or("", |(area, _)| area)
    }

    /// The name: the part after the dot.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, name)| name)
    }
}

id!(
    /// A switch of the reference server that makes it break one rule, for instance `tls-1.1-enabled`.
    FaultName,
    "a fault name",
    "write it in lower case with hyphens, for instance tls-1.1-enabled",
    is_slug
);

id!(
    /// A source document of the catalogue, for instance `carin-bb`.
    DocumentId,
    "a document id",
    "write it in lower case with hyphens, for instance carin-bb",
    is_slug
);

id!(
    /// A profile: which requirements are in force, for instance `carin-bb-2.2.0`.
    ProfileId,
    "a profile id",
    "write it in lower case, for instance carin-bb-2.2.0",
    is_slug
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_right_shape_are_kept_as_written() {
        assert_eq!(RequirementId::parse("carin-bb/exchange-1").unwrap().document(), "carin-bb");
        let case = CaseId::parse("tls.versions").unwrap();
        assert_eq!((case.area(), case.name()), ("tls", "versions"));
        assert!(FaultName::parse("tls-1.1-enabled").is_ok());
        assert!(ProfileId::parse("carin-bb-2.2.0").is_ok());
    }

    #[test]
    fn ids_of_a_wrong_shape_are_refused_with_the_rule() {
        for text in ["", "carin-bb", "/x", "a/", "A/b", "a b/c"] {
            assert!(RequirementId::parse(text).is_err(), "{text}");
        }
        for text in ["tls", ".versions", "tls.", "tls.a.b", "TLS.versions"] {
            assert!(CaseId::parse(text).is_err(), "{text}");
        }
        let message = CaseId::parse("tls").unwrap_err().to_string();
        assert!(message.contains("area.name"), "{message}");
    }
}
