//! Scripted servers for the tests of this module: each answers a hello with exactly the bytes, or the end, that a test asks for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tls_parser::{TlsExtension, TlsMessage, TlsMessageHandshake};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Connect, ConnectFailure, Limits, Version};

/// What the server does once it has the hello.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Send(Vec<u8>),
    /// Sends, and keeps the connection open.
    SendAndHold(Vec<u8>),
    Fin,
    Reset,
    Silent,
}

/// What the server understood of the hello.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// Highest last.
    pub(super) versions: Vec<Version>,
    pub(super) suites: usize,
    /// The number of this connection, from 0.
    pub(super) number: usize,
}

impl Heard {
    pub(super) fn highest(&self) -> Version {
        *self.versions.last().expect("a hello names a version")
    }
}

pub(super) struct Scripted {
    pub(super) port: u16,
    connections: Arc<AtomicUsize>,
}

impl Scripted {
    pub(super) async fn start(script: impl Fn(&Heard) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, number, script.clone()));
            }
        });
        Self { port, connections }
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, number: usize, script: Arc<impl Fn(&Heard) -> Act>) {
    let mut header = [0; 5];
    if stream.read_exact(&mut header).await.is_err() {
        return;
    }
    let is_ssl2 = header[0] & 0x80 != 0;
    let length = if is_ssl2 { [header[0] & 0x7f, header[1]] } else { [header[3], header[4]] };
    let already = if is_ssl2 { header.len() - 2 } else { 0 };
    let mut body = vec![0; usize::from(u16::from_be_bytes(length)) - already];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let heard = if is_ssl2 {
        Heard { versions: vec![Version::Ssl2], suites: 7, number }
    } else {
        hear(&[header.to_vec(), body].concat(), number)
    };
    let act = script(&heard);
    match act {
        Act::Send(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::SendAndHold(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read(&mut [0; 16]).await;
        }
        Act::Fin => drop(stream),
        Act::Reset => stream.set_zero_linger().expect("linger"),
        Act::Silent => {
            let _ = stream.read(&mut [0; 16]).await;
        }
    }
}

fn hear(record: &[u8], number: usize) -> Heard {
    let (_, record) = tls_parser::parse_tls_plaintext(record).expect("a record");
    let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = record.msg.as_slice() else { panic!("a hello") };
    let extensions = hello.ext.map(|bytes| tls_parser::parse_tls_client_hello_extensions(bytes).expect("extensions").1);
    let listed = extensions.into_iter().flatten().find_map(|one| match one {
        TlsExtension::SupportedVersions(list) => Some(list.iter().filter_map(|v| Version::from_wire(v.0)).collect::<Vec<_>>()),
        _ => None,
    });
    let highest = Version::from_wire(hello.version.0).expect("a version");
    let mut versions = listed.unwrap_or_else(|| Version::ALL.into_iter().filter(|v| *v <= highest).collect());
    versions.sort();
    Heard { versions, suites: hello.ciphers.len(), number }
}

/// Plain connections to loopback, without any guard.
pub(super) struct Direct;

impl Connect for Direct {
    fn connect<'a>(&'a self, _host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, ConnectFailure>> {
        Box::pin(async move {
            TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await.map_err(|error| match error.kind() {
                std::io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
                std::io::ErrorKind::ConnectionReset => ConnectFailure::Reset,
                kind => ConnectFailure::Other(kind.to_string()),
            })
        })
    }
}

/// Limits that let a test of silence end soon.
pub(super) fn hasty() -> Limits {
    Limits { deadline: Duration::from_millis(300), ..Limits::default() }
}

/// Limits for servers that do answer, also on a busy machine.
pub(super) fn patient() -> Limits {
    Limits { deadline: Duration::from_secs(10), ..Limits::default() }
}

pub(super) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short record");
    [&[kind, 3, 1][..], &length.to_be_bytes(), content].concat()
}

pub(super) fn alert(level: u8, description: u8) -> Vec<u8> {
    record(21, &[level, description])
}

/// A `ServerHello` of any version below TLS 1.3, without extensions.
pub(super) fn server_hello(version: Version) -> Vec<u8> {
    let body = [&version.wire().to_be_bytes()[..], &[0x11; 32], &[0], &[0x00, 0x2f], &[0]].concat();
    record(22, &[&[2, 0, 0, u8::try_from(body.len()).expect("short")][..], &body].concat())
}

/// A `ServerHello` or `HelloRetryRequest` of TLS 1.3; `supported_versions` stands last.
pub(super) fn server_hello_13(retry: bool) -> Vec<u8> {
    let random = if retry {
        let hex = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";
        (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hex")).collect()
    } else {
        vec![0x11; 32]
    };
    let extensions = [0, 51, 0, 2, 0, 29, 0, 43, 0, 2, 3, 4];
    let body = [&[3, 3][..], &random, &[0], &[0x13, 0x01], &[0], &[0, 12], &extensions].concat();
    record(22, &[&[2, 0, 0, u8::try_from(body.len()).expect("short")][..], &body].concat())
}

/// What a server of TLS 1.2 and 1.3 says, and `otherwise` to any hello that asks for less.
pub(super) fn modern(heard: &Heard, otherwise: &Act) -> Act {
    match heard.highest() {
        Version::Tls13 => Act::Send(server_hello_13(true)),
        Version::Tls12 => Act::Send(server_hello(Version::Tls12)),
        _ => otherwise.clone(),
    }
}
