//! The text of one file and the places in it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Byte offsets into a [`Source`].
pub type Span = Range<usize>;

/// A named text. The name is shown to people as it is, so it should be a path that they can open.
#[derive(Debug)]
pub struct Source {
    path: String,
    text: Cow<'static, str>,
}

impl Source {
    /// A text and the path it was read from.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: Cow::Owned(text.into()) }
    }

    /// A text that is part of the binary.
    pub fn embedded(path: impl Into<String>, text: &'static str) -> Self {
        Self { path: path.into(), text: Cow::Borrowed(text) }
    }

    /// The same file as far as a byte offset, which must be the beginning of a character.
    #[must_use]
    pub fn head(&self, end: usize) -> Self {
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
            Cow::Owned(text) => Cow::Owned(text[..end].to_owned()),
        };
        Self { path: self.path.clone(), text }
    }

    /// The path as it is shown to people.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; past the end it is the end.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        let end = (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            file: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// A line and a column of a file, both counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The path of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.toml", "ä = 1\nb = 2\n");
        assert_eq!(source.place(0).to_string(), "a.toml:1");
        let place = source.place(source.text().find("= 2").unwrap());
        assert_eq!((place.line, place.column), (2, 3));
        assert_eq!(source.place(1).column, 1, "inside a character is its start");
        assert_eq!(source.place(999).line, 3);
    }
}
