//! Listens on the loopback redirect URI: only there, only for this host, 16 KiB, ten seconds.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::callback::Callback;
use super::pages;
use super::window::{Reply, Window};
use crate::net::Clock;

/// The largest head and the largest body.
const LARGEST: usize = 16 * 1024;
/// How long one connection may last.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listener that lives as long as this value.
pub(super) struct Listener {
    window: Arc<Window>,
    tasks: Vec<JoinHandle<()>>,
}

impl Listener {
    pub(super) fn window(&self) -> Arc<Window> {
        Arc::clone(&self.window)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Listens on this host and port; nothing when the port cannot be had.
pub(super) async fn listen(host: &str, port: u16, clock: Arc<dyn Clock>, secret: &str) -> Option<Listener> {
    let authority = if port == 80 { host.to_owned() } else { format!("{host}:{port}") };
    let window = Arc::new(Window::new(authority, secret, clock));
    let mut tasks = Vec::new();
    for address in addresses(host) {
        if let Ok(listener) = TcpListener::bind((address, port)).await {
            tasks.push(tokio::spawn(serve(listener, Arc::clone(&window))));
        }
    }
    (!tasks.is_empty()).then_some(Listener { window, tasks })
}

fn addresses(host: &str) -> Vec<IpAddr> {
    match host.trim_matches(['[', ']']).parse() {
        Ok(address) => vec![address],
        Err(_) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    }
}

async fn serve(listener: TcpListener, window: Arc<Window>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(timeout(PATIENCE, connection(stream, Arc::clone(&window))));
    }
}

async fn connection(stream: TcpStream, window: Arc<Window>) {
    let service = service_fn(move |request| {
        let window = Arc::clone(&window);
        async move { Ok::<_, Infallible>(response(reply(&window, request).await)) }
    });
    // What a client does wrong is its own affair.
    let _ = http1::Builder::new().keep_alive(false).max_buf_size(LARGEST).serve_connection(TokioIo::new(stream), service).await;
}

async fn reply(window: &Window, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    // A page elsewhere may have pointed its own name at this address.
    if !has_host(&head, &window.authority) {
        return Reply::Page(421, pages::stray());
    }
    let path = head.uri.path();
    if path == window.progress_path && head.method == Method::GET {
        return window.progress();
    }
    if !window.is_callback(path) {
        return Reply::Page(404, pages::stray());
    }
    let query = head.uri.query().map(str::to_owned);
    let fields = match head.method {
        Method::GET => None,
        Method::POST => match to_bytes(Body::new(body), LARGEST).await {
            Ok(bytes) => Some(url::form_urlencoded::parse(&bytes).into_owned().collect()),
            Err(_) => return Reply::Page(413, pages::stray()),
        },
        _ => return Reply::Page(405, pages::stray()),
    };
    window.callback(path, Callback { query, fields })
}

fn has_host(head: &Parts, authority: &str) -> bool {
    let mut hosts = head.headers.get_all("host").iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

fn response(reply: Reply) -> Response<Body> {
    let builder = Response::builder()
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .header("x-content-type-options", "nosniff")
        .header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    let built = match reply {
        Reply::Go(url) => builder.status(302).header("location", url.as_str()).body(Body::empty()),
        Reply::Page(status, page) => {
            builder.status(status).header("content-type", "text/html; charset=utf-8").body(Body::from(page))
        }
    };
    built.unwrap_or_default()
}
