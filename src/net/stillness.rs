//! Who acts and who sleeps, so that a clock may jump exactly when nobody but time can move a run on.
//!
//! A clock that jumps while somebody still acts would let a token expire in the middle of its use.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::clock::OffsetClock;

/// How many act at this moment. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<AtomicUsize>);

/// Somebody acts until this is dropped.
#[derive(Debug)]
pub struct Acting(Arc<AtomicUsize>);

impl Activity {
    /// One more acts from here on.
    #[must_use]
    pub fn begin(&self) -> Acting {
        self.0.fetch_add(1, Ordering::SeqCst);
        Acting(Arc::clone(&self.0))
    }

    /// How many act.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Does the work, and moves the clock to the earliest wake whenever all who act are asleep on it.
///
/// Right after the work has given back control is the one moment at which this can be seen: nobody is then between two acts.
/// One that acts may itself wait for one that sleeps; so after `stuck` of real time without any movement the sleepers are woken
/// as well.
pub async fn jump_when_still<T>(clock: &OffsetClock, activity: &Activity, stuck: Duration, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut patience = pin!(sleep(stuck));
    poll_fn(|context| {
        if let Poll::Ready(result) = work.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        let sleepers = clock.parked();
        let is_stuck = patience.as_mut().poll(context).is_ready();
        if sleepers > 0 && (is_stuck || sleepers >= activity.count()) {
            // Whoever is woken has told this task so, and the work is polled again.
            let _ = clock.advance_to_earliest();
        }
        patience.as_mut().reset(Instant::now() + stuck);
        // Only a timer that was polled after its reset rings.
        if patience.as_mut().poll(context).is_ready() {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;

    use super::*;
    use crate::net::Clock;

    const STUCK: Duration = Duration::from_secs(1);

    /// A step that waits on the clock, one hour.
    async fn wait(clock: &OffsetClock, activity: &Activity) -> Duration {
        let _acting = activity.begin();
        clock.sleep(Duration::from_hours(1)).await;
        clock.elapsed()
    }

    #[tokio::test]
    async fn a_clock_jumps_over_a_wait_only_when_nobody_else_acts() {
        let (clock, activity) = (OffsetClock::new(), Activity::default());
        let slow = async {
            let _acting = activity.begin();
            sleep(Duration::from_millis(150)).await;
            clock.elapsed()
        };
        let begun = std::time::Instant::now();
        let (waited, acted) = jump_when_still(&clock, &activity, STUCK, join(wait(&clock, &activity), slow)).await;
        assert!(acted < Duration::from_mins(1), "the clock jumped under a step that acted: {acted:?}");
        assert!(waited >= Duration::from_hours(1));
        assert!(begun.elapsed() < STUCK, "it had to be told by the clock of the wall");
    }

    #[tokio::test]
    async fn waits_overlap_and_each_ends_in_its_turn() {
        let (clock, activity) = (OffsetClock::new(), Activity::default());
        let twice = async { (wait(&clock, &activity).await, wait(&clock, &activity).await) };
        let (once, (first, second)) = jump_when_still(&clock, &activity, STUCK, join(wait(&clock, &activity), twice)).await;
        assert!(once < Duration::from_mins(61) && first < Duration::from_mins(61), "{once:?} {first:?}");
        assert!(second >= Duration::from_hours(2) && second < Duration::from_mins(121), "{second:?}");
    }

    #[tokio::test]
    async fn one_who_waits_for_a_sleeper_does_not_keep_the_clock_for_ever() {
        let (clock, activity) = (OffsetClock::new(), Activity::default());
        let place = tokio::sync::Mutex::new(());
        let holder = async {
            let _place = place.lock().await;
            wait(&clock, &activity).await
        };
        let second = async {
            let _acting = activity.begin();
            let _place = place.lock().await;
        };
        let (waited, ()) = jump_when_still(&clock, &activity, STUCK, join(holder, second)).await;
        assert!(waited >= Duration::from_hours(1));
    }
}
