//! Plain HTTP, small and by hand: revocation lists, OCSP answers and missing CA certificates are fetched with it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

/// Generous: on a busy machine a list that is there must not count as one that is not.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most that is read of an answer.
const LIMIT: u64 = 1024 * 1024;

/// The body of a 200; `None` for everything else. Only `http` is spoken, and no redirect is followed.
pub(super) async fn get(url: &str) -> Option<Vec<u8>> {
    timeout(DEADLINE, exchange(url, None)).await.ok().flatten()
}

/// The same with a body that is sent.
pub(super) async fn post(url: &str, media_type: &str, body: &[u8]) -> Option<Vec<u8>> {
    timeout(DEADLINE, exchange(url, Some((media_type, body)))).await.ok().flatten()
}

async fn exchange(url: &str, sent: Option<(&str, &[u8])>) -> Option<Vec<u8>> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?;
    let port = url.port_or_known_default()?;
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.ok()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = match sent {
        // HTTP/1.0, so that the answer ends with the connection
        None => format!("GET {target} HTTP/1.0\r\nhost: {host}:{port}\r\n\r\n").into_bytes(),
        Some((media_type, body)) => {
            let length = body.len();
            format!(
                "POST {target} HTTP/1.0\r\nhost: {host}:{port}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
            )
            .into_bytes()
        }
    };
    request.extend_from_slice(sent.map_or(&[], |(_, body)| body));
    stream.write_all(&request).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LIMIT).read_to_end(&mut answer).await.ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer);
    let status = head.split(' ').nth(1)?;
    (status == "200").then_some(body)
}
