//! The deadlines and caps of one exchange.

use std::time::Duration;

use crate::net::Phase;

/// Deadlines and caps; every one of them can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For TCP and the tunnel of a proxy.
    pub connect: Duration,
    /// For the TLS handshake.
    pub tls: Duration,
    /// From the request until the head of the answer is complete.
    pub first_byte: Duration,
    /// For everything, by the clock on the wall.
    pub whole: Duration,
    /// After `grace`, a body must have come at this many bytes per second on average.
    pub slowest: u64,
    /// How long a body may be slower than that.
    pub grace: Duration,
    /// The largest body that is read, in bytes, unless a request says otherwise.
    pub body: usize,
    /// The most headers that an answer may have.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            tls: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            whole: Duration::from_secs(30),
            slowest: 1024,
            grace: Duration::from_secs(5),
            body: 1024 * 1024,
            headers: 100,
        }
    }
}

impl Limits {
    /// One deadline for every phase, for tests and selftest.
    #[must_use]
    pub fn all(deadline: Duration) -> Self {
        Self { connect: deadline, tls: deadline, first_byte: deadline, whole: deadline, grace: deadline, ..Self::default() }
    }

    pub(super) fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Unsent | Phase::Connect => self.connect,
            Phase::Tls => self.tls,
            Phase::FirstByte => self.first_byte,
            Phase::Body => self.whole,
        }
    }
}
