//! What needs sockets: revocation lists and CA certificates that are fetched, requests that come at once.

use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::x509::extension::{AuthorityKeyIdentifier, CrlNumber};
use openssl::x509::{X509, X509CrlBuilder, X509Revoked};
use reqwest::Client;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::lab::{DAY, Holder, NOW, Wish, authority, change, p256, root};
use super::server::LAB;
use crate::reference::tests::client::{client, options};
use crate::reference::{Community, Options, Revocation, Running, UdapOptions, start};

/// Serves one body to everybody who asks; the result is its URL.
async fn host(body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 4096];
            let _ = stream.read(&mut asked).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
    format!("http://{address}/file")
}

/// The list of a CA with these certificates in it.
fn revocation_list(ca: &Holder, revoked: &[&X509]) -> Vec<u8> {
    let mut list = X509CrlBuilder::new().unwrap();
    list.set_issuer_name(ca.certificate.subject_name()).unwrap();
    list.set_last_update(&Asn1Time::from_unix(NOW - 60).unwrap()).unwrap();
    list.set_next_update(&Asn1Time::from_unix(NOW + DAY).unwrap()).unwrap();
    for certificate in revoked {
        list.add_revoked(entry_of(certificate)).unwrap();
    }
    let any = X509::builder().unwrap();
    let context = any.x509v3_context(Some(ca.certificate.as_ref()), None);
    list.append_extension(AuthorityKeyIdentifier::new().issuer(true).build(&context).unwrap()).unwrap();
    list.append_extension(CrlNumber::new(BigNum::from_u32(7).unwrap()).unwrap().build().unwrap()).unwrap();
    list.sign(&ca.key, MessageDigest::sha256()).unwrap();
    list.build().unwrap().to_der().unwrap()
}

fn entry_of(certificate: &X509) -> X509Revoked {
    let mut entry = openssl::x509::X509RevokedBuilder::new().unwrap();
    entry.set_revocation_date(&Asn1Time::from_unix(NOW - 60).unwrap()).unwrap();
    entry.set_serial_number(certificate.serial_number()).unwrap();
    entry.build()
}

async fn server(faults: &[&str], roots: &[&Holder], revocation: Revocation) -> Running {
    let now = Arc::new(|| OffsetDateTime::from_unix_timestamp(NOW).unwrap());
    let community = |(number, root): (usize, &&Holder)| Community {
        uri: format!("urn:harness:community:{number}"),
        anchors: vec![root.certificate.to_der().unwrap()],
    };
    let communities = roots.iter().enumerate().map(community).collect();
    let udap = UdapOptions { version: "1.1.0".into(), communities, revocation };
    start(Options { now, udap, ..options(faults) }).await.unwrap()
}

fn claims(server: &Running, jti: &str, changes: &Value) -> Value {
    let uri = super::lab::URI;
    let mut claims = json!({
        "iss": uri, "sub": uri, "aud": server.authorization_origin().join("/register").unwrap(),
        "iat": NOW - 2, "exp": NOW + 240, "jti": jti, "client_name": "Harness", "contacts": ["mailto:ops@harness.test"],
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt", "scope": "system/Patient.read",
    });
    change(&mut claims, changes);
    claims
}

async fn submit(server: &Running, client: &Client, statement: &str) -> (u16, Value) {
    let url = server.authorization_origin().join("/register").unwrap();
    let body = json!({"software_statement": statement, "udap": "1"}).to_string();
    let response = client.post(url).header("content-type", "application/json").body(body).send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

async fn token(server: &Running, client: &Client, holder: &Holder, id: &str, jti: &str) -> (u16, Value) {
    let url = server.authorization_origin().join("/token").unwrap();
    let claims = json!({"iss": id, "sub": id, "aud": url, "iat": NOW - 2, "exp": NOW + 240, "jti": jti});
    let assertion = holder.sign(&claims);
    let form = super::server::credentials(&assertion);
    let response = client.post(url).form(&form).send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_a_list_that_is_not_there_is_no_list() {
    let ca = LAB.root.issue(&authority("CA with lists", 0), p256());
    let url = host(revocation_list(&ca, &[])).await;
    let named = format!("URI:{url}");
    let good = ca.issue(&Wish { more: &[(Nid::CRL_DISTRIBUTION_POINTS, &named)], ..Wish::default() }, p256());
    let gone = "URI:http://127.0.0.1:9/gone.crl";
    let dead = ca.issue(&Wish { more: &[(Nid::CRL_DISTRIBUTION_POINTS, gone)], ..Wish::default() }, p256());
    let plain = server(&[], &[&LAB.root], Revocation::Hard).await;
    let http = client(&plain);
    assert_eq!(submit(&plain, &http, &good.sign(&claims(&plain, "a", &json!({})))).await.0, 201);
    let refused = submit(&plain, &http, &dead.sign(&claims(&plain, "b", &json!({})))).await;
    assert_eq!((refused.0, &refused.1["error"]), (400, &json!("unapproved_software_statement")));
    let soft = server(&[], &[&LAB.root], Revocation::Soft).await;
    assert_eq!(submit(&soft, &client(&soft), &dead.sign(&claims(&soft, "c", &json!({})))).await.0, 201);
}

#[tokio::test]
async fn a_certificate_is_refused_from_the_moment_on_at_which_it_stands_in_the_list() {
    let ca = LAB.root.issue(&authority("CA with a list", 0), p256());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let named = format!("URI:http://{}/ca.crl", listener.local_addr().unwrap());
    let leaf = ca.issue(&Wish { more: &[(Nid::CRL_DISTRIBUTION_POINTS, &named)], ..Wish::default() }, p256());
    let lists = [revocation_list(&ca, &[]), revocation_list(&ca, &[&leaf.certificate])];
    tokio::spawn(async move {
        for turn in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let _ = stream.read(&mut asked).await;
            let list = &lists[usize::from(turn > 0)];
            let _ = stream.write_all(&[b"HTTP/1.0 200 OK\r\n\r\n", list.as_slice()].concat()).await;
        }
    });
    for (faults, status) in [(&[][..], 400), (&["udap-token-accepts-revoked-by-crl"], 200)] {
        let honest = server(faults, &[&LAB.root], Revocation::Hard).await;
        let http = client(&honest);
        let (first, body) = submit(&honest, &http, &leaf.sign(&claims(&honest, "a", &json!({})))).await;
        if first == 201 {
            let id = body["client_id"].as_str().unwrap();
            let (second, body) = token(&honest, &http, &leaf, id, "t").await;
            assert_eq!((second, &body["error"]), (400, &json!("invalid_client")));
        }
        let lax = server(
            &["udap-registers-revoked-by-crl", faults.first().unwrap_or(&"state-dropped")],
            &[&LAB.root],
            Revocation::Hard,
        )
        .await;
        let http = client(&lax);
        let (registered, body) = submit(&lax, &http, &leaf.sign(&claims(&lax, "b", &json!({})))).await;
        assert_eq!(registered, 201, "{body}");
        let id = body["client_id"].as_str().unwrap();
        assert_eq!(token(&lax, &http, &leaf, id, "t").await.0, status);
    }
}

#[tokio::test]
async fn a_ca_certificate_that_is_missing_is_fetched_where_the_leaf_says() {
    let ca = LAB.root.issue(&authority("CA to be fetched", 0), p256());
    let url = host(ca.certificate.to_der().unwrap()).await;
    let named = format!("caIssuers;URI:{url}");
    let leaf = ca.issue(&Wish { more: &[(Nid::INFO_ACCESS, &named)], ..Wish::default() }, p256());
    let alone = Holder { above: Vec::new(), ..leaf };
    for (faults, status) in [(&[][..], 201), (&["udap-registration-ignores-aia"], 400)] {
        let server = server(faults, &[&LAB.root], Revocation::Hard).await;
        let said = submit(&server, &client(&server), &alone.sign(&claims(&server, "a", &json!({})))).await;
        assert_eq!(said.0, status, "{}", said.1);
    }
}

#[tokio::test]
async fn of_two_that_come_at_once_one_is_taken() {
    for (fault, both) in [("state-dropped", false), ("udap-accepts-concurrent-replay", true)] {
        let server = server(&[fault], &[&LAB.root], Revocation::Hard).await;
        let (one, two) = (client(&server), client(&server));
        let (_, body) = submit(&server, &one, &LAB.client.sign(&claims(&server, "a", &json!({})))).await;
        let id = body["client_id"].as_str().unwrap();
        let (first, second) =
            tokio::join!(token(&server, &one, &LAB.client, id, "t"), token(&server, &two, &LAB.client, id, "t"));
        let taken = [first.0, second.0].iter().filter(|status| **status == 200).count();
        assert_eq!(taken, if both { 2 } else { 1 }, "{fault}");
        let later = token(&server, &one, &LAB.client, id, "t").await;
        assert_eq!(later.0, 400, "one after the other is refused, with the fault too");
    }
    for (fault, both) in [("state-dropped", false), ("udap-registers-concurrent-replay", true)] {
        let server = server(&[fault], &[&LAB.root], Revocation::Hard).await;
        let statement = LAB.client.sign(&claims(&server, "a", &json!({})));
        let (one, two) = (client(&server), client(&server));
        let (first, second) = tokio::join!(submit(&server, &one, &statement), submit(&server, &two, &statement));
        let taken = [first.0, second.0].iter().filter(|status| matches!(**status, 200 | 201)).count();
        assert_eq!(taken, if both { 2 } else { 1 }, "{fault}");
    }
}

#[tokio::test]
async fn the_same_uri_in_another_community_is_another_client() {
    let second = root("Second community");
    let theirs = second.issue(&Wish::default(), p256());
    for fault in ["state-dropped", "udap-registry-ignores-community", "udap-token-accepts-other-community"] {
        let server = server(&[fault], &[&LAB.root, &second], Revocation::Hard).await;
        let http = client(&server);
        let (_, ours) = submit(&server, &http, &LAB.client.sign(&claims(&server, "a", &json!({})))).await;
        let id = ours["client_id"].as_str().unwrap();
        let taken = token(&server, &http, &theirs, id, "x").await.0 == 200;
        assert_eq!(taken, fault == "udap-token-accepts-other-community");
        let (status, other) = submit(&server, &http, &theirs.sign(&claims(&server, "b", &json!({})))).await;
        let merged = fault == "udap-registry-ignores-community";
        assert_eq!((status, other["client_id"] == ours["client_id"]), (if merged { 200 } else { 201 }, merged));
    }
}
