//! The clock of a story: it stands still, and whoever sleeps is woken when the story lets time pass.

use std::task::Poll;

use futures_util::future::BoxFuture;
use holdover_client::{Clock, Instant, Now};

use super::edges::{Device, Edges, Sleeper};

/// Timers that fire without time passing, after which something is wrong with the client.
const MAX_IDLE: u32 = 1000;

impl Clock for Edges {
    fn now(&self) -> Now {
        self.device().clock.now()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        let mut device = self.device();
        let until = at.max(device.clock.now().boot);
        device.last_sleeper += 1;
        let id = device.last_sleeper;
        if device.process == self.process {
            device.sleepers.insert(id, Sleeper { until, woken: false, waker: None });
        }
        drop(device);
        let asleep = Asleep { edges: self.clone(), id };
        Box::pin(std::future::poll_fn(move |context| {
            let mut device = asleep.edges.device();
            match device.sleepers.get_mut(&asleep.id) {
                Some(sleeper) if sleeper.woken => Poll::Ready(()),
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
    /// The true time at which the next sleeper is to be woken.
    pub(super) fn next_due(&self) -> Option<i128> {
        self.sleepers.values().map(|sleeper| self.clock.true_time_of(sleeper.until)).min()
    }

    /// Lets time pass, and wakes who has slept long enough. Nobody is woken in between: who sleeps for no time is woken
    /// when time passes next, even if by nothing, as vectors have it.
    pub(super) fn advance_to(&mut self, time: i128) -> Result<(), String> {
        self.idle = if time > self.clock.true_time() { 0 } else { self.idle + 1 };
        if self.idle > MAX_IDLE {
            return Err("the client sleeps again and again without letting time pass".into());
        }
        self.clock.advance_to(time)?;
        let now = self.clock.now().boot;
        for sleeper in self.sleepers.values_mut().filter(|sleeper| sleeper.until <= now) {
            sleeper.woken = true;
            sleeper.waker.take().into_iter().for_each(std::task::Waker::wake);
        }
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
