//! Takes one table apart: each key once, with the type it must have; what is left over is a typo.

use std::cell::RefCell;
use std::sync::Arc;

use super::problem::{Problems, did_you_mean, nearest};
use super::source::{Source, Span};
use super::tree::{Node, Table, Value};

/// Reads the keys of one table. Every wrong type is reported at once, [`Reader::finish`] reports unknown keys, and what is missing is
/// reported when the reader goes: by then a misspelt key has told it.
pub struct Reader<'a> {
    source: &'a Arc<Source>,
    problems: &'a Problems,
    table: &'a Table,
    asked: RefCell<Vec<&'static str>>,
    missing: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    /// A reader of `table`, which stands in `source`.
    #[must_use]
    pub fn new(source: &'a Arc<Source>, problems: &'a Problems, table: &'a Table) -> Self {
        Self { source, problems, table, asked: RefCell::default(), missing: RefCell::default() }
    }

    /// The file that is read.
    #[must_use]
    pub fn source(&self) -> &'a Arc<Source> {
        self.source
    }

    /// Where problems go.
    #[must_use]
    pub fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// The bytes of the table.
    #[must_use]
    pub fn span(&self) -> Span {
        self.table.span.clone()
    }

    /// Reports a problem in this file.
    pub fn report(&self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.report(self.source, span, message, help);
    }

    /// A key of any type.
    pub fn node(&self, key: &'static str) -> Option<&'a Node> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    /// A key of any type that must be there.
    pub fn required_node(&self, key: &'static str) -> Option<&'a Node> {
        let node = self.node(key);
        let mut missing = self.missing.borrow_mut();
        if node.is_none() && !missing.contains(&key) {
            missing.push(key);
        }
        node
    }

    /// A string.
    pub fn string(&self, key: &'static str) -> Option<&'a str> {
        self.typed(key, "a string", Node::as_str)
    }

    /// A string that must be there; empty when it is not (the problem is reported).
    pub fn required_string(&self, key: &'static str) -> String {
        self.required_node(key);
        self.string(key).unwrap_or_default().to_owned()
    }

    /// A string that `parse` turns into something else, for instance an id.
    pub fn parsed<T, E: std::fmt::Display>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let text = self.string(key)?;
        self.parse_at(&self.table.get(key)?.span, text, parse)
    }

    /// [`Reader::parsed`] of a key that must be there.
    pub fn required<T, E: std::fmt::Display>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        self.required_node(key);
        self.parsed(key, parse)
    }

    /// A boolean; `false` when it is absent.
    pub fn flag(&self, key: &'static str) -> bool {
        self.typed(key, "true or false", |node| if let Value::Boolean(yes) = node.value { Some(yes) } else { None })
            .unwrap_or_default()
    }

    /// A whole number.
    pub fn integer(&self, key: &'static str) -> Option<i64> {
        self.typed(key, "an integer", |node| if let Value::Integer(number) = node.value { Some(number) } else { None })
    }

    /// A date as `2027-01-31`.
    pub fn date(&self, key: &'static str) -> Option<&'a str> {
        self.typed(key, "a date such as 2027-01-31", |node| {
            if let Value::Datetime(text) = &node.value { Some(text.as_str()) } else { None }
        })
    }

    /// A table.
    pub fn table(&self, key: &'static str) -> Option<Reader<'a>> {
        let table = self.typed(key, "a table", |node| if let Value::Table(table) = &node.value { Some(table) } else { None })?;
        Some(Reader::new(self.source, self.problems, table))
    }

    /// An array of tables; empty when it is absent.
    pub fn tables(&self, key: &'static str) -> Vec<Reader<'a>> {
        let mut readers = Vec::new();
        for node in self.items(key) {
            match &node.value {
                Value::Table(table) => readers.push(Reader::new(self.source, self.problems, table)),
                _ => self.report(node.span.clone(), format!("'{key}' holds tables, this is {}", node.kind()), None),
            }
        }
        readers
    }

    /// An array of anything; empty when it is absent.
    pub fn items(&self, key: &'static str) -> &'a [Node] {
        self.typed(key, "an array", |node| if let Value::Array(items) = &node.value { Some(items.as_slice()) } else { None })
            .unwrap_or_default()
    }

    /// An array of strings, each with its place; empty when it is absent.
    pub fn strings(&self, key: &'static str) -> Vec<(&'a str, Span)> {
        let mut strings = Vec::new();
        for node in self.items(key) {
            match node.as_str() {
                Some(text) => strings.push((text, node.span.clone())),
                None => self.report(node.span.clone(), format!("'{key}' holds strings, this is {}", node.kind()), None),
            }
        }
        strings
    }

    /// An array of strings that `parse` turns into something else.
    pub fn parsed_strings<T, E: std::fmt::Display>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<(T, Span)> {
        let strings = self.strings(key).into_iter();
        strings.filter_map(|(text, span)| Some((self.parse_at(&span, text, &parse)?, span))).collect()
    }

    /// Every key of the table with its place.
    pub fn keys(&self) -> impl Iterator<Item = (&'a str, Span)> {
        self.table.entries.iter().map(|(key, span, _)| (key.as_str(), span.clone()))
    }

    /// Reports each key that nobody asked for. One that looks like a missing key is the place where that is told.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, span, _) in &self.table.entries {
            if !asked.contains(&key.as_str()) {
                let help = did_you_mean(key, asked.iter().copied());
                self.report(span.clone(), format!("unknown key '{key}'"), Some(help));
                let meant = nearest(key, asked.iter().copied());
                self.missing.borrow_mut().retain(|missing| meant != Some(missing));
            }
        }
    }

    fn typed<T>(&self, key: &'static str, wanted: &str, take: impl Fn(&'a Node) -> Option<T>) -> Option<T> {
        let node = self.node(key)?;
        let value = take(node);
        if value.is_none() {
            self.report(node.span.clone(), format!("'{key}' must be {wanted}, this is {}", node.kind()), None);
        }
        value
    }

    fn parse_at<T, E: std::fmt::Display>(&self, span: &Span, text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.report(span.clone(), error.to_string(), None);
                None
            }
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        for key in self.missing.take() {
            self.report(self.span(), format!("the key '{key}' is missing"), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::CaseId;
    use crate::vocabulary::document::parse;

    fn read<T>(text: &str, read: impl FnOnce(&Reader<'_>) -> T) -> (T, Vec<String>) {
        let source = Arc::new(Source::new("t.toml", text));
        let problems = Problems::new();
        let table = parse(&source, &problems);
        let reader = Reader::new(&source, &problems, &table);
        let value = read(&reader);
        reader.finish();
        (value, problems.into_sorted().into_iter().map(|p| format!("{} {}", p.place().line, p.message)).collect())
    }

    #[test]
    fn every_mistake_of_a_table_is_reported_at_its_line() {
        let (_, problems) = read("id = \"tls\"\ntitle = 3\ntags = [\"a\", 1]\nwat = 1\n", |reader| {
            assert!(reader.required("id", CaseId::parse).is_none());
            assert_eq!(reader.required_string("title"), "");
            assert_eq!(reader.strings("tags").len(), 1);
            reader.required_string("why");
        });
        let expected = [
            "1 'tls' is not a case id",
            "1 the key 'why' is missing",
            "2 'title' must be a string",
            "3 'tags' holds strings",
            "4 unknown key 'wat'",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for part in expected {
            assert!(problems.iter().any(|problem| problem.starts_with(part)), "{part}: {problems:?}");
        }
    }

    #[test]
    fn a_misspelt_key_is_told_once() {
        let (_, problems) = read("titel = \"x\"\nwat = 1\n", |reader| {
            reader.required_string("title");
            reader.required_string("why");
        });
        assert_eq!(problems, ["1 unknown key 'titel'", "1 the key 'why' is missing", "2 unknown key 'wat'"]);
    }

    #[test]
    fn what_is_missing_is_told_without_finish_too() {
        let (source, problems) = (Arc::new(Source::new("t.toml", "titel = 1\n")), Problems::new());
        let table = parse(&source, &problems);
        Reader::new(&source, &problems, &table).required_string("title");
        assert_eq!(problems.into_sorted().len(), 1);
    }
}
