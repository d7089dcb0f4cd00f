//! What a client sends, message by message, for one answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Incoming, Outgoing, Sender, Streaming, stream_options};
use crate::options::Options;
use crate::{CacheMode, CallOptions, DetailMode, Error, ErrorKind, Priority, Snapshot};

/// A call with many requests and one response: set options, [`send`](Self::send) messages, then
/// [`finish`](Self::finish).
///
/// Nothing is sent before the first `send` or `finish`, and dropping it cancels. Runs on any executor.
#[must_use = "a stream starts when something is sent"]
pub struct ClientStream<Request, Response> {
    // Dropped first, so that dropping all cancels and closes nothing.
    answer: Streaming<Response>,
    sender: Sender<Request>,
}

impl<Request, Response> ClientStream<Request, Response> {
    pub(crate) fn new(outgoing: Arc<dyn Outgoing<Request>>, incoming: Arc<dyn Incoming<Response>>) -> Self {
        Self { sender: Sender::new(outgoing), answer: Streaming::new(incoming) }
    }

    stream_options!();

    fn configure(self, set: impl FnMut(&mut Options)) -> Self {
        let Self { sender, answer } = self;
        Self { sender: sender.configure(set), answer }
    }

    /// Sends a message, and waits while the network is slower than the caller. Dropping the future before it is ready
    /// sends nothing.
    ///
    /// # Errors
    ///
    /// When the stream has ended, or the server has answered already: [`finish`](Self::finish) says what.
    pub async fn send(&mut self, message: &Request) -> Result<(), Error> {
        self.sender.send(message).await
    }

    /// Says that there is no other message, and waits for the answer.
    ///
    /// # Errors
    ///
    /// As of a unary call.
    pub async fn finish(self) -> Result<Snapshot<Response>, Error> {
        let Self { mut sender, mut answer } = self;
        sender.close();
        let no_answer =
            || Err(Error::new(ErrorKind::Unusable, "the stream ended without an answer; report this bug"));
        answer.next().await.unwrap_or_else(no_answer)
    }
}

impl<Request, Response> fmt::Debug for ClientStream<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStream").finish_non_exhaustive()
    }
}
