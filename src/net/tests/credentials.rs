//! Where secrets go, and that they are not in the evidence.

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

use super::server::{Server, request};
use super::tls::{tls_server, trusting};
use super::*;
use crate::vocabulary::Secret;

fn with_bearer(url: &str) -> Request {
    Request {
        credentials: Credentials::Bearer(Secret::new("access_token", "s3cr3t-t0k3n")),
        ..Request::get(Url::parse(url).unwrap())
    }
}

#[tokio::test]
async fn h19_credentials_are_withheld_from_an_origin_that_the_target_file_does_not_name() {
    let (target, certificate) = tls_server("127.0.0.1").await;
    let (foreign, _) = tls_server("127.0.0.1").await;
    let own = format!("https://127.0.0.1:{}/", target.port);
    let other = format!("https://127.0.0.1:{}/token", foreign.port);
    let world = world_with(&own, WorldOptions { http: trusting(certificate), ..WorldOptions::default() });
    assert_eq!(word(&world.http.send(&with_bearer(&own)).await.outcome), "200");
    let form = Payload::Form(vec![("client_secret".into(), FormValue::Secret(Secret::new("client_secret", "hunter2-hunter2")))]);
    let post = Request { payload: form, ..Request::new(Method::POST, Url::parse(&other).unwrap()) };
    let basic = Credentials::Basic { name: "app".into(), password: Secret::new("client_secret", "hunter2-hunter2") };
    // The secrets of the requests above are known by now, so text that holds one is held back as well.
    let hidden = Request::get(Url::parse(&format!("{other}?x=s3cr3t-t0k3n")).unwrap());
    let header = Request::get(Url::parse(&other).unwrap()).header("X-Echo", "hunter2-hunter2");
    for request in
        [with_bearer(&other), post, Request { credentials: basic, ..Request::get(Url::parse(&other).unwrap()) }, hidden, header]
    {
        let outcome = world.http.send(&request).await.outcome;
        assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("credentials-withheld", Phase::Unsent));
    }
    assert_eq!(foreign.connections(), 0);
    let evidence = serde_json::to_string(&world.evidence.all()).unwrap();
    assert!(!evidence.contains("s3cr3t") && !evidence.contains("hunter2"), "{evidence}");
    assert!(evidence.contains("Bearer ‹access_token #"), "{evidence}");
}

#[tokio::test]
async fn credentials_never_travel_without_tls_or_over_an_unverified_connection() {
    let plain = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let world = world_for(&plain.url());
    assert_eq!(word(&world.http.send(&with_bearer(&plain.url())).await.outcome), "credentials-withheld");
    let (server, _) = tls_server("127.0.0.1").await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let world = world_for(&url);
    let outcome = world.http.send(&Request { trust: Trust::Unverified, ..with_bearer(&url) }).await.outcome;
    assert_eq!(word(&outcome), "credentials-withheld");
    assert_eq!(word(&world.http.send(&with_bearer(&url)).await.outcome), "certificate");
    assert_eq!(plain.connections(), 0);
}

#[tokio::test]
async fn h33_a_secret_that_the_server_echoes_is_not_in_the_evidence() {
    let body = r#"{"error_description":"bad token s3cr3t-t0k3n","access_token":"fresh-from-the-server"}"#;
    let server = Server::saying(format!(
        "HTTP/1.1 400 Bad Request\r\nset-cookie: sid=abcdef\r\nx-echo: s3cr3t-t0k3n\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await;
    let world = world_for(&server.url());
    world.redactor.register(&Secret::new("access_token", "s3cr3t-t0k3n"));
    assert_eq!(word(&get(&world, &server.url()).await), "400");
    let evidence = serde_json::to_string(&world.evidence.all()).unwrap();
    for secret in ["s3cr3t", "fresh-from", "sid=abcdef"] {
        assert!(!evidence.contains(secret), "{secret}: {evidence}");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_an_input_error_that_does_not_repeat_the_value() {
    let (server, certificate) = tls_server("127.0.0.1").await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let world = world_with(&url, WorldOptions { http: trusting(certificate), ..WorldOptions::default() });
    let credentials = Credentials::Bearer(Secret::new("access_token", "line\r\nX-Injected: 1"));
    let outcome = world.http.send(&Request { credentials, ..Request::get(Url::parse(&url).unwrap()) }).await.outcome;
    assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("input", Phase::Unsent));
    assert!(!outcome.cause().unwrap().message.contains("Injected"));
    assert_eq!(server.connections(), 0);
}

/// A TLS server that asks for a client certificate, takes none as well, and answers 200 with one and 401 without.
async fn mutual_server() -> (Server, CertificateDer<'static>, ClientIdentity) {
    install_crypto_provider();
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let client = rcgen::generate_simple_self_signed(vec!["client.example".to_owned()]).unwrap();
    let identity = ClientIdentity {
        chain: vec![client.cert.der().clone()],
        key: PrivatePkcs8KeyDer::from(client.signing_key.serialize_der()).into(),
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(identity.chain.clone());
    let verifier = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let shown = stream.get_ref().1.peer_certificates().is_some();
            let _ = request(&mut stream).await;
            let status = if shown { "200 OK" } else { "401 Unauthorized" };
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (server, own.cert.der().clone(), identity)
}

#[tokio::test]
async fn the_client_certificate_is_shown_to_the_target_and_to_nobody_else() {
    let (server, certificate, identity) = mutual_server().await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let options = || WorldOptions {
        http: HttpOptions { identity: Some(identity.clone()), ..trusting(certificate.clone()) },
        ..WorldOptions::default()
    };
    let own = world_with(&url, options());
    assert_eq!(word(&get(&own, &url).await), "200");
    let elsewhere = world_with("https://127.0.0.1:1/", options());
    assert_eq!(word(&get(&elsewhere, &url).await), "401");
    let anonymous = Request::get(Url::parse(&url).unwrap()).anonymously();
    assert_eq!(word(&own.http.send(&anonymous).await.outcome), "401");
    let unverified = Request { trust: Trust::Unverified, ..Request::get(Url::parse(&url).unwrap()) };
    assert_eq!(word(&own.http.send(&unverified).await.outcome), "401");
    let stranger = rcgen::KeyPair::generate().unwrap();
    let mismatch = ClientIdentity { key: PrivatePkcs8KeyDer::from(stranger.serialize_der()).into(), ..identity.clone() };
    let http = HttpOptions { identity: Some(mismatch), ..HttpOptions::default() };
    assert!(World::new(WorldOptions { http, ..WorldOptions::default() }).is_err());
}
