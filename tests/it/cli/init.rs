//! `carinbb init`: what it writes is right, and nothing that exists is lost.

use std::fs;

use super::tool::Tool;

#[test]
fn what_init_writes_is_checked_without_a_complaint_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    fs::write(folder.path().join(".gitignore"), "/keys/").unwrap();
    Tool::new()
        .args(["init", &at, "--base", "https://p.example/r4", "--idp", "okta"])
        .exits(0)
        .stdout_has(&format!("wrote {at}/.gitignore next: carinbb doctor {at}/target.toml"));
    let target = folder.path().join("target.toml");
    Tool::new().args(["check", &target.display().to_string()]).exits(0).stdout_has("no problem found");
    assert!(fs::read_to_string(&target).unwrap().contains("webdriver"));
    assert!(folder.path().join(".github/workflows/carinbb.yml").is_file());
    let ignored = fs::read_to_string(folder.path().join(".gitignore")).unwrap();
    assert!(ignored.starts_with("/keys/\n") && ignored.matches("/keys/").count() == 1 && ignored.contains("/runs/"), "{ignored}");
    fs::write(&target, "mine").unwrap();
    Tool::new().args(["init", &at]).exits(2).stderr_has("already has target.toml");
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), ignored);
}

#[test]
fn the_letter_of_an_auditor_says_what_each_input_settles() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    Tool::new().args(["init", &at, "--auditor"]).exits(0);
    let letter = fs::read_to_string(folder.path().join("carinbb-request.md")).unwrap();
    let row = letter.lines().find(|line| line.starts_with("| `member.second`")).expect("a row for the second member");
    assert!(!row.contains("| 0 SHALL"), "{row}");
    assert!(!folder.path().join("target.toml").exists() && !letter.contains('@'), "{letter}");
}

#[test]
fn a_base_that_is_no_url_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    Tool::new()
        .args(["init", &folder.path().display().to_string(), "--base", "payer.example"])
        .exits(2)
        .stderr_has("is not a URL");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
