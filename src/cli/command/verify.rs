//! `carinbb verify`: does the evidence hold, and do its verdicts follow from its facts?

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use crate::cli::args::{Global, VerifyArgs};
use crate::cli::evidence_out::beside;
use crate::cli::failure::Failure;
use crate::cli::{output, suite};
use crate::engine::{self, Run};
use crate::report::bundle::{self, Files};
use crate::vocabulary::{escape, escape_to_width};

/// The most problems of one kind that are printed.
const MOST_LINES: usize = 50;
/// The longest line.
const WIDTH: usize = 400;

/// Checks and prints. 0 when all holds, 1 when anything does not, 3 when there is nothing to read.
///
/// # Errors
/// When the bundle cannot be read, or the suite in use has mistakes.
pub fn verify(global: &Global, arguments: &VerifyArgs) -> Result<u8, Failure> {
    let opened = bundle::open(&arguments.bundle).map_err(|error| Failure::unreadable(&arguments.bundle, error))?;
    let files = opened.files.clone();
    let verified = bundle::verify(opened);
    let mut text = String::new();
    list(&mut text, &verified.problems);
    let mut holds = verified.problems.is_empty();
    holds &= signature(arguments, verified.run.as_ref(), &files, &mut text)?;
    if let Some(run) = &verified.run {
        let replayed = engine::replay(run);
        list(&mut text, &replayed.differences);
        holds &= replayed.differences.is_empty();
        let _ = writeln!(
            text,
            "{} files have the SHA-256 of the manifest; {} comparisons and {} judgements were made again{}",
            verified.intact,
            replayed.comparisons,
            replayed.judgements,
            if replayed.differences.is_empty() { " and give what the record says" } else { "" }
        );
        let _ = writeln!(text, "{} on {}: {}", escape(&run.header.target), escape(&run.finished), escape(&run.claim.text));
    }
    let _ = writeln!(text, "{}", if holds { "the evidence holds" } else { "the evidence does NOT hold" });
    let same = arguments.rejudge.then(|| rejudged(global, verified.run.as_ref(), &mut text)).transpose()?;
    output::print(&text);
    Ok(u8::from(!holds || same == Some(false)))
}

/// True unless there is a signature that does not hold, or a key was given and there is none.
fn signature(arguments: &VerifyArgs, run: Option<&Run>, files: &Files, text: &mut String) -> Result<bool, Failure> {
    let unreadable = |path: &Path, error: io::Error| Failure::unreadable(path, error);
    let public: Vec<Vec<u8>> =
        arguments.key.iter().map(|path| fs::read(path).map_err(|error| unreadable(path, error))).collect::<Result<_, _>>()?;
    let Some(path) = beside(&arguments.bundle).filter(|path| path.is_file()) else {
        if !public.is_empty() {
            let _ = writeln!(text, "  there is no signature beside the bundle");
        }
        return Ok(public.is_empty());
    };
    let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
    let signed = bundle::check_signature(&bytes, &public, run, files);
    list(text, &signed.problems);
    if !signed.problems.is_empty() {
        let _ = writeln!(text, "{}: it does not hold", escape(&path.display().to_string()));
        return Ok(false);
    }
    let certification = run.and_then(|run| run.certification.as_ref());
    for (at, (key, is_checked)) in signed.keys.iter().enumerate() {
        let who = match (certification, at) {
            (Some(own), 0) => format!(" (authorised by {}, {})", own.authorised_by.name, own.authorised_by.role),
            (Some(own), _) => format!(" (reviewed by {}, {})", own.reviewed_by.name, own.reviewed_by.role),
            (None, 0) => String::new(),
            (None, _) => " (reviewed)".into(),
        };
        let (key, who) = (escape(key), escape(&who));
        let _ = match is_checked {
            true => writeln!(text, "signed by the key with the SHA-256 {key}{who}"),
            false => writeln!(text, "a signature names the key with the SHA-256 {key}{who} and was NOT checked: give --key"),
        };
    }
    if let Some(own) = certification.filter(|_| signed.keys.len() < 2) {
        let _ =
            writeln!(text, "NOT REVIEWED yet: the signature of {} is missing (carinbb review)", escape(&own.reviewed_by.name));
    }
    Ok(true)
}

/// True when today's levels give the verdicts of the record.
fn rejudged(global: &Global, run: Option<&Run>, text: &mut String) -> Result<bool, Failure> {
    let Some(run) = run else { return Ok(false) };
    let loaded = suite::load(global.testcases.as_deref())?;
    let rejudged = engine::rejudge(run, &loaded.catalogue).map_err(|error| Failure::wrong(error.to_string()))?;
    let _ = writeln!(text, "\nby the levels of this carinbb ({} judgements):", rejudged.judgements);
    list(text, &rejudged.changed);
    let mut anew = rejudged.needs_new_run.clone();
    if loaded.files.digest() != run.header.suite {
        anew.push("the suite has changed since: what its cases look for today is not in the record".into());
    }
    if rejudged.changed.is_empty() {
        text.push_str("  every verdict is the same\n");
    }
    if !anew.is_empty() {
        text.push_str("a new run is needed for:\n");
        list(text, &anew);
    }
    Ok(rejudged.changed.is_empty())
}

fn list(text: &mut String, lines: &[String]) {
    for line in lines.iter().take(MOST_LINES) {
        let _ = writeln!(text, "  {}", escape_to_width(line, WIDTH));
    }
    if lines.len() > MOST_LINES {
        let _ = writeln!(text, "  and {} more", lines.len() - MOST_LINES);
    }
}
