//! The evidence bundle: one run as files that can be checked without trusting who hands them over.
//!
//! A folder or one zip file. Every name in it is made by carinbb; none comes from a target.

mod archive;
mod content;
mod environment;
mod folder;
mod har;
mod open;
mod seal;
mod statement;
mod verify;

use std::collections::BTreeMap;

pub use archive::to_zip;
pub use content::contents;
pub use environment::Surroundings;
pub use folder::write_folder;
pub use har::har;
pub use open::{OpenError, Opened, open, unzipped};
pub use seal::{BUNDLE_SCHEMA, sealed};
pub use statement::{PAYLOAD_TYPE, Signed, check_signature, signed, statement};
pub use verify::{Verified, verify};

/// The files of a bundle by their path inside it, `/` between folders.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The record of the run.
pub const RECORD: &str = "run.json";
/// What surrounded the run.
pub const ENVIRONMENT: &str = "environment.json";
/// The selftest of the program that made the run, where it was an audit.
pub const SELFTEST: &str = "selftest.json";
/// What the bundle holds, with digests.
pub const MANIFEST: &str = "manifest.json";
/// The digest of the manifest.
pub const SIDECAR: &str = "manifest.sha256";

/// True for a path that carinbb may have made: plain letters, digits and a few signs, and nowhere a step upwards.
fn is_ours(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    !path.is_empty()
        && path.len() <= 200
        && path.chars().all(plain)
        && path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h32_only_plain_paths_inside_the_bundle_are_ours() {
        for good in ["run.json", "evidence/0001-http.json", "tls/0002-sent.bin"] {
            assert!(is_ours(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/.b", "a\\b", "a\u{1b}b", "ä", "C:x"] {
            assert!(!is_ours(bad), "{bad}");
        }
    }
}
