//! `--waivers FILE` and `--attestations FILE`: read, and checked against the suite and the target before anything is sent.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use time::Date;

use super::failure::Failure;
use super::settings::read_source;
use super::suite::LoadedSuite;
use crate::catalogue::{Attachment, Attestations, Catalogue, Waiver, read_attestations, read_waivers};
use crate::engine::Statements;
use crate::testcase::Suite;
use crate::vocabulary::document::{Problem, Problems, Source, did_you_mean};

/// Reads what was named.
///
/// # Errors
/// When a file cannot be read, or anything in it is wrong.
pub fn load(
    waivers: Option<&Path>,
    attestations: Option<&Path>,
    loaded: &LoadedSuite,
    target: &str,
    today: Date,
) -> Result<Statements, Failure> {
    let mut statements = Statements::default();
    if let Some(path) = waivers {
        let (read, problems) = check_waivers(&read_source(path)?, &loaded.catalogue, &loaded.suite, today);
        statements.waivers = good(read, problems)?;
    }
    if let Some(path) = attestations {
        let (read, problems) = check_attestations(&read_source(path)?, &loaded.catalogue, path, today);
        statements.attestations = good(read, problems)?;
        let about = &statements.attestations.target;
        if about.trim_end_matches('/') != target.trim_end_matches('/') {
            return Err(Failure::wrong(format!(
                "{}: these attestations are about {about}, and this run is about {target}",
                path.display()
            )));
        }
    }
    Ok(statements)
}

fn good<T>(read: T, problems: Vec<Problem>) -> Result<T, Failure> {
    if problems.is_empty() { Ok(read) } else { Err(Failure::Problems(problems)) }
}

/// Waivers of a file with everything that is wrong in it: also a requirement or a case that the suite does not have.
#[must_use]
pub fn check_waivers(source: &Arc<Source>, catalogue: &Catalogue, suite: &Suite, today: Date) -> (Vec<Waiver>, Vec<Problem>) {
    let problems = Problems::new();
    let waivers = read_waivers(source, &problems, today);
    for waiver in &waivers {
        let Some(case) = suite.case(waiver.case.as_str()) else {
            let help = did_you_mean(waiver.case.as_str(), suite.cases.iter().map(|case| case.id.as_str()));
            problems.report(source, waiver.at.clone(), format!("there is no case '{}'", waiver.case), Some(help));
            continue;
        };
        if catalogue.requirement(&waiver.requirement).is_none() || !case.requirements.contains(&waiver.requirement) {
            let help = did_you_mean(waiver.requirement.as_str(), case.requirements.iter().map(|id| id.as_str()));
            let message = format!("{} does not serve '{}'", waiver.case, waiver.requirement);
            problems.report(source, waiver.at.clone(), message, Some(help));
        }
    }
    (waivers, problems.into_sorted())
}

/// Attestations of a file with everything that is wrong in it: also an attachment that is another than the one that was attested.
#[must_use]
pub fn check_attestations(source: &Arc<Source>, catalogue: &Catalogue, path: &Path, today: Date) -> (Attestations, Vec<Problem>) {
    let problems = Problems::new();
    let attestations = read_attestations(source, &problems, today);
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    for own in &attestations.all {
        if catalogue.requirement(&own.requirement).is_none() {
            let help = did_you_mean(own.requirement.as_str(), catalogue.requirements().map(|row| row.id.as_str()));
            problems.report(source, own.at.clone(), format!("there is no requirement '{}'", own.requirement), Some(help));
        }
        if let Some(problem) = own.attachment.as_ref().and_then(|file| wrong_attachment(file, folder)) {
            problems.report(source, own.at.clone(), problem, None);
        }
    }
    (attestations, problems.into_sorted())
}

fn wrong_attachment(attachment: &Attachment, folder: &Path) -> Option<String> {
    let file = folder.join(&attachment.file);
    match digest_of(&file) {
        Ok(digest) if digest.eq_ignore_ascii_case(&attachment.sha256) => None,
        Ok(digest) => Some(format!("{} has the SHA-256 {digest}, and another file was attested", file.display())),
        Err(error) => Some(format!("the attachment {} cannot be read: {error}", file.display())),
    }
}

/// SHA-256 of a file in hex.
///
/// # Errors
/// When it cannot be read.
pub fn digest_of(path: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
