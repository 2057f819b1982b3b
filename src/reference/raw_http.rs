//! A small HTTP/1.1 server that can also write what no HTTP library would: the answers of the hostile faults.
//!
//! It serves a connection only when one of those faults is on; everything that is not hostile goes the honest way.

use std::fmt::Write as _;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::door::Door;
use super::exchange::{Answer, Asked, Reply, Step};
use super::site::Site;
use super::wire::Abort;
use super::{front, udap};

/// The most that a request head or body may have.
const LIMIT: usize = 64 * 1024;

/// The status line and the headers of a reply, without the framing headers and without the empty line.
pub(super) fn head(reply: &Reply) -> String {
    let mut head = format!("HTTP/1.1 {} Status\r\n", reply.status);
    for (name, value) in &reply.headers {
        // writing to a String cannot fail
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head
}

/// Serves requests on one connection until either side ends it.
pub(super) async fn serve<S>(mut stream: S, site: &Site, door: Door) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Abort + Unpin,
{
    let connection = site.count_served();
    while let Some(asked) = read_request(&mut stream, door, connection).await? {
        sleep(site.latency).await;
        udap::prepare(site, &asked).await;
        match front::answer(site, &asked) {
            Answer::Reply(reply) => write_reply(&mut stream, &asked, &reply).await?,
            Answer::Raw(steps) => {
                if play(&mut stream, steps).await?.is_break() {
                    return stream.shutdown().await;
                }
            }
            Answer::Hang => return until_gone(&mut stream).await,
            Answer::Reset => {
                stream.abort();
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn write_reply<S: AsyncWrite + Unpin>(stream: &mut S, asked: &Asked, reply: &Reply) -> io::Result<()> {
    let mut bytes = head(reply).into_bytes();
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", reply.body.len()).as_bytes());
    if asked.method != "HEAD" {
        bytes.extend_from_slice(&reply.body);
    }
    stream.write_all(&bytes).await?;
    stream.flush().await
}

/// Reads one request; `None` when the peer has no more.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, door: Door, connection: usize) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > LIMIT || stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes);
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while body.len() < length && body.len() < LIMIT {
        if stream.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Some(Asked { door, method: method.into(), path: path.into(), query: query.into(), headers, body, connection }))
}

/// Writes the steps. `Break` when the connection is to end.
async fn play<S>(stream: &mut S, steps: Vec<Step>) -> io::Result<std::ops::ControlFlow<()>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    use std::ops::ControlFlow::{Break, Continue};
    for step in steps {
        match step {
            Step::Write(bytes) => stream.write_all(&bytes).await?,
            Step::Times(bytes, times) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                }
            }
            Step::Drip(bytes, pause) => {
                for byte in bytes {
                    sleep(pause).await;
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                }
            }
            Step::Forever(bytes, pause) => loop {
                if !pause.is_zero() {
                    sleep(pause).await;
                }
                stream.write_all(&bytes).await?;
                stream.flush().await?;
            },
            Step::Idle => {
                stream.flush().await?;
                until_gone(stream).await?;
                return Ok(Break(()));
            }
            Step::Close => {
                stream.flush().await?;
                return Ok(Break(()));
            }
        }
    }
    stream.flush().await?;
    Ok(Continue(()))
}

/// Reads and forgets until the peer closes.
pub(super) async fn until_gone<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut bytes = [0; 4096];
    while stream.read(&mut bytes).await? > 0 {}
    Ok(())
}
