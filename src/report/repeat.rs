//! The command that does a step again, towards the same server and by the same rules.

use crate::engine::Run;
use crate::engine::record::{CaseResult, StepResult};

/// Settings that shape what is sent or how it is judged. The others say what else runs and where reports go.
const SHAPING: [&str; 20] = [
    "profile",
    "smart",
    "udap",
    "strict",
    "slow",
    "max-wait",
    "tls",
    "revocation",
    "aia",
    "ca-file",
    "client-cert",
    "client-key",
    "resolve",
    "proxy",
    "allow-net",
    "allow-http",
    "timeout",
    "clock-leeway",
    "rate",
    "user-agent",
];

/// To be pasted into a shell. What stands in files is not repeated: it comes with them.
pub(super) fn command(run: &Run, case: &CaseResult, step: Option<&StepResult>) -> String {
    if run.basis.is_some_and(|basis| basis.client) {
        return format!("carinbb serve --observe --select {}", case.case);
    }
    let only = step.map_or(String::new(), |step| format!(" --only-step {}", step.number));
    format!("carinbb run {}{only}{}{}", case.case, target(run), shaping(run))
}

/// How the target was given.
fn target(run: &Run) -> String {
    let value = |name: &str| run.header.settings.iter().find(|setting| setting.name == name).map(|setting| &setting.value);
    if value("demo").is_some() {
        let faults = value("fault").into_iter().flat_map(|names| names.split(','));
        let faults: String = faults.map(|name| format!(" --fault {}", quoted(name))).collect();
        return format!(" --demo{faults}{}", value("login").map(|pages| flag("login", pages)).unwrap_or_default());
    }
    // Older records do not say how.
    flag("target", value("target").unwrap_or(&run.header.target))
}

/// What was typed or stood in the environment.
fn shaping(run: &Run) -> String {
    let typed = run.header.settings.iter().filter(|setting| matches!(setting.origin.as_str(), "flag" | "environment"));
    let shaping = typed.filter(|setting| SHAPING.contains(&setting.name.as_str()));
    shaping.map(|setting| flag(&setting.name, &setting.value)).collect()
}

fn flag(name: &str, value: &str) -> String {
    if value == "true" { format!(" --{name}") } else { format!(" --{name} {}", quoted(value)) }
}

/// Safe to paste into a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%@+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_paste_cannot_be_turned_into_two() {
        assert_eq!(quoted("https://payer.example/fhir"), "https://payer.example/fhir");
        assert_eq!(quoted("https://x/'; rm -rf ~ #"), "'https://x/'\\''; rm -rf ~ #'");
        assert_eq!(quoted(""), "''");
    }
}
