//! `--output DIR` and `--bundle FILE.zip`: where the evidence bundle goes, and the last look before any file is written.

use std::fs;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::failure::Failure;
use super::output;
use super::reports::writable;
use super::secrets::Secrets;
use super::suite::LoadedSuite;
use crate::crypto::dsse::SigningKey;
use crate::engine::Run;
use crate::report::bundle::{self, Surroundings};
use crate::report::own_words;
use crate::target::{SecretReader, SecretSource};
use crate::vocabulary::{LeakSearch, Redactor};

/// Where the bundle of a run goes.
#[derive(Default)]
pub struct EvidenceOut {
    folder: Option<PathBuf>,
    archive: Option<PathBuf>,
    key: Option<SigningKey>,
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
            writable(archive).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", archive.display())))?;
        }
        Ok(Self { folder: folder.map(Path::to_owned), archive: archive.map(Path::to_owned), key: None })
    }

    /// Signs with this key (PEM) whatever is written.
    ///
    /// # Errors
    /// When nothing is written, or the key cannot be used.
    pub fn signed_with(mut self, key: &Path, environment: &Environment) -> Result<Self, Failure> {
        let places = [&self.folder, &self.archive];
        if places.iter().all(|place| place.is_none()) {
            return Err(Failure::wrong("--sign signs the evidence of a run: name a place for it, -o DIR or --bundle FILE.zip"));
        }
        if let Some(place) = places.into_iter().flatten().find(|place| beside(place).is_none()) {
            return Err(Failure::wrong(format!("no signature can lie beside {}: give the evidence a name", place.display())));
        }
        let pem = Secrets::new(environment).read("signing_key", &SecretSource::File(key.to_owned())).map_err(Failure::wrong)?;
        let key = SigningKey::from_pem(&pem).map_err(|error| Failure::wrong(format!("{}: {error}", key.display())))?;
        self.key = Some(key);
        Ok(self)
    }

    /// The fingerprint of the key that signs, if any does.
    ///
    /// # Errors
    /// When the key cannot be written.
    pub fn signer(&self) -> Result<Option<String>, Failure> {
        self.key.as_ref().map(SigningKey::id).transpose().map_err(|error| Failure::wrong(error.to_string()))
    }

    /// Makes the bundle, looks through every file of it, and writes it.
    ///
    /// # Errors
    /// When a secret is found, or a file cannot be written.
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
        let Some(key) = &self.key else { return Ok(()) };
        if !run.complete {
            output::complain("carinbb: an interrupted run makes no claim, and is not signed");
            return Ok(());
        }
        let signature = bundle::signed(run, &files, key).map_err(failed)?;
        for file in [&self.folder, &self.archive].into_iter().flatten().filter_map(|place| beside(place)) {
            look.at(&file.display().to_string(), &signature)?;
            fs::write(file, &signature).map_err(failed)?;
        }
        Ok(())
    }
}

/// Where the signature of a bundle lies: beside it, under its name.
#[must_use]
pub fn beside(bundle: &Path) -> Option<PathBuf> {
    let name = bundle.file_name()?.to_string_lossy();
    Some(bundle.with_file_name(format!("{name}.dsse.json")))
}

/// Digests of the suite and the machine.
#[must_use]
pub fn surroundings(loaded: &LoadedSuite) -> Surroundings {
    let digest = |path: &str| Some((path.to_owned(), loaded.files.digest_of(path)?));
    Surroundings {
        suite_files: loaded.files.all().filter_map(|source| digest(source.path())).collect(),
        system: std::env::consts::OS.into(),
        architecture: std::env::consts::ARCH.into(),
        selftest: None,
    }
}

/// Looks through what is about to be written for secrets, which must not leave.
///
/// Values of members are taken out of the record where they stand, as soon as a run has ended. In a finished file they could be told
/// neither from our own words nor from the digits of certificates, and whoever chooses the values could keep us from writing.
pub struct LastLook(LeakSearch);

impl LastLook {
    /// After a run: its redactor knows every secret. What stands in the suite or in the header of the run is public.
    #[must_use]
    pub fn new(redactor: &Redactor, loaded: &LoadedSuite, run: &Run) -> Self {
        let mut public: String = loaded.files.all().map(|source| source.text()).collect();
        public.push_str(&own_words());
        let software = run.header.fingerprint.as_ref().and_then(|own| own.software.clone()).unwrap_or_default();
        for text in [&run.header.target, &run.header.started, &run.finished, &software] {
            public.push_str(text);
            public.push(' ');
        }
        run.evidence.iter().for_each(|own| public.extend([own.id.as_str(), " "]));
        Self(redactor.search(&public))
    }

    /// Looks through one file.
    ///
    /// # Errors
    /// When something is found: the file must not be written.
    pub fn at(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        match self.0.find_secret(bytes) {
            None => Ok(()),
            Some(label) => Err(Failure::Bug(format!("{name} would have held a {label} of this run; it was not written"))),
        }
    }
}
