//! Everything on one thread, step by step: for deterministic tests.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::future::{BoxFuture, Fuse, FutureExt as _};
use holdover_engine::{Input, StoreRequest};
use tokio::sync::mpsc::UnboundedReceiver;

use super::announcer::{Listeners, Queue};
use super::{Driver, Tapped, storekeeper, worker};
use crate::Store;

/// Runs a runtime without threads: nothing happens but in [`InlineDriver::run`] and [`InlineDriver::drive`]. Made by
/// [`RuntimeBuilder::build_inline`](crate::RuntimeBuilder::build_inline).
pub struct InlineDriver {
    driver: Arc<Driver>,
    /// Ends with the runtime, and may be polled afterwards.
    worker: Fuse<BoxFuture<'static, ()>>,
    store: Option<(Box<dyn Store>, UnboundedReceiver<StoreRequest>)>,
    events: Arc<Queue>,
    listeners: Listeners,
}

impl InlineDriver {
    pub(crate) fn new(
        driver: Arc<Driver>,
        commands: UnboundedReceiver<worker::Command>,
        store: Option<(Box<dyn Store>, UnboundedReceiver<StoreRequest>)>,
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
        let _ = self.poll(&mut Context::from_waker(Waker::noop()));
    }

    /// Does what [`run`](Self::run) does as a task of the caller's executor, each time there is something to do, and is
    /// complete when the runtime has ended. Futures of the transport, the hooks and the clock may need that executor:
    /// under tokio's paused time, real connections become deterministic.
    pub fn drive(&mut self) -> impl Future<Output = ()> + Send + '_ {
        poll_fn(|context| self.poll(context))
    }

    /// From now on, remembers what reaches no transport by itself: see [`Tapped`].
    #[doc(hidden)]
    pub fn watch(&self) {
        self.driver.watch();
    }

    /// What was seen since the last time.
    #[doc(hidden)]
    pub fn tapped(&self) -> Vec<Tapped> {
        self.driver.tapped()
    }

    /// How many deliveries were made to callers so far, hits of memory included. A test whose callers run elsewhere knows
    /// by it when they have heard everything.
    #[doc(hidden)]
    pub fn delivered(&self) -> u64 {
        self.driver.delivered()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.events.listen(context);
        loop {
            let before = self.driver.decisions();
            while let Some((store, requests)) = &mut self.store
                && let Poll::Ready(Some(StoreRequest { id, command })) = requests.poll_recv(context)
            {
                let result = storekeeper::execute(&mut **store, command);
                self.driver.tell(Input::Stored { id, result });
            }
            let ended = self.worker.poll_unpin(context).is_ready();
            while self.events.tell(&self.listeners) {}
            if ended {
                return Poll::Ready(());
            }
            if self.driver.decisions() == before {
                return Poll::Pending;
            }
        }
    }
}
