//! `carinbb doctor` against the reference server and against what is not there.

use std::fs;

use super::tool::{Served, Tool};

#[test]
fn a_target_in_order_has_a_line_for_each_thing_and_nothing_to_mend() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("reference.toml").display().to_string();
    let server = Served::new(["--target-out", &file]);
    let printed = Tool::new().args(["doctor", &file, "--ca-file", &server.ca_text]).exits(0);
    let secrets = folder.path().join("reference.toml-secrets");
    for entry in fs::read_dir(&secrets).expect("the secrets are written") {
        let secret = fs::read_to_string(entry.expect("it can be listed").path()).expect("it is text");
        assert!(!printed.stdout.contains(secret.trim()), "a secret is shown");
    }
    printed
        .stdout_has("OK certificate")
        .stdout_has("OK metadata")
        .stdout_has("OK clock")
        .stdout_has("OK client confidential")
        .stdout_has("refused with invalid_grant")
        .stdout_has("OK login first")
        .stdout_has("came back with a code");
}

#[test]
fn what_is_to_be_mended_is_said_with_a_fix_and_exit_1() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("reference.toml").display().to_string();
    let server = Served::new(["--target-out", &file]);
    let text = fs::read_to_string(&file).expect("the file is written");
    let secret = folder.path().join("reference.toml-secrets").join("confidential-secret");
    fs::remove_file(secret).expect("the secret was there");
    fs::write(&file, text).expect("the folder is writable");
    Tool::new()
        .args(["doctor", &file, "--ca-file", &server.ca_text])
        .exits(1)
        .stdout_has("FIX secrets")
        .stdout_has("client_secret")
        .stdout_has("NOTE login");
    let url = server.base.clone();
    Tool::new()
        .args(["doctor", &url, "--ca-file", &server.ca_text])
        .exits(0)
        .stdout_has("NOTE no login")
        .stdout_has("would settle")
        .stdout_has("NOTE no member.second");
    Tool::new().args(["doctor", &url]).exits(1).stdout_has("FIX certificate").stdout_has("--ca-file");
}

#[test]
fn a_target_that_is_not_there_is_exit_3() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let url = format!("https://127.0.0.1:{port}/r4");
    Tool::new().args(["doctor", &url]).exits(3).stdout_has("ERROR certificate").stdout_has("is it up");
    Tool::new().args(["doctor"]).exits(2).stderr_has("no target");
}

#[test]
fn settings_are_printed_with_their_origin() {
    Tool::new()
        .args(["doctor", "--settings", "https://p.example"])
        .env("CARINBB_RATE", "2/s")
        .file("carinbb.toml", "timeout = \"7s\"\n")
        .exits(0)
        .stdout_has("environment")
        .stdout_has("carinbb.toml")
        .stdout_has("in-flight 6 default");
}
