//! Everything on one thread, step by step: for deterministic tests.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use holdover_engine::{Input, StoreRequest};

use super::{Driver, storekeeper, worker};
use crate::Store;

/// Runs a runtime without threads: nothing happens but in [`InlineDriver::run`]. Made by
/// [`RuntimeBuilder::build_inline`](crate::RuntimeBuilder::build_inline).
pub struct InlineDriver {
    driver: Arc<Driver>,
    worker: Pin<Box<dyn Future<Output = ()> + Send>>,
    store: Option<(Box<dyn Store>, mpsc::Receiver<StoreRequest>)>,
}

impl InlineDriver {
    pub(crate) fn new(
        driver: Arc<Driver>,
        commands: tokio::sync::mpsc::UnboundedReceiver<worker::Command>,
        store: Option<(Box<dyn Store>, mpsc::Receiver<StoreRequest>)>,
    ) -> Self {
        let worker = Box::pin(worker::run(driver.clone(), commands));
        Self { driver, worker, store }
    }

    /// Does all there is to do now: carries out store commands, polls attempts, hooks and the timer, until nothing moves.
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
            if let Poll::Ready(()) = self.worker.as_mut().poll(&mut context) {
                return;
            }
            if self.driver.decisions() == before {
                return;
            }
        }
    }
}
