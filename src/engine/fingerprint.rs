//! What a target says it is, apart from its address: by it two runs can be told to be about the same thing.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::capability::{Document, Documents};
use super::record::Fingerprint;
use crate::evidence::hex;

/// The longest name of a software.
const LONGEST: usize = 200;

/// Taken from the discovery documents; nothing when none was read.
pub(super) fn fingerprint(documents: &Documents) -> Option<Fingerprint> {
    let (metadata, smart) = (found(&documents.metadata), found(&documents.smart));
    let own = Fingerprint {
        software: metadata.and_then(software),
        capability_statement: metadata.map(|document| {
            let mut document = document.clone();
            // Many servers write the time of the request there.
            document.as_object_mut().into_iter().for_each(|members| drop(members.remove("date")));
            digest(&document)
        }),
        smart_configuration: smart.map(digest),
    };
    (metadata.is_some() || smart.is_some()).then_some(own)
}

fn found(document: &Document) -> Option<&Value> {
    match document {
        Document::Found(json) => Some(json),
        _ => None,
    }
}

fn digest(document: &Value) -> String {
    hex(&Sha256::digest(document.to_string().as_bytes()))
}

/// A name without a version tells nothing apart.
fn software(metadata: &Value) -> Option<String> {
    let text = |name: &str| metadata.pointer(&format!("/software/{name}")).and_then(Value::as_str).map(str::trim);
    let (name, version) = (text("name").filter(|own| !own.is_empty())?, text("version").filter(|own| !own.is_empty())?);
    let released = text("releaseDate").map(|date| format!(" of {date}")).unwrap_or_default();
    Some(format!("{name} {version}{released}").chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(metadata: Value) -> Fingerprint {
        fingerprint(&Documents { metadata: Document::Found(metadata), ..Documents::default() }).unwrap()
    }

    #[test]
    fn a_software_is_known_by_name_and_version_and_a_statement_whatever_its_date() {
        let one = of(json!({ "date": "2026-01-01", "software": { "name": "X", "version": "1", "releaseDate": "2025-12-01" } }));
        assert_eq!(one.software.as_deref(), Some("X 1 of 2025-12-01"));
        let later = of(json!({ "date": "2026-01-02", "software": { "name": "X", "version": "1", "releaseDate": "2025-12-01" } }));
        assert_eq!(one, later);
        assert_ne!(one, of(json!({ "software": { "name": "X", "version": "2", "releaseDate": "2025-12-01" } })));
        for nameless in
            [json!({}), json!({ "software": { "name": "X" } }), json!({ "software": { "name": " ", "version": "1" } })]
        {
            assert_eq!(of(nameless).software, None);
        }
        assert_eq!(fingerprint(&Documents::default()), None);
    }
}
