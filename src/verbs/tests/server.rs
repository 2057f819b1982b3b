//! A little server whose answers a test writes as a function of the request, over plain HTTP or TLS.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::net::HttpOptions;
use crate::net::tls::Trust;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

/// What it answers.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status).with("content-type", "application/json").body(&body.to_string())
    }

    pub fn page(status: u16) -> Self {
        Self::new(status).with("content-type", "text/html").body("<!doctype html><p>Please wait</p>")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = self.body.len();
        format!("HTTP/1.1 {} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{}", self.status, self.body)
            .into_bytes()
    }
}

type Handler = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// A running server.
#[derive(Clone)]
pub struct Server {
    pub base: Url,
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    certificate: Option<CertificateDer<'static>>,
}

impl Server {
    /// Plain HTTP on loopback; the base is `/r4`.
    pub async fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(Arc::new(handler), None).await
    }

    /// TLS with a certificate that `trusting` trusts.
    pub async fn start_trusted(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_tls(handler).await
    }

    /// HTTP options that trust this server's certificate.
    pub fn trusting(&self) -> HttpOptions {
        HttpOptions { trust: Arc::new(Trust::nothing().with(self.certificate.clone())), ..HttpOptions::default() }
    }

    /// TLS 1.2 and 1.3 with a certificate that nobody trusts.
    pub async fn start_tls(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        crate::net::install_crypto_provider();
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let server = Self::run(Arc::new(handler), Some(TlsAcceptor::from(Arc::new(config)))).await;
        Self { certificate: Some(made.cert.der().clone()), ..server }
    }

    /// TLS with this chain, leaf first, whatever is asked.
    pub async fn start_with(chain: Vec<CertificateDer<'static>>, key: Vec<u8>) -> Self {
        crate::net::install_crypto_provider();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::run(Arc::new(|_: &Seen| Reply::new(200)), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn run(handler: Handler, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let scheme = if tls.is_some() { "https" } else { "http" };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, log, tls) = (Arc::clone(&handler), Arc::clone(&log), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &handler, &log).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &handler, &log).await;
                            }
                        }
                    }
                });
            }
        });
        Self { base: Url::parse(&format!("{scheme}://127.0.0.1:{port}/r4")).unwrap(), port, seen, certificate: None }
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests there were for this path.
    pub fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path == path).count()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, handler: &Handler, log: &Mutex<Vec<Seen>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let mut words = head.split(' ');
                let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
                let seen = Seen { method, path, head: head.to_lowercase(), body: body.to_owned() };
                log.lock().unwrap().push(seen.clone());
                let _ = stream.write_all(&handler(&seen).bytes()).await;
                let _ = stream.shutdown().await;
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}
