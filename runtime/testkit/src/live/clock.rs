//! The clock of a story: it stands still, and whoever sleeps is woken when the story lets time pass.

use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use holdover_client::{Clock, Now};

use super::edges::{Device, Edges, Sleeper};

/// Sleeps of no length at one instant, after which something is wrong with the client.
const MAX_IDLE: u32 = 1000;

impl Clock for Edges {
    fn now(&self) -> Now {
        self.device().clock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut device = self.device();
        let until = device.clock.now().boot.after(duration);
        device.idle += u32::from(duration.is_zero());
        device.last_sleeper += 1;
        let id = device.last_sleeper;
        if device.process == self.process {
            device.sleepers.insert(id, Sleeper { until, waker: None });
        }
        drop(device);
        let asleep = Asleep { edges: self.clone(), id };
        Box::pin(std::future::poll_fn(move |context| {
            let mut device = asleep.edges.device();
            let now = device.clock.now().boot;
            let restless = device.is_restless();
            match device.sleepers.get_mut(&asleep.id) {
                Some(sleeper) if sleeper.until <= now && !restless => Poll::Ready(()),
                Some(sleeper) => {
                    sleeper.waker = Some(context.waker().clone());
                    Poll::Pending
                }
                // Of a process that is gone.
                None => Poll::Pending,
            }
        }))
    }
}

impl Device {
    /// The client sleeps again and again without letting time pass.
    pub(super) fn is_restless(&self) -> bool {
        self.idle > MAX_IDLE
    }

    /// The true time at which the next sleeper is to be woken.
    pub(super) fn next_due(&self) -> Option<i128> {
        self.sleepers.values().map(|sleeper| self.clock.true_time_of(sleeper.until)).min()
    }

    /// Lets time pass, and wakes who has slept long enough.
    pub(super) fn advance_to(&mut self, time: i128) -> Result<(), String> {
        if time > self.clock.true_time() {
            self.idle = 0;
        }
        self.clock.advance_to(time)?;
        let now = self.clock.now().boot;
        let due = self.sleepers.values_mut().filter(|sleeper| sleeper.until <= now);
        due.filter_map(|sleeper| sleeper.waker.take()).for_each(std::task::Waker::wake);
        Ok(())
    }
}

/// Takes the sleeper away when nobody waits for it any more.
struct Asleep {
    edges: Edges,
    id: u64,
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.edges.device().sleepers.remove(&self.id);
    }
}
