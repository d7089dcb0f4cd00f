//! What the edges of a client share with the story: one lock over the clock, the wire, the store and the hook.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use holdover_client::Failure;
use holdover_client::{Credentials, CredentialsError, Instant};

use super::exchange::Exchange;
use crate::api::Api;
use crate::vector::{Out, Session};
use crate::world::{Clock, ScriptedStore, Shown};

/// The device, as all processes of a story find it.
pub(super) struct Device {
    pub(super) api: Api,
    pub(super) clock: Clock,
    pub(super) store: ScriptedStore,
    /// The process that lives. What others do has no effect, and nobody sees it.
    pub(super) process: u64,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) sleepers: BTreeMap<u64, Sleeper>,
    pub(super) last_sleeper: u64,
    /// How often time has passed by nothing since it last passed by something.
    pub(super) idle: u32,
    pub(super) requests: Vec<Exchange>,
    pub(super) probes: Vec<Awaited<Result<(), Failure>>>,
    pub(super) questions: Vec<Awaited<Result<Credentials, CredentialsError>>>,
    pub(super) listen: Vec<String>,
    /// What came out at the edges since the last look.
    pub(super) shown: Vec<Shown>,
}

/// Somebody who waits for a time.
pub(super) struct Sleeper {
    pub(super) until: Instant,
    /// It has slept long enough.
    pub(super) woken: bool,
    pub(super) waker: Option<Waker>,
}

/// Something that the story answers once.
pub(super) struct Awaited<T> {
    pub(super) process: u64,
    answer: Option<T>,
    waker: Option<Waker>,
    /// It was answered, or nobody waits any more.
    over: bool,
}

impl<T> Awaited<T> {
    pub(super) fn by(process: u64) -> Self {
        Self { process, answer: None, waker: None, over: false }
    }

    /// Answers, and tells whom to wake.
    pub(super) fn answer(&mut self, answer: T) -> Option<Waker> {
        self.answer = Some(answer);
        self.waker.take()
    }

    pub(super) fn poll(&mut self, context: &Context<'_>) -> Poll<T> {
        match self.answer.take() {
            Some(answer) => {
                self.over = true;
                Poll::Ready(answer)
            }
            None => {
                self.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Nobody waits any more. Whether somebody still did.
    pub(super) fn give_up(&mut self) -> bool {
        !std::mem::replace(&mut self.over, true)
    }
}

impl Device {
    /// Something comes out.
    pub(super) fn show(&mut self, out: Out) {
        self.shown.push(Shown { at: self.clock.true_time(), out, as_of: None });
    }
}

/// The edges of one process: its clock, its transport, its store, its hook. Clones are the same.
#[derive(Clone)]
pub(super) struct Edges {
    pub(super) process: u64,
    device: Arc<Mutex<Device>>,
}

impl Edges {
    pub(super) fn new(device: Device) -> Self {
        Self { process: device.process, device: Arc::new(Mutex::new(device)) }
    }

    /// Those of the process that lives now.
    pub(super) fn of_next_process(&self) -> Self {
        let mut device = self.device();
        device.process += 1;
        Self { process: device.process, device: self.device.clone() }
    }

    /// No code of the client's may run while it is held.
    pub(super) fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for what only a living process can do.
    pub(super) fn alive(&self) -> Option<MutexGuard<'_, Device>> {
        Some(self.device()).filter(|device| device.process == self.process)
    }
}

impl std::fmt::Debug for Edges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edges").field("process", &self.process).finish_non_exhaustive()
    }
}
