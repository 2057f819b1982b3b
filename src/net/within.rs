//! A deadline over anything that is awaited.

use std::future::Future;
use std::time::Duration;

/// The result, unless it takes longer than `limit` of real time.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
