//! The manifest with the SHA-256 of every file, and the sidecar with the SHA-256 of the manifest.

use std::io;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::content::pretty;
use super::{Files, MANIFEST, SIDECAR};
use crate::engine::Run;
use crate::evidence::hex;

/// The name and version of the form of a bundle.
pub const BUNDLE_SCHEMA: &str = "carinbb-bundle/1";

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub schema: String,
    pub run: String,
    pub target: String,
    pub tool: String,
    pub finished: String,
    pub files: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub path: String,
    pub sha256: String,
    pub bytes: u64,
    pub media_type: String,
}

/// The files with manifest and sidecar.
///
/// # Errors
/// When the manifest cannot be written as JSON.
pub fn sealed(run: &Run, mut files: Files) -> io::Result<Files> {
    let entries = files.iter().map(|(path, bytes)| Entry {
        path: path.clone(),
        sha256: sha256(bytes),
        bytes: bytes.len() as u64,
        media_type: media_type(path).to_owned(),
    });
    let manifest = Manifest {
        schema: BUNDLE_SCHEMA.into(),
        run: run.header.run.clone(),
        target: run.header.target.clone(),
        tool: run.header.tool.clone(),
        finished: run.finished.clone(),
        files: entries.collect(),
    };
    let manifest = pretty(&serde_json::to_value(&manifest)?)?;
    files.insert(SIDECAR.into(), sidecar(&manifest));
    files.insert(MANIFEST.into(), manifest);
    Ok(files)
}

/// A line that `sha256sum --check` reads.
pub(super) fn sidecar(manifest: &[u8]) -> Vec<u8> {
    format!("{}  {MANIFEST}\n", sha256(manifest)).into_bytes()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("json" | "har") => "application/json",
        Some("html") => "text/html",
        Some("pem") => "application/x-pem-file",
        _ => "application/octet-stream",
    }
}
