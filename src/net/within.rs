//! Deadlines over anything that is awaited: one for a single piece of work, one that several pieces share.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// The result, unless it takes longer than `limit` of real time.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

/// Real time that several pieces of work may take together. What passes between them costs nothing.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    limit: Duration,
    left: Duration,
}

impl Allowance {
    /// Nothing of it is spent yet.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit, left: limit }
    }

    /// What it was at first.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// True when nothing is left.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.left.is_zero()
    }

    /// The result, unless it takes longer than what is left and `besides`, the part that is not charged.
    pub async fn spend<T>(&mut self, besides: Duration, work: impl Future<Output = T>) -> Option<T> {
        let begun = Instant::now();
        let result = within(self.left.saturating_add(besides), work).await;
        let taken = begun.elapsed().saturating_sub(besides);
        self.left = if result.is_some() { self.left.saturating_sub(taken) } else { Duration::ZERO };
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_shares_an_allowance_and_what_is_besides_or_between_costs_nothing() {
        let mut allowance = Allowance::new(Duration::from_secs(5));
        assert_eq!(allowance.spend(Duration::ZERO, std::future::ready(1)).await, Some(1));
        let before = allowance.left;
        let sleep = || tokio::time::sleep(Duration::from_millis(20));
        sleep().await;
        assert!(allowance.spend(Duration::from_secs(3600), sleep()).await.is_some());
        assert_eq!(allowance.left, before);
        assert!(allowance.spend(Duration::ZERO, sleep()).await.is_some());
        assert!(allowance.left <= before - Duration::from_millis(20) && !allowance.is_spent());
        let mut short = Allowance::new(Duration::from_millis(1));
        assert!(short.spend(Duration::ZERO, std::future::pending::<()>()).await.is_none());
        assert!(short.is_spent());
    }
}
