//! A small HTTP server with rooms: each stands under a path of its own and answers for itself, over TLS or behind
//! something that ends TLS for it.
//!
//! Whoever asks is the target or a stranger, so everything is bounded: connections, sizes, time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::crypto::lab::{Lab, LabError};

/// The most connections at once, over all rooms.
const MOST_CONNECTIONS: usize = 256;
/// The largest body that is read.
const LARGEST_BODY: usize = 64 * 1024;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may last.
const CONNECTION: Duration = Duration::from_secs(60);

/// A request to a room.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method, in capitals as it came.
    pub method: String,
    /// The path below the room, without a slash in front.
    pub path: String,
    /// The query without its question mark.
    pub query: String,
    /// The media type in lower case, without parameters.
    pub content_type: String,
    /// The `Authorization` header; it may hold a secret.
    pub authorization: Option<String>,
    /// The body; empty when it was too large.
    pub body: Vec<u8>,
}

/// What a room answers.
#[derive(Debug, Clone)]
pub struct Said {
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// Where to go instead.
    pub location: Option<String>,
    /// The body.
    pub body: String,
}

impl Said {
    /// JSON with this status.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", location: None, body: body.to_string() }
    }

    /// One line of text with this status.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", location: None, body: body.to_owned() }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(to: &Url) -> Self {
        Self { location: Some(to.to_string()), ..Self::text(302, "") }
    }
}

/// Answers for a room.
pub type Answerer = Arc<dyn Fn(&Asked) -> Said + Send + Sync>;

/// Rooms by the path below the public address.
type Doors = Arc<Mutex<BTreeMap<String, Answerer>>>;

/// The server. It ends when this is dropped.
pub struct Rooms {
    base: String,
    doors: Doors,
    task: JoinHandle<()>,
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rooms at {}", self.base)
    }
}

impl Drop for Rooms {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Rooms {
    /// Opens at an address; port 0 takes any that is free. `base` is where others reach it, without a slash at its end; none
    /// stands for `https://localhost` and the port. With a laboratory it speaks TLS with a certificate of its root.
    ///
    /// # Errors
    /// When the address cannot be bound or the certificate cannot be made.
    pub async fn open(address: SocketAddr, base: Option<&str>, tls: Option<&Lab>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let local = format!("https://localhost:{}", listener.local_addr()?.port());
        let base = base.map_or(local, |text| text.trim_end_matches('/').to_owned());
        let host = Url::parse(&base).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let acceptor = tls.map(|lab| acceptor(lab, &host)).transpose()?;
        let doors = Doors::default();
        let task = tokio::spawn(accept(listener, acceptor, Arc::clone(&doors)));
        Ok(Self { base, doors, task })
    }

    /// Where the rooms are, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Opens a room under this path, without a slash at either end, in place of one that was there. Returns its address.
    pub fn furnish(&self, path: &str, answerer: Answerer) -> String {
        locked(&self.doors).insert(path.to_owned(), answerer);
        format!("{}/{path}", self.base)
    }

    /// Closes a room.
    pub fn close(&self, path: &str) {
        locked(&self.doors).remove(path);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn acceptor(lab: &Lab, host: &str) -> io::Result<TlsAcceptor> {
    let (certificate, key) = lab.server(host).map_err(|error: LabError| io::Error::other(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| io::Error::other("the key cannot be read"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![CertificateDer::from(certificate)], key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, doors: Doors) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (acceptor, doors) = (acceptor.clone(), Arc::clone(&doors));
                tokio::spawn(async move {
                    // What goes wrong here is seen at the target, which does not get what it wanted.
                    let _ = timeout(CONNECTION, connection(stream, acceptor, doors)).await;
                    drop(slot);
                });
            }
            // Out of descriptors, or the peer has gone already.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, doors: Doors) {
    match acceptor {
        None => serve(stream, doors).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                serve(stream, doors).await;
            }
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, doors: Doors) {
    let service = service_fn(move |request| respond(Arc::clone(&doors), request));
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(doors: Doors, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let text = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let found = room_of(&locked(&doors), parts.uri.path());
    let said = match found {
        None => Said::text(404, "not found"),
        Some((answerer, path)) => {
            let body = to_bytes(Body::new(body), LARGEST_BODY).await.unwrap_or_default().to_vec();
            answerer(&Asked {
                method: parts.method.as_str().to_owned(),
                path,
                query: parts.uri.query().unwrap_or_default().to_owned(),
                content_type: kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(),
                authorization: text(header::AUTHORIZATION),
                body,
            })
        }
    };
    Ok(response(said))
}

/// The room that a path leads to, and what is below it. Something that ends TLS before us may have cut the path's beginning off
/// or left it there.
fn room_of(doors: &BTreeMap<String, Answerer>, path: &str) -> Option<(Answerer, String)> {
    doors.iter().find_map(|(name, answerer)| {
        let place = format!("/{name}/");
        let at = path.find(&place)?;
        Some((Arc::clone(answerer), path[at + place.len()..].to_owned()))
    })
}

fn response(said: Said) -> Response<Body> {
    let mut response = Response::new(Body::from(said.body));
    *response.status_mut() = StatusCode::from_u16(said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(said.content_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(location) = said.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn ask(address: SocketAddr, request: String) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    async fn free() -> SocketAddr {
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn a_room_answers_below_its_path_and_is_gone_when_it_is_closed() {
        let address = free().await;
        let rooms = Rooms::open(address, Some("https://idp.example/at/"), None).await.unwrap();
        let url = rooms.furnish("run/main", Arc::new(|asked| Said::text(200, &format!("{} {}", asked.method, asked.path))));
        assert_eq!(url, "https://idp.example/at/run/main");
        let get = |path: &str| ask(address, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        for path in ["/run/main/.well-known/udap?x=1", "/at/run/main/.well-known/udap"] {
            let answer = get(path).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("GET .well-known/udap"), "{answer}");
        }
        for path in ["/", "/run/mainframe/.well-known/udap", "/other/main/"] {
            assert!(get(path).await.starts_with("HTTP/1.1 404"), "{path}");
        }
        rooms.close("run/main");
        assert!(get("/run/main/x").await.starts_with("HTTP/1.1 404"));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_kept() {
        let address = free().await;
        let rooms = Rooms::open(address, None, None).await.unwrap();
        rooms.furnish("a", Arc::new(|asked| Said::text(200, &asked.body.len().to_string())));
        let post = |size: usize| {
            let body = "x".repeat(size);
            ask(address, format!("POST /a/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n{body}"))
        };
        assert!(post(1000).await.ends_with("\r\n1000"));
        let large = post(LARGEST_BODY + 1).await;
        assert!(large.ends_with("\r\n0"), "{large}");
    }
}
