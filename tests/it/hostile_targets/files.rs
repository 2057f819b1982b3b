//! Files and the machine: hostile cases, a full disk, a closed pipe, signals (H47, H50).

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::child::command;

#[test]
fn h47_a_hostile_case_is_refused_and_reads_neither_files_nor_the_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::create_dir(folder.path().join("access")).expect("a folder can be made");
    let case = folder.path().join("access/stranger.toml");
    fs::write(
        &case,
        r#"
id           = "access.stranger"
title        = "A case from a stranger {{env.CARINBB_CANARY}}"
requirements = ["carin-bb/exchange-1"]
faults       = ["tls-1.1-enabled"]
why          = "It wants to run programs, to read files and to flood the target."

[values]
secret = { env = "CARINBB_CANARY" }
file   = { file = "/etc/passwd" }

[[steps]]
title  = "Run a program"
do     = "shell.run"
with   = { command = "id" }

[[steps]]
title  = "Flood the target"
do     = "http.get"
with   = { url = "metadata", copies = 1000000000 }
expect = [{ that = "x", matches = "(a+)+$" }]
"#,
    )
    .expect("the case can be written");
    let output = command(folder.path()).arg("check").arg(&case).env("CARINBB_CANARY", "canary-of-the-environment").output();
    let output = output.expect("the binary under test can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("shell.run") && !text.contains("canary-of-the-environment") && !text.contains("root:"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn h50_a_full_disk_is_said_and_never_a_success() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = command(folder.path()).args(["run", "--demo", "--quiet", "--report", "json=/dev/full"]).output();
    let output = output.expect("the binary under test can be started");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(2 | 3)), "{:?} {text}", output.status);
    assert!(text.contains("/dev/full") && !text.contains("panicked"), "{text}");
}

#[test]
fn h50_a_closed_pipe_changes_no_verdict() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for format in ["human", "json", "ndjson"] {
        let mut child = command(folder.path())
            .args(["run", "--demo", "--fault", "tls-1.1-enabled", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary under test can be started");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("a child can be waited for");
        assert_eq!(output.status.code(), Some(1), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn h50_a_signal_ends_the_run_with_a_record_that_says_so() {
    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut child = command(folder.path())
            .args(["run", "--demo", "--fault", "hostile-429-everything", "--format", "ndjson"])
            .args(["--report", "json=run.json", "--report", "junit=run.xml"])
            .stdout(File::create(folder.path().join("events")).expect("the file can be made"))
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary under test can be started");
        thread::sleep(Duration::from_secs(2));
        assert!(child.try_wait().expect("a child can be waited for").is_none(), "the target holds it for minutes");
        let begun = Instant::now();
        let sent = Command::new("kill").arg(signal).arg(child.id().to_string()).status().expect("kill is there");
        assert!(sent.success());
        let status = child.wait().expect("a child can be waited for");
        assert_eq!(status.code(), Some(130), "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{signal}: {:?}", begun.elapsed());
        let record = fs::read_to_string(folder.path().join("run.json")).expect("the record was written");
        let record: Value = serde_json::from_str(&record).expect("the record is JSON");
        assert_eq!(record["complete"], false, "{signal}");
        let junit = fs::read_to_string(folder.path().join("run.xml")).expect("the report was written");
        assert!(junit.trim_end().ends_with("</testsuites>"), "{signal}");
    }
}
