//! Reads a bundle, whichever form it has, without believing anything in it.

use std::fs;
use std::io;
use std::path::Path;

use super::Files;
use super::archive::read_zip;
use super::folder::read_folder;

/// The most bytes of a bundle that are read, unpacked.
pub(super) const LARGEST: u64 = 1024 * 1024 * 1024;
/// The most files of a bundle.
pub(super) const MOST_FILES: usize = 100_000;

/// A bundle as it lies there.
#[derive(Debug, Default)]
pub struct Opened {
    /// Its files.
    pub files: Files,
    /// What is wrong with the form itself, in sentences. Names in them are not escaped.
    pub problems: Vec<String>,
}

/// A bundle that is not there or cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(#[from] io::Error);

/// The content of a zip file.
#[must_use]
pub fn unzipped(bytes: &[u8]) -> Opened {
    let mut problems = Vec::new();
    let files = read_zip(bytes, &mut problems);
    Opened { files, problems }
}

/// Opens a folder or a zip file.
///
/// # Errors
/// When there is nothing to read. A damaged bundle is no error, it has problems.
pub fn open(path: &Path) -> Result<Opened, OpenError> {
    let mut problems = Vec::new();
    let about = fs::metadata(path)?;
    let files = if about.is_dir() {
        read_folder(path, &mut problems)?
    } else if about.len() > LARGEST {
        problems.push("the zip file: it is larger than any that carinbb writes".into());
        Files::new()
    } else {
        let bytes = fs::read(path)?;
        if bytes.trim_ascii_start().starts_with(b"{") {
            let why = "it is JSON and no bundle (what run -o or --bundle wrote); a record alone is read by report and compare";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why).into());
        }
        return Ok(unzipped(&bytes));
    };
    Ok(Opened { files, problems })
}
