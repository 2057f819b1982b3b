//! A little HTTP server for fixed files: lists of revoked certificates, certificates of CAs, a logo.
//!
//! It answers GET and HEAD for the names that it was given, and 404 for everything else. Nothing of a request is kept.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
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

    /// Serves these files until the host is dropped.
    #[must_use]
    pub fn serve(self, files: Vec<File>) -> Host {
        let files: BTreeMap<&'static str, File> = files.into_iter().map(|file| (file.name, file)).collect();
        let router = Router::new().fallback(get(answer)).with_state(Arc::new(files));
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

async fn answer(State(files): State<Arc<BTreeMap<&'static str, File>>>, request: Request) -> Response {
    // A name may stand below any path: the public address of the host may have one.
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let Some(file) = files.get(name) else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, file.content_type)], file.content.clone()).into_response()
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
    async fn files_are_served_by_their_names_and_nothing_else_is() {
        let seat = Seat::take(([127, 0, 0, 1], 0).into()).await.unwrap();
        let host = seat.serve(vec![File { name: "root.crl", content_type: "application/pkix-crl", content: b"list".to_vec() }]);
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
