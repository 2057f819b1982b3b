//! What clients asked and were answered, for whoever observes one.
//!
//! The part of the member is left out: of the pages on which somebody signs in and agrees, only where they lead is kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::sync::watch;

use super::door::Door;
use super::exchange::{Asked, Reply};
use super::site::Site;

/// A client that asks more often than this between two looks is not remembered any further.
const MOST: usize = 5_000;

/// Nor is one whose requests and answers are longer than this together.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Where the member acts, not the client.
const OF_THE_MEMBER: [&str; 5] = ["/login", "/consent", "/logout", "/broker", "/idp"];

/// One request with its answer, as they were on the wire.
#[derive(Debug, Clone)]
pub struct Witnessed {
    /// When it was answered, by the clock of the server.
    pub at: OffsetDateTime,
    /// The TLS version, for instance `TLSv1.3`; absent over plain HTTP.
    pub tls: Option<String>,
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Names are in lower case; cookies are left out.
    pub headers: Vec<(String, String)>,
    /// The body of the request.
    pub body: Vec<u8>,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer; cookies are left out.
    pub reply_headers: Vec<(String, String)>,
    /// The body of the answer.
    pub reply_body: Vec<u8>,
}

/// Everything since the last look.
#[derive(Debug)]
pub(super) struct Journal {
    on: bool,
    entries: Mutex<Vec<Witnessed>>,
    /// How many bytes came and went since the last look.
    size: AtomicUsize,
    greetings: AtomicUsize,
    seen: watch::Sender<usize>,
}

impl Journal {
    /// An empty one; one that is not `on` stays empty.
    pub(super) fn new(on: bool) -> Self {
        Self {
            on,
            entries: Mutex::default(),
            size: AtomicUsize::new(0),
            greetings: AtomicUsize::new(0),
            seen: watch::Sender::new(0),
        }
    }

    /// Somebody wants to begin TLS.
    pub(super) fn greeted(&self) {
        self.greetings.fetch_add(1, Ordering::Relaxed);
    }

    /// How often somebody wanted to begin TLS since the start.
    pub(super) fn greetings(&self) -> usize {
        self.greetings.load(Ordering::Relaxed)
    }

    /// Remembers an exchange.
    pub(super) fn note(&self, site: &Site, asked: &Asked, version: Option<&str>, reply: &Reply) {
        if !self.on {
            return;
        }
        let by_member = OF_THE_MEMBER.iter().any(|path| asked.path.starts_with(path));
        let without_cookies = |headers: &[(String, String)]| -> Vec<(String, String)> {
            headers.iter().filter(|(name, _)| name != "cookie" && name != "set-cookie").cloned().collect()
        };
        let body = |own: &[u8]| if by_member { Vec::new() } else { own.to_vec() };
        let mut entries = self.entries();
        let size = self.size.fetch_add(asked.body.len() + reply.body.len(), Ordering::Relaxed);
        if entries.len() < MOST && size < MOST_BYTES {
            entries.push(Witnessed {
                at: site.now(),
                tls: version.map(str::to_owned),
                method: asked.method.clone(),
                url: address(site, asked, by_member),
                headers: without_cookies(&asked.headers),
                body: body(&asked.body),
                status: reply.status,
                reply_headers: without_cookies(&reply.headers),
                reply_body: body(&reply.body),
            });
        }
        drop(entries);
        self.seen.send_modify(|count| *count += 1);
    }

    /// What was remembered since the last look, and whether that is all.
    pub(super) fn take(&self) -> (Vec<Witnessed>, bool) {
        let entries = std::mem::take(&mut *self.entries());
        let size = self.size.swap(0, Ordering::Relaxed);
        let whole = entries.len() < MOST && size < MOST_BYTES;
        (entries, whole)
    }

    /// A copy of what was remembered since the last look.
    pub(super) fn peek(&self) -> Vec<Witnessed> {
        self.entries().clone()
    }

    /// Changes with every exchange.
    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.seen.subscribe()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Witnessed>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address that was asked. What a member's page carries in its query is nobody's business.
fn address(site: &Site, asked: &Asked, by_member: bool) -> String {
    let origin = match asked.door {
        Door::Fhir => &site.base,
        Door::Authorization => &site.authorization,
        Door::Plain => &site.plain,
    };
    let origin = origin.origin().ascii_serialization();
    let query = if asked.query.is_empty() || by_member { String::new() } else { format!("?{}", asked.query) };
    format!("{origin}{}{query}", asked.path)
}
