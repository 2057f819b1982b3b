//! Time in tests: nobody moves a clock that stands, so a test whose clock is not moved waits for ever.

use std::time::Duration;

use carinbb::net::OffsetClock;

/// Wakes whoever sleeps on the clock, as soon as nobody else goes to sleep meanwhile. Ends with the runtime.
pub(crate) async fn jump(clock: OffsetClock) {
    loop {
        let before = clock.parked();
        tokio::time::sleep(Duration::from_millis(5)).await;
        if before > 0 && clock.parked() == before {
            let _ = clock.advance_to_earliest();
        }
    }
}
