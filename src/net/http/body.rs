//! Reads a body in pieces, under a cap and two clocks: the deadline of the exchange and a least speed.

use std::time::Duration;

use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;

/// Why a body was not read to its end.
pub(super) enum Unread {
    /// It is longer than the cap; the part up to the cap.
    TooLarge(Vec<u8>),
    /// It comes more slowly than the least speed.
    TooSlow,
    /// The deadline of the exchange has passed.
    TimedOut,
    /// The stream broke.
    Broken(reqwest::Error),
}

/// Reads up to `cap` bytes until `end`.
pub(super) async fn read(response: &mut Response, cap: usize, limits: &Limits, end: Instant) -> Result<Vec<u8>, Unread> {
    let start = Instant::now();
    let mut body = Vec::new();
    loop {
        let look = (Instant::now() + limits.grace.max(Duration::from_millis(10)) / 4).min(end);
        let piece = match timeout_at(look, response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(Unread::Broken(error)),
            Err(_) if is_late(end) => return Err(Unread::TimedOut),
            Err(_) if is_slow(body.len(), start.elapsed(), limits) => return Err(Unread::TooSlow),
            Err(_) => continue,
        };
        if body.len() + piece.len() > cap {
            body.extend_from_slice(&piece[..cap - body.len()]);
            return Err(Unread::TooLarge(body));
        }
        body.extend_from_slice(&piece);
        if is_late(end) {
            return Err(Unread::TimedOut);
        }
        if is_slow(body.len(), start.elapsed(), limits) {
            return Err(Unread::TooSlow);
        }
    }
}

fn is_late(end: Instant) -> bool {
    Instant::now() >= end
}

fn is_slow(received: usize, elapsed: Duration, limits: &Limits) -> bool {
    if elapsed <= limits.grace {
        return false;
    }
    let due = u128::from(limits.slowest) * elapsed.as_millis() / 1000;
    (received as u128) < due
}
