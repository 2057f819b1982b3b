//! `--output DIR` and `--bundle FILE.zip`: where the evidence bundle goes, and the last look before any file is written.

use std::fs;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::suite::LoadedSuite;
use crate::engine::Run;
use crate::report::bundle::{self, Surroundings};
use crate::vocabulary::{LeakSearch, Redactor};

/// Where the bundle of a run goes.
#[derive(Debug, Clone, Default)]
pub struct EvidenceOut {
    folder: Option<PathBuf>,
    archive: Option<PathBuf>,
}

impl EvidenceOut {
    /// Looks whether the bundle can be written, before anything is sent.
    ///
    /// # Errors
    /// When the folder is not empty, or the place of the zip file is not there.
    pub fn check(folder: Option<&Path>, archive: Option<&Path>) -> Result<Self, Failure> {
        if let Some(folder) = folder {
            let is_empty = fs::read_dir(folder).map(|mut entries| entries.next().is_none());
            let problem = match is_empty {
                Ok(true) => None,
                Ok(false) => Some("it is not empty, and evidence of two runs must not mix".to_owned()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    fs::create_dir_all(folder).err().map(|error| error.to_string())
                }
                Err(error) => Some(error.to_string()),
            };
            if let Some(problem) = problem {
                return Err(Failure::wrong(format!("cannot write the evidence into {}: {problem}", folder.display())));
            }
        }
        if let Some(archive) = archive {
            let place = archive.parent().filter(|place| !place.as_os_str().is_empty());
            if place.is_some_and(|place| !place.is_dir()) || archive.is_dir() {
                return Err(Failure::wrong(format!("cannot write {}: there is no such folder, or it is one", archive.display())));
            }
        }
        Ok(Self { folder: folder.map(Path::to_owned), archive: archive.map(Path::to_owned) })
    }

    /// Makes the bundle, looks through every file of it, and writes it.
    ///
    /// # Errors
    /// When a secret or a member's value is found, or a file cannot be written.
    pub fn write(&self, run: &Run, surroundings: &Surroundings, look: &LastLook) -> Result<(), Failure> {
        if self.folder.is_none() && self.archive.is_none() {
            return Ok(());
        }
        let failed = |error: std::io::Error| Failure::wrong(format!("cannot write the evidence: {error}"));
        let files = bundle::contents(run, surroundings).and_then(|files| bundle::sealed(run, files)).map_err(failed)?;
        for (path, bytes) in &files {
            look.at(path, bytes)?;
        }
        if let Some(folder) = &self.folder {
            bundle::write_folder(&files, folder).map_err(failed)?;
        }
        if let Some(archive) = &self.archive {
            fs::write(archive, bundle::to_zip(&files).map_err(failed)?).map_err(failed)?;
        }
        Ok(())
    }
}

/// Digests of the suite and the machine.
#[must_use]
pub fn surroundings(loaded: &LoadedSuite) -> Surroundings {
    let digest = |path: &str| Some((path.to_owned(), loaded.files.digest_of(path)?));
    Surroundings {
        suite_files: loaded.files.all().filter_map(|source| digest(source.path())).collect(),
        system: std::env::consts::OS.into(),
        architecture: std::env::consts::ARCH.into(),
    }
}

/// Looks through what is about to be written for everything that must not leave.
pub struct LastLook(LeakSearch);

impl LastLook {
    /// After a run: its redactor knows every secret. What stands in the suite or in the header of the run is public.
    #[must_use]
    pub fn new(redactor: &Redactor, loaded: &LoadedSuite, run: &Run) -> Self {
        let mut public: String = loaded.files.all().map(|source| source.text()).collect();
        public.push_str(&run.header.target);
        Self(redactor.search(&public))
    }

    /// Looks through one file.
    ///
    /// # Errors
    /// When something is found: the file must not be written.
    pub fn at(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        match self.0.find(bytes) {
            None => Ok(()),
            Some(label) => Err(Failure::Bug(format!("{name} would have held a {label} of this run; it was not written"))),
        }
    }
}
