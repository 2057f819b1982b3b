//! The laboratory in a folder: keys that only their owner can read, roots to hand out, and a page that says to whom.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use openssl::x509::X509;
use time::OffsetDateTime;

use super::{Lab, LabError, LabKeys};
use crate::vocabulary::Secret;

const README: &str = include_str!("README.txt");

/// Writes a new laboratory into a folder that holds none yet.
///
/// # Errors
/// When a file is there already or cannot be written.
pub fn write_folder(folder: &Path, lab: &Lab) -> Result<(), LabError> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| LabError::File(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let [a, b] = lab.issuing();
    let certificates =
        [("root.pem", lab.root()), ("second-root.pem", lab.second_root()), ("issuing-a.pem", a), ("issuing-b.pem", b)];
    let mut files: Vec<(&str, Vec<u8>, bool)> = vec![("README.txt", README.into(), false)];
    for (name, der) in certificates {
        files.push((name, X509::from_der(der)?.to_pem()?, false));
    }
    files.push(("root.crl", lab.list_of_root()?, false));
    files.push(("issuing-a.crl", lab.list_of_issuing_a()?, false));
    files.extend(lab.keys().files().map(|(name, key)| (name, key.expose().as_bytes().to_vec(), true)));
    if let Some((name, _, _)) = files.iter().find(|(name, _, _)| folder.join(name).exists()) {
        let path = folder.join(name);
        return Err(LabError::File(format!("{} exists: a laboratory is never overwritten", path.display())));
    }
    for (name, content, is_secret) in files {
        let path = folder.join(name);
        create(&path, is_secret).and_then(|mut file| file.write_all(&content)).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

#[cfg(unix)]
fn create(path: &Path, is_secret: bool) -> std::io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mode = if is_secret { 0o600 } else { 0o644 };
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _: bool) -> std::io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

/// Reads the laboratory that a folder holds.
///
/// # Errors
/// When a file is missing or cannot be read.
pub fn read_folder(folder: &Path, addresses: Option<String>, now: OffsetDateTime) -> Result<Lab, LabError> {
    let read = |name: &str| {
        let path = folder.join(name);
        let help = "carinbb pki init makes a laboratory";
        fs::read(&path).map_err(|error| LabError::File(format!("cannot read {}: {error}; {help}", path.display())))
    };
    let keys = LabKeys::of(|name| Ok(Secret::new("lab_key", String::from_utf8_lossy(&read(name)?))))?;
    let certificate = |name| -> Result<Vec<u8>, LabError> { Ok(X509::from_pem(&read(name)?)?.to_der()?) };
    Lab::below(keys, certificate("root.pem")?, certificate("second-root.pem")?, addresses, now)
}
