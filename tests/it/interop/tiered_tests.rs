//! Tiered OAuth with an app and an identity provider made of other libraries: `cryptography` for certificates, `jwcrypto` for JWTs.
//! The data holder is the reference server, whose faults prove the cases.

use std::process::Command;

use serde_json::{Value, json};

use super::clients::scripts;
use super::programs;
use super::served::Served;

#[test]
fn the_data_holder_believes_an_independent_provider_and_nothing_wrong_of_it() {
    let Some(python) = programs::python("cryptography, jwcrypto, requests") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let lab = folder.path().join("lab");
    let made =
        Command::new(env!("CARGO_BIN_EXE_carinbb")).args(["pki", "init"]).arg(&lab).output().expect("the binary can be started");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let root = lab.join("root.pem").display().to_string();
    let served = Served::with(&["--udap-anchors", &root, "--udap-community", "urn:test:community"]);
    let output = Command::new(python)
        .arg(scripts().join("tiered.py"))
        .arg(&served.base)
        .arg(&lab)
        .arg(served.ca())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ends: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let expected = json!({
        "metadata of another": "invalid_idp",
        "right": "code",
        "token of another": "invalid_idp",
        "another nonce": "invalid_idp",
        "another audience": "invalid_idp",
        "expired": "invalid_idp",
        "unknown member": "access_denied",
        "registrations": 1,
    });
    assert_eq!(ends, expected);
}
