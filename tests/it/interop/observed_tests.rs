//! Apps that others wrote, observed by `serve --observe`: the verdicts are those of a table made by hand from the source of each.
//!
//! Authlib's script checks the ID token with Authlib's own code; the two clients of SMART read its claims and check nothing. The
//! JavaScript client sends a state of sixteen letters and digits (95 bits), and where the redirect brings no state it takes the one
//! that it has kept (`lib/smart.js`: `randomString(16)`, and the key of the storage in place of `state`).

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::clients::App;

/// What every app that does everything right gets.
const RIGHT: [(&str, &str); 20] = [
    ("client.certificate [has expired]", "pass"),
    ("client.certificate [is for another host]", "pass"),
    ("client.certificate [is of a CA that the app does not know]", "pass"),
    ("client.certificate [is signed by itself]", "pass"),
    ("client.id-token [for another app]", "pass"),
    ("client.id-token [of another issuer]", "pass"),
    ("client.id-token [that has expired]", "pass"),
    ("client.id-token [that is not signed]", "pass"),
    ("client.id-token [whose signature is wrong]", "pass"),
    ("client.id-token-nonce", "pass"),
    ("client.launch", "pass"),
    ("client.pkce", "pass"),
    ("client.refresh", "pass"),
    ("client.scopes", "pass"),
    // each of them is launched with a secret
    ("client.signed-assertion", "not-applicable"),
    ("client.state", "pass"),
    ("client.tls", "pass"),
    ("client.token-request", "pass"),
    ("client.token-use", "pass"),
    ("client.unknown-parameters", "pass"),
];

/// What an app gets that takes any ID token and sends no nonce.
const TAKES_ANY_ID_TOKEN: [(&str, &str); 6] = [
    ("client.id-token [for another app]", "fail"),
    ("client.id-token [of another issuer]", "fail"),
    ("client.id-token [that has expired]", "fail"),
    ("client.id-token [that is not signed]", "fail"),
    ("client.id-token [whose signature is wrong]", "fail"),
    ("client.id-token-nonce", "not-applicable"),
];

/// The table with these rows in place of its own.
fn with(other: &[(&'static str, &'static str)]) -> BTreeMap<String, String> {
    RIGHT.iter().chain(other).map(|(label, verdict)| ((*label).to_owned(), (*verdict).to_owned())).collect()
}

/// The record and the exit code of an observation; `None` when the library is not there.
fn observed(app: App) -> Option<(Value, Option<i32>)> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [ca, credentials, record] = ["ca.pem", "credentials.json", "r.json"].map(|name| folder.path().join(name));
    let launch = app.launch_command(&credentials)?;
    let output = Command::new(env!("CARGO_BIN_EXE_carinbb"))
        .args(["serve", "--observe", "--smart", "2.0.0", "--silence", "300ms", "--launch-command", &launch, "--ca-out"])
        .arg(&ca)
        .arg("--credentials-out")
        .arg(&credentials)
        .args(["--report", &format!("json={}", record.display())])
        // Each library has its own way to trust a root.
        .env("REQUESTS_CA_BUNDLE", &ca)
        .env("NODE_EXTRA_CA_CERTS", &ca)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the binary can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    let text = std::fs::read_to_string(&record).unwrap_or_else(|error| panic!("{error}: {said}"));
    Some((serde_json::from_str(&text).expect("the record is JSON"), output.status.code()))
}

fn verdicts(record: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cases = record["cases"].as_array().expect("a list of results").iter();
    let label = |case: &Value| match text(&case["variant"]) {
        variant if variant.is_empty() => text(&case["case"]),
        variant => format!("{} [{variant}]", text(&case["case"])),
    };
    cases.map(|case| (label(case), text(&case["verdict"]))).collect()
}

fn failed_rows(record: &Value) -> Vec<&str> {
    let rows = record["requirements"].as_array().expect("a list of requirements").iter();
    rows.filter(|row| row["verdict"] == "fail").filter_map(|row| row["id"].as_str()).collect()
}

#[test]
fn authlib_does_everything_right() {
    let Some((record, code)) = observed(App::Authlib) else { return };
    assert_eq!(verdicts(&record), with(&[]));
    assert_eq!((failed_rows(&record), code), (vec![], Some(0)));
}

#[test]
fn the_python_client_of_smart_takes_any_id_token() {
    let Some((record, code)) = observed(App::PythonFhirClient) else { return };
    assert_eq!(verdicts(&record), with(&TAKES_ANY_ID_TOKEN));
    assert_eq!((failed_rows(&record), code), (vec!["smart-app-launch/openid-12"], Some(1)));
}

#[test]
fn the_javascript_client_of_smart_also_has_a_short_state_and_does_without_one() {
    let Some((record, code)) = observed(App::JavaScriptFhirClient) else { return };
    assert_eq!(verdicts(&record), with(&[&TAKES_ANY_ID_TOKEN[..], &[("client.state", "fail")]].concat()));
    let rows = vec!["oauth-oidc/rfc6749-26", "smart-app-launch/authorize-6", "smart-app-launch/openid-12"];
    assert_eq!((failed_rows(&record), code), (rows, Some(1)));
}
