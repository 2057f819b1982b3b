//! `--certification[=FILE]`: everything that a laboratory's report must say, asked for in one message before anything is sent.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::args::RunArgs;
use super::failure::Failure;
use super::settings::read_source;
use super::suite::LoadedSuite;
use crate::catalogue::day;
use crate::crypto::{dsse, sha256_of_file};
use crate::engine::{Certification, MethodValidation, Organisation, Party, Signatory};
use crate::target::Target;
use crate::vocabulary::document::{Problems, Reader, Source, parse};

/// What an audit adds to a run.
pub struct Audit {
    /// For the record.
    pub certification: Certification,
    /// For the evidence.
    pub selftest: Vec<u8>,
}

/// SHA-256 of the program that runs.
///
/// # Errors
/// When the system does not say which it is, or it cannot be read.
pub fn own_digest() -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::wrong(format!("cannot read this program itself: {error}"));
    sha256_of_file(&std::env::current_exe().map_err(failed)?).map_err(failed)
}

/// Reads the file and looks whether an audit can begin.
///
/// # Errors
/// One message that lists everything that is missing; or the mistakes of the file.
pub fn read(
    path: &Path,
    arguments: &RunArgs,
    target: &Target,
    loaded: &LoadedSuite,
    signer: Option<String>,
) -> Result<Audit, Failure> {
    // Whoever has no file yet learns all that belongs into one.
    let is_there = path.exists();
    let source = if is_there { read_source(path)? } else { Arc::new(Source::new(path.display().to_string(), "")) };
    let problems = Problems::new();
    let table = parse(&source, &problems);
    let reader = Reader::new(&source, &problems, &table);
    let mut missing = around(arguments, target);
    if !is_there {
        missing.insert(0, "the file itself; section 'Audits' of the guide shows one".into());
    }
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let laboratory = organisation(&reader, "laboratory", &mut missing);
    let customer = organisation(&reader, "customer", &mut missing);
    let [location, item, sampling, decision_rule, deviations, supersedes] =
        ["location", "item", "sampling", "decision_rule", "deviations", "supersedes"]
            .map(|key| text(&reader, key, key, &mut missing));
    let party = Party::WORDS.iter().find(|(word, _)| reader.string("party") == Some(word)).map(|(_, party)| *party);
    if party.is_none() {
        missing.push("party: first, second or third".into());
    }
    let received = reader.date("received").unwrap_or_default().to_owned();
    if day(&received).is_none() {
        missing.push("received: the day on which the order was received, as received = 2027-03-31".into());
    }
    let authorised_by = signatory(&reader, "authorised_by", None, signer.clone(), &mut missing);
    let reviewed_by = signatory(&reader, "reviewed_by", Some(folder), None, &mut missing);
    if !reviewed_by.key.is_empty() && Some(&reviewed_by.key) == signer.as_ref() {
        missing.push("reviewed_by: another person with another key than authorised_by".into());
    }
    let (selftest, method_validation) = validation(&reader, folder, loaded, &mut missing)?;
    reader.finish();
    let problems = problems.into_sorted();
    if !problems.is_empty() {
        return Err(Failure::Problems(problems));
    }
    let (Some(party), true) = (party, missing.is_empty()) else {
        let list: Vec<String> = missing.iter().map(|line| format!("  - {line}")).collect();
        return Err(Failure::wrong(format!(
            "the audit cannot begin, and nothing was sent. It lacks, in {} or beside it:\n{}",
            path.display(),
            list.join("\n")
        )));
    };
    let certification = Certification {
        laboratory,
        location,
        customer,
        party,
        received,
        item,
        sampling,
        decision_rule,
        deviations,
        supersedes,
        authorised_by,
        reviewed_by,
        method_validation,
        readings: Vec::new(),
    };
    Ok(Audit { certification, selftest })
}

/// What the command line and the target file must say.
fn around(arguments: &RunArgs, target: &Target) -> Vec<String> {
    let mut missing = Vec::new();
    let mut need = |is_there: bool, what: &str| {
        if !is_there {
            missing.push(what.to_owned());
        }
    };
    need(!arguments.profile.is_empty() || !target.profiles.is_empty(), "the profile: --profile, or profiles of the target file");
    need(arguments.smart != "auto" || target.smart.is_some(), "the SMART version: --smart, or smart of the target file");
    need(arguments.output.is_some() || arguments.bundle.is_some(), "the evidence: -o DIR or --bundle FILE.zip");
    need(arguments.sign.is_some(), "the first signature: --sign KEY.pem");
    need(target.declined.is_empty(), "what the target file declines ([[declined]]): an audit looks at everything");
    missing
}

fn text(reader: &Reader<'_>, key: &'static str, shown: &str, missing: &mut Vec<String>) -> String {
    let text = reader.string(key).unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        missing.push(shown.to_owned());
    }
    text
}

fn organisation(reader: &Reader<'_>, key: &'static str, missing: &mut Vec<String>) -> Organisation {
    let own = reader.table(key);
    let [name, address] = ["name", "address"].map(|part| match &own {
        Some(own) => text(own, part, &format!("{key}.{part}"), missing),
        None => {
            missing.push(format!("{key}.{part}"));
            String::new()
        }
    });
    own.into_iter().for_each(Reader::finish);
    Organisation { name, address }
}

/// The key is the one that signs, or that of a file beside.
fn signatory(
    reader: &Reader<'_>,
    key: &'static str,
    keys: Option<&Path>,
    signer: Option<String>,
    missing: &mut Vec<String>,
) -> Signatory {
    let Some(own) = reader.table(key) else {
        missing.push(format!("{key}.name and {key}.role"));
        return Signatory { name: String::new(), role: String::new(), key: String::new() };
    };
    let [name, role] = ["name", "role"].map(|part| text(&own, part, &format!("{key}.{part}"), missing));
    let id = match keys {
        None => signer,
        Some(folder) => {
            let file = text(&own, "key", &format!("{key}.key: the file of the reviewer's public key (PEM)"), missing);
            let id = fs::read(folder.join(&file)).map_err(|error| error.to_string());
            let id = id.and_then(|pem| dsse::public_id(&pem).map_err(|error| error.to_string()));
            match id {
                Ok(id) => Some(id),
                Err(_) if file.is_empty() => None,
                Err(error) => {
                    missing.push(format!("{key}.key: {file}: {error}"));
                    None
                }
            }
        }
    };
    own.finish();
    Signatory { name, role, key: id.unwrap_or_default() }
}

/// The selftest must be whole, good, and of this very program and suite.
fn validation(
    reader: &Reader<'_>,
    folder: &Path,
    loaded: &LoadedSuite,
    missing: &mut Vec<String>,
) -> Result<(Vec<u8>, MethodValidation), Failure> {
    let mut own = MethodValidation { sha256: String::new(), program: own_digest()?, proofs: 0 };
    let file = text(reader, "selftest", "selftest: the file of `carinbb selftest --json`, made by this program", missing);
    if file.is_empty() {
        return Ok((Vec::new(), own));
    }
    let path = folder.join(&file);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            missing.push(format!("selftest: {}: {error}", path.display()));
            return Ok((Vec::new(), own));
        }
    };
    own.sha256 = sha256_of_file(&path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?;
    let told: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let proofs = told["proofs"].as_array().map_or(0, Vec::len);
    own.proofs = proofs as u64;
    for (holds, what) in [
        (told["program"] == own.program.as_str(), "one that this very program made"),
        (told["suite"] == loaded.files.digest().as_str(), "one of the suite in use"),
        (told["whole"] == true && proofs > 0, "a whole one, without names of cases or faults"),
        (told["good"] == true, "one in which everything is proved"),
    ] {
        if !holds {
            missing.push(format!("selftest: {} is not {what}", path.display()));
        }
    }
    Ok((bytes, own))
}
