//! Everything on one thread, step by step: for deterministic tests.

use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Waker};

use futures_util::future::{BoxFuture, Fuse, FutureExt as _};
use holdover_engine::{Input, StoreRequest};

use super::announcer::{Listeners, Queue};
use super::{Driver, storekeeper, worker};
use crate::Store;

/// Runs a runtime without threads: nothing happens but in [`InlineDriver::run`]. Made by
/// [`RuntimeBuilder::build_inline`](crate::RuntimeBuilder::build_inline).
pub struct InlineDriver {
    driver: Arc<Driver>,
    /// Ends with the runtime, and may be polled afterwards.
    worker: Fuse<BoxFuture<'static, ()>>,
    store: Option<(Box<dyn Store>, mpsc::Receiver<StoreRequest>)>,
    events: Arc<Queue>,
    listeners: Listeners,
}

impl InlineDriver {
    pub(crate) fn new(
        driver: Arc<Driver>,
        commands: tokio::sync::mpsc::UnboundedReceiver<worker::Command>,
        store: Option<(Box<dyn Store>, mpsc::Receiver<StoreRequest>)>,
        events: Arc<Queue>,
        listeners: Listeners,
    ) -> Self {
        let worker = worker::run(driver.clone(), commands).boxed().fuse();
        Self { driver, worker, store, events, listeners }
    }

    /// Does all there is to do now: carries out store commands, polls attempts, hooks and the timer, and tells listeners,
    /// until nothing moves.
    /// Futures of the transport, the hooks and the clock must not need an executor of their own.
    pub fn run(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let before = self.driver.decisions();
            while let Some((store, requests)) = &mut self.store
                && let Ok(StoreRequest { id, command }) = requests.try_recv()
            {
                let result = storekeeper::execute(&mut **store, command);
                self.driver.tell(Input::Stored { id, result });
            }
            let ended = self.worker.poll_unpin(&mut context).is_ready();
            while self.events.tell(&self.listeners) {}
            if ended {
                return;
            }
            if self.driver.decisions() == before {
                return;
            }
        }
    }
}
