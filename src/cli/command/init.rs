//! `carinbb init`: writes the files to start with. Nothing is sent, and nothing that exists is overwritten.

use std::fs;
use std::path::Path;

use crate::catalogue::InForce;
use crate::cli::args::{Global, InitArgs};
use crate::cli::failure::Failure;
use crate::cli::init::{self, SAMPLE_BASE};
use crate::cli::{command, output, suite};
use crate::engine;
use crate::net::SystemRandom;
use crate::target;

/// Writes and says what was written and what comes next.
///
/// # Errors
/// When a file exists, cannot be written, or the base is no URL.
pub fn init(global: &Global, arguments: &InitArgs) -> Result<u8, Failure> {
    let base = arguments.base.as_deref().unwrap_or(SAMPLE_BASE);
    target::from_url(base).map_err(Failure::wrong)?;
    if arguments.auditor {
        let letter = letter(global, base)?;
        return finish(
            &arguments.folder,
            &[("carinbb-request.md", letter)],
            None,
            "send it to the owner of the server; the answers go into target.toml (carinbb init)",
        );
    }
    let mut files = vec![("target.toml", init::target_file(base, arguments.idp))];
    files.extend(init::ci_job(arguments.ci));
    let ignored = ignored(&arguments.folder)?;
    let target = arguments.folder.join("target.toml");
    let target = target.strip_prefix(".").unwrap_or(&target).display();
    let doctor = format!("carinbb doctor {target}");
    let next = if arguments.base.is_some() { doctor } else { format!("write your base into {target}, then: {doctor}") };
    finish(&arguments.folder, &files, ignored, &next)
}

fn letter(global: &Global, base: &str) -> Result<String, Failure> {
    let loaded = suite::load(global.testcases.as_deref())?;
    let claim = command::list::claim(&loaded.catalogue, &[], "auto", false)?;
    let in_force = InForce::new(&loaded.catalogue, &claim);
    let worth = engine::worth(&loaded.suite, &in_force, &claim.profiles, &SystemRandom);
    let titles: Vec<&str> = claim.profiles.iter().map(|profile| profile.title.as_str()).collect();
    Ok(init::letter(base, &titles.join(" and "), &worth))
}

/// Writes every file or none, and .gitignore, which may be there already.
fn finish(folder: &Path, files: &[(&str, String)], ignored: Option<String>, next: &str) -> Result<u8, Failure> {
    let existing: Vec<&str> = files.iter().map(|(name, _)| *name).filter(|name| folder.join(name).exists()).collect();
    if !existing.is_empty() {
        let names = existing.join(" and ");
        return Err(Failure::wrong(format!("nothing was written: {} already has {names}", folder.display())));
    }
    for (name, text) in files.iter().chain(&ignored.map(|text| (".gitignore", text))) {
        write(&folder.join(name), text)?;
        output::print(&format!("wrote {}\n", folder.join(name).display()));
    }
    output::print(&format!("next: {next}\n"));
    Ok(0)
}

/// .gitignore with the lines that it lacks; nothing when it has them all.
fn ignored(folder: &Path) -> Result<Option<String>, Failure> {
    let path = folder.join(".gitignore");
    let own = if path.exists() {
        fs::read_to_string(&path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?
    } else {
        String::new()
    };
    let lacking: Vec<&str> = init::IGNORED.lines().filter(|line| !own.lines().any(|own| own.trim() == *line)).collect();
    let gap = if own.is_empty() || own.ends_with('\n') { "" } else { "\n" };
    Ok((!lacking.is_empty()).then(|| format!("{own}{gap}{}\n", lacking.join("\n"))))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::wrong(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    fs::write(path, text).map_err(unwritable)
}
