//! How far an exchange has come, so that a deadline can name the phase that used it up.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The phases of an exchange, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing was sent to anyone.
    Unsent,
    /// TCP (and the proxy's tunnel).
    Connect,
    /// The TLS handshake.
    Tls,
    /// The request is out, the head of the answer is not yet in.
    FirstByte,
    /// The body is arriving.
    Body,
}

impl Phase {
    /// The word for records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsent => "unsent",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first-byte",
            Self::Body => "body",
        }
    }
}

/// The phase of one exchange and when it began.
#[derive(Debug)]
pub(super) struct Progress(Mutex<(Phase, Instant)>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(Mutex::new((Phase::Connect, Instant::now())))
    }

    /// Moves forward, never back.
    pub(super) fn reach(&self, phase: Phase) {
        let mut at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if phase > at.0 {
            *at = (phase, Instant::now());
        }
    }

    pub(super) fn at(&self) -> (Phase, Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
