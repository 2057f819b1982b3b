//! One complete handshake through rustls, to see the certificate as a client of today sees it.
//!
//! rustls speaks TLS 1.2 and 1.3 only. A server that speaks less is reported as one that we cannot handshake with, never as one
//! with a bad certificate.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, Error, InvalidMessage, SignatureScheme};
use rustls_pki_types::ServerName;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{
    CertificateDefect, CertificateFacts, Connect, ConnectFailure, Limits, RecordingVerifier, Revocation, Trust, Version,
    alert_name, revocation,
};

/// How long session tickets are waited for.
const TICKETS: Duration = Duration::from_millis(300);

/// How far a handshake came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandshakeOutcome {
    /// To its end.
    Completed,
    /// The certificate was seen, then the handshake ended; mutual TLS does that.
    Stopped {
        /// How it ended.
        why: String,
    },
    /// No certificate was seen: nothing can be said about it.
    CannotHandshake {
        /// How it ended.
        why: String,
    },
    /// There was no connection.
    Unreachable(ConnectFailure),
    /// The deadline passed before a certificate was seen.
    Silent,
    /// The port speaks another protocol.
    NotTls,
}

/// What one handshake showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// How far it came.
    pub outcome: HandshakeOutcome,
    /// The version that was negotiated.
    pub version: Option<Version>,
    /// The name of the cipher suite.
    pub suite: Option<String>,
    /// The application protocol that the server chose: h2 or http/1.1.
    pub alpn: Option<String>,
    /// The certificates that were sent, that of the server first.
    pub chain: Vec<CertificateFacts>,
    /// True if a certificate was seen, nothing is wrong with it, and the server proved that it has its key.
    pub trusted: bool,
    /// All that is wrong with the certificate. Empty also if none was seen: look at `outcome` first.
    pub defects: Vec<CertificateDefect>,
    /// True if the path holds, and only because of a root that the user named.
    pub is_private: bool,
    /// What the OCSP response that came with the certificate says.
    pub revocation: Revocation,
    /// True if the server asked for a certificate of the client.
    pub asks_for_certificate: bool,
    /// Session tickets of TLS 1.3 that came right after the handshake.
    pub tickets: u32,
    /// True if such a ticket permits data before the handshake is done.
    pub early_data: bool,
}

impl Handshake {
    /// True if there is a certificate to speak of.
    #[must_use]
    pub fn saw_a_certificate(&self) -> bool {
        matches!(self.outcome, HandshakeOutcome::Completed | HandshakeOutcome::Stopped { .. })
    }

    /// False if no connection was left to make.
    #[must_use]
    pub fn was_made(&self) -> bool {
        self.outcome != HandshakeOutcome::Unreachable(ConnectFailure::Spent)
    }

    fn without_certificate(outcome: HandshakeOutcome) -> Self {
        Self {
            outcome,
            version: None,
            suite: None,
            alpn: None,
            chain: Vec::new(),
            trusted: false,
            defects: Vec::new(),
            is_private: false,
            revocation: Revocation::NotStapled,
            asks_for_certificate: false,
            tickets: 0,
            early_data: false,
        }
    }
}

/// Connects, shakes hands as `server_name` whatever the certificate, and tells what was seen. `now` is the time that the
/// validity of certificates is judged at.
pub async fn handshake(
    connect: &dyn Connect,
    host: &str,
    port: u16,
    server_name: &str,
    trust: &Arc<Trust>,
    now: OffsetDateTime,
    limits: &Limits,
) -> Handshake {
    let bare = server_name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(server_name);
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    let Ok(name) = ServerName::try_from(bare.to_string()) else {
        let why = "the server name is neither a DNS name nor an address".into();
        return Handshake::without_certificate(HandshakeOutcome::CannotHandshake { why });
    };
    let (verifier, recorder) = RecordingVerifier::new(trust.clone(), now, true);
    let asked = Arc::new(Asked::default());
    let config = match client_config(verifier, asked.clone()) {
        Ok(config) => Arc::new(config),
        Err(error) => {
            return Handshake::without_certificate(HandshakeOutcome::CannotHandshake { why: error.to_string() });
        }
    };
    let deadline = Instant::now() + limits.deadline;
    let stream = match timeout_at(deadline, connect.connect(host, port)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(failure)) => return Handshake::without_certificate(HandshakeOutcome::Unreachable(failure)),
        Err(_) => return Handshake::without_certificate(HandshakeOutcome::Unreachable(ConnectFailure::TimedOut)),
    };
    let ended = timeout_at(deadline, TlsConnector::from(config.clone()).connect(name.clone(), stream)).await;
    let seen = recorder.latest();
    let mut result = match (ended, seen.is_some()) {
        (Ok(Ok(mut stream)), _) => {
            let tickets = tickets(&mut stream, deadline).await;
            let early_data = tickets > 0 && permits_early_data(&config, name);
            Handshake { tickets, early_data, ..completed(&stream) }
        }
        (Ok(Err(error)), true) => Handshake::without_certificate(HandshakeOutcome::Stopped { why: describe(&error) }),
        (Ok(Err(error)), false) => Handshake::without_certificate(failed(&error)),
        (Err(_), true) => {
            let why = "no answer until the deadline".into();
            Handshake::without_certificate(HandshakeOutcome::Stopped { why })
        }
        (Err(_), false) => Handshake::without_certificate(HandshakeOutcome::Silent),
    };
    if let Some(seen) = seen {
        result.trusted = seen.is_trusted();
        result.revocation = revocation_of(&seen, now);
        result.chain = seen.chain;
        result.defects = seen.defects;
        result.is_private = seen.is_private;
        if result.revocation == Revocation::Revoked {
            result.trusted = false;
            result.defects.push(CertificateDefect::Revoked);
        }
    }
    result.asks_for_certificate = asked.0.load(Ordering::Relaxed);
    result
}

/// The issuer is the certificate of the chain whose name the leaf gives; a root that was not sent signs no response that we can read.
fn revocation_of(seen: &super::Observation, now: OffsetDateTime) -> Revocation {
    let Some((leaf, others)) = seen.chain.split_first() else { return Revocation::NotStapled };
    let issuer = others.iter().find(|facts| facts.subject == leaf.issuer).map(|facts| facts.der.as_slice());
    let others: Vec<&[u8]> = others.iter().map(|facts| facts.der.as_slice()).collect();
    revocation(seen.stapled.as_deref(), &leaf.der, issuer, &others, now)
}

/// Tickets follow the handshake on their own; a server without them says nothing, so the wait is short.
async fn tickets(stream: &mut TlsStream<TcpStream>, deadline: Instant) -> u32 {
    if stream.get_ref().1.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
        return 0;
    }
    let until = deadline.min(Instant::now() + TICKETS);
    let mut buffer = [0; 256];
    while stream.get_ref().1.tls13_tickets_received() == 0 {
        // The read ends with the deadline: no data follows where none was asked for.
        let step = until.min(Instant::now() + Duration::from_millis(10));
        match timeout_at(step, stream.read(&mut buffer)).await {
            Err(_) if Instant::now() < until => {}
            Ok(Ok(count)) if count > 0 => {}
            _ => break,
        }
    }
    stream.get_ref().1.tls13_tickets_received()
}

/// A connection that would use the ticket says so before it is made.
fn permits_early_data(config: &Arc<ClientConfig>, name: ServerName<'static>) -> bool {
    let mut next = rustls::ClientConnection::new(config.clone(), name);
    next.as_mut().is_ok_and(|connection| connection.early_data().is_some())
}

/// Notes whether the server asked for a certificate, and has none to show.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn client_config(
    verifier: Arc<dyn rustls::client::danger::ServerCertVerifier>,
    asked: Arc<Asked>,
) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(asked);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Made anew for each handshake, so that none is resumed: a resumed session shows no certificate.
    config.resumption = Resumption::in_memory_sessions(8);
    config.enable_early_data = true; // only to learn whether a ticket permits it
    Ok(config)
}

fn completed(stream: &TlsStream<TcpStream>) -> Handshake {
    let (_, connection) = stream.get_ref();
    Handshake {
        version: connection.protocol_version().and_then(|version| Version::from_wire(version.into())),
        suite: connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())),
        alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
        ..Handshake::without_certificate(HandshakeOutcome::Completed)
    }
}

fn failed(error: &io::Error) -> HandshakeOutcome {
    match tls_error(error) {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion)) => {
            HandshakeOutcome::NotTls
        }
        _ => HandshakeOutcome::CannotHandshake { why: describe(error) },
    }
}

fn describe(error: &io::Error) -> String {
    match tls_error(error) {
        Some(Error::AlertReceived(alert)) => format!("alert {}", alert_name((*alert).into())),
        Some(other) => other.to_string(),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof => "connection closed in the middle of the handshake".into(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                "connection reset in the middle of the handshake".into()
            }
            kind => format!("the handshake failed: {kind}"),
        },
    }
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}
