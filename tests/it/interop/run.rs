//! Runs the carinbb binary as an operator does, and reads the run record that it wrote.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than any of these runs should take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came of one run.
#[derive(Debug)]
pub(super) struct Run {
    /// The exit code.
    pub(super) code: i32,
    /// The record; null when none was written.
    pub(super) record: Value,
    /// What was printed, on both streams.
    pub(super) printed: String,
}

/// `carinbb run TARGET ARGUMENTS… --report json=FILE`, with the CA when there is one.
pub(super) fn run(target: &str, ca: Option<&Path>, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let record = folder.path().join("run.json");
    let output = folder.path().join("output.txt");
    let log = fs::File::create(&output).expect("the folder is writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    command.args(["run", target, "--color", "never", "--progress", "never"]).args(arguments);
    command.arg("--report").arg(format!("json={}", record.display()));
    if let Some(ca) = ca {
        command.arg("--ca-file").arg(ca);
    }
    // What the developer's own shell sets must not shape the verdict.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARINBB_")) {
        command.env_remove(name);
    }
    let mut child = command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the handle can be cloned"))
        .stderr(log)
        .spawn()
        .expect("the binary under test can be started");
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the run against {target} took more than {PATIENCE:?}: {}", read(&output));
        }
        sleep(Duration::from_millis(10));
    };
    let printed = read(&output);
    let record = serde_json::from_str(&read(&record)).unwrap_or(Value::Null);
    let code = status.code().unwrap_or_else(|| panic!("ended by a signal: {printed}"));
    Run { code, record, printed }
}

fn read(file: &Path) -> String {
    fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
