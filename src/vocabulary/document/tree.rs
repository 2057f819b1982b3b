//! A TOML document as a tree whose keys and values know their places, in the order of the file.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::problem::Problems;
use super::source::{Source, Span};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its bytes in the file.
    pub span: Span,
}

/// The value of a node.
#[derive(Debug, Clone)]
pub enum Value {
    /// A text.
    String(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as written.
    Datetime(String),
    /// A list.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
}

/// A table: its keys with their places, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Key, place of the key, value.
    pub entries: Vec<(String, Span, Node)>,
    /// The bytes of the table (of its header, where it has one).
    pub span: Span,
}

impl Table {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(name, _, _)| name == key).map(|(_, _, node)| node)
    }
}

impl Node {
    /// What kind of value it is, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Datetime(_) => "a date or time",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// The value without places. Dates become strings.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::String(text) | Value::Datetime(text) => serde_json::Value::from(text.as_str()),
            Value::Integer(number) => serde_json::Value::from(*number),
            Value::Float(number) => serde_json::Value::from(*number),
            Value::Boolean(yes) => serde_json::Value::from(*yes),
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(table) => table.to_json(),
        }
    }
}

impl Table {
    /// The table without places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let members = self.entries.iter().map(|(key, _, node)| (key.clone(), node.to_json()));
        serde_json::Value::Object(members.collect())
    }
}

/// Parses a file. Syntax errors go to `problems`, all of them; what could be read is returned.
#[must_use]
pub fn parse(source: &Arc<Source>, problems: &Problems) -> Table {
    let (document, errors) = DeTable::parse_recoverable(source.text());
    problems.report_illegible(source, errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message().to_owned())));
    let span = document.span();
    Table { span, ..convert_table(document.into_inner()) }
}

fn convert_table(table: DeTable<'_>) -> Table {
    let mut entries: Vec<(String, Span, Node)> = table
        .into_iter()
        .map(|(key, value)| {
            let key_span = key.span();
            (key.into_inner().into_owned(), key_span, convert(value))
        })
        .collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    let span = entries.first().map_or(0..0, |(_, key, _)| key.clone());
    Table { entries, span }
}

fn convert(value: toml::Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.to_string()), Value::Integer),
        DeValue::Float(number) => number.as_str().parse().map_or_else(|_| Value::String(number.to_string()), Value::Float),
        DeValue::Boolean(yes) => Value::Boolean(yes),
        DeValue::Datetime(time) => Value::Datetime(time.to_string()),
        DeValue::Array(items) => Value::Array(items.into_iter().map(convert).collect()),
        DeValue::Table(table) => {
            let mut table = convert_table(table);
            table.span = span.clone();
            Value::Table(table)
        }
    };
    Node { value, span }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> (Table, usize) {
        let problems = Problems::new();
        let table = parse(&Arc::new(Source::new("t.toml", text)), &problems);
        (table, problems.count())
    }

    #[test]
    fn keys_keep_the_order_of_the_file_and_their_places() {
        let text = "z = 1\na = { y = \"b\", x = [true, 2.5] }\n[[s]]\nd = 2027-01-31\n";
        let (table, problems) = tree(text);
        assert_eq!(problems, 0);
        let keys: Vec<&str> = table.entries.iter().map(|(key, _, _)| key.as_str()).collect();
        assert_eq!(keys, ["z", "a", "s"]);
        assert_eq!(table.to_json().to_string(), r#"{"z":1,"a":{"y":"b","x":[true,2.5]},"s":[{"d":"2027-01-31"}]}"#);
        assert_eq!(&text[table.get("z").unwrap().span.clone()], "1");
    }

    #[test]
    fn all_syntax_errors_of_a_file_are_reported_at_once() {
        let (_, problems) = tree("a = \nb = 1\nc = [1,,]\nd = tru\n");
        assert!(problems >= 2, "{problems}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(text in ".{0,400}") {
            let _ = tree(&text);
        }
    }
}
