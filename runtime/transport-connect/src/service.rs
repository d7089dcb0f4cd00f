//! The HTTP stack underneath: one request, one response head, body chunks.
//!
//! Everything that knows RPC framing is above this line, and everything that knows sockets is below it, so that a
//! host's own HTTP stack can carry calls: it implements [`HttpService`] and nothing else.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

/// Sends one HTTP request.
///
/// What an implementation must do, because it cannot be done above it:
///
/// - never follow a redirect, store a response, keep a cookie, or repeat a request of which anything may have left;
/// - leave `content-encoding` and `grpc-encoding` alone: bodies are handed over as they came;
/// - hand over trailers, if it can: gRPC needs them, Connect and gRPC-Web do not;
/// - refuse a request whose version is HTTP/2 when the peer does not speak it;
/// - stop the exchange when the future or the response body is dropped: that is how a call is cancelled;
/// - say [`HttpFailure::unsent`] only when no byte of the request can have been acted upon.
pub trait HttpService: Send + Sync + 'static {
    /// Sends `request` and resolves when the response's head is there.
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, HttpFailure>>;

    /// Tells that an attempt ran into its timeout without an answer: the connection under it may be dead without a
    /// sign, as they are after a change of network. New requests should not wait for it; those under way may.
    fn suspect(&self) {}
}

impl<S: HttpService + ?Sized> HttpService for std::sync::Arc<S> {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, HttpFailure>> {
        (**self).send(request)
    }

    fn suspect(&self) {
        (**self).suspect();
    }
}

/// The body of a response: chunks, then perhaps trailers.
pub type ResponseBody = UnsyncBoxBody<Bytes, HttpFailure>;

/// The body of a request.
#[derive(Debug)]
pub struct RequestBody {
    bytes: Option<Bytes>,
}

impl RequestBody {
    /// A body that is there as a whole.
    pub fn whole(bytes: Bytes) -> Self {
        Self { bytes: Some(bytes) }
    }

    /// The whole body, where it is known before it is sent: always, for unary calls. HTTP stacks that take a buffer
    /// rather than a stream start here.
    pub fn bytes(&self) -> Option<&Bytes> {
        self.bytes.as_ref()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Why an exchange ended without a complete response.
#[derive(Clone, Debug)]
pub struct HttpFailure {
    /// What went wrong.
    pub kind: HttpFailureKind,
    /// Proof that the server did not act on the request: no connection was made, the request was never written, or
    /// the server said so (HTTP/2 `REFUSED_STREAM`, or a `GOAWAY` that excludes the request). `false` means unknown.
    pub unsent: bool,
    /// The connection had carried an answer before: it may have died while nobody used it, which says nothing about the
    /// server. A request that may arrive twice is then sent once more.
    pub reused: bool,
    /// What to tell whoever reads a log; says what to do where something can be done.
    pub message: String,
}

/// What went wrong with an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpFailureKind {
    /// No connection: the host's name did not resolve, no route, no answer, or it refused.
    Unreachable,
    /// The peer's certificate is not trusted: a captive portal, a firewall that reads along, or a wrong clock.
    Untrusted,
    /// TLS failed in another way.
    Tls,
    /// The connection ended in the middle of the exchange.
    Reset,
    /// What came is not HTTP, or not HTTP as the exchange needs it.
    Protocol,
    /// The response's head or trailers are larger than the limit.
    TooLarge,
    /// The HTTP stack's own timeout.
    Timeout,
}

impl HttpFailure {
    /// A failure after which the request may have been acted upon.
    pub fn new(kind: HttpFailureKind, message: impl Into<String>) -> Self {
        Self { kind, unsent: false, reused: false, message: message.into() }
    }

    /// A failure that proves that the request was not acted upon.
    pub fn unsent(kind: HttpFailureKind, message: impl Into<String>) -> Self {
        Self { kind, unsent: true, reused: false, message: message.into() }
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HttpFailure {}

/// How long it took to make the connection that an answer came by. Found among the extensions of the first response
/// of every connection, and of no later one: it is evidence about the network, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectTimings {
    /// Name lookup and TCP handshake: one round trip, plus the lookup where it was not cached.
    pub tcp: Duration,
    /// TLS handshake after that; zero over plain text.
    pub tls: Duration,
}

impl ConnectTimings {
    /// From the start of the name lookup until the connection could be used.
    pub fn total(&self) -> Duration {
        self.tcp + self.tls
    }
}
