//! The client's half of a call, where that is a sequence of messages.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use holdover_client::Failure;

use crate::bounds::Bounds;
use crate::service::{HttpFailure, HttpFailureKind};
use crate::{envelope, gzip};

/// The call's end of it.
pub(super) struct Upload(Arc<Mutex<Shared>>);

/// The request body's end: envelopes, each made when the HTTP stack has room for it.
pub(super) struct Chunks {
    messages: BoxStream<'static, Bytes>,
    bounds: Bounds,
    compress_from: Option<usize>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// Bytes that went to the HTTP stack and were not told yet.
    sent: u64,
    /// A message that cannot be sent.
    failure: Option<Failure>,
    /// Nobody waits for the answer any more.
    over: bool,
    call: Option<Waker>,
    body: Option<Waker>,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // Nothing panics under the lock.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Upload {
    pub(super) fn of(
        messages: BoxStream<'static, Bytes>,
        bounds: Bounds,
        compress_from: Option<usize>,
    ) -> (Self, Chunks) {
        let shared = Arc::<Mutex<Shared>>::default();
        (Self(shared.clone()), Chunks { messages, bounds, compress_from, shared })
    }

    /// Bytes that were sent, or why no more can be.
    pub(super) fn poll_news(&self, cx: &mut Context<'_>) -> Poll<Result<u64, Failure>> {
        let mut shared = lock(&self.0);
        if let Some(failure) = shared.failure.take() {
            return Poll::Ready(Err(failure));
        }
        if shared.sent > 0 {
            return Poll::Ready(Ok(std::mem::take(&mut shared.sent)));
        }
        shared.call = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut shared = lock(&self.0);
        shared.over = true;
        let body = shared.body.take();
        drop(shared);
        if let Some(body) = body {
            body.wake();
        }
    }
}

impl Chunks {
    fn seal(&self, message: &Bytes) -> Result<Bytes, Failure> {
        self.bounds.check_message(message)?;
        match self.compress_from {
            Some(least) if message.len() >= least => envelope::seal(&gzip::gzip(message), true),
            _ => envelope::seal(message, false),
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, HttpFailure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        {
            let mut shared = lock(&self.shared);
            if shared.over {
                let message = "the call has ended before its request";
                return Poll::Ready(Some(Err(HttpFailure::new(HttpFailureKind::Reset, message))));
            }
            shared.body = Some(cx.waker().clone());
        }
        let Some(message) = std::task::ready!(self.messages.as_mut().poll_next(cx)) else {
            return Poll::Ready(None);
        };
        let sealed = self.seal(&message);
        let mut shared = lock(&self.shared);
        let chunk = match sealed {
            Ok(chunk) => {
                shared.sent += chunk.len() as u64;
                Ok(chunk)
            }
            Err(failure) => {
                let what = HttpFailure::new(HttpFailureKind::TooLarge, "a message that cannot be sent");
                // What came before it may have been acted upon.
                shared.failure = Some(match failure {
                    Failure::Transport { kind, message, .. } => {
                        Failure::Transport { kind, unsent: false, message }
                    }
                    other => other,
                });
                Err(what)
            }
        };
        let call = shared.call.take();
        drop(shared);
        if let Some(call) = call {
            call.wake();
        }
        Poll::Ready(Some(chunk))
    }
}
