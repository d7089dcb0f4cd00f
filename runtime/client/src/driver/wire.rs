//! The two directions of a stream on the wire, as the driver holds them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;
use holdover_engine::{AttemptId, Input};

use super::Driver;
use super::place::remember;

/// What the driver holds of a stream's attempt.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    pub(crate) pulls: Arc<Pulls>,
    pub(crate) sequence: Arc<Sequence>,
}

/// How many messages may be taken from the wire.
#[derive(Default)]
pub(crate) struct Pulls(Mutex<(u32, Option<Waker>)>);

impl Pulls {
    /// So many more, and whom to wake.
    pub(crate) fn add(&self, messages: u32) -> Option<Waker> {
        let mut pulls = self.lock();
        pulls.0 = pulls.0.saturating_add(messages);
        pulls.1.take()
    }

    /// Waits until there is one.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut pulls = self.lock();
        if pulls.0 > 0 {
            return Poll::Ready(());
        }
        let before = remember(&mut pulls.1, context);
        drop(pulls);
        drop(before);
        Poll::Pending
    }

    /// Uses one.
    pub(crate) fn spend(&self) {
        let mut pulls = self.lock();
        pulls.0 = pulls.0.saturating_sub(1);
    }

    fn lock(&self) -> MutexGuard<'_, (u32, Option<Waker>)> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's messages that the wire has not taken yet: as many as the engine has given credit for.
#[derive(Default)]
pub(crate) struct Sequence(Mutex<Unsent>);

#[derive(Default)]
struct Unsent {
    messages: VecDeque<Bytes>,
    closed: bool,
    waker: Option<Waker>,
}

impl Sequence {
    /// The next one, and whom to wake.
    pub(crate) fn push(&self, message: Bytes) -> Option<Waker> {
        let mut unsent = self.lock();
        unsent.messages.push_back(message);
        unsent.waker.take()
    }

    /// There is no other.
    pub(crate) fn close(&self) -> Option<Waker> {
        let mut unsent = self.lock();
        unsent.closed = true;
        unsent.waker.take()
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut unsent = self.lock();
        if let Some(message) = unsent.messages.pop_front() {
            return Poll::Ready(Some(message));
        }
        if unsent.closed {
            return Poll::Ready(None);
        }
        let before = remember(&mut unsent.waker, context);
        drop(unsent);
        drop(before);
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, Unsent> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's sequence as a transport takes it.
pub(crate) struct Outgoing {
    pub(crate) driver: Arc<Driver>,
    pub(crate) attempt: AttemptId,
    pub(crate) sequence: Arc<Sequence>,
}

impl Stream for Outgoing {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let next = std::task::ready!(self.sequence.poll(context));
        if next.is_some() {
            self.driver.tell(Input::Written { attempt: self.attempt, messages: 1 });
        }
        Poll::Ready(next)
    }
}
