//! Servers that are wrong in TLS: bad certificates, silence, other protocols on the port.

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

use super::server::{Server, request};
use super::*;

/// A TLS server with a self-signed certificate for `name`.
pub(super) async fn tls_server(name: &str) -> (Server, CertificateDer<'static>) {
    install_crypto_provider();
    let signed = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let certificate = signed.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.clone()], key.into()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let _ = request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (server, certificate)
}

pub(super) fn trusting(certificate: CertificateDer<'static>) -> HttpOptions {
    HttpOptions { trust: Arc::new(crate::net::tls::Trust::nothing().with([certificate])), ..HttpOptions::default() }
}

async fn strict(world: &World, url: &str) -> HttpOutcome {
    get(world, url).await
}

async fn unverified(world: &World, url: &str) -> HttpOutcome {
    world.http.send(&Request { trust: Trust::Unverified, ..Request::get(Url::parse(url).unwrap()) }).await.outcome
}

#[tokio::test]
async fn a_trusted_certificate_is_noted_with_version_and_peer() {
    let (server, certificate) = tls_server("127.0.0.1").await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let world = world_with(&url, WorldOptions { http: trusting(certificate.clone()), ..WorldOptions::default() });
    let outcome = strict(&world, &url).await;
    let facts = outcome.answer().unwrap_or_else(|| panic!("{outcome:?}")).tls.clone().unwrap();
    assert!(facts.trusted && facts.defects.is_empty());
    assert_eq!(facts.fingerprint, crate::evidence::hex(&Sha256::digest(&certificate)));
    assert_eq!(facts.version.as_deref(), Some("TLSv1.3"));
    assert_eq!(facts.peer.unwrap().port(), server.port);
}

#[tokio::test]
async fn an_untrusted_certificate_ends_a_strict_exchange_and_is_noted_in_an_unverified_one() {
    let (server, _) = tls_server("127.0.0.1").await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let world = world_for(&url);
    let refused = strict(&world, &url).await;
    assert_eq!((word(&refused).as_str(), phase(&refused)), ("certificate", Phase::Tls));
    assert!(
        refused.cause().unwrap().message.contains("not a trusted root")
            || refused.cause().unwrap().message.contains("its own key"),
        "{refused:?}"
    );
    let seen = unverified(&world, &url).await;
    let facts = seen.answer().unwrap().tls.clone().unwrap();
    assert!(!facts.trusted && facts.defects.len() == 1, "{facts:?}");
    let line = crate::evidence::curl_line(world.evidence.all().last().unwrap()).unwrap();
    assert!(line.contains("--insecure"), "{line}");
}

#[tokio::test]
async fn the_time_of_the_world_decides_whether_a_certificate_is_in_date() {
    let (server, certificate) = tls_server("127.0.0.1").await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let clock = OffsetClock::new();
    let options = WorldOptions { http: trusting(certificate), clock: Arc::new(clock.clone()), ..WorldOptions::default() };
    let world = world_with(&url, options);
    assert_eq!(word(&strict(&world, &url).await), "200");
    clock.advance(Duration::from_hours(24 * 365 * 3000));
    let late = strict(&world, &url).await;
    assert_eq!(word(&late), "certificate");
    assert!(late.cause().unwrap().message.contains("expired"), "{late:?}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_said_to_be_that() {
    let (server, certificate) = tls_server("other.example").await;
    let url = format!("https://payer.example:{}/", server.port);
    let overrides = vec![format!("payer.example:{}:127.0.0.1", server.port).parse().unwrap()];
    let dial = DialOptions { overrides, ..DialOptions::default() };
    let world = world_with(&url, WorldOptions { http: trusting(certificate), dial, ..WorldOptions::default() });
    let outcome = strict(&world, &url).await;
    assert_eq!(word(&outcome), "certificate");
    assert!(outcome.cause().unwrap().message.contains("not for payer.example"), "{outcome:?}");
}

#[tokio::test]
async fn h06_silence_after_the_client_hello_is_a_timeout_of_tls() {
    let server = Server::start(|stream| async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        drop(stream);
    })
    .await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let outcome = strict(&world_for(&url), &url).await;
    assert_eq!((word(&outcome).as_str(), phase(&outcome)), ("timeout", Phase::Tls));
}

#[tokio::test]
async fn h07_close_and_reset_in_the_handshake_are_told_apart_from_refusal() {
    let closing = Server::start(|mut stream| async move {
        let mut hello = [0; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
    })
    .await;
    let url = format!("https://127.0.0.1:{}/", closing.port);
    assert_eq!(word(&strict(&world_for(&url), &url).await), "tls-handshake");
    // Closing with unread bytes in the buffer makes the kernel send a reset.
    let resetting = Server::start(|stream| async move {
        stream.readable().await.unwrap();
        drop(stream);
    })
    .await;
    let url = format!("https://127.0.0.1:{}/", resetting.port);
    assert_eq!(word(&strict(&world_for(&url), &url).await), "reset");
}

#[tokio::test]
async fn h08_other_protocols_on_the_tls_port_are_not_tls() {
    for banner in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.9\r\n", b"220 mail.example ESMTP\r\n"] {
        let server = Server::start(move |mut stream| async move {
            let mut hello = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
            let _ = stream.write_all(banner).await;
        })
        .await;
        let url = format!("https://127.0.0.1:{}/", server.port);
        assert_eq!(word(&strict(&world_for(&url), &url).await), "not-tls", "{banner:?}");
    }
}

#[tokio::test]
async fn an_alert_in_the_handshake_is_named() {
    let server = Server::start(|mut stream| async move {
        let mut hello = [0; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
        let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]).await;
    })
    .await;
    let url = format!("https://127.0.0.1:{}/", server.port);
    let outcome = strict(&world_for(&url), &url).await;
    assert_eq!(word(&outcome), "tls-handshake");
    assert!(outcome.cause().unwrap().message.contains("alert 70"), "{outcome:?}");
}

#[tokio::test]
async fn a_raw_probe_is_recorded_with_its_time_and_its_own_kind_of_id() {
    let world = world_for("https://127.0.0.1:1/");
    let probe = crate::evidence::TlsExchange {
        host: "p.example".into(),
        port: 443,
        offered: "TLS 1.1".into(),
        answered: "alert 70".into(),
        sent: "16".into(),
        received: "15".into(),
        elapsed_ms: 1,
    };
    let id = world.record_probe(&crate::evidence::Label::new("tls.versions", "offer 1.1"), probe);
    let exchange = world.evidence.get(&id).unwrap();
    assert_eq!((id.as_str(), exchange.label.case.as_str()), ("0001-tls", "tls.versions"));
    assert!(exchange.started.ends_with('Z') && exchange.started.starts_with("20"), "{}", exchange.started);
}
