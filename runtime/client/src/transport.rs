//! How requests reach a server: the seam that a transport fills.
//!
//! A transport does one attempt of one call, in the protocol of its endpoint, and says what happened; it never retries,
//! never caches and never decides. [`Failure`] keeps apart what a server said in its protocol's own framing, what
//! something between client and server said instead, and what proves that nothing was sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Endpoint, Failure, Metadata, Priority, Response};

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

/// One attempt of one unary call.
#[derive(Clone, Debug)]
pub struct UnaryRequest {
    /// Where to, in which protocol, within which limits.
    pub endpoint: Endpoint,
    /// `/pricing.v1.Pricing/GetQuote`
    pub path: Arc<str>,
    /// Everything to send beside what the protocol itself needs. Names are lower-case; values of `-bin` names are raw.
    pub metadata: Metadata,
    /// The encoded request message, uncompressed and unframed.
    pub body: Bytes,
    /// How long the attempt may take, from now. It is told to the server; the runtime drops the future when it is over,
    /// so a transport need not measure it.
    pub timeout: Duration,
    /// Who gets the network first.
    pub priority: Priority,
    /// The request may reach the server twice without harm.
    pub idempotent: bool,
    /// The request changes nothing on the server.
    pub no_side_effects: bool,
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct UnaryResponse {
    /// What the server said.
    pub response: Response,
    /// For measuring the network.
    pub timings: Timings,
}

/// How long an attempt took, by the transport's own monotonic clock, and how much it moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the start of sending until the head of the response.
    pub head_after: Duration,
    /// From the head until the end of the body.
    pub body_after: Duration,
    /// The request body's bytes as they were on the wire, compressed and framed.
    pub sent_bytes: u64,
    /// The response body's bytes as they were on the wire, compressed and framed.
    pub received_bytes: u64,
}

/// Told once, when a response's head has arrived: the server has begun to answer, so giving up now saves little.
pub type OnHead = Box<dyn FnOnce() + Send>;

/// Carries calls to servers. Making one does no IO. Streams will be further methods of this trait.
pub trait Transport: Send + Sync + 'static {
    /// Sends one unary request and waits for its answer. Dropping the future cancels the call on the wire.
    ///
    /// The future is polled on the runtime's async worker, inside a current-thread tokio runtime with IO and timers, and
    /// the transport may spawn tasks there. Connections are kept and shared. A runtime that is shut down and
    /// used again polls on a new worker, so connections of an ended worker must not be used again.
    fn unary(
        &self,
        request: UnaryRequest,
        on_head: OnHead,
    ) -> BoxFuture<'static, Result<UnaryResponse, Failure>>;
}
