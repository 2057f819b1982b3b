//! Every switch is wired: it changes an answer, and an honest server that is used asks about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use time::OffsetDateTime;

use super::client::{client, options, server_with};
use crate::reference::door::Door;
use crate::reference::exchange::{Answer, Asked};
use crate::reference::site::Site;
use crate::reference::{Fault, FaultKind, Options, Running, faults, front};

/// What the cases of discovery and access ask for, more or less: listener, method, path, `Authorization` and `Accept`.
fn standard_set(site: &Site) -> Vec<Asked> {
    let token = format!("Bearer {}", site.token.expose());
    let garbage = "Bearer garbage";
    let mut set = Vec::new();
    let mut ask = |door, method: &str, path: &str, headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        set.push(Asked {
            door,
            method: method.into(),
            path: path.into(),
            query: String::new(),
            headers,
            body: Vec::new(),
            connection: 0,
        });
    };
    for path in [".well-known/smart-configuration", "metadata"] {
        ask(Door::Fhir, "GET", &format!("/fhir/r4/{path}"), &[]);
        ask(Door::Fhir, "GET", &format!("/fhir/r4/{path}"), &[("accept", "application/fhir+xml")]);
        ask(Door::Fhir, "OPTIONS", &format!("/fhir/r4/{path}"), &[("origin", "https://app.example")]);
    }
    ask(Door::Fhir, "GET", "/.well-known/smart-configuration", &[]);
    ask(Door::Fhir, "GET", "/fhir/r4/.well-known/udap", &[]);
    ask(Door::Fhir, "GET", "/fhir/r4/no-such-path", &[]);
    ask(Door::Fhir, "GET", "/no-such-path", &[]);
    for kind in ["Patient", "Coverage", "ExplanationOfBenefit", "Organization", "Practitioner"] {
        ask(Door::Fhir, "GET", &format!("/fhir/r4/{kind}"), &[]);
        ask(Door::Fhir, "GET", &format!("/fhir/r4/{kind}"), &[("authorization", garbage)]);
        ask(Door::Fhir, "GET", &format!("/fhir/r4/{kind}"), &[("authorization", &token)]);
    }
    for path in ["/.well-known/openid-configuration", "/.well-known/smart-configuration", "/jwks", "/authorize", "/no-such-path"]
    {
        ask(Door::Authorization, "GET", path, &[]);
    }
    ask(Door::Authorization, "POST", "/token", &[]);
    ask(Door::Plain, "GET", "/fhir/r4/metadata", &[]);
    ask(Door::Plain, "GET", "/authorize", &[]);
    set
}

/// What a server without sockets answers to the standard set; the token is put out of sight because it is random.
fn transcript(options: &Options) -> Vec<Answer> {
    // a fixed time, because the UDAP metadata says when it was signed
    let now = Arc::new(|| OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
    let site = Site::new(&Options { now, ..options.clone() }, [1001, 1002, 1003]).unwrap();
    standard_set(&site).iter().map(|asked| front::answer(&site, asked)).collect()
}

/// Faults that no single request shows: those below HTTP, and those of a launch, of UDAP and of its audit records, which have their own transcripts.
fn needs_more(fault: &Fault) -> bool {
    let of_launch = ["launch", "token", "refresh", "openid", "data", "audit", "withdrawal", "udap", "tiered", "client"]
        .contains(&fault.group);
    of_launch || (fault.group == "tls" && !fault.name.starts_with("plain-http"))
}

#[test]
fn every_fault_above_tls_changes_an_answer() {
    let honest = transcript(&Options::default());
    assert_eq!(honest, transcript(&Options::default()), "the honest server answers alike each time");
    for fault in faults().iter().filter(|fault| !needs_more(fault)) {
        assert_ne!(honest, transcript(&options(&[fault.name])), "{} changes nothing", fault.name);
    }
}

/// A quirk that is what its version has anyway.
const AS_ITS_VERSION: &str = "token-issuer-alone";

#[test]
fn faults_proved_under_one_smart_version_change_an_answer_of_that_version() {
    for fault in faults().iter().filter(|fault| !needs_more(fault) && fault.name != AS_ITS_VERSION) {
        let Some(version) = fault.smart else { continue };
        let honest = Options { smart_version: Some(version.to_owned()), ..Options::default() };
        let faulty = Options { smart_version: Some(version.to_owned()), ..options(&[fault.name]) };
        assert_ne!(transcript(&honest), transcript(&faulty), "{} under {version}", fault.name);
    }
}

#[tokio::test]
async fn every_fault_is_asked_about_by_an_honest_server_that_is_used() {
    let server = server_with(&[]).await;
    assert!(server.touched().is_empty(), "a start is no behaviour");
    use_all_of(&server).await;
    let touched: BTreeSet<String> = server.touched().into_iter().map(String::from).collect();
    let untouched: Vec<&str> = faults()
        .iter()
        .filter(|fault| fault.group == "tls" || !needs_more(fault))
        .map(|fault| fault.name)
        .filter(|name| !touched.contains(*name))
        .collect();
    assert!(untouched.is_empty(), "never asked about: {untouched:?}");
}

#[tokio::test]
async fn only_what_a_request_can_meet_is_asked_about() {
    let server = server_with(&[]).await;
    client(&server).get(format!("{}/metadata", server.base())).send().await.unwrap();
    let touched: BTreeSet<String> = server.touched().into_iter().map(String::from).collect();
    assert!(touched.contains("metadata-missing") && touched.contains("tls-1.1-enabled") && touched.contains("always-500"));
    assert!(
        !touched.contains("scope-missing-openid")
            && !touched.contains("open-patient")
            && !touched.contains("plain-http-serves-data")
    );
}

#[tokio::test]
async fn a_server_with_any_one_fault_starts() {
    for fault in faults().iter().filter(|fault| !fault.is_of_client()) {
        server_with(&[fault.name]).await.stop().await;
    }
    assert!(faults().iter().any(|fault| fault.kind == FaultKind::Hostile));
}

/// Hellos that `reqwest` never sends: for TLS 1.2 alone, with suites of today and with weak ones only, for each older version, for one
/// that does not exist yet, and a long one.
async fn ask_by_hello(server: &Running) {
    let today = [0xc0, 0x2b].as_slice();
    let weak = [0, 2, 0, 3, 0, 5, 0, 9, 0, 0x34].as_slice();
    let padding = [&[0, 250, 0, 21, 0, 246][..], &[0; 246]].concat();
    for (version, suites, extensions) in [
        (3, today, &[][..]),
        (3, weak, &[]),
        (2, today, &[]),
        (1, today, &[]),
        (0, weak, &[]),
        (5, today, &[]),
        (3, today, &padding),
    ] {
        let body =
            [&[3, version][..], &[7; 32], &[0, 0, u8::try_from(suites.len()).unwrap()], suites, &[2, 1, 0], extensions].concat();
        let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
        let [record_high, record_low] = u16::try_from(body.len() + 4).unwrap().to_be_bytes();
        send(server, &[&[22, 3, 1, record_high, record_low, 1, 0, high, low][..], &body].concat()).await;
    }
    let ssl_2 = [&[0x80, 28, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80][..], &[7; 16]].concat();
    send(server, &ssl_2).await;
}

/// Sends bytes and waits until the server has minded them: it answers, or it ends the connection.
async fn send(server: &Running, bytes: &[u8]) {
    let mut tcp = tokio::net::TcpStream::connect(server.addresses()[0]).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut tcp, bytes).await.unwrap();
    let mut begin = [0; 16];
    let answer = tokio::io::AsyncReadExt::read(&mut tcp, &mut begin);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(10), answer).await.expect("an answer or an end");
}

async fn use_all_of(server: &Running) {
    ask_by_hello(server).await;
    let client = client(server);
    for asked in standard_set(&server.site) {
        let origin = match asked.door {
            Door::Fhir => server.base(),
            Door::Authorization => server.authorization_origin(),
            Door::Plain => server.plain_http(),
        };
        let method = reqwest::Method::from_bytes(asked.method.as_bytes()).unwrap();
        let mut request = client.request(method, origin.join(&asked.path).unwrap());
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap();
    }
}
