//! Which programs are installed, and what a test does when one is not.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

/// The paths of the programs, or `None` after having said which one is missing.
///
/// # Panics
/// When one is missing and `CARINBB_INTEROP=required`.
pub(super) fn find<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let found = names.map(|name| (name, which(name)));
    for (name, path) in &found {
        if path.is_none() {
            skip(&format!("{name} is not installed"));
            return None;
        }
    }
    Some(found.map(|(_, path)| path.expect("each was found, or the loop had returned")))
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
