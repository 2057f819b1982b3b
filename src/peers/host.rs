//! A little HTTP server for fixed files: lists of revoked certificates, certificates of CAs, a logo. Beside them an OCSP responder.
//!
//! It answers GET and HEAD for the names that it was given, POST and GET for OCSP, and 404 for everything else. Nothing of a
//! request is kept.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Uri;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A file as it is served.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name, without a slash in front.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What is in it.
    pub content: Vec<u8>,
}

/// From a request to its answer; `None` when there is none.
pub type Answering = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// What answers OCSP requests: the name under which it is asked, and the answer to any bytes at all, `None` when it cannot answer.
#[derive(Clone)]
pub struct Responder {
    /// Its name, without a slash in front.
    pub name: &'static str,
    /// The largest request that it is given.
    pub largest: usize,
    /// From a request to its answer.
    pub answer: Answering,
}

impl std::fmt::Debug for Responder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Responder at {}", self.name)
    }
}

/// What is served.
#[derive(Debug)]
struct Served {
    files: BTreeMap<&'static str, File>,
    responder: Option<Responder>,
}

/// A bound address where nothing is served yet: the files may have to name it.
#[derive(Debug)]
pub struct Seat {
    listener: TcpListener,
    address: SocketAddr,
}

/// A server at work. It ends when this is dropped.
#[derive(Debug)]
pub struct Host {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Seat {
    /// Binds an address; port 0 takes any that is free.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn take(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves these files and answers OCSP requests until the host is dropped.
    #[must_use]
    pub fn serve(self, files: Vec<File>, responder: Option<Responder>) -> Host {
        let files: BTreeMap<&'static str, File> = files.into_iter().map(|file| (file.name, file)).collect();
        let largest = responder.as_ref().map_or(0, |responder| responder.largest);
        let router = Router::new()
            .fallback(get(answer).post(question))
            .layer(DefaultBodyLimit::max(largest))
            .with_state(Arc::new(Served { files, responder }));
        let address = self.address;
        let task = tokio::spawn(async move {
            // It ends with the run; a listener that fails makes the target's fetch fail, which is seen there.
            let _ = axum::serve(self.listener, router).await;
        });
        Host { address, task }
    }
}

impl Host {
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    // A name may stand below any path: the public address of the host may have one.
    let path = request.uri().path();
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some(file) = served.files.get(name) {
        return ([(header::CONTENT_TYPE, file.content_type)], file.content.clone()).into_response();
    }
    // RFC 6960 A.1: the request in base64 may stand in the path, escaped or not.
    let of_responder = |responder: &Responder| {
        let (_, text) = path.split_once(&format!("/{}/", responder.name))?;
        let text = percent_decoded(text)?;
        let question = STANDARD.decode(text).ok().filter(|question| question.len() <= responder.largest)?;
        Some(answered(responder, &question))
    };
    served.responder.as_ref().and_then(of_responder).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

async fn question(State(served): State<Arc<Served>>, address: Uri, body: Bytes) -> Response {
    let name = address.path().rsplit('/').next().unwrap_or_default();
    match served.responder.as_ref().filter(|responder| responder.name == name) {
        Some(responder) => answered(responder, &body),
        None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn answered(responder: &Responder, question: &[u8]) -> Response {
    match (responder.answer)(question) {
        Some(answer) => ([(header::CONTENT_TYPE, "application/ocsp-response")], answer).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Base64 as it may stand in a path: `+`, `/` and `=` escaped or not.
fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = u8::from_str_radix(behind.get(..2)?, 16).ok()?;
        decoded.push(char::from(byte));
        rest = behind.get(2..)?;
    }
    decoded.push_str(rest);
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    async fn ask(address: SocketAddr, line: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    #[tokio::test]
    async fn a_responder_is_asked_by_post_and_by_get_and_only_under_its_name() {
        let seat = Seat::take(([127, 0, 0, 1], 0).into()).await.unwrap();
        let echo = |question: &[u8]| (question != b"no").then(|| [b"about ", question].concat());
        let host = seat.serve(Vec::new(), Some(Responder { name: "ocsp", largest: 16, answer: Arc::new(echo) }));
        let address = host.address();
        let post = |name: &'static str, body: &'static str| async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST /pki/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut text = Vec::new();
            stream.read_to_end(&mut text).await.unwrap();
            String::from_utf8_lossy(&text).into_owned()
        };
        let good = post("ocsp", "this").await;
        assert!(good.starts_with("HTTP/1.1 200") && good.ends_with("about this") && good.contains("application/ocsp-response"));
        assert!(post("ocsp", "no").await.starts_with("HTTP/1.1 500"));
        assert!(post("other", "this").await.starts_with("HTTP/1.1 405"));
        assert!(post("ocsp", "much longer than it may be").await.starts_with("HTTP/1.1 413"));
        // "this?>" in base64 holds a slash.
        assert!(ask(address, "GET /pki/ocsp/dGhpcz8+").await.ends_with("about this?>"));
        assert!(ask(address, "GET /pki/ocsp/dGhpcz8%2B").await.ends_with("about this?>"));
        assert!(ask(address, "GET /ocsp/%F0%9").await.starts_with("HTTP/1.1 404"));
    }

    #[tokio::test]
    async fn files_are_served_by_their_names_and_nothing_else_is() {
        let seat = Seat::take(([127, 0, 0, 1], 0).into()).await.unwrap();
        let host =
            seat.serve(vec![File { name: "root.crl", content_type: "application/pkix-crl", content: b"list".to_vec() }], None);
        let found = ask(host.address(), "GET /pki/root.crl").await;
        assert!(
            found.starts_with("HTTP/1.1 200") && found.contains("application/pkix-crl") && found.ends_with("list"),
            "{found}"
        );
        assert!(ask(host.address(), "GET /root.key").await.starts_with("HTTP/1.1 404"));
        assert!(ask(host.address(), "POST /root.crl").await.starts_with("HTTP/1.1 405"));
        let address = host.address();
        drop(host);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(TcpStream::connect(address).await.is_err(), "it ends when it is dropped");
    }
}
