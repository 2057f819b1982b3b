//! Reads secrets from where the target file says they are: environment, file, program, or a person.

use std::path::Path;
use std::process::{Command, Stdio};

use super::environment::Environment;
use crate::target::{SecretReader, SecretSource};
use crate::vocabulary::Secret;

/// Reads secrets for one run. A message never holds what was read.
pub struct Secrets<'a> {
    environment: &'a Environment,
}

impl<'a> Secrets<'a> {
    /// A reader with the environment that `main` has read.
    #[must_use]
    pub fn new(environment: &'a Environment) -> Self {
        Self { environment }
    }
}

impl SecretReader for Secrets<'_> {
    fn read(&mut self, label: &'static str, source: &SecretSource) -> Result<Secret, String> {
        let value = match source {
            SecretSource::Env(name) => self
                .environment
                .get(name)
                .map(str::to_owned)
                .ok_or_else(|| format!("the {label} is missing: the environment variable {name} is not set")),
            SecretSource::File(path) => read_file(label, path),
            SecretSource::Command(words) => run(label, words),
            SecretSource::Prompt => ask(label, self.environment),
        }?;
        if value.is_empty() {
            return Err(format!("the {label} is empty"));
        }
        Ok(Secret::new(label, value))
    }
}

/// Reads nothing: a plan needs to know that there is a secret, not what it is.
pub struct Unread;

impl SecretReader for Unread {
    fn read(&mut self, label: &'static str, _: &SecretSource) -> Result<Secret, String> {
        Ok(Secret::new(label, "a secret that a plan does not read"))
    }
}

fn read_file(label: &str, path: &Path) -> Result<String, String> {
    let shown = path.display();
    for_us_alone(label, path)?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("the {label} cannot be read from {shown}: {error}"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Whether a file that holds a secret is kept from the other users of this machine.
///
/// # Errors
/// When it is not, with what to do.
pub fn for_us_alone(label: &str, path: &Path) -> Result<(), String> {
    let shown = path.display();
    match readable_by_others(path) {
        Some(problem) => Err(format!("the {label} in {shown} {problem}: chmod 600 {shown}")),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<&'static str> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then_some("can be read by other users of this machine")
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> Option<&'static str> {
    None
}

/// The first line that the program prints. What it prints to stderr is the person's to see.
fn run(label: &str, words: &[String]) -> Result<String, String> {
    let Some((program, arguments)) = words.split_first() else { return Err(format!("the {label} has no program to come from")) };
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("the {label} is missing: {program} cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("the {label} is missing: {program} ended with {}", output.status));
    }
    let text =
        String::from_utf8(output.stdout).map_err(|_| format!("the {label}: {program} printed something that is not text"))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn ask(label: &str, environment: &Environment) -> Result<String, String> {
    if !environment.stderr_is_terminal {
        return Err(format!("the {label} is to be typed in, and there is no terminal"));
    }
    let terminal = console::Term::stderr();
    let asked = terminal.write_str(&format!("{label}: ")).and_then(|()| terminal.read_secure_line());
    asked.map_err(|error| format!("the {label} could not be typed in: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_a_file_that_nobody_else_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hunter2hunter2\n").unwrap();
        let environment = Environment::default();
        let mut secrets = Secrets::new(&environment);
        let source = SecretSource::File(path.clone());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(secrets.read("client_secret", &source).unwrap_err().contains("chmod 600"));
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(secrets.read("client_secret", &source).unwrap().expose(), "hunter2hunter2");
    }

    #[test]
    fn what_is_missing_is_said_without_any_value() {
        let environment = Environment::default();
        let mut secrets = Secrets::new(&environment);
        let missing = secrets.read("password", &SecretSource::Env("NO_SUCH".into())).unwrap_err();
        assert!(missing.contains("NO_SUCH"), "{missing}");
        let failed = secrets.read("password", &SecretSource::Command(vec!["false".into()])).unwrap_err();
        assert!(failed.contains("password"), "{failed}");
        assert!(secrets.read("password", &SecretSource::Prompt).unwrap_err().contains("no terminal"));
        let echoed = secrets.read("password", &SecretSource::Command(vec!["echo".into(), "value".into()])).unwrap();
        assert_eq!(echoed.expose(), "value");
    }
}
