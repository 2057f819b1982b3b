//! Signed evidence: by whom, about what, and found out when a bit of it is another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn carinbb(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARINBB_")) {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("the binary under test can be started")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}

/// A key pair in files: the private one for its owner alone.
fn keys(place: &Path, name: &str, key: &openssl::pkey::PKey<openssl::pkey::Private>) -> (PathBuf, PathBuf) {
    let (private, public) = (place.join(format!("{name}.pem")), place.join(format!("{name}.pub.pem")));
    fs::write(&private, key.private_key_to_pem_pkcs8().expect("a key is PEM")).expect("the folder is writable");
    fs::write(&public, key.public_key_to_pem().expect("a key is PEM")).expect("the folder is writable");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).expect("it is our file");
    }
    (private, public)
}

fn verify(bundle: &Path, key: Option<&Path>) -> (Option<i32>, String) {
    let mut arguments = vec!["verify", text(bundle)];
    if let Some(key) = key {
        arguments.extend(["--key", text(key)]);
    }
    let output = carinbb(&arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_signature_says_who_vouches_for_which_bundle_and_any_change_of_either_is_found() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let own = openssl::pkey::PKey::generate_ed25519().expect("the system makes keys");
    let (private, public) = keys(place.path(), "own", &own);
    let other = openssl::pkey::PKey::generate_ed25519().expect("the system makes keys");
    let (_, strange) = keys(place.path(), "other", &other);
    let (folder, zip) = (place.path().join("run"), place.path().join("run.zip"));
    let run = ["run", "--demo", "-q", "tls.versions", "--fault", "tls-1.1-enabled"];
    let output = carinbb(&[&run[..], &["-o", text(&folder), "--bundle", text(&zip), "--sign", text(&private)]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for bundle in [&folder, &zip] {
        let (code, printed) = verify(bundle, Some(&public));
        assert!(code == Some(0) && printed.contains("signed by the key with the SHA-256"), "{printed}");
        let (code, printed) = verify(bundle, None);
        assert!(code == Some(0) && printed.contains("was NOT checked"), "{printed}");
        let (code, printed) = verify(bundle, Some(&strange));
        assert!(code == Some(1) && printed.contains("not by the one that was given"), "{printed}");
    }
    let beside = place.path().join("run.dsse.json");
    let good = fs::read(&beside).expect("the signature lies beside the folder");
    let envelope: Value = serde_json::from_slice(&good).expect("JSON");
    let payload = base64(envelope["payload"].as_str().expect("a text"));
    let statement: Value = serde_json::from_slice(&payload).expect("JSON");
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(
        (&statement["predicate"]["result"], &statement["_type"]),
        (&"FAILED".into(), &"https://in-toto.io/Statement/v1".into())
    );
    assert!(statement["predicate"]["failedTests"].to_string().contains("tls.versions"), "{statement}");
    assert!(!statement["predicate"]["passedTests"].to_string().contains("tls.versions [fhir]"), "{statement}");
    for at in [0, good.len() / 3, good.len() / 2, good.len() - 40, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        fs::write(&beside, changed).expect("it is our file");
        assert_eq!(verify(&folder, Some(&public)).0, Some(1), "byte {at}");
    }
    // The signature of another run of the same server does not vouch for this one.
    let second = place.path().join("second");
    let output = carinbb(&["run", "--demo", "-q", "tls.versions", "-o", text(&second), "--sign", text(&private)]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let clean: Value =
        serde_json::from_slice(&fs::read(place.path().join("second.dsse.json")).expect("it is there")).expect("JSON");
    let clean: Value = serde_json::from_slice(&base64(clean["payload"].as_str().expect("a text"))).expect("JSON");
    assert_ne!(clean["predicate"]["result"], "FAILED");
    fs::copy(place.path().join("second.dsse.json"), &beside).expect("both are our files");
    let (code, printed) = verify(&folder, Some(&public));
    assert!(code == Some(1) && printed.contains("is not this bundle"), "{printed}");
    fs::remove_file(&beside).expect("it is our file");
    let (code, printed) = verify(&folder, Some(&public));
    assert!(code == Some(1) && printed.contains("no signature beside the bundle"), "{printed}");
    assert_eq!(verify(&folder, None).0, Some(0));
}

fn base64(text: &str) -> Vec<u8> {
    openssl::base64::decode_block(text).expect("it is base64")
}

#[test]
fn a_key_that_cannot_sign_is_refused_before_anything_is_sent() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let rsa = openssl::rsa::Rsa::generate(2048).and_then(openssl::pkey::PKey::from_rsa).expect("the system makes keys");
    let (private, _) = keys(place.path(), "rsa", &rsa);
    let folder = place.path().join("run");
    let refused = |arguments: &[&str], part: &str| {
        let output = carinbb(&[&["run", "https://127.0.0.1:1/fhir"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(part) && !said.contains("BEGIN"), "{said}");
    };
    refused(&["--sign", text(&private)], "-o DIR or --bundle FILE.zip");
    refused(&["-o", text(&folder), "--sign", text(&private)], "Ed25519 or ECDSA on P-256");
    refused(&["-o", text(&folder), "--sign", text(&place.path().join("none.pem"))], "cannot be read");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&private, fs::Permissions::from_mode(0o644)).expect("it is our file");
        refused(&["-o", text(&folder), "--sign", text(&private)], "chmod 600");
    }
}
