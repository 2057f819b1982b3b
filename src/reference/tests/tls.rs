//! TLS on the wire, seen by OpenSSL, by rustls and by hand-made hellos.

use std::net::SocketAddr;
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{client, server_with};
use crate::reference::Running;

/// What a handshake pinned to one version comes to: the version agreed on.
fn pinned(address: SocketAddr, root: &str, version: SslVersion) -> Result<String, String> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.cert_store_mut().add_cert(X509::from_pem(root.as_bytes()).unwrap()).unwrap();
    builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_verify(SslVerifyMode::PEER);
    let tcp = std::net::TcpStream::connect(address).map_err(|error| error.to_string())?;
    tcp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    match builder.build().connect("localhost", tcp) {
        Ok(stream) => Ok(stream.ssl().version_str().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The versions among 1.0 to 1.3 that complete a handshake, by the last digit.
async fn versions(server: &Running, listener: usize) -> String {
    let (address, root) = (server.addresses()[listener], server.ca_pem().to_owned());
    let ask = move || {
        let all = [("0", SslVersion::TLS1), ("1", SslVersion::TLS1_1), ("2", SslVersion::TLS1_2), ("3", SslVersion::TLS1_3)];
        all.into_iter().filter(|(_, version)| pinned(address, &root, *version).is_ok()).map(|(digit, _)| digit).collect()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test]
async fn each_version_fault_changes_the_versions_that_it_names() {
    for (faults, fhir, authorization) in [
        (vec![], "23", "23"),
        (vec!["tls-1.0-enabled"], "023", "23"),
        (vec!["tls-1.1-enabled"], "123", "23"),
        (vec!["auth-tls-1.0-enabled"], "23", "023"),
        (vec!["tls-1.3-disabled"], "2", "23"),
        (vec!["tls-legacy-only"], "0", "23"),
        (vec!["tls-1.3-only"], "3", "23"),
        (vec!["ssl-3-enabled"], "23", "23"),
        (vec!["tls-answers-lower-version"], "3", "23"),
        (vec!["tls-1-byte-records"], "23", "23"),
        (vec!["tls-warning-alert-first"], "23", "23"),
        (vec!["tls-1.2-slow-handshake"], "23", "23"),
        (vec!["tls-resets-old-versions"], "23", "23"),
        (vec!["tls-alert-80-old-versions"], "23", "23"),
        (vec!["tls-reset"], "", "23"),
        (vec!["tls-garbage"], "", "23"),
    ] {
        let server = server_with(&faults).await;
        assert_eq!(versions(&server, 0).await, fhir, "{faults:?} on the FHIR listener");
        assert_eq!(versions(&server, 1).await, authorization, "{faults:?} on the authorization listener");
    }
}

#[tokio::test]
async fn quirks_of_tls_leave_https_working() {
    for fault in
        ["tls-1-byte-records", "tls-warning-alert-first", "tls-1.3-only", "tls-1.2-slow-handshake", "tls-closes-old-versions"]
    {
        let server = server_with(&[fault]).await;
        let response = client(&server).get(format!("{}/metadata", server.base())).send().await.unwrap();
        assert_eq!(response.status(), 200, "{fault}");
    }
}

#[tokio::test]
async fn each_certificate_fault_is_refused_for_its_own_reason() {
    for (fault, reason) in [
        ("certificate-expired", "Expired"),
        ("certificate-not-yet-valid", "NotValidYet"),
        ("certificate-wrong-name", "NotValidForName"),
        ("certificate-self-signed", "UnknownIssuer"),
        ("certificate-untrusted", "UnknownIssuer"),
        ("certificate-chain-incomplete", "UnknownIssuer"),
        ("certificate-impostor-issuer", "BadSignature"),
        ("certificate-wrong-usage", "InvalidPurpose"),
    ] {
        let server = server_with(&[fault]).await;
        let error = client(&server).get(format!("{}/metadata", server.base())).send().await.unwrap_err();
        assert!(format!("{error:?}").contains(reason), "{fault}: {error:?}");
        let elsewhere = client(&server).get(server.authorization_origin().join("/jwks").unwrap()).send().await.unwrap();
        assert_eq!(elsewhere.status(), 200, "{fault}");
    }
    let server = server_with(&["auth-certificate-expired"]).await;
    assert!(client(&server).get(server.authorization_origin().join("/jwks").unwrap()).send().await.is_err());
    assert!(client(&server).get(format!("{}/metadata", server.base())).send().await.is_ok());
}

/// What `raw_hello` offers when nothing else is said.
const SUITES: [u8; 6] = [0xc0, 0x09, 0xc0, 0x2b, 0x00, 0x2f];

/// A hello by hand: SSL 3 to TLS 1.2, with these suites and no extensions.
fn raw_hello(version: u16, suites: &[u8]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend_from_slice(&[7; 32]);
    body.push(0);
    body.extend_from_slice(&u16::try_from(suites.len()).unwrap().to_be_bytes());
    body.extend_from_slice(suites);
    body.extend_from_slice(&[1, 0]);
    let [major, minor] = version.min(0x0301).to_be_bytes();
    let length = u8::try_from(body.len()).unwrap();
    let mut record = vec![22, major, minor, 0, length + 4, 1, 0, 0, length];
    record.append(&mut body);
    record
}

/// The first bytes that answer a hello; `None` when there is silence.
async fn answer_to(server: &Running, version: u16) -> Option<std::io::Result<Vec<u8>>> {
    answer_to_hello(server, &raw_hello(version, &SUITES)).await
}

async fn answer_to_hello(server: &Running, hello: &[u8]) -> Option<std::io::Result<Vec<u8>>> {
    let mut tcp = TcpStream::connect(server.addresses()[0]).await.unwrap();
    tcp.write_all(hello).await.unwrap();
    let mut bytes = vec![0; 16];
    let read = timeout(Duration::from_millis(400), tcp.read(&mut bytes)).await.ok()?;
    Some(read.map(|count| bytes[..count].to_vec()))
}

#[tokio::test]
async fn scripted_answers_are_what_they_are_called() {
    for (fault, version, start) in [
        ("ssl-3-enabled", 0x0300, vec![22, 3, 0]),
        ("tls-answers-lower-version", 0x0303, vec![22, 3, 2]),
        ("tls-alert-40-old-versions", 0x0302, vec![21, 3, 1, 0, 2, 2, 40]),
        ("tls-alert-80-old-versions", 0x0301, vec![21, 3, 1, 0, 2, 2, 80]),
        ("tls-alert-only", 0x0303, vec![21, 3, 1, 0, 2, 2, 40]),
        ("tls-warning-alert-first", 0x0303, vec![21, 3, 3, 0, 2, 1, 112]),
        ("tls-plain-http", 0x0303, b"HTTP/1.1 400".to_vec()),
        ("tls-ssh-banner", 0x0303, b"SSH-2.0".to_vec()),
        ("tls-drip", 0x0303, vec![22]),
        ("tls-closes-old-versions", 0x0302, vec![]),
        ("tls-fin", 0x0303, vec![]),
    ] {
        let server = server_with(&[fault]).await;
        let bytes = answer_to(&server, version).await.expect(fault).expect(fault);
        assert!(bytes.starts_with(&start) && bytes.is_empty() == start.is_empty(), "{fault}: {bytes:?}");
    }
}

#[tokio::test]
async fn a_scripted_server_hello_takes_only_a_suite_that_was_offered() {
    for (fault, version) in [("ssl-3-enabled", 0x0300), ("tls-answers-lower-version", 0x0302)] {
        let server = server_with(&[fault]).await;
        // signals, a suite of TLS 1.3 and GREASE: none that an old version can take
        let unusable = [0x00, 0xff, 0x56, 0x00, 0x13, 0x01, 0x0a, 0x0a];
        let bytes = answer_to_hello(&server, &raw_hello(version, &unusable)).await.unwrap().unwrap();
        assert_eq!(bytes, [21, 3, 1, 0, 2, 2, 40], "{fault}");
        let bytes = answer_to_hello(&server, &raw_hello(version, &[0xc0, 0x09])).await.unwrap().unwrap();
        assert_eq!(bytes[0], 22, "{fault}: an offered suite is taken");
    }
}

#[tokio::test]
async fn resets_are_resets_and_silence_is_silence() {
    for (fault, version) in [("tls-reset", 0x0303), ("tls-resets-old-versions", 0x0301)] {
        let server = server_with(&[fault]).await;
        let error = answer_to(&server, version).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{fault}");
    }
    for (fault, version) in [("tls-hang", 0x0303), ("tls-hangs-old-versions", 0x0302)] {
        let server = server_with(&[fault]).await;
        assert!(answer_to(&server, version).await.is_none(), "{fault}");
    }
}

#[tokio::test]
async fn two_of_three_connections_to_a_flaky_listener_are_reset() {
    let server = server_with(&["tls-flaky"]).await;
    let mut works = Vec::new();
    for _ in 0..6 {
        let (address, root) = (server.addresses()[0], server.ca_pem().to_owned());
        works.push(tokio::task::spawn_blocking(move || pinned(address, &root, SslVersion::TLS1_2).is_ok()).await.unwrap());
    }
    assert_eq!(works, [true, false, false, true, false, false]);
    let (address, root) = (server.addresses()[0], server.ca_pem().to_owned());
    let hidden = tokio::task::spawn_blocking(move || pinned(address, &root, SslVersion::TLS1)).await.unwrap();
    assert_eq!(hidden.as_deref(), Ok("TLSv1"), "what the resets hide");
}

#[tokio::test]
async fn an_honest_listener_refuses_old_hellos_with_an_alert() {
    let server = server_with(&[]).await;
    for version in [0x0300, 0x0301, 0x0302] {
        let bytes = answer_to(&server, version).await.unwrap().unwrap();
        assert_eq!(bytes.first(), Some(&21), "{version:04x}: {bytes:?}");
    }
    // SSL 2: its own framing, CLIENT-HELLO, version 2, one cipher kind, a challenge of 16 bytes
    let mut hello = vec![0x80, 28, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80];
    hello.extend_from_slice(&[7; 16]);
    let mut tcp = TcpStream::connect(server.addresses()[0]).await.unwrap();
    tcp.write_all(&hello).await.unwrap();
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(2), tcp.read_to_end(&mut bytes)).await;
    assert!(read.is_ok() && bytes.first().is_none_or(|first| *first == 21), "{bytes:?}");
}
