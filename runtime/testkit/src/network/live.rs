//! A stream that a test serves by hand.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use holdover_client::{Failure, Head, Metadata, Progress, Received};

/// The server's side of one stream. Clones are the same stream.
///
/// The client's messages are taken while the client waits for the server's, because there is no task of its own for them.
#[derive(Clone)]
pub struct ScriptedStream(Arc<Mutex<Side>>);

struct Side {
    /// What the client has not taken yet.
    coming: VecDeque<Result<Received, Failure>>,
    /// How many messages the client has taken.
    taken: usize,
    /// How many of the client's messages may still be taken.
    room: usize,
    received: Vec<Bytes>,
    closed: bool,
    dropped: bool,
    waker: Option<Waker>,
    panics: bool,
}

impl ScriptedStream {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Side {
            coming: VecDeque::new(),
            taken: 0,
            room: usize::MAX,
            received: Vec::new(),
            closed: false,
            dropped: false,
            waker: None,
            panics: false,
        })))
    }

    /// The head of the response arrives.
    pub fn head(&self) {
        self.head_with(Metadata::new());
    }

    /// The head of the response arrives, with metadata.
    pub fn head_with(&self, metadata: Metadata) {
        self.come(Ok(Received::Progress(Progress::Head(Head { metadata, after: None }))));
    }

    /// Something is measured.
    pub fn progress(&self, progress: Progress) {
        self.come(Ok(Received::Progress(progress)));
    }

    /// A message arrives.
    pub fn message(&self, message: impl Into<Bytes>) {
        self.come(Ok(Received::Message(message.into())));
    }

    /// The server is done.
    pub fn end(&self) {
        self.come(Ok(Received::End { trailers: Metadata::new() }));
    }

    /// The stream fails.
    pub fn fail(&self, failure: Failure) {
        self.come(Err(failure));
    }

    /// The transport itself breaks.
    pub fn panic(&self) {
        let mut side = self.side();
        side.panics = true;
        wake(side);
    }

    fn come(&self, next: Result<Received, Failure>) {
        let mut side = self.side();
        side.coming.push_back(next);
        wake(side);
    }

    /// Takes so many more of the client's messages, and then none. Without this, it takes them all.
    pub fn take(&self, messages: usize) {
        let mut side = self.side();
        side.room = messages;
        wake(side);
    }

    /// How many messages the client has taken.
    pub fn taken(&self) -> usize {
        self.side().taken
    }

    /// What the client has sent, in order.
    pub fn received(&self) -> Vec<Bytes> {
        self.side().received.clone()
    }

    /// The client has said that there is no other message.
    pub fn is_closed(&self) -> bool {
        self.side().closed
    }

    /// The client has dropped the stream, before its end or after it.
    pub fn is_dropped(&self) -> bool {
        self.side().dropped
    }

    /// The stream as the client sees it.
    pub(super) fn served(&self, mut messages: BoxStream<'static, Bytes>) -> Served {
        let side = self.clone();
        let poll = move |context: &mut Context<'_>| side.poll(&mut messages, context);
        Served { side: self.clone(), poll: Box::new(poll) }
    }

    fn poll(
        &self,
        messages: &mut BoxStream<'static, Bytes>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Received, Failure>>> {
        while !self.side().closed && self.side().room > 0 {
            // Not under the lock: taking a message is told to the runtime.
            match messages.as_mut().poll_next(context) {
                Poll::Pending => break,
                Poll::Ready(None) => self.side().closed = true,
                Poll::Ready(Some(message)) => {
                    let mut side = self.side();
                    side.room -= 1;
                    side.received.push(message);
                }
            }
        }
        let mut side = self.side();
        if std::mem::take(&mut side.panics) {
            drop(side);
            panic!("the transport breaks, as the test says");
        }
        match side.coming.pop_front() {
            Some(next) => {
                side.taken += usize::from(matches!(next, Ok(Received::Message(_))));
                Poll::Ready(Some(next))
            }
            None => {
                side.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn side(&self) -> MutexGuard<'_, Side> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut side: MutexGuard<'_, Side>) {
    let waker = side.waker.take();
    drop(side);
    if let Some(waker) = waker {
        waker.wake();
    }
}

type PollNext = dyn FnMut(&mut Context<'_>) -> Poll<Option<Result<Received, Failure>>> + Send;

pub(super) struct Served {
    side: ScriptedStream,
    poll: Box<PollNext>,
}

impl futures_util::Stream for Served {
    type Item = Result<Received, Failure>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Received, Failure>>> {
        (self.poll)(context)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.side.side().dropped = true;
    }
}

impl fmt::Debug for ScriptedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedStream").field("taken", &self.taken()).finish_non_exhaustive()
    }
}
