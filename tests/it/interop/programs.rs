//! Which programs are installed, and what a test does when one is not.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The paths of the programs, or `None` after having said which one is missing.
///
/// # Panics
/// When one is missing and `CARINBB_INTEROP=required`.
pub fn find<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let found = names.map(|name| (name, which(name)));
    for (name, path) in &found {
        if path.is_none() {
            skip(&format!("{name} is not installed"));
            return None;
        }
    }
    Some(found.map(|(_, path)| path.expect("each was found, or the loop had returned")))
}

/// Names the Python that has the packages of `tests/interop/requirements.txt`; otherwise it is the one on the PATH.
const PYTHON: &str = "CARINBB_INTEROP_PYTHON";
/// Names the folder `node_modules` with the packages of `tests/interop/package.json`.
const NODE_PACKAGES: &str = "CARINBB_INTEROP_NODE_MODULES";

/// A Python that can import these modules, or `None` after having said that there is none.
///
/// # Panics
/// When there is none and `CARINBB_INTEROP=required`.
pub(super) fn python(modules: &str) -> Option<PathBuf> {
    python_of(PYTHON, modules, "tests/interop/requirements.txt")
}

/// The Python that a variable names, or the one on the PATH, when it can import these modules.
///
/// # Panics
/// When there is none and `CARINBB_INTEROP=required`.
pub(super) fn python_of(variable: &str, modules: &str, requirements: &str) -> Option<PathBuf> {
    let python = env::var_os(variable).map(PathBuf::from).or_else(|| which("python3"));
    let Some(python) = python else {
        skip("python3 is not installed");
        return None;
    };
    if succeeds(Command::new(&python).args(["-c", &format!("import {modules}")])) {
        return Some(python);
    }
    skip(&format!("{} lacks one of {modules}: install {requirements} and set {variable}", python.display()));
    None
}

/// The folder that `NODE_PATH` must name for a package, or `None` after having said that there is none.
///
/// # Panics
/// When there is none and `CARINBB_INTEROP=required`.
pub(super) fn node_packages(node: &Path, package: &str) -> Option<OsString> {
    let folder = env::var_os(NODE_PACKAGES).or_else(|| env::var_os("NODE_PATH")).unwrap_or_default();
    if succeeds(Command::new(node).args(["-e", &format!("require('{package}')")]).env("NODE_PATH", &folder)) {
        return Some(folder);
    }
    skip(&format!("npm's {package} is not there: install tests/interop/package.json and set {NODE_PACKAGES}"));
    None
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Says why a test is skipped, past the capture of the test harness.
fn skip(why: &str) {
    let is_required = env::var("CARINBB_INTEROP").is_ok_and(|word| word == "required");
    assert!(!is_required, "skipped although CARINBB_INTEROP=required: {why}");
    let name = std::thread::current().name().unwrap_or("interop").to_owned();
    let _ = writeln!(io::stderr(), "skipped: {why} ({name})");
}

fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian keeps nginx where only root's PATH looks.
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let folders = env::split_paths(&path).chain(system);
    let file = OsString::from(format!("{name}{}", env::consts::EXE_SUFFIX));
    folders.map(|folder| folder.join(&file)).find(|path| path.is_file())
}
