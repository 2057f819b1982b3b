//! Closed lists of words: an enum, its words, and an answer to a typo.

use crate::vocabulary::document::did_you_mean;

/// A word that is not on its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' is not {kind}: {help}")]
pub struct UnknownWord {
    word: String,
    kind: &'static str,
    help: String,
}

impl UnknownWord {
    /// `word` was written where one of `known` is asked for.
    pub fn new<'a>(word: &str, kind: &'static str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self { word: word.to_owned(), kind, help: did_you_mean(word, known) }
    }
}

/// An enum with one word for each value.
macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident, $kind:literal, { $($(#[$value_doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_doc])* #[serde(rename = $word)] $value,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$value),+];

            /// The word of the value.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            /// The value of a word.
            ///
            /// # Errors
            /// When the word is not on the list; the message says which are.
            pub fn parse(word: &str) -> Result<Self, $crate::catalogue::UnknownWord> {
                let found = Self::ALL.iter().copied().find(|value| value.as_str() == word);
                found.ok_or_else(|| $crate::catalogue::UnknownWord::new(word, $kind, Self::ALL.iter().map(|value| value.as_str())))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(super) use closed_list;
