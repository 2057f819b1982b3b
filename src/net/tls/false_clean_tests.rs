//! Servers at which other tools report that everything old is switched off, and what is said of each here.
//!
//! Each test is named after the situation. None of them may end with old versions refused where nothing refused them.

use std::sync::Arc;
use std::time::Duration;

use openssl::ssl::{NameType, SniError, SslAlert, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;

use super::chain_tests::{HOST, NOW, params, root, trust_in};
use super::real_servers::{between, identity, openssl};
use super::scripted::{Act, Direct, Heard, Scripted, hasty, patient, server_hello};
use super::{Conclusion, ConnectFailure, Gate, Limits, MOST_AT_A_TIME, Place, Trust, Version};

async fn gate_as(port: u16, server_name: &str, limits: Limits, trust: Trust) -> Gate {
    let slots = Arc::new(Semaphore::new(MOST_AT_A_TIME));
    let place = Place { connect: &Direct, host: HOST, port, server_name, limits, slots };
    Gate::look(&place, &Arc::new(trust), NOW).await
}

async fn gate_of(script: impl Fn(&Heard) -> Act + Send + Sync + 'static) -> Gate {
    let server = Scripted::start(script).await;
    gate_as(server.port, HOST, hasty(), Trust::nothing()).await
}

/// Nothing was negotiated, and of no version is it said that it was refused.
fn nothing_is_called_refused(gate: &Gate) {
    assert_eq!(gate.versions(), []);
    for (versions, offered) in &gate.offers {
        let conclusion = &offered.conclusion;
        assert!(!matches!(conclusion, Conclusion::Refused { .. } | Conclusion::Negotiated(_)), "{versions:?}: {conclusion:?}");
    }
    assert!(gate.weak.open.is_some() || !gate.unsettled().is_empty() || gate.failure.is_some());
}

#[tokio::test]
async fn a_server_that_hangs_is_undetermined() {
    let gate = gate_of(|_| Act::Silent).await;
    nothing_is_called_refused(&gate);
    assert!(matches!(gate.failure, Some(Conclusion::Undetermined { .. })), "{:?}", gate.failure);
}

#[tokio::test]
async fn a_server_that_resets_every_hello_is_undetermined() {
    let gate = gate_of(|_| Act::Reset).await;
    nothing_is_called_refused(&gate);
    assert!(matches!(gate.failure, Some(Conclusion::Undetermined { .. })), "{:?}", gate.failure);
}

#[tokio::test]
async fn a_server_that_closes_after_every_hello_is_undetermined() {
    let gate = gate_of(|_| Act::Fin).await;
    nothing_is_called_refused(&gate);
    assert!(matches!(gate.failure, Some(Conclusion::Undetermined { .. })), "{:?}", gate.failure);
}

#[tokio::test]
async fn plain_http_on_the_port_is_no_tls() {
    let gate = gate_of(|_| Act::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    nothing_is_called_refused(&gate);
    let Some(Conclusion::NotTls { seen }) = &gate.failure else { panic!("{:?}", gate.failure) };
    assert!(seen.starts_with(b"HTTP/1.1 400"));
}

#[tokio::test]
async fn an_ssh_banner_on_the_port_is_no_tls() {
    let gate = gate_of(|_| Act::Send(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())).await;
    nothing_is_called_refused(&gate);
    let Some(Conclusion::NotTls { seen }) = &gate.failure else { panic!("{:?}", gate.failure) };
    assert!(seen.starts_with(b"SSH-2.0-"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_port_that_drops_syn_is_not_reached() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(0).expect("it listens");
    let address = listener.local_addr().expect("it is bound");
    // Nobody accepts: once the queue is full, the system drops whatever else asks.
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(300), tokio::net::TcpStream::connect(address)).await {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue never fills");
    }
    let gate = gate_as(address.port(), HOST, hasty(), Trust::nothing()).await;
    nothing_is_called_refused(&gate);
    let unreachable = matches!(gate.failure, Some(Conclusion::Unreachable { failure: ConnectFailure::TimedOut, .. }));
    assert!(unreachable, "{:?}", gate.failure);
    assert!(gate.connections() <= 4, "{}", gate.connections());
}

#[tokio::test]
async fn a_flaky_server_behind_whose_resets_old_versions_are_on_is_never_clean() {
    for answers_at in 0..3 {
        let gate = gate_of(move |heard| {
            let old = heard.highest() <= Version::Tls10;
            match heard.number % 3 == answers_at {
                true if old => Act::Send(server_hello(Version::Tls10)),
                true => Act::Send(server_hello(heard.highest().min(Version::Tls12))),
                false => Act::Reset,
            }
        })
        .await;
        let is_known = |version| gate.versions().contains(&version) || gate.unsettled().contains(&version);
        assert!(gate.failure.is_some() || is_known(Version::Tls10), "{:?} {:?}", gate.versions(), gate.unsettled());
    }
}

#[tokio::test]
async fn a_server_that_requires_its_name_is_asked_by_it_and_without_it_speaks_but_refuses_all() {
    let root = root("Root");
    let port = openssl(&identity(&params("a", &[HOST]), &root), |builder| {
        between(builder, SslVersion::TLS1_2, SslVersion::TLS1_3);
        builder.set_servername_callback(|ssl, alert| match ssl.servername(NameType::HOST_NAME) {
            Some(HOST) => Ok(()),
            _ => {
                *alert = SslAlert::UNRECOGNIZED_NAME;
                Err(SniError::ALERT_FATAL)
            }
        });
    })
    .await;
    let named = gate_as(port, HOST, patient(), trust_in(&root)).await;
    assert_eq!((named.versions(), named.unsettled()), (vec![Version::Tls13, Version::Tls12], Vec::new()));
    assert!(named.handshakes.last().is_some_and(|seen| seen.trusted));
    let nameless = gate_as(port, "127.0.0.1", patient(), Trust::nothing()).await;
    assert_eq!(nameless.versions(), []);
    let Some(Conclusion::SpeaksButRefusesAll { how }) = &nameless.failure else { panic!("{:?}", nameless.failure) };
    assert!(how.contains("unrecognized_name"), "{how}");
}

#[tokio::test]
async fn a_server_that_requires_a_client_certificate_shows_its_versions_suites_and_own_certificate() {
    let root = root("Root");
    let port = openssl(&identity(&params("a", &[HOST]), &root), |builder| {
        between(builder, SslVersion::TLS1_1, SslVersion::TLS1_2);
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    })
    .await;
    let gate = gate_as(port, HOST, patient(), trust_in(&root)).await;
    assert_eq!((gate.versions(), gate.unsettled()), (vec![Version::Tls12, Version::Tls11], Vec::new()));
    assert!(!gate.weak.found.is_empty(), "it has suites without a certificate");
    assert!(gate.flight.as_ref().is_some_and(|(flight, _)| flight.asks_for_certificate && flight.is_whole));
    let seen = gate.handshakes.last().expect("a handshake");
    assert!(seen.asks_for_certificate && seen.saw_a_certificate() && seen.trusted, "{:?}", seen.outcome);
}

#[tokio::test]
async fn a_chain_of_thirty_kilobytes_is_read_whole() {
    let root = root("Root");
    let names: Vec<String> = (0..830).map(|number| format!("a-rather-long-name-{number}.payer.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let large = identity(&params("large", &names), &root);
    let port = openssl(&identity(&params("a", &[HOST]), &root), |builder| {
        between(builder, SslVersion::TLS1_2, SslVersion::TLS1_3);
        builder.add_extra_chain_cert(X509::from_der(&large.certificate).expect("X.509")).expect("room in the chain");
    })
    .await;
    let gate = gate_as(port, HOST, patient(), trust_in(&root)).await;
    assert_eq!((gate.versions(), gate.unsettled()), (vec![Version::Tls13, Version::Tls12], Vec::new()));
    let (flight, _) = gate.flight.as_ref().expect("a flight of TLS 1.2");
    let size: usize = flight.certificates.iter().map(Vec::len).sum();
    assert!(flight.is_whole && size > 30_000, "{size} bytes");
    let seen = gate.handshakes.last().expect("a handshake");
    assert_eq!((seen.chain.len(), seen.trusted), (2, true), "{:?}", seen.defects);
}
