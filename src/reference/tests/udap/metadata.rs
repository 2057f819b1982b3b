//! The UDAP metadata, read by OpenSSL and by nothing of the checks: each version, each community, each fault.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509StoreContext};
use serde_json::Value;
use time::OffsetDateTime;

use super::super::client::{get, get_json, options, server_with};
use crate::reference::door::Door;
use crate::reference::exchange::{Answer, Asked};
use crate::reference::site::Site;
use crate::reference::{Community, FaultKind, Options, UdapOptions, faults, front, start};

const UNTRUSTED: &str = "urn:harness:community:b";

fn udap(version: &str) -> UdapOptions {
    let community = |uri: &str| Community { uri: uri.to_owned(), anchors: Vec::new() };
    let communities = vec![community("urn:harness:community:a"), community(UNTRUSTED)];
    UdapOptions { version: version.to_owned(), communities, ..UdapOptions::default() }
}

/// Header and claims of a JWT whose signature, chain and name are right.
fn believed(jwt: &str, root: &[u8], base: &str) -> (Value, Value) {
    let parts: Vec<&str> = jwt.split('.').collect();
    let json = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header, claims) = (json(parts[0]), json(parts[1]));
    let chain = header["x5c"].as_array().unwrap().iter();
    let chain: Vec<X509> = chain.map(|text| X509::from_der(&STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap()).collect();
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(X509::from_der(root).unwrap()).unwrap();
    let mut others = Stack::new().unwrap();
    for certificate in &chain[1..] {
        others.push(certificate.clone()).unwrap();
    }
    let mut context = X509StoreContext::new().unwrap();
    let trusted = context.init(&store.build(), &chain[0], &others, |context| context.verify_cert()).unwrap();
    assert!(trusted, "the chain leads to the root");
    let names = chain[0].subject_alt_names().unwrap();
    assert!(names.iter().any(|name| name.uri() == Some(base)));
    let key = chain[0].public_key().unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    assert!(verifier.verify_oneshot(&URL_SAFE_NO_PAD.decode(parts[2]).unwrap(), signed.as_bytes()).unwrap());
    (header, claims)
}

#[tokio::test]
async fn the_signed_metadata_of_every_version_and_community_is_believed() {
    for version in ["0.1.0", "1.0.0", "1.1.0", "2.0.0"] {
        let server = start(Options { udap: udap(version), ..Options::default() }).await.unwrap();
        let name = if version == "0.1.0" { "signed_endpoints" } else { "signed_metadata" };
        for community in server.udap_communities().to_vec() {
            // version 0.1.0 knows no communities: the first one speaks
            let spoken = if version == "0.1.0" { &server.udap_communities()[0] } else { &community };
            let document = get_json(&server, &format!(".well-known/udap?community={}", community.uri)).await;
            let (header, claims) = believed(document[name].as_str().unwrap(), &spoken.ca_der, server.base().as_str());
            assert_eq!(header["alg"], "RS256");
            assert_eq!((&claims["iss"], &claims["sub"]), (&server.base().as_str().into(), &server.base().as_str().into()));
            let (from, until) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
            assert!(until > from && until - from <= 365 * 86_400);
            for endpoint in ["authorization_endpoint", "token_endpoint", "registration_endpoint"] {
                assert_eq!(claims[endpoint], document[endpoint], "{endpoint}");
            }
        }
        let first = get_json(&server, ".well-known/udap").await;
        assert_ne!(first[name], get_json(&server, ".well-known/udap").await[name], "a jti is used once");
        assert_eq!(first.get("udap_profiles_supported").is_some(), version != "0.1.0");
        let unknown = get(&server, ".well-known/udap?community=urn:nobody").await;
        let status = match version {
            "0.1.0" => 200,
            "1.0.0" => 404,
            _ => 204,
        };
        assert_eq!(unknown.status(), status, "{version}");
        let metadata = get_json(&server, "metadata").await;
        assert_eq!(metadata.to_string().contains("\"UDAP\""), version == "0.1.0");
        server.stop().await;
    }
}

#[tokio::test]
async fn without_communities_the_metadata_is_signed_all_the_same() {
    let server = server_with(&[]).await;
    let [community] = server.udap_communities() else { panic!("one without a name") };
    assert!(community.uri.is_empty() && community.ca_pem.starts_with("-----BEGIN CERTIFICATE"));
    let document = get_json(&server, ".well-known/udap").await;
    believed(document["signed_metadata"].as_str().unwrap(), &community.ca_der, server.base().as_str());
}

#[tokio::test]
async fn options_that_mean_nothing_are_refused() {
    let version = Options { udap: UdapOptions { version: "3".into(), ..UdapOptions::default() }, ..Options::default() };
    assert!(start(version).await.unwrap_err().to_string().contains("0.1.0, 1.0.0, 1.1.0, 2.0.0"));
    let community = Community { uri: "urn:x".into(), anchors: vec![vec![1, 2, 3]] };
    let anchor = UdapOptions { communities: vec![community], ..UdapOptions::default() };
    assert!(start(Options { udap: anchor, ..Options::default() }).await.unwrap_err().to_string().contains("urn:x"));
}

/// What a server answers about its metadata, by every question that it could answer differently.
fn transcript(faults: &[&str], version: &str) -> Vec<String> {
    let now = Arc::new(|| OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
    let site = Site::new(&Options { now, udap: udap(version), ..options(faults) }, [1001, 1002, 1003]).unwrap();
    let known = format!("community={UNTRUSTED}");
    let questions = [
        ("/fhir/r4/.well-known/udap", ""),
        ("/fhir/r4/.well-known/udap", ""),
        ("/fhir/r4/.well-known/udap", known.as_str()),
        ("/fhir/r4/.well-known/udap", "community=urn:nobody"),
        ("/.well-known/udap", ""),
        ("/fhir/r4/metadata", ""),
    ];
    let answers = questions.map(|(path, query)| {
        let asked = Asked {
            door: Door::Fhir,
            method: "GET".into(),
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
            body: Vec::new(),
            connection: 0,
        };
        let Answer::Reply(reply) = front::answer(&site, &asked) else { panic!("no reply") };
        format!("{} {:?} {}", reply.status, reply.headers, String::from_utf8_lossy(&reply.body))
    });
    answers.into()
}

#[test]
fn every_fault_of_the_metadata_changes_an_answer_of_its_version() {
    for fault in faults().iter().filter(|fault| fault.name.starts_with("udap-metadata-")) {
        let version = fault.profiles[0].strip_prefix("udap-security-").unwrap_or("1.1.0");
        let honest = transcript(&[], version);
        assert_eq!(honest, transcript(&[], version), "the honest server answers alike each time");
        assert_ne!(honest, transcript(&[fault.name], version), "{} changes nothing", fault.name);
        assert!(matches!(fault.kind, FaultKind::Fault | FaultKind::Quirk));
    }
}
