//! `carinbb check`: every mistake of suites, target files, waivers and attestations, without a network.

use std::path::Path;
use std::sync::Arc;

use crate::catalogue::SuiteFiles;
use crate::cli::args::{CheckArgs, Global};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::paint::Paint;
use crate::cli::{colour_choice, output, settings, statements, suite};
use crate::net::{Clock, SystemClock};
use crate::target;
use crate::vocabulary::document::{Problem, Problems};

/// Checks and says what was checked. Exit code 1 when anything is wrong.
///
/// # Errors
/// When a path cannot be read.
pub fn check(global: &Global, arguments: &CheckArgs, environment: &Environment) -> Result<u8, Failure> {
    let mut problems = Vec::new();
    let mut complaints = Vec::new();
    let mut checked = Vec::new();
    if arguments.paths.is_empty() {
        let files = suite::files(global.testcases.as_deref())?;
        check_suite(files, &mut problems, &mut checked);
    }
    for path in &arguments.paths {
        check_path(path, global, &mut problems, &mut complaints, &mut checked)?;
    }
    let colour = Paint::decide(colour_choice(global.color), &environment.colour(), environment.stderr_is_terminal).is_on();
    for problem in &problems {
        output::complain(&format!("{}\n", problem.render(colour)));
    }
    for complaint in &complaints {
        output::complain(&format!("error: {complaint}"));
    }
    let count = problems.len() + complaints.len();
    let found = match count {
        0 => "no problem found".to_owned(),
        1 => "1 problem found".to_owned(),
        count => format!("{count} problems found"),
    };
    output::print(&format!("checked {}: {found}", checked.join(", ")));
    Ok(u8::from(count > 0))
}

/// What is wrong with a file is a finding of `check`; anything else ends it.
fn gather(result: Result<(), Failure>, problems: &mut Vec<Problem>, complaints: &mut Vec<String>) -> Result<(), Failure> {
    match result {
        Err(Failure::Problems(found)) => problems.extend(found),
        Err(Failure::Wrong(message)) => complaints.push(message),
        other => return other,
    }
    Ok(())
}

fn check_path(
    path: &Path,
    global: &Global,
    problems: &mut Vec<Problem>,
    complaints: &mut Vec<String>,
    checked: &mut Vec<String>,
) -> Result<(), Failure> {
    if path.is_dir() {
        let files = suite::files(Some(path))?;
        check_suite(files, problems, checked);
        return Ok(());
    }
    if path.file_name().is_some_and(|name| name == "carinbb.toml" || name == "config.toml") {
        checked.push(path.display().to_string());
        return gather(settings::check_settings_file(path), problems, complaints);
    }
    let source = settings::read_source(path)?;
    if source.text().trim().is_empty() {
        checked.push(path.display().to_string());
        complaints.push(format!("{}: it is empty", path.display()));
        return Ok(());
    }
    let has = |line: &str| source.text().lines().any(|own| own.trim_start().starts_with(line));
    if has("[[waiver]]") || has("[[attestation]]") {
        let loaded = suite::load(global.testcases.as_deref())?;
        let today = SystemClock::new().now().date();
        let found = if has("[[waiver]]") {
            statements::check_waivers(&source, &loaded.catalogue, &loaded.suite, today).1
        } else {
            statements::check_attestations(&source, &loaded.catalogue, path, today).1
        };
        problems.extend(found);
        checked.push(path.display().to_string());
        return Ok(());
    }
    let is_target = source.text().lines().any(|line| line.trim_start().starts_with("[target]"));
    if is_target {
        let own = Problems::new();
        let file = target::read(&source, &own);
        problems.extend(own.into_sorted());
        let shown = path.display().to_string();
        if let Some(file) = &file {
            gather(settings::check_declined(&shown, &file.target), problems, complaints)?;
        }
        let values = file.map_or(Ok(()), |file| settings::check_settings(&shown, file.settings));
        gather(values, problems, complaints)?;
    } else {
        check_case(path, global, problems)?;
    }
    checked.push(path.display().to_string());
    Ok(())
}

/// One case file together with the suite that it belongs to.
fn check_case(path: &Path, global: &Global, problems: &mut Vec<Problem>) -> Result<(), Failure> {
    let files = suite::files(global.testcases.as_deref())?;
    let shown = path.display().to_string();
    let area_and_name =
        shown.replace('\\', "/").rsplit('/').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("/");
    let others = files.all().filter(|source| !source.path().ends_with(&area_and_name));
    let mut texts: Vec<(String, String)> =
        others.map(|source| (source.path().trim_start_matches("testcases/").to_owned(), source.text().to_owned())).collect();
    texts.push((area_and_name.clone(), settings::read_source(path)?.text().to_owned()));
    let (_, found) = suite::load_files(SuiteFiles::from_texts(texts));
    let own = settings::read_source(path)?;
    let here = found.into_iter().filter(|problem| problem.source.path().ends_with(&area_and_name));
    problems.extend(here.map(|problem| Problem { source: Arc::clone(&own), ..problem }));
    Ok(())
}

fn check_suite(files: SuiteFiles, problems: &mut Vec<Problem>, checked: &mut Vec<String>) {
    let (loaded, found) = suite::load_files(files);
    problems.extend(found);
    checked.push(format!(
        "{} requirements, {} profiles, {} case{}",
        loaded.catalogue.requirements().count(),
        loaded.catalogue.profiles().count(),
        loaded.suite.cases.len(),
        if loaded.suite.cases.len() == 1 { "" } else { "s" }
    ));
}
