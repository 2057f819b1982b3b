//! Time: the wall clock, elapsed time and waits, all of which a test can move.
//!
//! Deadlines of sockets are real time and do not go through here; waits that a case asks for and pauses that a
//! target asks for do, so that `selftest` can jump over them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use tokio::sync::Notify;

/// The only source of time.
pub trait Clock: Send + Sync {
    /// The time of day, for certificates, tokens and records.
    fn now(&self) -> OffsetDateTime;

    /// Time since the clock was made; never runs backwards.
    fn elapsed(&self) -> Duration;

    /// Returns when `duration` has passed on this clock.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Real time.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Real time plus an offset that only `advance` moves. A sleeper parks until someone moves the clock past its wake.
///
/// Clones share one clock.
#[derive(Clone)]
pub struct OffsetClock {
    base: SystemClock,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    moved: Notify,
}

#[derive(Default)]
struct State {
    offset: Duration,
    next: u64,
    /// Sleeper to wake, in time since the clock was made.
    parked: BTreeMap<u64, Duration>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OffsetClock {
    /// A clock with no offset yet.
    #[must_use]
    pub fn new() -> Self {
        Self { base: SystemClock::new(), shared: Arc::default() }
    }

    /// Moves the clock forward and wakes every sleeper whose time has come.
    pub fn advance(&self, duration: Duration) {
        let elapsed = self.base.elapsed();
        {
            let mut state = self.shared.state();
            state.offset = state.offset.saturating_add(duration);
            let now = elapsed.saturating_add(state.offset);
            state.parked.retain(|_, wake| *wake > now);
        }
        self.shared.moved.notify_waiters();
    }

    /// Jumps to the earliest wake. False when nobody sleeps.
    #[must_use]
    pub fn advance_to_earliest(&self) -> bool {
        let Some(wake) = self.earliest_wake() else { return false };
        self.advance(wake.saturating_sub(self.elapsed()));
        true
    }

    /// How many sleepers wait for the clock to be moved.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.shared.state().parked.len()
    }

    /// When the next sleeper wants to wake, in time since the clock was made.
    #[must_use]
    pub fn earliest_wake(&self) -> Option<Duration> {
        self.shared.state().parked.values().min().copied()
    }
}

impl Default for OffsetClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> OffsetDateTime {
        let offset = time::Duration::try_from(self.shared.state().offset).unwrap_or(time::Duration::MAX);
        self.base.now().saturating_add(offset)
    }

    fn elapsed(&self) -> Duration {
        self.base.elapsed().saturating_add(self.shared.state().offset)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let wake = self.elapsed().saturating_add(duration);
        let parking = Parking::new(Arc::clone(&self.shared), wake);
        Box::pin(parking.wait())
    }
}

/// One sleeper's place, given back when the sleeper wakes or is dropped.
struct Parking {
    shared: Arc<Shared>,
    number: u64,
}

impl Parking {
    fn new(shared: Arc<Shared>, wake: Duration) -> Self {
        let number = {
            let mut state = shared.state();
            state.next += 1;
            let number = state.next;
            state.parked.insert(number, wake);
            number
        };
        Self { shared, number }
    }

    async fn wait(self) {
        loop {
            let moved = self.shared.moved.notified();
            tokio::pin!(moved);
            // Registered before the look, so that a move between look and wait is not lost.
            moved.as_mut().enable();
            if !self.shared.state().parked.contains_key(&self.number) {
                return;
            }
            moved.await;
        }
    }
}

impl Drop for Parking {
    fn drop(&mut self) {
        self.shared.state().parked.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_parks_until_the_clock_is_moved_past_its_wake() {
        let clock = OffsetClock::new();
        let short = tokio::spawn(clock.sleep(Duration::from_mins(1)));
        let long = tokio::spawn(clock.sleep(Duration::from_hours(1)));
        assert_eq!(clock.parked(), 2);
        let before = clock.now();
        assert!(clock.advance_to_earliest());
        short.await.unwrap();
        assert_eq!(clock.parked(), 1);
        assert!(clock.now() - before >= time::Duration::seconds(59));
        clock.advance(Duration::from_secs(10));
        assert!(!long.is_finished());
        assert!(clock.advance_to_earliest());
        long.await.unwrap();
        assert!(!clock.advance_to_earliest());
    }

    #[tokio::test]
    async fn a_sleeper_that_is_dropped_is_not_waited_for() {
        let clock = OffsetClock::new();
        drop(clock.sleep(Duration::from_mins(1)));
        assert_eq!((clock.parked(), clock.earliest_wake()), (0, None));
    }

    #[test]
    fn h26_a_clock_moved_beyond_all_time_stands_at_the_end_and_does_not_panic() {
        let clock = OffsetClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now().year() > 9000);
    }
}
