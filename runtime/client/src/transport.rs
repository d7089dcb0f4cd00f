//! How requests reach a server: the seam that a transport fills.
//!
//! A transport does one attempt of one call, in the protocol of its endpoint, and says what happened; it never retries,
//! never caches and never decides. [`Failure`] keeps apart what a server said in its protocol's own framing, what
//! something between client and server said instead, and what proves that nothing was sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::{Endpoint, Failure, Head, Kind, Metadata, Priority, Response};

/// What comes from outside is bounded (rule J3). Defaults: message 4 MB, headers 16 kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest message, request or response, in bytes, uncompressed.
    pub message_bytes: usize,
    /// The most that a request's or response's metadata may hold, trailers apart, in bytes as HTTP/2 counts them.
    pub metadata_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_bytes: 4 << 20, metadata_bytes: 16 << 10 }
    }
}

/// One attempt of one call.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// How many messages go to and fro.
    pub kind: Kind,
    /// Where to, in which protocol, within which limits.
    pub endpoint: Endpoint,
    /// `/pricing.v1.Pricing/GetQuote`
    pub path: Arc<str>,
    /// Everything to send beside what the protocol itself needs. Names are lower-case; values of `-bin` names are raw.
    pub metadata: Metadata,
    /// The encoded request message, uncompressed and unframed; empty where the client sends a sequence.
    pub body: Bytes,
    /// How long the attempt may take, from now; `None`, for streams only: as long as it likes. It is told to the server;
    /// the runtime drops the future when it is over, so a transport need not measure it.
    pub timeout: Option<Duration>,
    /// Who gets the network first.
    pub priority: Priority,
    /// The request may reach the server twice without harm.
    pub idempotent: bool,
    /// The request changes nothing on the server.
    pub no_side_effects: bool,
}

/// What comes of a response before its end. The transport measures by its own monotonic clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The head has arrived: the server has begun to answer, so giving up now saves little. Once.
    Head(Head),
    /// The request is on its way: so many bytes of its body were put on the wire, compressed and framed. Of a stream, for
    /// every message of the client's sequence.
    Sent {
        /// Bytes on the wire.
        bytes: u64,
    },
    /// Bytes have arrived. At most once a second; a slow transfer is told from a dead one by it.
    Bytes,
    /// So much has arrived, as it was on the wire, in so much time. Time in which nobody read is not counted. At the end
    /// of a unary response; of a stream for every transfer of at least 32 kB.
    Transferred {
        /// Bytes on the wire, compressed and framed.
        bytes: u64,
        /// From when the first of them was awaited.
        over: Duration,
    },
}

/// Hears of the progress of a unary response.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

/// What comes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Something that is no message.
    Progress(Progress),
    /// A message, decompressed.
    Message(Bytes),
    /// The server ended the stream with OK. Nothing comes after it.
    End {
        /// Trailers, without the protocol's own.
        trailers: Metadata,
    },
}

/// Carries calls to servers. Making one does no IO.
///
/// Futures and streams are polled on the runtime's async worker, inside a current-thread tokio runtime with IO and
/// timers, and the transport may spawn tasks there. Connections are kept and shared. A runtime that is shut down and used
/// again polls on a new worker, so connections of an ended worker must not be used again.
pub trait Transport: Send + Sync + 'static {
    /// Sends one unary request and waits for its answer. Dropping the future cancels the call on the wire.
    fn unary(
        &self,
        request: CallRequest,
        on_progress: OnProgress,
    ) -> BoxFuture<'static, Result<Response, Failure>>;

    /// Opens a stream of any other kind. `messages` is the client's sequence where the method takes one, and is empty
    /// otherwise; it is polled when the wire has room for the next message. What is returned is polled for one message more
    /// than there is room for, so that an end is noticed whoever reads, and not again before there is room for that one:
    /// this must reach the wire as back pressure. [`Progress::Head`] comes before any message; it ends after
    /// [`Received::End`] or a failure. A method that answers once does so with one message. Dropping it cancels the call on
    /// the wire.
    fn stream(
        &self,
        request: CallRequest,
        messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>>;

    /// Sees whether an endpoint can be reached: makes a connection, or uses one in a way that needs an answer, and asks
    /// nothing of the service (rule H4). Dropping the future gives up.
    fn probe(&self, endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>>;

    /// The device has moved to another network: calls from now on must not use connections of before. Those under way
    /// keep theirs (rule J2).
    fn path_changed(&self);
}
