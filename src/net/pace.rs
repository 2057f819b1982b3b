//! How fast an origin is asked: requests in flight, rate, pauses that it asks for, and when it is given up.
//!
//! A pause stops all requests to its origin. An origin that timed out twice, or that keeps asking for pauses when the
//! run has none left, is not asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::clock::Clock;
use super::origin::Origin;
use crate::vocabulary::Cause;

/// All the pauses of a run together.
const PAUSES_OF_A_RUN: Duration = Duration::from_mins(5);
/// After so many timeouts an origin is given up.
const TIMEOUTS_OF_AN_ORIGIN: u32 = 2;

pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    in_flight: usize,
    interval: Duration,
    lanes: Mutex<HashMap<Origin, Arc<Lane>>>,
    pause_left: Mutex<Duration>,
}

/// What is known of one origin.
pub(super) struct Lane {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    paused_until: Duration,
    next_slot: Duration,
    timeouts: u32,
    given_up: bool,
    sent: u64,
    resets: u32,
}

impl Lane {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sent(&self) -> u64 {
        self.state().sent
    }

    pub(super) fn count_sent(&self) {
        self.state().sent += 1;
    }

    pub(super) fn count_timeout(&self) {
        self.state().timeouts += 1;
    }

    /// Counts a reset and returns how many there were since the last answer.
    pub(super) fn count_reset(&self) -> u32 {
        let mut state = self.state();
        state.resets = state.resets.saturating_add(1);
        state.resets
    }

    pub(super) fn count_answer(&self) {
        self.state().resets = 0;
    }

    fn lost(&self, origin: &Origin) -> Option<Cause> {
        let state = self.state();
        if state.timeouts >= TIMEOUTS_OF_AN_ORIGIN {
            let times = state.timeouts;
            return Some(Cause::new("origin-lost", format!("not sent: {origin} did not answer in time {times} times before")));
        }
        state
            .given_up
            .then(|| Cause::new("rate-limited", format!("not sent: {origin} keeps asking for pauses and the run has none left")))
    }
}

impl Pace {
    /// `rate` is requests per second and origin.
    pub(super) fn new(clock: Arc<dyn Clock>, in_flight: usize, rate: Option<f64>) -> Self {
        let interval =
            rate.filter(|rate| *rate > 0.0).and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok()).unwrap_or_default();
        let pause_left = Mutex::new(PAUSES_OF_A_RUN);
        Self { clock, in_flight: in_flight.max(1), interval, lanes: Mutex::default(), pause_left }
    }

    pub(super) fn lane(&self, origin: &Origin) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Lane { permits: Arc::new(Semaphore::new(self.in_flight)), state: Mutex::default() });
        Arc::clone(lanes.entry(origin.clone()).or_insert_with(new))
    }

    /// Waits for a turn. The permit is held while the request is in flight, never while a pause lasts.
    pub(super) async fn turn(&self, origin: &Origin, lane: &Lane) -> Result<OwnedSemaphorePermit, Cause> {
        let slot = self.reserve(lane);
        loop {
            if let Some(cause) = lane.lost(origin) {
                return Err(cause);
            }
            let wait = self.wait(lane, slot);
            if !wait.is_zero() {
                self.clock.sleep(wait).await;
                continue;
            }
            let Ok(permit) = Arc::clone(&lane.permits).acquire_owned().await else {
                return Err(Cause::new("origin-lost", "not sent: the run is ending"));
            };
            // While this request waited for a permit, another may have met a pause or the last timeout.
            if self.wait(lane, slot).is_zero() && lane.lost(origin).is_none() {
                return Ok(permit);
            }
        }
    }

    fn reserve(&self, lane: &Lane) -> Duration {
        let mut state = lane.state();
        let slot = state.next_slot.max(self.clock.elapsed());
        state.next_slot = slot.saturating_add(self.interval);
        slot
    }

    fn wait(&self, lane: &Lane, slot: Duration) -> Duration {
        let until = lane.state().paused_until.max(if self.interval.is_zero() { Duration::ZERO } else { slot });
        until.saturating_sub(self.clock.elapsed())
    }

    /// The origin asked for a pause. What it takes beyond a pause that already lasts is charged to the run.
    pub(super) fn pause(&self, lane: &Lane, asked: Duration) {
        let now = self.clock.elapsed();
        let mut left = self.pause_left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = lane.state();
        let from = state.paused_until.max(now);
        let extra = now.saturating_add(asked).saturating_sub(from);
        if extra > *left {
            state.given_up = true;
        }
        let granted = extra.min(*left);
        *left -= granted;
        state.paused_until = from.saturating_add(granted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::OffsetClock;

    fn origin() -> Origin {
        Origin { scheme: "https".into(), host: "p.example".into(), port: 443 }
    }

    #[tokio::test]
    async fn h35_pauses_of_a_run_end_after_300_seconds_and_then_the_origin_is_given_up() {
        let clock = OffsetClock::new();
        let pace = Pace::new(Arc::new(clock.clone()), 6, None);
        let lane = pace.lane(&origin());
        for _ in 0..3 {
            pace.pause(&lane, Duration::from_mins(2));
            clock.advance(Duration::from_secs(121));
        }
        assert!(clock.elapsed() < Duration::from_secs(370));
        assert_eq!(pace.turn(&origin(), &lane).await.unwrap_err().kind, "rate-limited");
    }

    #[tokio::test]
    async fn pauses_at_the_same_time_are_charged_once() {
        let clock = OffsetClock::new();
        let pace = Pace::new(Arc::new(clock.clone()), 6, None);
        let lane = pace.lane(&origin());
        for _ in 0..6 {
            pace.pause(&lane, Duration::from_secs(100));
        }
        clock.advance(Duration::from_secs(101));
        assert!(pace.turn(&origin(), &lane).await.is_ok());
        assert!(*pace.pause_left.lock().unwrap() > Duration::from_secs(199));
    }

    #[tokio::test]
    async fn a_rate_spaces_requests_and_a_full_lane_makes_them_wait() {
        let clock = OffsetClock::new();
        let pace = Arc::new(Pace::new(Arc::new(clock.clone()), 1, Some(1.0)));
        let lane = pace.lane(&origin());
        let first = pace.turn(&origin(), &lane).await.unwrap();
        let second = tokio::spawn({
            let (pace, lane) = (Arc::clone(&pace), Arc::clone(&lane));
            async move { pace.turn(&origin(), &lane).await.is_ok() }
        });
        while clock.parked() == 0 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_secs(2));
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        assert!(second.await.unwrap());
    }
}
