//! Time that a test turns.

use std::time::Duration;

use futures_util::future::BoxFuture;
use holdover::{BootId, Clock, Instant, Now};
use tokio::sync::watch;

/// A clock that stands still until it is turned: nothing becomes stale, and nothing times out, by itself.
#[derive(Clone, Debug)]
pub struct TestClock {
    boot: u128,
    booted: Duration,
    since_boot: watch::Sender<Duration>,
}

/// 2026-01-01, at the first boot.
const WALL_MS: i64 = 1_767_225_600_000;

impl TestClock {
    /// At the moment of the first boot.
    pub fn new() -> Self {
        Self::at(1, Duration::ZERO, Duration::ZERO)
    }

    /// In the boot of this number, which began `booted` after the first, and has lasted for `since_boot`.
    pub fn at(boot: u128, booted: Duration, since_boot: Duration) -> Self {
        Self { boot, booted, since_boot: watch::Sender::new(since_boot) }
    }

    /// Turns it ahead, and wakes whoever sleeps until then.
    pub fn advance(&self, by: Duration) {
        self.since_boot.send_modify(|now| *now += by);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        let since_boot = *self.since_boot.borrow();
        Now {
            boot_id: BootId(self.boot),
            boot: Instant(u64::try_from(since_boot.as_nanos()).unwrap()),
            wall_ms: WALL_MS + i64::try_from((self.booted + since_boot).as_millis()).unwrap(),
        }
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        let mut now = self.since_boot.subscribe();
        let at = Duration::from_nanos(at.0);
        Box::pin(async move {
            if now.wait_for(|now| *now >= at).await.is_err() {
                // Nobody can turn the clock any more.
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Tokio's time, for runtimes that are driven where it is paused: it passes when everything waits for it.
#[derive(Clone, Copy, Debug)]
pub struct PausedClock {
    booted: tokio::time::Instant,
}

impl PausedClock {
    /// The device has booted now.
    pub fn new() -> Self {
        Self { booted: tokio::time::Instant::now() }
    }
}

impl Default for PausedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Now {
        let since_boot = self.booted.elapsed();
        Now {
            boot_id: BootId(1),
            boot: Instant(u64::try_from(since_boot.as_nanos()).unwrap()),
            wall_ms: WALL_MS + i64::try_from(since_boot.as_millis()).unwrap(),
        }
    }
}
