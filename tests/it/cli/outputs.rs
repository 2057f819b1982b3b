//! Where output goes: what cannot be written is said, costs nothing else, and is seen before anything is sent where that can be.

use std::fs;
use std::process::{Command, Stdio};

use super::tool::Tool;

#[test]
fn a_report_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let run = |report: &str| Tool::new().file("reports/keep", "").args(["run", "--demo", "tls.plain-http", "--report", report]);
    run("junit=reports").exits(2).stdout_is_empty().stderr_has("cannot write reports");
    run("junit=reports/keep/x.xml").exits(2).stdout_is_empty();
    let bundle = Tool::new().file("reports/keep", "").args(["run", "--demo", "tls.plain-http", "--bundle", "reports"]);
    bundle.exits(2).stdout_is_empty().stderr_has("cannot write reports");
    // To look leaves a file as it is, and none where there was none.
    let tool =
        Tool::new().file("old.xml", "old").args(["run", "--demo", "--report", "junit=old.xml", "--report", "html=new.html"]);
    let printed = tool.args(["--report", "csv=no-such-folder/x"]).exits(2);
    assert_eq!(printed.written("old.xml"), "old");
    assert!(!printed.has_written("new.html"));
}

/// Writes to /dev/full fail as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_costs_no_other_output() {
    let full = |args: &[&str]| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has /dev/full");
        let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
        let output = command.args(args).stdout(Stdio::from(full)).output().expect("the binary can be started");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for args in [&["list", "cases", "--json"] as &[&str], &["run", "--demo", "tls.plain-http", "--format", "json"]] {
        let (code, said) = full(args);
        assert!(code == Some(2) && said.contains("what was printed is lost"), "{args:?}: {code:?}\n{said}");
    }
    let run = Tool::new().args(["run", "--demo", "tls.plain-http", "--report", "json=/dev/full", "--report", "junit=o.xml"]);
    let printed = run.args(["-o", "out"]).exits(2).stderr_has("cannot write the report json=/dev/full");
    assert!(printed.written("o.xml").contains("<testsuites") && printed.written("out/run.json").contains("carinbb-run"));
}

/// Such a name reached the program as that of another file.
#[cfg(unix)]
#[test]
fn a_name_that_is_no_utf_8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    let output =
        command.args([OsStr::new("check"), OsStr::from_bytes(b"o\xff.toml")]).output().expect("the binary can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("is not UTF-8"), "{said}");
}

#[test]
fn a_file_that_is_something_else_is_called_so() {
    let printed = Tool::new().args(["run", "--demo", "tls.plain-http", "--report", "json=run.json"]).exits(0);
    let record = printed.written("run.json");
    Tool::new().file("run.json", &record).args(["verify", "run.json"]).exits(3).stderr_has("it is JSON and no bundle");
    Tool::new().file("t.toml", "\n").args(["check", "t.toml"]).exits(1).stderr_has("t.toml: it is empty");
    for command in [&["report", "--report", "csv=-"] as &[&str], &["attest"], &["verify"], &["compare", "run.json"]] {
        let tool = Tool::new().file("run.json", &record).args(command.iter().copied());
        tool.args(["no-such-file"]).exits(3).stderr_has("cannot read no-such-file");
    }
    Tool::new().args(["run", "--demo", "--baseline", "no-such-file"]).exits(2).stderr_has("cannot read no-such-file");
}
