//! A server whose answers a test writes as a function of path and count. Speaks plain HTTP on loopback.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An answer, after a pause.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) pause: Duration,
}

/// A JSON answer of this status at once.
pub(crate) fn reply(status: u16, body: Value) -> Reply {
    Reply { status, body, pause: Duration::ZERO }
}

type Handler = dyn Fn(&str, usize) -> Reply + Send + Sync;

#[derive(Default)]
struct Seen {
    paths: Vec<String>,
    active: BTreeMap<String, usize>,
    most_active: BTreeMap<String, usize>,
}

/// A running server; its loop ends with the runtime of the test.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Peer {
    /// Below `/r4/`, the handler is given the rest of the path and how often it was asked for before.
    /// It is not asked for the discovery documents: metadata is there, UDAP is not, and `smart` is what it is.
    pub(crate) async fn start(smart: Value, handler: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let (shared, handler, smart) = (peer.clone(), Arc::new(handler), Arc::new(smart));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, handler, smart) = (shared.clone(), Arc::clone(&handler), Arc::clone(&smart));
                tokio::spawn(async move { shared.serve(stream, &*handler, &smart).await });
            }
        });
        peer
    }

    async fn serve(&self, mut stream: TcpStream, handler: &Handler, smart: &Value) -> Option<()> {
        let mut head = Vec::new();
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let text = String::from_utf8(head).ok()?;
        let path = text.split(' ').nth(1)?.trim_start_matches("/r4/").to_owned();
        let before = {
            let mut seen = self.seen.lock().unwrap();
            let before = seen.paths.iter().filter(|own| **own == path).count();
            seen.paths.push(path.clone());
            let active = seen.active.entry(path.clone()).or_default();
            *active += 1;
            let now = *active;
            let most = seen.most_active.entry(path.clone()).or_default();
            *most = now.max(*most);
            before
        };
        let answer = match path.as_str() {
            "metadata" => reply(200, json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{}] })),
            ".well-known/smart-configuration" if smart.is_null() => reply(500, json!({})),
            ".well-known/smart-configuration" => reply(200, smart.clone()),
            path if path.contains(".well-known/") => reply(404, json!({})),
            path => handler(path, before),
        };
        if !answer.pause.is_zero() {
            tokio::time::sleep(answer.pause).await;
        }
        let body = answer.body.to_string();
        let head =
            format!("HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", answer.status, body.len());
        *self.seen.lock().unwrap().active.get_mut(&path)? -= 1;
        stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await.ok()
    }

    /// The paths that were asked for, in order, those of discovery left out.
    pub(crate) fn paths(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let own = seen.paths.iter().filter(|path| *path != "metadata" && !path.contains(".well-known/"));
        own.cloned().collect()
    }

    /// How often anything was asked for, discovery included.
    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().paths.len()
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.paths().iter().filter(|own| *own == path).count()
    }

    /// The most requests for this path that were answered at the same time.
    pub(crate) fn most_at_once(&self, path: &str) -> usize {
        self.seen.lock().unwrap().most_active.get(path).copied().unwrap_or_default()
    }
}
