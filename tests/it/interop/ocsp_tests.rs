//! The OCSP responder and the lists of the certificate laboratory, asked by the `openssl` command.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use carinbb::crypto::lab::{KeyKind, Lab, LabKeys, Shape};
use carinbb::peers::{Host, Seat, laboratory_files, laboratory_responder};
use time::OffsetDateTime;

use super::programs::find;

/// A laboratory on loopback with its certificates as files.
async fn laboratory(folder: &Path) -> (Arc<Lab>, Host) {
    let seat = Seat::take(([127, 0, 0, 1], 0).into()).await.unwrap();
    let addresses = format!("http://127.0.0.1:{}/pki", seat.address().port());
    let lab = Arc::new(Lab::new(LabKeys::well_known(), Some(addresses), OffsetDateTime::now_utc()).unwrap());
    let host = seat.serve(laboratory_files(&lab).unwrap(), Some(laboratory_responder(&lab)));
    fs::write(folder.join("root.cer"), lab.root()).unwrap();
    fs::write(folder.join("issuing.cer"), lab.issuing()[0]).unwrap();
    (lab, host)
}

fn openssl(program: &Path, folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().expect("openssl starts");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_believes_what_the_responder_of_the_laboratory_says() {
    let Some([program]) = find(["openssl"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (lab, host) = laboratory(path).await;
    let url = format!("http://127.0.0.1:{}/pki/ocsp", host.address().port());
    for name in ["root", "issuing"] {
        openssl(&program, path, &["x509", "-inform", "DER", "-in", &format!("{name}.cer"), "-out", &format!("{name}.pem")]);
    }
    for (shape, word) in [(Shape::WithResponder, "good"), (Shape::RevokedByResponder, "revoked")] {
        let credential = lab
            .credential(&["https://client.carinbb.example/app".into()], shape, KeyKind::Rsa, OffsetDateTime::now_utc())
            .unwrap();
        fs::write(path.join("leaf.cer"), &credential.chain[0]).unwrap();
        openssl(&program, path, &["x509", "-inform", "DER", "-in", "leaf.cer", "-out", "leaf.pem"]);
        for more in [&[][..], &["-no_nonce"], &["-sha256"]] {
            let mut arguments = vec!["ocsp", "-issuer", "issuing.pem"];
            arguments.extend(more.iter().filter(|word| **word == "-sha256"));
            arguments.extend(["-cert", "leaf.pem", "-url", &url, "-CAfile", "root.pem", "-verify_other", "issuing.pem"]);
            arguments.extend(more.iter().filter(|word| **word != "-sha256"));
            let said = openssl(&program, path, &arguments);
            assert!(said.contains("Response verify OK") && said.contains(&format!("leaf.pem: {word}")), "{more:?}: {said}");
            assert!(!said.contains("no nonce in response"), "a nonce that was sent comes back: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_downloads_the_lists_and_refuses_what_stands_in_them() {
    let Some([program]) = find(["openssl"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (lab, _host) = laboratory(path).await;
    for name in ["root", "issuing"] {
        openssl(&program, path, &["x509", "-inform", "DER", "-in", &format!("{name}.cer"), "-out", &format!("{name}.pem")]);
    }
    for (shape, word) in [(Shape::Right, "leaf.pem: OK"), (Shape::Revoked, "certificate revoked")] {
        let credential = lab
            .credential(&["https://client.carinbb.example/app".into()], shape, KeyKind::Rsa, OffsetDateTime::now_utc())
            .unwrap();
        fs::write(path.join("leaf.cer"), &credential.chain[0]).unwrap();
        openssl(&program, path, &["x509", "-inform", "DER", "-in", "leaf.cer", "-out", "leaf.pem"]);
        let arguments = ["verify", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "-crl_download", "-crl_check", "leaf.pem"];
        let said = openssl(&program, path, &arguments);
        assert!(said.contains(word), "{said}");
    }
}
