//! A bundle as one zip file.
//!
//! Its comment ends with the SHA-256 of everything before it, so that a change of the container itself is seen as well:
//! times, attributes and headers, for which the manifest does not vouch.

use std::io::{self, Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::open::{LARGEST, MOST_FILES};
use super::seal::sha256;
use super::{Files, is_ours};

/// What stands before the digest in the comment.
const MARK: &str = "carinbb sha256 ";
/// Hex digits of a SHA-256.
const DIGITS: usize = 64;

/// The archive as bytes. The same files make the same bytes.
///
/// # Errors
/// When the files do not fit into a zip file.
pub fn to_zip(files: &Files) -> io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_raw_comment(format!("{MARK}{}", "0".repeat(DIGITS)).into_bytes().into_boxed_slice()).map_err(io::Error::other)?;
    for (path, bytes) in files {
        writer.start_file(path.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    let mut bytes = writer.finish()?.into_inner();
    let at = bytes.len() - DIGITS;
    let digest = sha256(&bytes[..at]);
    bytes[at..].copy_from_slice(digest.as_bytes());
    Ok(bytes)
}

/// Reads every file of an archive; what is wrong with it is a problem.
pub(super) fn read_zip(bytes: &[u8], problems: &mut Vec<String>) -> Files {
    let at = bytes.len().saturating_sub(DIGITS);
    if !bytes[..at].ends_with(MARK.as_bytes()) || bytes[at..] != *sha256(&bytes[..at]).as_bytes() {
        problems.push("the zip file: it is not as carinbb wrote it (the digest at its end does not fit)".into());
    }
    let mut files = Files::new();
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) if archive.len() <= MOST_FILES => archive,
        Ok(_) => {
            problems.push("the zip file: it holds more files than any that carinbb writes".into());
            return files;
        }
        Err(error) => {
            problems.push(format!("the zip file: it cannot be read ({error})"));
            return files;
        }
    };
    let mut left = LARGEST;
    for index in 0..archive.len() {
        match entry(&mut archive, index, &mut left) {
            Ok((path, content)) => {
                if files.insert(path.clone(), content).is_some() {
                    problems.push(format!("{path}: it is there twice"));
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    files
}

fn entry(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, left: &mut u64) -> Result<(String, Vec<u8>), String> {
    let file = archive.by_index(index).map_err(|error| format!("file {index} of the zip file: it cannot be read ({error})"))?;
    let path = String::from_utf8_lossy(file.name_raw()).into_owned();
    if !is_ours(&path) || !file.is_file() {
        return Err(format!("{path}: carinbb did not write this"));
    }
    let mut content = Vec::new();
    let read = file.take(*left).read_to_end(&mut content).map_err(|error| format!("{path}: it cannot be read ({error})"))?;
    *left -= read as u64;
    if *left == 0 {
        return Err(format!("{path}: not read, the bundle is larger than any that carinbb writes"));
    }
    Ok((path, content))
}
