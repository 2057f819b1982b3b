//! What flags and the machine say of the browser that signs members in.

use std::path::PathBuf;

use super::args::RunArgs;
use crate::target::{Environment, Launch, Screenshots, Target};

/// Completes what the target file says of the browser.
pub fn complete(launch: &mut Launch, arguments: &RunArgs, target: &Target, screenshots: Option<&PathBuf>) {
    let browser = &mut launch.login.browser;
    browser.proxy.clone_from(&arguments.proxy);
    // The roots of --ca-file and of the reference server are ours; the browser has its own.
    browser.private_roots = arguments.demo || arguments.ca_file.is_some();
    browser.no_sandbox = is_root();
    let synthetic = target.environment == Environment::Staging;
    browser.screenshots = screenshots.map(|folder| Screenshots { folder: folder.clone(), synthetic });
}

/// Chromium has no sandbox for root.
#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of this process's own entry; without one, nothing is known and the sandbox stays on.
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
