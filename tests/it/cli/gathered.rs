//! Gathers what must not be found, and the files in which it is looked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The texts of at least six bytes under names that are wanted.
pub(super) fn collect(value: &Value, name: &str, wanted: &dyn Fn(&str) -> bool, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(value, name, wanted, into)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, wanted, into)),
        Value::String(text) if wanted(name) && text.len() >= 6 => {
            into.insert(text.clone());
        }
        _ => {}
    }
}

/// A file of JSON.
pub(super) fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("the file is there")).expect("it is JSON")
}

/// Every file below a folder, with its bytes.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read").path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![(path.display().to_string(), fs::read(&path).expect("it can be read"))],
        })
        .collect()
}
