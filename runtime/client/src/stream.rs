//! Streams: methods that send or receive a sequence of messages.
//!
//! ```ignore
//! let mut prices = pricing.watch_prices(request);                     // Streaming<PriceUpdate>
//! while let Some(price) = prices.next().await {
//!     show(price?);                                                   // a Snapshot: a replay first, then live
//! }
//!
//! let mut upload = files.upload();                                    // ClientStream<Chunk, Receipt>
//! for chunk in chunks {
//!     upload.send(&chunk).await?;                                     // waits while the network is slower
//! }
//! let receipt = upload.finish().await?;
//!
//! let (mut sender, mut replies) = chat.talk().split();                // of a BidiStream<Line, Line>
//! ```
//!
//! All of them start when they are first used, are cancelled when they are dropped, and run on any executor.

mod bidi_stream;
mod client_stream;
mod exchange;
mod streaming;

use std::task::{Context, Poll};

use crate::options::Options;
use crate::{Error, Snapshot};

pub use bidi_stream::{BidiStream, Sender};
pub use client_stream::ClientStream;
pub(crate) use exchange::Exchange;
pub use streaming::Streaming;

/// The side of a stream that the server speaks on: of a runtime, or of a fake.
pub(crate) trait Incoming<Response>: Send + Sync {
    /// Sets options. Has no effect once the stream has started.
    fn configure(&self, set: &mut dyn FnMut(&mut Options));

    /// The next item; starts the stream.
    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Snapshot<Response>, Error>>>;
}

/// The side of a stream that the client speaks on: of a runtime, or of a fake.
pub(crate) trait Outgoing<Request>: Send + Sync {
    /// Sets options. Has no effect once the stream has started.
    fn configure(&self, set: &mut dyn FnMut(&mut Options));

    /// Waits until a message may be sent; starts the stream.
    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>>;

    /// Sends a message, after [`Outgoing::poll_ready`] said that it may be sent.
    fn send(&self, message: &Request);

    /// There is no other message; starts the stream.
    fn close(&self);

    /// The client's side is gone. Does not start the stream.
    fn abandon(&self);
}

/// The builder methods that all streams have.
macro_rules! stream_options {
    () => {
        /// How long the stream may take as a whole. By default as long as it likes.
        pub fn timeout(self, timeout: Duration) -> Self {
            self.configure(|options| options.set(|options| options.timeout = Some(timeout)))
        }

        /// Sends metadata with this stream only. A name or value that cannot be sent ends the stream with MISUSE.
        pub fn metadata(self, name: &str, value: impl Into<Bytes>) -> Self {
            let value = value.into();
            self.configure(|options| options.metadata(name, value.clone()))
        }

        /// How the cache is used, which for a stream is its kept message: with `NetworkOnly` a method with `replay` shows
        /// neither that nor the current message, and begins with the next one (reading 43).
        pub fn cache(self, cache: CacheMode) -> Self {
            self.configure(|options| options.set(|options| options.cache = cache))
        }

        /// How complete messages shall be, however poor the network.
        pub fn detail(self, detail: DetailMode) -> Self {
            self.configure(|options| options.set(|options| options.detail = detail))
        }

        /// How urgent the stream is.
        pub fn priority(self, priority: Priority) -> Self {
            self.configure(|options| options.set(|options| options.priority = Some(priority)))
        }

        /// All options at once.
        pub fn options(self, options: CallOptions) -> Self {
            self.configure(|all| all.set(|all| *all = options.clone()))
        }
    };
}
pub(crate) use stream_options;
