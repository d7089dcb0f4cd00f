//! Where a caller waits for what the engine delivers. Needs no executor in particular.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use holdover_engine::{Delivered, Error};

/// Holds the newest delivery of one operation until its caller takes it.
#[derive(Default)]
pub(crate) struct Slot(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    newest: Option<Delivered>,
    /// Nothing more will come, for this reason if there is one beside the last delivery.
    over: Option<Option<Error>>,
    /// Nobody listens.
    detached: bool,
    waker: Option<Waker>,
}

/// What a caller finds.
pub(crate) enum Taken {
    Delivered(Delivered),
    /// The runtime ended before the operation did.
    Ended(Error),
    /// Everything has been taken.
    Nothing,
}

impl Slot {
    /// Replaces what was not taken yet. Returns whom to wake.
    pub(crate) fn put(&self, delivered: Delivered, last: bool) -> Option<Waker> {
        let mut inner = self.lock();
        inner.newest = Some(delivered);
        if last {
            inner.over.get_or_insert(None);
        }
        inner.waker.take()
    }

    /// Nothing more will come.
    pub(crate) fn end(&self, error: Error) -> Option<Waker> {
        let mut inner = self.lock();
        inner.over.get_or_insert(Some(error));
        inner.waker.take()
    }

    pub(crate) fn take(&self, context: &Context<'_>) -> Poll<Taken> {
        let mut inner = self.lock();
        if let Some(delivered) = inner.newest.take() {
            return Poll::Ready(Taken::Delivered(delivered));
        }
        match &mut inner.over {
            Some(reason) => Poll::Ready(reason.take().map_or(Taken::Nothing, Taken::Ended)),
            None => {
                let same = inner.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
                let before = if same { None } else { inner.waker.replace(context.waker().clone()) };
                drop(inner);
                // Out here, because dropping a task may come back to this slot.
                drop(before);
                Poll::Pending
            }
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        let inner = self.lock();
        inner.over.is_some() || inner.detached
    }

    pub(crate) fn detach(&self) {
        self.lock().detached = true;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
