//! The page where a member withdraws an app's access: tried where the target file names it, and not held against a server otherwise.

use std::fs;

use super::tool::{Printed, Served, Tool};

const CASE: &str = "revocation.by-member";

/// A server, and its target file as `serve` writes it.
fn served(fault: &[&str]) -> (tempfile::TempDir, Served, String) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("target.toml").display().to_string();
    let served = Served::new(["--target-out", path.as_str()].into_iter().chain(fault.iter().flat_map(|own| ["--fault", own])));
    let text = fs::read_to_string(&path).expect("serve wrote the target file");
    (folder, served, text)
}

fn run(served: &Served, target: &str, code: i32) -> Printed {
    Tool::new().file("t.toml", target).args(["run", "--target", "t.toml", "--ca-file", &served.ca_text, CASE]).exits(code)
}

#[test]
fn a_withdrawal_is_tried_with_its_page_and_not_selected_without_it() {
    let (_folder, served, target) = served(&[]);
    run(&served, &target, 0).stdout_has("PASS").stdout_has(CASE);
    let without = target.split("\n[login.withdrawal]").next().expect("a text has a beginning");
    assert!(without.len() < target.len(), "the target file names the page");
    run(&served, without, 4).stdout_has("the target file names no page where a member withdraws an app's access");
    let unauthorized = target.replace("allow = [\"change\"]", "allow = []");
    run(&served, &unauthorized, 4).stdout_has("does not allow change");
}

#[test]
fn a_page_that_fails_or_says_nothing_blocks_and_says_why() {
    for (fault, why) in [
        ("withdrawal-page-fails", "answered with status 500"),
        ("withdrawal-without-word", "every step of [login.withdrawal] was done"),
    ] {
        let (_folder, served, target) = served(&[fault]);
        run(&served, &target, 0).stdout_has("BLOCK").stdout_has(why).stdout_lacks("PASS ");
    }
}
