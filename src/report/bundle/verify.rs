//! Checks an opened bundle: every digest, and that the files which repeat the record say the same as it does.

use std::collections::BTreeSet;

use super::content::evidence_files;
use super::open::Opened;
use super::seal::{BUNDLE_SCHEMA, Entry, Manifest, sha256, sidecar};
use super::{Files, MANIFEST, RECORD, SELFTEST, SIDECAR};
use crate::engine::Run;
use crate::report::read;

/// What a check found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Everything that is wrong, each with the file that it is wrong in. Names in them are not escaped.
    pub problems: Vec<String>,
    /// How many files have the digest that the manifest says.
    pub intact: usize,
    /// The record, when it can be read.
    pub run: Option<Run>,
}

/// Checks.
#[must_use]
pub fn verify(opened: Opened) -> Verified {
    let Opened { files, problems } = opened;
    let mut verified = Verified { problems, ..Verified::default() };
    verified.digests(&files);
    match files.get(RECORD).map(|bytes| read(&String::from_utf8_lossy(bytes))) {
        None => {}
        Some(Err(error)) => verified.problems.push(format!("{RECORD}: {error}")),
        Some(Ok(run)) => {
            verified.repeated(&run, &files);
            verified.validated(&run, &files);
            verified.run = Some(run);
        }
    }
    verified
}

impl Verified {
    fn digests(&mut self, files: &Files) {
        let mut missing = |path: &str| self.problems.push(format!("{path}: it is missing"));
        let Some(manifest) = files.get(MANIFEST) else { return missing(MANIFEST) };
        match files.get(SIDECAR) {
            None => missing(SIDECAR),
            Some(own) if *own != sidecar(manifest) => {
                self.problems.push(format!("{MANIFEST} or {SIDECAR}: one of them was changed, the digest does not fit"));
            }
            Some(_) => {}
        }
        let parsed: Manifest = match serde_json::from_slice(manifest) {
            Ok(parsed) => parsed,
            Err(error) => return self.problems.push(format!("{MANIFEST}: it is no manifest ({error})")),
        };
        if parsed.schema != BUNDLE_SCHEMA {
            let problem = format!("{MANIFEST}: it has the form '{}', this carinbb reads {BUNDLE_SCHEMA}", parsed.schema);
            self.problems.push(problem);
        }
        let mut listed: BTreeSet<&str> = [MANIFEST, SIDECAR].into();
        for entry in &parsed.files {
            if !listed.insert(&entry.path) {
                self.problems.push(format!("{}: the manifest lists it twice", entry.path));
            }
            self.file(entry, files);
        }
        for path in files.keys().filter(|path| !listed.contains(path.as_str())) {
            self.problems.push(format!("{path}: the manifest does not list it"));
        }
        if !listed.contains(RECORD) {
            self.problems.push(format!("{RECORD}: the manifest does not list it"));
        }
    }

    fn file(&mut self, entry: &Entry, files: &Files) {
        match files.get(&entry.path) {
            None => self.problems.push(format!("{}: it is missing", entry.path)),
            Some(bytes) if sha256(bytes) != entry.sha256 || bytes.len() as u64 != entry.bytes => {
                self.problems.push(format!("{}: it was changed, its SHA-256 is not the one in the manifest", entry.path));
            }
            Some(_) => self.intact += 1,
        }
    }

    /// An audit is worth as much as the proof of its method.
    fn validated(&mut self, run: &Run, files: &Files) {
        let expected = run.certification.as_ref().map(|own| own.method_validation.sha256.clone());
        let found = files.get(SELFTEST).map(|bytes| sha256(bytes));
        match (expected, found) {
            (expected, found) if expected == found => {}
            (Some(_), None) => self.problems.push(format!("{SELFTEST}: it is missing, and {RECORD} rests on it")),
            _ => self.problems.push(format!("{SELFTEST}: it is not the one that {RECORD} rests on")),
        }
    }

    /// Exchanges, TLS bytes and certificates stand in the record as well.
    fn repeated(&mut self, run: &Run, files: &Files) {
        let expected = match evidence_files(run) {
            Ok(expected) => expected,
            Err(error) => return self.problems.push(format!("{RECORD}: its evidence is not readable ({error})")),
        };
        for (path, bytes) in &expected {
            match files.get(path) {
                Some(own) if own == bytes => {}
                Some(_) => self.problems.push(format!("{path}: it says something else than {RECORD}")),
                None => self.problems.push(format!("{path}: {RECORD} has it, the bundle does not")),
            }
        }
        let folders = ["evidence/", "tls/", "certificates/"];
        let extra =
            files.keys().filter(|path| folders.iter().any(|folder| path.starts_with(folder)) && !expected.contains_key(*path));
        self.problems.extend(extra.map(|path| format!("{path}: {RECORD} does not have it")));
    }
}
