//! The environment, read once in `main`; everything below gets it as a value.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;

use super::paint::ColorEnvironment;

/// The width of a page that is no terminal.
pub const PAGE: usize = 100;

/// Environment variables and what the standard streams are.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// True when somebody can type.
    pub stdin_is_terminal: bool,
    /// True when stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// True when stderr is a terminal.
    pub stderr_is_terminal: bool,
    /// The width of the terminal in columns, where there is one.
    pub width: Option<usize>,
}

impl Environment {
    /// Reads the process's environment. Called by `main` alone.
    #[must_use]
    pub fn read() -> Self {
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self {
            variables: variables.collect(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            width: console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns)),
        }
    }

    /// A variable, when it is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// True when a variable is set to nothing.
    #[must_use]
    pub fn is_empty(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(String::is_empty)
    }

    /// What it says of colour.
    #[must_use]
    pub fn colour(&self) -> ColorEnvironment {
        let raw = |name: &str| self.variables.get(name).cloned();
        ColorEnvironment {
            no_color: raw("NO_COLOR"),
            clicolor_force: raw("CLICOLOR_FORCE"),
            clicolor: raw("CLICOLOR"),
            term: raw("TERM"),
        }
    }

    /// True on a CI system.
    #[must_use]
    pub fn is_ci(&self) -> bool {
        self.get("CI").is_some()
    }

    /// A proxy that other tools would take from the environment, and that carinbb does not.
    #[must_use]
    pub fn ambient_proxy(&self) -> Option<String> {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
        names.into_iter().find_map(|name| self.get(name).map(|_| name.to_owned()))
    }

    /// Where a user's own settings lie.
    #[must_use]
    pub fn user_settings(&self) -> Option<PathBuf> {
        let folder = self.get("XDG_CONFIG_HOME").map(PathBuf::from);
        let home = || self.get("HOME").or_else(|| self.get("USERPROFILE")).map(|home| PathBuf::from(home).join(".config"));
        Some(folder.or_else(home)?.join("carinbb").join("config.toml"))
    }
}
