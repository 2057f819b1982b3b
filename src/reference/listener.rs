//! The accept loops: from a TCP connection through the hello and the handshake to the HTTP server.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::door::Door;
use super::exchange::{Answer, Asked, Reply};
use super::site::Site;
use super::tls_stack::{self, Stack, StackKey, TlsStream};
use super::wire::{Abort, Wire};
use super::{client_hello, front, hostile, raw_http, tls_script, udap};

/// How long a peer may take for its part of a handshake.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 64 * 1024;

/// The TLS stacks that this server has built so far.
pub(super) type Stacks = Arc<Mutex<HashMap<StackKey, Stack>>>;

/// Accepts connections until it is dropped or the listener has to die. All its connections end with it.
pub(super) async fn accept(listener: TcpListener, site: Arc<Site>, door: Door, stacks: Stacks) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = site.death.notified(), if door == Door::Fhir => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => {
                    let (site, stacks) = (Arc::clone(&site), Arc::clone(&stacks));
                    connections.spawn(async move { connection(tcp, site, door, stacks).await });
                }
                // out of file descriptors, or the peer has gone already: go on with the next one
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

async fn connection(mut tcp: TcpStream, site: Arc<Site>, door: Door, stacks: Stacks) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    if door == Door::Plain {
        return serve(tcp, site, door, None).await;
    }
    if let Some(greeting) = tls_script::greeting(&site, door) {
        tcp.write_all(greeting).await?;
        return raw_http::until_gone(&mut tcp).await;
    }
    let (bytes, hello) = timeout(HANDSHAKE_DEADLINE, client_hello::read(&mut tcp)).await?;
    site.journal.greeted();
    if let Some(script) = tls_script::choose(&site, door, hello.as_ref()) {
        return tls_script::play(script, tcp, hello.as_ref()).await;
    }
    sleep(tls_script::delay(&site, door, hello.as_ref())).await;
    if let Some(alert) = tls_script::warning_first(&site, door) {
        tcp.write_all(&alert).await?;
    }
    let one_byte_records = door == Door::Fhir && site.has("tls-1-byte-records");
    let stack = stack_for(&stacks, tls_stack::key(&site, door)).map_err(io::Error::other)?;
    let stream = timeout(HANDSHAKE_DEADLINE, stack.accept(Wire::new(tcp, bytes, one_byte_records))).await??;
    let version = stream.version();
    match stream {
        TlsStream::Rustls(stream) => serve(*stream, site, door, version).await,
        TlsStream::OpenSsl(stream) => serve(*stream, site, door, version).await,
    }
}

/// The stack for this key, built the first time it is needed.
pub(super) fn stack_for(stacks: &Stacks, key: StackKey) -> Result<Stack, Box<dyn std::error::Error + Send + Sync>> {
    let mut stacks = stacks.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stack) = stacks.get(&key) {
        return Ok(stack.clone());
    }
    let stack = Stack::build(key)?;
    stacks.insert(key, stack.clone());
    Ok(stack)
}

async fn serve<S>(stream: S, site: Arc<Site>, door: Door, version: Option<&'static str>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Abort + Unpin + Send + 'static,
{
    if site.faults.any_of(&hostile::RAW) {
        return raw_http::serve(stream, &site, door).await;
    }
    let number = site.count_served();
    let service = service_fn(move |request| respond(Arc::clone(&site), (door, version), number, request));
    // an error here is the peer's: it went away or sent something that is no HTTP
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    Ok(())
}

async fn respond(
    site: Arc<Site>,
    (door, version): (Door, Option<&'static str>),
    connection: usize,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), BODY_LIMIT).await.unwrap_or_default().to_vec();
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let asked = Asked {
        door,
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body,
        connection,
    };
    sleep(site.latency).await;
    udap::prepare(&site, &asked).await;
    match front::answer(&site, &asked) {
        Answer::Reply(reply) => {
            site.journal.note(&site, &asked, version, &reply);
            Ok(response(&asked, reply))
        }
        // raw answers and resets come from faults that make `serve` choose the raw server, so only hanging is left
        Answer::Hang | Answer::Raw(_) | Answer::Reset => std::future::pending().await,
    }
}

fn response(asked: &Asked, mut reply: Reply) -> Response<Body> {
    if asked.method == "HEAD" {
        let length = reply.body.len().to_string();
        reply.body.clear();
        reply = reply.with("content-length", length);
    }
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
