//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use holdover_client::{BootId, Clock, Instant, Now};

/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    now: Now,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// One hour into the first boot, in the year 2026.
    pub fn new() -> Self {
        let now = Now { boot_id: BootId(1), boot: Instant(3_600_000_000_000), wall_ms: 1_770_000_000_000 };
        Self(Arc::new(Mutex::new(Hands { now, sleepers: Vec::new() })))
    }

    /// Lets time pass, by both clocks.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.hands();
        hands.now.boot = hands.now.boot.after(by);
        hands.now.wall_ms = hands.now.wall_ms.saturating_add(millis(by));
        let sleepers = std::mem::take(&mut hands.sleepers);
        drop(hands);
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// Sets the wall clock alone, by so many milliseconds.
    pub fn step_wall(&self, by_ms: i64) {
        let mut hands = self.hands();
        hands.now.wall_ms = hands.now.wall_ms.saturating_add(by_ms);
    }

    /// Restarts the device: another boot, whose clock starts again.
    pub fn reboot(&self) {
        let mut hands = self.hands();
        hands.now.boot_id = BootId(hands.now.boot_id.0 + 1);
        hands.now.boot = Instant(0);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        self.hands().now
    }

    fn sleep_until(&self, at: Instant) -> futures_util::future::BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(std::future::poll_fn(move |context| {
            let mut hands = clock.hands();
            if hands.now.boot >= at {
                return Poll::Ready(());
            }
            hands.sleepers.push(context.waker().clone());
            Poll::Pending
        }))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
