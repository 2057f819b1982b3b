//! The wording rules that a machine can check: titles, reasons and error messages read alike wherever they stand.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

#[test]
fn a_case_has_a_title_without_a_full_stop_and_a_reason_in_sentences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases");
    let files = case_files(&root);
    assert!(!files.is_empty(), "no case was found below {}", root.display());
    let faults: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).expect("a case file is UTF-8");
            let table: Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            faults_of_case(&table).into_iter().map(|fault| format!("{}: {fault}", file.display())).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_error_message_begins_in_lower_case_and_ends_without_a_full_stop() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    let mut faults = Vec::new();
    for file in files_below(&root, "rs") {
        let text = fs::read_to_string(&file).expect("a source file is UTF-8");
        for message in error_messages(&text) {
            seen += 1;
            faults.extend(fault_of_error(&message).map(|fault| format!("{}: {fault}: {message}", file.display())));
        }
    }
    assert!(seen > 5, "only {seen} error messages were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_badly_worded_case_is_caught() {
    let good: Table = "title = 'Only TLS 1.2 and 1.3 are negotiated'\nwhy = 'Old versions are broken.'".parse().unwrap();
    assert_eq!(faults_of_case(&good), Vec::<String>::new());
    for bad in [
        "title = 'Only TLS 1.2 is negotiated.'\nwhy = 'A reason.'",
        "title = 'only TLS 1.2 is negotiated'\nwhy = 'A reason.'",
        "title = 'Only TLS 1.2 is negotiated'",
        "title = 'Only TLS 1.2 is negotiated'\nwhy = ' '",
        "title = 'Only TLS 1.2 is negotiated'\nwhy = 'no sentence'",
        "title = 'T'\nwhy = 'A reason.'\n[[steps]]\ntitle = 'Do this.'",
        "title = 'T'\nwhy = 'A reason.'\n[[steps]]\ntitle = 'Do'\npremise = [{ that = 'x', is = 1, because = 'so it is.' }]",
    ] {
        assert_eq!(faults_of_case(&bad.parse().unwrap()).len(), 1, "{bad}");
    }
}

#[test]
fn a_badly_worded_error_is_caught() {
    let text = "#[error(\"Failed to read {path}\")] A,\n#[error(\n    \"{path} is missing.\"\n)] B,\n#[error(transparent)] C,\n\
                #[error(\"TLS 1.1 is too old\")] D,\n#[error(\"'{0}' is no word: write \\\"x\\\"\")] E,";
    let messages = error_messages(text);
    assert_eq!(messages.len(), 4, "{messages:?}");
    let faults: Vec<bool> = messages.iter().map(|message| fault_of_error(message).is_some()).collect();
    assert_eq!(faults, [true, true, false, false]);
}

fn faults_of_case(case: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(fault_of_title("title", case.get("title")));
    match case.get("why").and_then(Value::as_str).map(str::trim) {
        None | Some("") => faults.push("'why' is missing".to_owned()),
        Some(why) if !why.ends_with(['.', '?', ')', ':']) => faults.push("'why' does not end as a sentence".to_owned()),
        Some(_) => {}
    }
    for steps in ["setup", "control", "steps", "restore", "cleanup"] {
        for step in case.get(steps).and_then(Value::as_array).into_iter().flatten() {
            faults.extend(fault_of_title(steps, step.get("title")));
            faults.extend(faults_of_rows(step));
        }
    }
    faults
}

fn fault_of_title(place: &str, title: Option<&Value>) -> Option<String> {
    let Some(title) = title.and_then(Value::as_str) else { return Some(format!("{place}: no title")) };
    if title.ends_with('.') {
        return Some(format!("{place}: a full stop ends \"{title}\""));
    }
    let begins_small = title.chars().next().is_none_or(char::is_lowercase);
    // A title may begin with a name that is written small, for instance a member of a JSON document.
    let begins_with_a_name = title.split(' ').next().is_some_and(|word| word.contains(['_', '-', '.']));
    (begins_small && !begins_with_a_name).then(|| format!("{place}: \"{title}\" does not begin in upper case"))
}

fn faults_of_rows(step: &Value) -> Vec<String> {
    let rows = ["premise", "expect", "then"].into_iter().filter_map(|clause| step.get(clause)?.as_array());
    rows.flatten()
        .filter_map(|row| row.get("because")?.as_str())
        .filter(|because| because.trim().is_empty() || because.ends_with('.'))
        .map(|because| format!("a full stop ends the reason \"{because}\", or it is empty"))
        .collect()
}

/// The texts of `#[error("…")]`.
fn error_messages(text: &str) -> Vec<String> {
    let attributes = text.split("#[error(").skip(1);
    attributes.filter_map(|rest| rest.trim_start().strip_prefix('"')).map(until_the_quote).collect()
}

fn until_the_quote(rest: &str) -> String {
    let mut message = String::new();
    let mut signs = rest.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => break,
            '\\' => message.extend(signs.next()),
            sign => message.push(sign),
        }
    }
    message
}

fn fault_of_error(message: &str) -> Option<&'static str> {
    let mut signs = message.chars();
    let first = signs.next()?;
    // Two capitals are an abbreviation: TLS, URL, JSON.
    if first.is_uppercase() && signs.next().is_none_or(|second| !second.is_uppercase()) {
        return Some("an upper-case begin");
    }
    (message.ends_with('.') || message.ends_with('!')).then_some("a full stop at the end")
}

fn case_files(root: &Path) -> Vec<PathBuf> {
    let not_cases = ["requirements", "profiles", "flows"];
    let is_case = |file: &PathBuf| {
        let area = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        file.parent() != Some(root) && !not_cases.contains(&area)
    };
    files_below(root, "toml").into_iter().filter(is_case).collect()
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries.map(|entry| entry.expect("the entry can be read").path()) {
        if entry.is_dir() {
            files.extend(files_below(&entry, extension));
        } else if entry.extension().is_some_and(|found| found == extension) {
            files.push(entry);
        }
    }
    files.sort();
    files
}
