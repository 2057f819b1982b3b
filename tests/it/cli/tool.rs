//! Starts the binary in a folder and an environment of its own, and says what it printed and how it ended.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Variables of the machine that would change what is printed.
const LEFT_OUT: [&str; 10] = [
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "CI",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// A call of `carinbb` that is being made up.
pub(super) struct Tool {
    command: Command,
    folder: TempDir,
}

impl Tool {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
        command.current_dir(folder.path()).env("XDG_CONFIG_HOME", folder.path().join("home")).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARINBB_")) {
            command.env_remove(name);
        }
        for name in LEFT_OUT {
            command.env_remove(name);
        }
        Self { command, folder }
    }

    pub fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Writes a file below the folder in which the tool is started.
    pub fn file(self, path: &str, text: &str) -> Self {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().expect("the file lies in a folder")).expect("the folder is writable");
        fs::write(file, text).expect("the folder is writable");
        self
    }

    /// Waits for the end and checks the exit code.
    pub fn exits(self, code: i32) -> Printed {
        let printed = self.ends();
        assert_eq!(printed.code, Some(code), "{}\n{}", printed.stdout, printed.stderr);
        printed
    }

    /// Waits for the end, whatever the exit code.
    pub fn ends(mut self) -> Printed {
        let output = self.command.output().expect("the binary can be started");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("what is printed is UTF-8");
        Printed { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr), folder: self.folder }
    }

    /// Starts it and leaves it running, stdout and stderr for the caller.
    pub fn starts(mut self) -> Going {
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary can be started");
        Going { child, folder: self.folder }
    }
}

/// What was printed.
pub(super) struct Printed {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    folder: TempDir,
}

impl Printed {
    pub fn stdout_has(self, part: &str) -> Self {
        assert!(unwrapped(&self.stdout).contains(part), "'{part}' is not in stdout:\n{}", self.stdout);
        self
    }

    pub fn stdout_lacks(self, part: &str) -> Self {
        assert!(!unwrapped(&self.stdout).contains(part), "'{part}' is in stdout:\n{}", self.stdout);
        self
    }

    pub fn stderr_has(self, part: &str) -> Self {
        assert!(unwrapped(&self.stderr).contains(part), "'{part}' is not in stderr:\n{}", self.stderr);
        self
    }

    pub fn stdout_is_empty(self) -> Self {
        assert_eq!(self.stdout, "");
        self
    }

    pub fn stderr_is_empty(self) -> Self {
        assert_eq!(self.stderr, "");
        self
    }

    /// stdout as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("stdout is one JSON document")
    }

    /// A file that the tool wrote.
    pub fn written(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).expect("the tool wrote the file")
    }

    /// True when there is such a file.
    pub fn has_written(&self, path: &str) -> bool {
        self.folder.path().join(path).exists()
    }
}

/// Lines that were broken for the width are one text again.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A tool that runs.
pub(super) struct Going {
    pub child: Child,
    folder: TempDir,
}

impl Going {
    pub fn written(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).expect("the tool wrote the file")
    }

    /// True once the tool, or what it started, has written the file.
    #[cfg(unix)]
    pub fn has_written(&self, path: &str) -> bool {
        self.folder.path().join(path).exists()
    }

    /// The next line of stdout.
    pub fn first_line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("stdout can be read");
        line
    }

    /// What ctrl-C sends.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        let status = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill can be started");
        assert!(status.success());
    }

    pub fn ends(&mut self) -> ExitStatus {
        self.child.wait().expect("the tool can be waited for")
    }
}

/// What `carinbb serve` prints when it listens.
const LAST_LINE: &str = "ctrl-C ends it";

/// `carinbb serve` on a free port, for as long as the value lives.
pub(super) struct Served {
    child: Child,
    folder: TempDir,
    pub base: String,
    pub lines: Vec<String>,
    /// The file of the root certificate.
    pub ca_text: String,
}

impl Served {
    pub fn new<'a>(args: impl IntoIterator<Item = &'a str>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut child = Command::new(env!("CARGO_BIN_EXE_carinbb"))
            .args(["serve", "--ca-out"])
            .arg(folder.path().join("ca.pem"))
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines: Vec<String> = Vec::new();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            lines.push(line);
            if lines.last().is_some_and(|line| line == LAST_LINE) {
                break;
            }
        }
        let base = lines.first().and_then(|line| line.split_whitespace().last()).expect("the base is printed first").to_owned();
        let ca_text = path(&folder.path().join("ca.pem")).to_owned();
        Self { child, folder, base, lines, ca_text }
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// `run` against this server, which it trusts.
    pub fn run(&self) -> Tool {
        self.run_at(&self.base)
    }

    /// `run` against another address of this server.
    pub fn run_at(&self, base: &str) -> Tool {
        Tool::new().args(["run", "--target", base, "--ca-file", path(&self.ca())])
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It is our own child, and it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the temporary folder has a plain name")
}
