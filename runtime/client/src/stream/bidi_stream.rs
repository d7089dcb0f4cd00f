//! Messages both ways, in any order.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Incoming, Outgoing, Streaming, stream_options};
use crate::options::Options;
use crate::{CacheMode, CallOptions, DetailMode, Error, Priority, Snapshot};

/// A call with many requests and many responses, in any order: set options, then [`send`](Self::send) and read by
/// [`next`](Self::next), or [`split`](Self::split) it and do both at once.
///
/// Nothing is sent before the first `send`, `next` or `close`, and dropping it cancels. Runs on any executor.
#[must_use = "a stream starts when something is sent or awaited"]
pub struct BidiStream<Request, Response> {
    // Dropped first, so that dropping all cancels and closes nothing.
    items: Streaming<Response>,
    sender: Sender<Request>,
}

/// The client's half of a [`BidiStream`]. Dropping it [closes](Self::close) the sequence while the other half lives;
/// dropping both cancels the stream.
#[must_use = "a stream starts when something is sent"]
pub struct Sender<Request> {
    outgoing: Arc<dyn Outgoing<Request>>,
    closed: bool,
}

impl<Request, Response> BidiStream<Request, Response> {
    pub(crate) fn new(outgoing: Arc<dyn Outgoing<Request>>, incoming: Arc<dyn Incoming<Response>>) -> Self {
        Self { sender: Sender::new(outgoing), items: Streaming::new(incoming) }
    }

    stream_options!();

    fn configure(self, set: impl FnMut(&mut Options)) -> Self {
        let Self { sender, items } = self;
        Self { sender: sender.configure(set), items }
    }

    /// See [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub async fn send(&mut self, message: &Request) -> Result<(), Error> {
        self.sender.send(message).await
    }

    /// See [`Sender::close`].
    pub fn close(&mut self) {
        self.sender.close();
    }

    /// See [`Streaming::next`].
    #[allow(clippy::should_implement_trait, reason = "an iterator would block")]
    pub fn next(
        &mut self,
    ) -> impl Future<Output = Option<Result<Snapshot<Response>, Error>>> + Unpin + use<'_, Request, Response>
    {
        self.items.next()
    }

    /// Both halves, for two tasks. What the server says is not read any more once its half is dropped, so that it waits.
    pub fn split(self) -> (Sender<Request>, Streaming<Response>) {
        (self.sender, self.items)
    }
}

impl<Request> Sender<Request> {
    pub(crate) fn new(outgoing: Arc<dyn Outgoing<Request>>) -> Self {
        Self { outgoing, closed: false }
    }

    pub(super) fn configure(self, mut set: impl FnMut(&mut Options)) -> Self {
        self.outgoing.configure(&mut set);
        self
    }

    /// Sends a message, and waits while the network or the server is slower than the caller. Dropping the future before
    /// it is ready sends nothing.
    ///
    /// # Errors
    ///
    /// When the stream has ended, or the sequence was closed.
    pub async fn send(&mut self, message: &Request) -> Result<(), Error> {
        if self.closed {
            return Err(Error::misuse("the sequence was closed; send before `close`"));
        }
        std::future::poll_fn(|context| self.outgoing.poll_ready(context)).await?;
        self.outgoing.send(message);
        Ok(())
    }

    /// Says that there is no other message. The server may go on.
    pub fn close(&mut self) {
        if !std::mem::replace(&mut self.closed, true) {
            self.outgoing.close();
        }
    }
}

impl<Request> Drop for Sender<Request> {
    fn drop(&mut self) {
        // The other half would wait for a server that waits for more.
        if !self.closed && Arc::strong_count(&self.outgoing) > 1 {
            self.outgoing.abandon();
        }
    }
}

impl<Request, Response> fmt::Debug for BidiStream<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BidiStream").finish_non_exhaustive()
    }
}

impl<Request> fmt::Debug for Sender<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.closed).finish_non_exhaustive()
    }
}
