//! The store thread: the one place where the runtime blocks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use holdover_engine::{Input, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind, StoreRequest};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Driver, cause};
use crate::Store;

/// The way to the store, whose thread is made when it is first needed.
pub(crate) enum Storekeeper {
    NotYet(Box<dyn Store>),
    /// The second part resolves when the store is closed.
    Running(mpsc::Sender<StoreRequest>, oneshot::Receiver<()>),
    /// Somebody else runs it.
    Inline(UnboundedSender<StoreRequest>),
    Stopped,
}

impl Storekeeper {
    pub(crate) fn new(store: Box<dyn Store>) -> Self {
        Self::NotYet(store)
    }

    /// A store that somebody else runs.
    pub(crate) fn inline() -> (Self, UnboundedReceiver<StoreRequest>) {
        let (sender, receiver) = unbounded_channel();
        (Self::Inline(sender), receiver)
    }

    /// Whether there is somebody to do it.
    pub(crate) fn send(&mut self, driver: &Arc<Driver>, request: StoreRequest) -> bool {
        if let Self::NotYet(_) = self
            && let Self::NotYet(store) = std::mem::replace(self, Self::Stopped)
        {
            *self = spawn(driver.clone(), store);
        }
        match self {
            Self::Running(requests, _) => requests.send(request).is_ok(),
            Self::Inline(requests) => requests.send(request).is_ok(),
            Self::NotYet(_) | Self::Stopped => false,
        }
    }

    /// Lets the thread end when it has carried out what it was told.
    pub(crate) fn stop(&mut self) -> Option<oneshot::Receiver<()>> {
        match std::mem::replace(self, Self::Stopped) {
            Self::Running(_, closed) => Some(closed),
            Self::NotYet(_) | Self::Inline(_) | Self::Stopped => None,
        }
    }
}

fn spawn(driver: Arc<Driver>, mut store: Box<dyn Store>) -> Storekeeper {
    let (sender, requests) = mpsc::channel::<StoreRequest>();
    let (closing, closed) = oneshot::channel();
    let run = move || {
        while let Ok(StoreRequest { id, command }) = requests.recv() {
            let result = execute(&mut *store, command);
            driver.tell(Input::Stored { id, result });
        }
        drop(store);
        drop(closing);
    };
    match std::thread::Builder::new().name("holdover-store".to_owned()).spawn(run) {
        Ok(_thread) => Storekeeper::Running(sender, closed),
        Err(error) => {
            tracing::error!(%error, "no thread for the store");
            Storekeeper::Stopped
        }
    }
}

/// Carries out one command. A store that panics has failed, no more.
pub(crate) fn execute(store: &mut dyn Store, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
    catch_unwind(AssertUnwindSafe(|| store.execute(command))).unwrap_or_else(|panic| {
        let message = format!("the store panicked: {}", cause(&*panic));
        Err(StoreFault { kind: StoreFaultKind::Io, message })
    })
}
