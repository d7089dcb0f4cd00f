//! Time that a test turns.

use std::time::Duration;

use futures_util::future::BoxFuture;
use holdover::{BootId, Clock, Instant, Now};
use tokio::sync::watch;

/// A clock that stands still until it is turned: nothing becomes stale, and nothing times out, by itself.
#[derive(Clone, Debug)]
pub struct TestClock(watch::Sender<Duration>);

/// 2026-01-01, at boot.
const WALL_MS: i64 = 1_767_225_600_000;

impl TestClock {
    /// At the moment of boot.
    pub fn new() -> Self {
        Self(watch::Sender::new(Duration::ZERO))
    }

    /// Turns it ahead, and wakes whoever sleeps until then.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        let since_boot = *self.0.borrow();
        Now {
            boot_id: BootId(1),
            boot: Instant(u64::try_from(since_boot.as_nanos()).unwrap()),
            wall_ms: WALL_MS + i64::try_from(since_boot.as_millis()).unwrap(),
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        let until = now.borrow().saturating_add(duration);
        Box::pin(async move {
            if now.wait_for(|now| *now >= until).await.is_err() {
                // Nobody can turn the clock any more.
                std::future::pending::<()>().await;
            }
        })
    }
}
