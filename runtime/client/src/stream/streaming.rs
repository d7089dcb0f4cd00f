//! What a server sends, message by message.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use super::{Incoming, stream_options};
use crate::options::Options;
use crate::{CacheMode, CallOptions, DetailMode, Error, Priority, Snapshot};

/// The messages of a server, in order, as a [`Stream`] of `Result<Snapshot<T>, Error>`: set options, then poll it.
///
/// Nothing is sent before the first poll, and dropping it cancels. It ends with `None` when the server is done, or with
/// one `Err` and then `None`. A caller that does not read makes the server wait (rule G5); where the method has `replay`,
/// it skips to the newest message instead, and [`Snapshot::gap`] says so.
///
/// Runs on any executor.
#[must_use = "a stream starts when it is polled"]
pub struct Streaming<T>(Option<Arc<dyn Incoming<T>>>);

impl<T> Streaming<T> {
    pub(crate) fn new(incoming: Arc<dyn Incoming<T>>) -> Self {
        Self(Some(incoming))
    }

    stream_options!();

    fn configure(self, mut set: impl FnMut(&mut Options)) -> Self {
        if let Some(incoming) = &self.0 {
            incoming.configure(&mut set);
        }
        self
    }

    /// The next message, once it is there; `None` when the stream has ended. The same as what the [`Stream`] gives,
    /// without a trait to import. Dropping the future loses no message.
    #[allow(clippy::should_implement_trait, reason = "an iterator would block")]
    pub fn next(&mut self) -> impl Future<Output = Option<Result<Snapshot<T>, Error>>> + Unpin + use<'_, T> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<Snapshot<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(incoming) = &self.0 else { return Poll::Ready(None) };
        let next = std::task::ready!(incoming.poll_next(context));
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(next)
    }
}

impl<T> Unpin for Streaming<T> {}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("ended", &self.0.is_none()).finish_non_exhaustive()
    }
}
