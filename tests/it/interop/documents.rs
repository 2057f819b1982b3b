//! The static discovery documents of `fixtures/interop`, with the origin of the server filled in.

use std::fs;
use std::path::Path;

/// One document: its file in `fixtures/interop`, its path on the server and its media type.
pub(super) const DOCUMENTS: [(&str, &str, &str); 4] = [
    ("smart-configuration.json", "fhir/.well-known/smart-configuration", "application/json"),
    ("metadata.json", "fhir/metadata", "application/fhir+json"),
    ("openid-configuration.json", "issuer/.well-known/openid-configuration", "application/json"),
    ("jwks.json", "issuer/jwks", "application/json"),
];

/// The text of a fixture, with `{{origin}}` filled in.
pub(super) fn text(file: &str, origin: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/interop").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("{{origin}}", origin)
}

/// Writes `contents` of each document to its path below `root`.
pub(super) fn write(root: &Path, origin: &str, contents: impl Fn(String, &str) -> String) {
    for (file, path, media_type) in DOCUMENTS {
        let place = root.join(path);
        fs::create_dir_all(place.parent().expect("the path has a folder")).expect("the folder is writable");
        fs::write(place, contents(text(file, origin), media_type)).expect("the folder is writable");
    }
}
