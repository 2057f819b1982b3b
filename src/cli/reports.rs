//! `--report FORMAT=FILE`: checked before anything is sent, rendered whole before a file is touched.
//!
//! A rendering that fails leaves the old file as it was, so that no CI system reads half a report.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::environment::Environment;
use super::evidence_out::LastLook;
use super::failure::Failure;
use super::output;
use crate::engine::Run;
use crate::report::{self, Options};

/// The variable in which GitHub names the file of the step summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// One report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    format: String,
    path: String,
    /// The step summary grows; a bare `github` also annotates.
    is_step_summary: bool,
}

impl Wanted {
    /// True when it goes to stdout.
    #[must_use]
    pub fn is_stdout(&self) -> bool {
        self.path == "-"
    }

    /// The record itself on stdout.
    #[must_use]
    pub fn record_on_stdout() -> Self {
        Self { format: "json".into(), path: "-".into(), is_step_summary: false }
    }
}

/// Reads what was typed.
///
/// # Errors
/// When a format does not exist, no file is named, or its folder is missing.
pub fn wanted(typed: &[String], environment: &Environment) -> Result<Vec<Wanted>, Failure> {
    typed.iter().map(|text| one(text, environment)).collect()
}

fn one(text: &str, environment: &Environment) -> Result<Wanted, Failure> {
    if text == "github" {
        let Some(path) = environment.get(STEP_SUMMARY) else {
            return Err(Failure::wrong(
                "'--report github' names no file and GITHUB_STEP_SUMMARY is not set: write --report github=FILE",
            ));
        };
        return Ok(Wanted { format: text.to_owned(), path: path.to_owned(), is_step_summary: true });
    }
    let Some((format, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        return Err(Failure::wrong(format!("'--report {text}' names no file: write for instance --report junit=carinbb.xml")));
    };
    report::by_name(format, &Options::default()).map_err(|error| Failure::wrong(error.to_string()))?;
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Failure::wrong(format!("cannot write {path}: there is no folder {}", folder.display())));
    }
    writable(Path::new(path)).map_err(|error| Failure::wrong(format!("cannot write {path}: {error}")))?;
    Ok(Wanted { format: format.to_owned(), path: path.to_owned(), is_step_summary: false })
}

/// Whether a file can be written there, which leaves it as it is. A pipe or a device is only seen when it is written to.
///
/// # Errors
/// When it cannot.
pub fn writable(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        _ if path == Path::new("-") => Ok(()),
        Ok(about) if about.is_file() || about.is_dir() => OpenOptions::new().append(true).open(path).map(drop),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            File::create_new(path)?;
            fs::remove_file(path)
        }
        Err(error) => Err(error),
    }
}

/// Renders and writes one report.
///
/// # Errors
/// When it cannot be rendered or written.
pub fn write(wanted: &Wanted, record: &Run, fail_on_warn: bool, look: Option<&LastLook>) -> Result<(), Failure> {
    let Wanted { format, path, is_step_summary } = wanted;
    let options = Options { fail_on_warn, ..Options::default() };
    let report = report::by_name(format, &options).map_err(|error| Failure::wrong(error.to_string()))?;
    let failed = |error: std::io::Error| Failure::wrong(format!("cannot write the report {format}={path}: {error}"));
    let mut text = Vec::new();
    report.write(record, &mut text).map_err(failed)?;
    if let Some(look) = look {
        look.at(&format!("the report {format}={path}"), &text)?;
    }
    if wanted.is_stdout() {
        output::print(&String::from_utf8_lossy(&text));
        return Ok(());
    }
    if *is_step_summary {
        OpenOptions::new().append(true).create(true).open(path).and_then(|mut file| file.write_all(&text)).map_err(failed)?;
        let annotations = report::annotations(record);
        if !annotations.is_empty() {
            // GitHub reads both streams, and stdout may belong to another report.
            output::complain(&annotations);
        }
        return Ok(());
    }
    write_whole(Path::new(path), &text).map_err(failed)
}

/// Writes a file; one that was cut off, because the disk is full, is taken away, so that nobody reads half a report.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = fs::write(path, bytes);
    if written.is_err() && fs::metadata(path).is_ok_and(|about| about.is_file()) {
        let _ = fs::remove_file(path);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        match one(text, &Environment::default()) {
            Err(Failure::Wrong(message)) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_report_without_a_file_a_format_or_a_folder_is_refused_before_anything_is_sent() {
        assert!(refused("junit").contains("names no file"));
        assert!(refused("junit=").contains("names no file"));
        assert!(refused("github").contains("GITHUB_STEP_SUMMARY"));
        assert!(refused("juint=x").contains("did you mean 'junit'"));
        assert!(refused("junit=no-such-folder/x").contains("there is no folder"));
        assert!(one("junit=-", &Environment::default()).is_ok_and(|wanted| wanted.is_stdout()));
    }
}
