//! A bundle as a folder.

use std::fs;
use std::io;
use std::path::Path;

use super::open::{LARGEST, MOST_FILES};
use super::{Files, MANIFEST, SIDECAR, is_ours};

/// Writes a sealed bundle into a folder that is there and empty. The manifest comes last: a bundle that was cut off has none.
///
/// # Errors
/// When a file cannot be written.
pub fn write_folder(files: &Files, folder: &Path) -> io::Result<()> {
    let last = [MANIFEST, SIDECAR];
    let (late, early): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| last.contains(&path.as_str()));
    for (path, bytes) in early.into_iter().chain(late) {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, bytes)?;
    }
    Ok(())
}

/// Reads every file; what carinbb cannot have written is a problem and is not read.
pub(super) fn read_folder(folder: &Path, problems: &mut Vec<String>) -> io::Result<Files> {
    let mut files = Files::new();
    let mut left = LARGEST;
    walk(folder, "", &mut left, &mut files, problems)?;
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, left: &mut u64, files: &mut Files, problems: &mut Vec<String>) -> io::Result<()> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // A link is not followed: it leads out of what the manifest can vouch for.
        let about = fs::symlink_metadata(entry.path())?;
        if !is_ours(&path) || !(about.is_dir() || about.is_file()) {
            problems.push(format!("{path}: carinbb did not write this"));
        } else if about.is_dir() {
            walk(&entry.path(), &format!("{path}/"), left, files, problems)?;
        } else if about.len() > *left || files.len() >= MOST_FILES {
            problems.push(format!("{path}: not read, the bundle is larger than any that carinbb writes"));
        } else {
            *left -= about.len();
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
