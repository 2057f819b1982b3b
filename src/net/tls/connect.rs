//! How TCP connections come to be, and the limits of one TLS observation.
//!
//! The dialer of the net floor implements [`Connect`] with its address guard, pins and proxy. Nothing in this module opens a
//! socket by itself.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;

/// Opens TCP connections to the target.
pub trait Connect: Send + Sync {
    /// One connection to `host:port`, or why there is none.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, ConnectFailure>>;
}

/// Opens so many connections and no more.
pub(super) struct Bounded<'a> {
    inner: &'a dyn Connect,
    left: AtomicUsize,
}

impl<'a> Bounded<'a> {
    pub(super) fn new(inner: &'a dyn Connect, most: usize) -> Self {
        Self { inner, left: AtomicUsize::new(most) }
    }
}

impl Connect for Bounded<'_> {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, ConnectFailure>> {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match taken {
            Ok(_) => self.inner.connect(host, port),
            Err(_) => Box::pin(async { Err(ConnectFailure::Spent) }),
        }
    }
}

/// Why no TCP connection came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The name did not resolve.
    NotFound(String),
    /// The port answered with a refusal.
    Refused,
    /// Nothing answered in time.
    TimedOut,
    /// Our own address guard forbids the connection.
    Forbidden(String),
    /// The connection was reset while it was being made.
    Reset,
    /// Nobody tried: the look has made all the connections that it may make.
    Spent,
    /// Anything else, in the words of the system.
    Other(String),
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(why) => write!(f, "the name did not resolve: {why}"),
            Self::Refused => f.write_str("the connection was refused"),
            Self::TimedOut => f.write_str("the connection timed out"),
            Self::Forbidden(why) => write!(f, "the connection is not allowed: {why}"),
            Self::Reset => f.write_str("the connection was reset while it was being made"),
            Self::Spent => f.write_str("no connection is left of those that one look may make"),
            Self::Other(why) => write!(f, "the connection failed: {why}"),
        }
    }
}

/// The limits of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Everything from the first packet to the answer.
    pub deadline: Duration,
    /// The most bytes read from the target by a raw probe.
    pub bytes: usize,
    /// The most warning alerts that are skipped.
    pub warnings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), bytes: 64 * 1024, warnings: 16 }
    }
}
