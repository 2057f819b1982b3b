//! TLS listeners that misbehave: each is a few bytes written by hand instead of a real stack.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::client_hello::ClientHello;
use super::door::Door;
use super::raw_http::until_gone;
use super::site::Site;
use super::tls_weak::{self, Hello};
use super::wire::Abort;

const TLS_1_1: u16 = 0x0302;
const TLS_1_2: u16 = 0x0303;
const SSL_3: u16 = 0x0300;
const SSL_2: u16 = 0x0002;
const HANDSHAKE_FAILURE: u8 = 40;
const INTERNAL_ERROR: u8 = 80;

/// How long a peer may take to notice that it was answered.
const LINGER: Duration = Duration::from_secs(5);

/// What to do instead of a real handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Reset,
    Close,
    Hang,
    Alert(u8),
    PlainHttp,
    Drip,
    Garbage,
    Hello(Hello),
    Ssl2Hello,
}

/// Whether the listener speaks before it is spoken to, and what.
pub(super) fn greeting(site: &Site, door: Door) -> Option<&'static [u8]> {
    (door == Door::Fhir && site.has("tls-ssh-banner")).then_some(b"SSH-2.0-OpenSSH_9.2p1\r\n".as_slice())
}

/// The script for this hello, if a fault that is on has one. Bytes that are no hello go by the faults that meet every hello.
pub(super) fn choose(site: &Site, door: Door, hello: Option<&ClientHello>) -> Option<Script> {
    if door != Door::Fhir {
        return None;
    }
    let for_all = [
        ("tls-hang", Script::Hang),
        ("tls-reset", Script::Reset),
        ("tls-fin", Script::Close),
        ("tls-plain-http", Script::PlainHttp),
        ("tls-drip", Script::Drip),
        ("tls-alert-only", Script::Alert(HANDSHAKE_FAILURE)),
        ("tls-garbage", Script::Garbage),
    ];
    if let Some((_, script)) = for_all.into_iter().find(|(fault, _)| site.has(fault)) {
        return Some(script);
    }
    if site.has("tls-flaky") && !site.count_connection().is_multiple_of(3) {
        return Some(Script::Reset);
    }
    // The hello comes first: a fault that leaves it alone is not asked about, so it is proved with the cases that send others.
    let odd_length = hello.is_some_and(|hello| (256..512).contains(&(hello.length + 5)));
    let names_future = hello.is_some_and(|hello| hello.names_future);
    if odd_length && site.has("tls-odd-length-intolerant") || names_future && site.has("tls-version-intolerant") {
        return Some(Script::Close);
    }
    let versions = for_versions(site, hello.map_or(TLS_1_2 + 1, |hello| hello.highest));
    versions.or_else(|| tls_weak::choose(site, hello?).map(Script::Hello))
}

fn for_versions(site: &Site, highest: u16) -> Option<Script> {
    if highest == SSL_2 && site.has("ssl-2-enabled") {
        return Some(Script::Ssl2Hello);
    }
    if highest == SSL_3 && site.has("ssl-3-enabled") {
        return Some(Script::Hello(Hello::plain(SSL_3)));
    }
    if (TLS_1_1..=TLS_1_2).contains(&highest) && site.has("tls-answers-lower-version") {
        return Some(Script::Hello(Hello::plain(TLS_1_1)));
    }
    if highest >= TLS_1_2 {
        return None;
    }
    let for_old = [
        ("tls-resets-old-versions", Script::Reset),
        ("tls-closes-old-versions", Script::Close),
        ("tls-alert-40-old-versions", Script::Alert(HANDSHAKE_FAILURE)),
        ("tls-alert-80-old-versions", Script::Alert(INTERNAL_ERROR)),
        ("tls-hangs-old-versions", Script::Hang),
    ];
    for_old.into_iter().find(|(fault, _)| site.has(fault)).map(|(_, script)| script)
}

/// How long the answer to this hello is held back.
pub(super) fn delay(site: &Site, door: Door, hello: Option<&ClientHello>) -> Duration {
    let old = door == Door::Fhir && hello.is_some_and(|hello| hello.highest <= TLS_1_2);
    if old && site.has("tls-1.2-slow-handshake") { Duration::from_millis(100) } else { Duration::ZERO }
}

/// The alert that comes before everything else, as a record: warning, `unrecognized_name`.
pub(super) fn warning_first(site: &Site, door: Door) -> Option<[u8; 7]> {
    (door == Door::Fhir && site.has("tls-warning-alert-first")).then_some([21, 3, 3, 0, 2, 1, 112])
}

/// Plays a script to its end.
pub(super) async fn play(script: Script, mut tcp: TcpStream, hello: Option<&ClientHello>) -> io::Result<()> {
    match script {
        Script::Reset => {
            tcp.abort();
            return Ok(());
        }
        Script::Hang => return until_gone(&mut tcp).await,
        Script::Close => {}
        Script::Alert(description) => tcp.write_all(&alert(description)).await?,
        Script::PlainHttp => {
            tcp.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
        }
        Script::Garbage => tcp.write_all(&garbage()).await?,
        Script::Drip => return drip(&mut tcp).await,
        // The flight ends there: nothing else will come, and the peer need not wait for it.
        Script::Ssl2Hello => tcp.write_all(&SSL_2_SERVER_HELLO).await?,
        Script::Hello(said) => {
            let flight = hello.and_then(|hello| said.flight(hello));
            tcp.write_all(&flight.unwrap_or_else(|| alert(HANDSHAKE_FAILURE).to_vec())).await?;
        }
    }
    // FIN, not RST: the peer's bytes have to be read before the socket is closed
    tcp.shutdown().await?;
    let _ = timeout(LINGER, until_gone(&mut tcp)).await;
    Ok(())
}

/// A fatal alert as a record.
fn alert(description: u8) -> [u8; 7] {
    [21, 3, 1, 0, 2, 2, description]
}

/// Announces a long handshake record and never gets there.
async fn drip(tcp: &mut TcpStream) -> io::Result<()> {
    let start = [22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3];
    for byte in start.into_iter().chain(std::iter::repeat(0)) {
        tcp.write_all(&[byte]).await?;
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Bytes that begin like no TLS record, the same in every run.
fn garbage() -> Vec<u8> {
    (0_u32..512).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect()
}

/// A `SERVER-HELLO` of SSL 2 with one suite, no certificate and a connection id of 16 bytes.
const SSL_2_SERVER_HELLO: [u8; 32] =
    [0x80, 30, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16, 1, 0, 0x80, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
