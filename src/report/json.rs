//! The record itself as JSON, and back.

use std::fmt::Write as _;
use std::io;

use crate::engine::Run;
use crate::engine::record::SCHEMA;
use crate::vocabulary::is_obeyed;

use super::Report;

/// The record, indented.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Report for Json {
    fn write(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(plain_json(&serde_json::to_string_pretty(run)?).as_bytes())?;
        out.write_all(b"\n")
    }
}

/// The same JSON with every character that a terminal or a CI log would obey written as its escape (`\u001b`).
///
/// Such characters stand in strings only, so the value stays the same.
#[must_use]
pub fn plain_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    let mut previous = ' ';
    for c in json.chars() {
        let layout = c == '\n';
        let command = c == '#' && previous == '#';
        if command || !layout && is_obeyed(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        previous = c;
    }
    out
}

/// Why a text is not a record that this version can read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No JSON, or cut off.
    #[error("the record is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// No `header.schema` in it.
    #[error("this is not a run record: header.schema is missing; a record starts with \"schema\": \"{SCHEMA}\"")]
    NoSchema,
    /// Of another major version.
    #[error("the record has the form '{found}', this carinbb reads {SCHEMA}; use the carinbb that wrote it")]
    OtherSchema {
        /// What it says, escaped.
        found: String,
    },
    /// The right version and the wrong shape.
    #[error("the record does not have the shape of {SCHEMA}: {0}")]
    Shape(#[source] serde_json::Error),
}

/// Reads a record back.
///
/// # Errors
/// When the text is no record of the major version that this carinbb writes.
pub fn read(text: &str) -> Result<Run, ReadError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(ReadError::NotJson)?;
    let Some(found) = value.pointer("/header/schema").and_then(serde_json::Value::as_str) else {
        return Err(ReadError::NoSchema);
    };
    if found.split('.').next() != Some(SCHEMA) {
        return Err(ReadError::OtherSchema { found: crate::vocabulary::escape_to_width(found, 60) });
    }
    serde_json::from_value(value).map_err(ReadError::Shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h29_what_a_terminal_would_obey_is_written_as_an_escape_and_means_the_same() {
        let text = "a\u{1b}[2J \u{7f}\u{9b} \u{202e} \u{e0001} ##[error]x ### \\ \" ü\u{2028}";
        let json = serde_json::to_string(text).unwrap();
        let plain = plain_json(&json);
        assert!(!plain.contains("##") && plain.chars().all(|c| c.is_ascii_graphic() || c == ' ' || c == 'ü'), "{plain}");
        assert_eq!(serde_json::from_str::<String>(&plain).unwrap(), text);
    }

    #[test]
    fn a_record_of_another_major_version_is_refused() {
        for (schema, refused) in [("carinbb-run/2", true), ("carinbb-run/10", true), ("carinbb-run/1.3", false)] {
            let error = read(&format!("{{\"header\": {{\"schema\": \"{schema}\"}}}}")).unwrap_err();
            assert_eq!(matches!(error, ReadError::OtherSchema { .. }), refused, "{error}");
        }
        assert!(matches!(read("{}"), Err(ReadError::NoSchema)));
        assert!(matches!(read("{"), Err(ReadError::NotJson(_))));
    }
}
