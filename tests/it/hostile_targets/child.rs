//! Runs the binary as its users do and watches it from outside: exit code, output, record, time and peak memory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The most memory that a run may take; the reference server of `--demo` lives in the same process.
pub(super) const MOST_MEMORY_KIB: u64 = 192 * 1024;

/// A run that has ended.
pub(super) struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The run record; null when none was written.
    pub record: Value,
    /// The JUnit file.
    pub junit: String,
    pub elapsed: Duration,
    /// The peak of resident memory; 0 where the system does not tell.
    pub peak_kib: u64,
}

/// `carinbb run --demo --fault FAULT` with further arguments.
pub(super) fn demo(fault: &str, arguments: &[&str]) -> Finished {
    run(&[&["--demo", "--fault", fault], arguments].concat(), &[])
}

/// `carinbb run` with these arguments, all reports, and these variables in the environment.
pub(super) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = |name: &str| folder.path().join(name);
    let begun = Instant::now();
    let child = command(folder.path())
        .args(["run", "--verbose", "--report", "json=run.json", "--report", "junit=run.xml"])
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(File::create(at("stdout")).expect("the file can be made"))
        .stderr(File::create(at("stderr")).expect("the file can be made"))
        .spawn()
        .expect("the binary under test can be started");
    let (status, peak_kib) = watch(child);
    let text = |name: &str| fs::read(at(name)).map(|bytes| String::from_utf8(bytes).expect("text is UTF-8")).unwrap_or_default();
    Finished {
        code: status.code(),
        stdout: text("stdout"),
        stderr: text("stderr"),
        record: serde_json::from_str(&text("run.json")).unwrap_or_default(),
        junit: text("run.xml"),
        elapsed: begun.elapsed(),
        peak_kib,
    }
}

/// The binary in a folder of its own, with nothing of the environment that could change it.
pub(super) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    command.current_dir(folder).stdin(Stdio::null()).env("XDG_CONFIG_HOME", folder).env("CI", "true");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "SSL_CERT_FILE"] {
        command.env_remove(name);
    }
    command
}

/// Waits for the end, at most two minutes, and looks at the peak of memory on the way.
fn watch(mut child: Child) -> (ExitStatus, u64) {
    let (begun, mut peak) = (Instant::now(), 0);
    loop {
        peak = peak_of(child.id()).unwrap_or(peak).max(peak);
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return (status, peak);
        }
        if begun.elapsed() > Duration::from_mins(2) {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the run did not come to an end");
        }
        thread::sleep(Duration::from_millis(4));
    }
}

/// Linux alone tells it.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().parse().ok()
}

impl Finished {
    /// What holds for every row: an end with a record, no panic, no good word, little memory.
    #[track_caller]
    pub(super) fn survived(&self) -> &Self {
        self.ended_well();
        assert!(matches!(self.code, Some(1 | 3)), "exit {:?}\n{}", self.code, self.stdout);
        self
    }

    /// The same for a server whose attack makes it no worse a server.
    #[track_caller]
    pub(super) fn ended_well(&self) -> &Self {
        assert!(self.code.is_some_and(|code| code < 4), "exit {:?}\n{}\n{}", self.code, self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert_eq!(self.record["complete"], true, "{}", self.stderr);
        assert_eq!(self.record["claim"]["conformant"], false);
        assert!(self.peak_kib < MOST_MEMORY_KIB, "{} KiB", self.peak_kib);
        assert!(self.peak_kib > 0 || !cfg!(target_os = "linux"), "the peak of memory was not seen");
        self
    }

    /// Neither discovery document was read, for this cause: no finding rests on them, and nothing that needs them passes.
    #[track_caller]
    pub(super) fn documents_unread_because(&self, kinds: &[&str]) -> &Self {
        assert_eq!(self.code, Some(3), "{}", self.stdout);
        for case in ["discovery.smart-configuration", "discovery.capability-statement"] {
            assert_eq!(self.verdicts(case), BTreeSet::from(["error"]), "{case}");
        }
        let causes = self.causes("discovery.smart-configuration");
        assert!(!causes.is_empty() && causes.iter().all(|kind| kinds.contains(kind)), "{causes:?}");
        self.nothing_passes("access").nothing_fails()
    }

    #[track_caller]
    pub(super) fn nothing_passes(&self, area: &str) -> &Self {
        let passed = self.cases().filter(|case| case["verdict"] == "pass" && name(case).starts_with(area));
        let passed: Vec<String> = passed.map(|case| format!("{} {}", name(case), case["variant"])).collect();
        assert!(passed.is_empty(), "{passed:?}");
        self
    }

    #[track_caller]
    pub(super) fn nothing_fails(&self) -> &Self {
        let failed: Vec<&str> = self.cases().filter(|case| case["verdict"] == "fail").map(name).collect();
        assert!(failed.is_empty(), "{failed:?}");
        self
    }

    /// The verdicts of all variants of a case.
    pub(super) fn verdicts(&self, case: &str) -> BTreeSet<&str> {
        let named = self.cases().filter(|own| name(own) == case);
        named.filter_map(|own| own["verdict"].as_str()).collect()
    }

    /// Why steps of a case could not be observed.
    pub(super) fn causes(&self, case: &str) -> BTreeSet<&str> {
        let named = self.cases().filter(|own| name(own) == case);
        let steps = named.filter_map(|own| own["steps"].as_array()).flatten();
        steps.filter_map(|step| step["broken"]["kind"].as_str()).collect()
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = &Value> {
        self.record["cases"].as_array().into_iter().flatten()
    }

    /// What was sent and came back, as it stands in the record.
    pub(super) fn evidence(&self) -> String {
        self.record["evidence"].to_string()
    }
}

fn name(case: &Value) -> &str {
    case["case"].as_str().unwrap_or_default()
}
