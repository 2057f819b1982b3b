//! The TOML files of the suite: embedded in the binary, or read from a directory that the operator names.
//!
//! Reads files and nothing else: what they mean is the business of the loaders. A directory is read with limits
//! (size, count, depth), and no link leads out of it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::vocabulary::document::Source;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/testcases");

/// The largest file of a suite, in bytes.
pub const LARGEST_FILE: u64 = 1024 * 1024;
/// The most files of a suite.
pub const MOST_FILES: usize = 4096;
/// How deep the folders of a suite may lie in each other.
pub const DEEPEST_FOLDER: usize = 8;

/// Folders that hold no cases.
const NO_CASES: [&str; 3] = ["requirements/", "profiles/", "flows/"];

/// A directory that cannot be read as a suite.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// The operating system refused.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file or directory as the operator wrote it.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// The file is over [`LARGEST_FILE`].
    #[error("{} is larger than 1 MiB, which no file of a suite may be", .0.display())]
    TooLarge(PathBuf),
    /// The file is not text.
    #[error("{} is not UTF-8 text", .0.display())]
    NotText(PathBuf),
    /// A symbolic link leads out of the directory.
    #[error("{} leads out of the suite's directory", .0.display())]
    Escapes(PathBuf),
    /// More files or deeper folders than a suite has.
    #[error("{} holds more than {MOST_FILES} files or folders deeper than {DEEPEST_FOLDER}: is it the directory of a suite?", .0.display())]
    TooMany(PathBuf),
    /// There is no TOML file in it.
    #[error("{} holds no TOML file", .0.display())]
    Empty(PathBuf),
}

/// The files of a suite by their path inside it, for instance `tls/versions.toml`.
#[derive(Debug, Clone)]
pub struct SuiteFiles {
    files: BTreeMap<String, Arc<Source>>,
}

impl SuiteFiles {
    /// The suite that is part of the binary. Its paths are shown as `testcases/…`.
    #[must_use]
    pub fn embedded() -> Self {
        let mut files = BTreeMap::new();
        collect_embedded(&EMBEDDED, &mut files);
        Self { files }
    }

    /// The suite in a directory. Hidden files and files that are not TOML are passed over.
    ///
    /// # Errors
    /// When something cannot be read, is too large, is not text or lies outside the directory.
    pub fn from_directory(directory: &Path) -> Result<Self, SuiteError> {
        let root = fs::canonicalize(directory).map_err(|error| SuiteError::Unreadable { path: directory.to_owned(), error })?;
        let mut walk = Walk { shown: directory, root: &root, files: BTreeMap::new() };
        walk.folder("", 0)?;
        if walk.files.is_empty() {
            return Err(SuiteError::Empty(directory.to_owned()));
        }
        Ok(Self { files: walk.files })
    }

    /// The same files, with those of `other` for each of the folders that is missing here, and the names of these folders.
    #[must_use]
    pub fn completed_from(mut self, other: &Self, folders: &[&'static str]) -> (Self, Vec<&'static str>) {
        let missing: Vec<&'static str> = folders.iter().copied().filter(|folder| self.under(folder).next().is_none()).collect();
        for folder in &missing {
            let prefix = format!("{folder}/");
            let theirs = other.files.iter().filter(|(path, _)| path.starts_with(&prefix));
            self.files.extend(theirs.map(|(path, source)| (path.clone(), Arc::clone(source))));
        }
        (self, missing)
    }

    /// A suite of texts, each with its path inside the suite; shown as `testcases/…`.
    pub fn from_texts<P: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (P, T)>) -> Self {
        let named = texts.into_iter().map(|(path, text)| (path.into(), text.into()));
        let files = named.map(|(path, text): (String, String)| {
            let source = Source::new(format!("testcases/{path}"), text);
            (path, Arc::new(source))
        });
        Self { files: files.collect() }
    }

    /// Every file, by path.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.files.values()
    }

    /// The files of a folder, by path, for instance of `requirements`.
    pub fn under(&self, folder: &str) -> impl Iterator<Item = &Arc<Source>> {
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        self.files.iter().filter(move |(path, _)| path.starts_with(&prefix)).map(|(_, source)| source)
    }

    /// The files that hold cases: everything outside `requirements`, `profiles` and `flows`.
    pub fn cases(&self) -> impl Iterator<Item = &Arc<Source>> {
        let is_case = |path: &str| !NO_CASES.iter().any(|folder| path.starts_with(folder));
        self.files.iter().filter(move |(path, _)| is_case(path)).map(|(_, source)| source)
    }

    /// The file at a path, either inside the suite (`tls/versions.toml`) or as it is shown.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Arc<Source>> {
        self.files.get(path).or_else(|| self.files.values().find(|source| source.path() == path))
    }

    /// SHA-256 over paths and texts in hexadecimal. It does not depend on where the suite lies.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (path, source) in &self.files {
            for part in [path.as_str(), source.text()] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hexadecimal(&hash.finalize())
    }

    /// SHA-256 of one file in hexadecimal; the path as for [`SuiteFiles::get`].
    #[must_use]
    pub fn digest_of(&self, path: &str) -> Option<String> {
        self.get(path).map(|source| hexadecimal(&Sha256::digest(source.text().as_bytes())))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn collect_embedded(folder: &Dir<'static>, files: &mut BTreeMap<String, Arc<Source>>) {
    for file in folder.files() {
        let path = file.path().components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        if let (true, Some(text)) = (is_suite_file(&path), file.contents_utf8()) {
            files.insert(path.clone(), Arc::new(Source::embedded(format!("testcases/{path}"), text)));
        }
    }
    for inner in folder.dirs() {
        collect_embedded(inner, files);
    }
}

fn is_suite_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.starts_with('.') && Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

/// A walk over a directory, which stays inside of it.
struct Walk<'a> {
    shown: &'a Path,
    root: &'a Path,
    files: BTreeMap<String, Arc<Source>>,
}

impl Walk<'_> {
    fn folder(&mut self, inside: &str, depth: usize) -> Result<(), SuiteError> {
        let shown = self.shown.join(inside);
        if depth > DEEPEST_FOLDER || self.files.len() > MOST_FILES {
            return Err(SuiteError::TooMany(self.shown.to_owned()));
        }
        let unreadable = |error| SuiteError::Unreadable { path: shown.clone(), error };
        let mut names = Vec::new();
        for entry in fs::read_dir(&shown).map_err(unreadable)? {
            names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        for name in names.into_iter().filter(|name| !name.starts_with('.')) {
            let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            self.entry(path, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: String, depth: usize) -> Result<(), SuiteError> {
        let shown = self.shown.join(&path);
        let unreadable = |error| SuiteError::Unreadable { path: shown.clone(), error };
        let wanted = is_suite_file(&path);
        if !wanted && !shown.is_dir() {
            return Ok(());
        }
        let real = fs::canonicalize(&shown).map_err(unreadable)?;
        if !real.starts_with(self.root) {
            return Err(SuiteError::Escapes(shown));
        }
        let metadata = fs::metadata(&real).map_err(unreadable)?;
        if metadata.is_dir() {
            return self.folder(&path, depth + 1);
        }
        if !metadata.is_file() {
            return Ok(());
        }
        let text = read_text(&real, &shown)?;
        self.files.insert(path, Arc::new(Source::new(shown.display().to_string(), text)));
        Ok(())
    }
}

/// Reads one byte more than allowed at most, so that a file that grows meanwhile is caught as well.
fn read_text(real: &Path, shown: &Path) -> Result<String, SuiteError> {
    use std::io::Read as _;
    let unreadable = |error| SuiteError::Unreadable { path: shown.to_owned(), error };
    let mut bytes = Vec::new();
    fs::File::open(real).map_err(unreadable)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(SuiteError::TooLarge(shown.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| SuiteError::NotText(shown.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        directory
    }

    #[test]
    fn the_embedded_suite_holds_the_files_of_the_repository_and_nothing_else() {
        let embedded = SuiteFiles::embedded();
        let repository = SuiteFiles::from_directory(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases")).unwrap();
        assert_eq!(embedded.digest(), repository.digest());
        assert!(embedded.get("requirements/carin-bb.toml").is_some());
        assert!(embedded.all().all(|source| source.path().starts_with("testcases/")));
    }

    #[test]
    fn folders_are_told_apart_and_paths_are_shown_as_written() {
        let files: [(&str, &[u8]); 6] = [
            ("requirements/a.toml", b""),
            ("flows/f.toml", b""),
            ("tls/versions.toml", b"id = 1"),
            ("tls/readme.md", b""),
            ("tls/.hidden.toml", b""),
            ("requirements-of-mine/x.toml", b""),
        ];
        let directory = directory(&files);
        let suite = SuiteFiles::from_directory(directory.path()).unwrap();
        let names = |sources: Vec<&Arc<Source>>| {
            sources.iter().map(|s| s.path().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(suite.under("requirements").collect()), ["a.toml"]);
        assert_eq!(names(suite.cases().collect()), ["x.toml", "versions.toml"]);
        let shown = directory.path().join("tls/versions.toml").display().to_string();
        assert_eq!(suite.get("tls/versions.toml").unwrap().path(), shown);
        assert_eq!(suite.digest_of(&shown), suite.digest_of("tls/versions.toml"));
        assert_eq!(suite.digest_of("tls/versions.toml").unwrap(), hexadecimal(&Sha256::digest(b"id = 1")));
    }

    #[test]
    fn the_digest_changes_with_a_name_and_with_a_byte() {
        let digest = |path: &str, text: &str| SuiteFiles::from_texts([(path, text)]).digest();
        assert_ne!(digest("a.toml", "x"), digest("b.toml", "x"));
        assert_ne!(digest("a.toml", "x"), digest("a.toml", "y"));
        assert_eq!(digest("a.toml", "x"), digest("a.toml", "x"));
    }

    #[test]
    fn a_file_over_the_limit_a_binary_file_and_an_empty_directory_are_refused_by_name() {
        let large = vec![b'#'; usize::try_from(LARGEST_FILE).unwrap() + 1];
        let cases: [(&str, &[u8], &str); 3] =
            [("big.toml", &large, "larger than 1 MiB"), ("bin.toml", &[0xff, 0xfe], "not UTF-8"), ("a.md", b"", "no TOML file")];
        for (name, bytes, part) in cases {
            let directory = directory(&[(name, bytes)]);
            let message = SuiteFiles::from_directory(directory.path()).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let message = SuiteFiles::from_directory(Path::new("no/such/suite")).unwrap_err().to_string();
        assert!(message.contains("no/such/suite"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_directory_is_refused_and_a_loop_ends() {
        let outside = directory(&[("secret.toml", b"")]);
        let suite = directory(&[("tls/a.toml", b"")]);
        std::os::unix::fs::symlink(outside.path().join("secret.toml"), suite.path().join("tls/b.toml")).unwrap();
        assert!(matches!(SuiteFiles::from_directory(suite.path()), Err(SuiteError::Escapes(_))));

        let looped = directory(&[("tls/a.toml", b"")]);
        std::os::unix::fs::symlink(looped.path(), looped.path().join("tls/again")).unwrap();
        assert!(matches!(SuiteFiles::from_directory(looped.path()), Err(SuiteError::TooMany(_))));
    }
}
