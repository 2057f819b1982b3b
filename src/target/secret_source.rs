//! Where a secret comes from. The target file never holds one; it says where to look.

use std::path::PathBuf;

use crate::vocabulary::Secret;
use crate::vocabulary::document::{Node, Reader, Value};

/// Where to look.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file; its mode is checked where the system has modes.
    File(PathBuf),
    /// The output of a program.
    Command(Vec<String>),
    /// A person is asked.
    Prompt,
}

/// Reads secrets from where they are. The command line does it; tests give their own.
pub trait SecretReader {
    /// The secret, under this label.
    ///
    /// # Errors
    /// A sentence that says what is missing and never holds the secret.
    fn read(&mut self, label: &'static str, source: &SecretSource) -> Result<Secret, String>;
}

/// `{ env = "NAME" }`, `{ file = "path" }`, `{ command = ["program", "argument"] }`, `{ prompt = true }`.
///
/// A plain string is refused: a secret does not belong in a file that people share.
#[must_use]
pub fn secret_source(reader: &Reader<'_>, key: &str, node: &Node) -> Option<SecretSource> {
    let help = "write { env = \"NAME\" }, { file = \"path\" }, { command = [\"program\"] } or { prompt = true }";
    let source = match &node.value {
        Value::Table(table) => match table.entries.as_slice() {
            [(name, _, value)] => match (name.as_str(), &value.value) {
                ("env", Value::String(name)) => Some(SecretSource::Env(name.clone())),
                ("file", Value::String(path)) => Some(SecretSource::File(PathBuf::from(path))),
                ("prompt", Value::Boolean(true)) => Some(SecretSource::Prompt),
                ("command", Value::Array(words)) => words
                    .iter()
                    .map(|word| word.as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>()
                    .filter(|words| !words.is_empty())
                    .map(SecretSource::Command),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    if source.is_none() {
        let message = match node.value {
            Value::String(_) => format!("'{key}' is a secret and must not stand in the file"),
            _ => format!("'{key}' does not say where the secret is"),
        };
        reader.report(node.span.clone(), message, Some(help.into()));
    }
    source
}
