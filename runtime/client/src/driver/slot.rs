//! Where a caller waits for an answer, or an observer for states: only the newest counts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use holdover_engine::{Delivered, Error};

use super::place::{Place, remember};

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

impl Place for Slot {
    /// Replaces what was not taken yet.
    fn put(&self, delivered: Delivered, last: bool, wake: &mut Vec<Waker>) {
        let mut inner = self.lock();
        inner.newest = Some(delivered);
        if last {
            inner.over.get_or_insert(None);
        }
        wake.extend(inner.waker.take());
    }

    fn end(&self, error: Error, wake: &mut Vec<Waker>) {
        let mut inner = self.lock();
        inner.over.get_or_insert(Some(error));
        wake.extend(inner.waker.take());
    }

    fn is_over(&self) -> bool {
        let inner = self.lock();
        inner.over.is_some() || inner.detached
    }
}

impl Slot {
    pub(crate) fn take(&self, context: &Context<'_>) -> Poll<Taken> {
        let mut inner = self.lock();
        if let Some(delivered) = inner.newest.take() {
            return Poll::Ready(Taken::Delivered(delivered));
        }
        match &mut inner.over {
            Some(reason) => Poll::Ready(reason.take().map_or(Taken::Nothing, Taken::Ended)),
            None => {
                let before = remember(&mut inner.waker, context);
                drop(inner);
                drop(before);
                Poll::Pending
            }
        }
    }

    pub(crate) fn detach(&self) {
        self.lock().detached = true;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
