//! `carinbb serve` as a child process, and what it told about itself.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// What it prints when it listens.
const LAST_LINE: &str = "ctrl-C ends it";

/// The reference server with its root and its credentials in files. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Served {
    child: Child,
    folder: TempDir,
    /// The FHIR base.
    pub(super) base: String,
}

impl Served {
    /// Starts the binary with these faults and waits until it listens.
    ///
    /// # Panics
    /// When it does not start.
    pub(super) fn start(faults: &[&str]) -> Self {
        Self::with(&faults.iter().flat_map(|fault| ["--fault", fault]).collect::<Vec<_>>())
    }

    /// The same with these flags.
    ///
    /// # Panics
    /// When it does not start.
    pub(super) fn with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
        command.args(["serve", "--port", "0", "--ca-out"]).arg(folder.path().join("ca.pem"));
        command.arg("--credentials-out").arg(folder.path().join("credentials.json"));
        command.args(flags);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the binary under test can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines: Vec<String> = Vec::new();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            lines.push(line);
            if lines.last().is_some_and(|line| line == LAST_LINE) {
                break;
            }
        }
        assert!(lines.last().is_some_and(|line| line == LAST_LINE), "the server did not start: {lines:?}");
        let base = lines.first().and_then(|line| line.split_whitespace().last()).expect("the base is printed first").to_owned();
        Self { child, folder, base }
    }

    /// The root that signed its certificates.
    pub(super) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Its apps and members.
    pub(super) fn credentials(&self) -> PathBuf {
        self.folder.path().join("credentials.json")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It is our own child, and it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
