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
use futures_util::stream::{BoxStream, Stream};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

/// Sends one HTTP request.
///
/// What an implementation must do, because it cannot be done above it:
///
/// - never follow a redirect, store a response, keep a cookie, or repeat a request of which anything may have left;
/// - leave `content-encoding` and `grpc-encoding` alone: bodies are handed over as they came;
/// - hand over trailers, if it can: gRPC needs them, Connect and gRPC-Web do not;
/// - refuse a request whose version is HTTP/2 when the peer does not speak it, and a request whose body is a stream when
///   it cannot send such, by [`HttpFailureKind::Unsupported`];
/// - stop the exchange when the future or the response body is dropped: that is how a call is cancelled;
/// - say [`HttpFailure::unsent`] only when no byte of the request can have been acted upon.
pub trait HttpService: Send + Sync + 'static {
    /// Sends `request` and resolves when the response's head is there.
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, HttpFailure>>;

    /// Tells that connections may be dead without a sign: an attempt ran into its timeout without an answer, or the
    /// device has moved to another network. Requests from now on should take new ones; those under way keep theirs.
    fn suspect(&self) {}

    /// Sends a request that is to show whether the host can be reached: by a connection of its own, where the stack can
    /// make one, since one that was kept may be dead without a sign.
    fn probe(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, HttpFailure>> {
        self.send(request)
    }
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

    fn probe(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, HttpFailure>> {
        (**self).probe(request)
    }
}

/// The body of a response: chunks, then perhaps trailers.
pub type ResponseBody = UnsyncBoxBody<Bytes, HttpFailure>;

/// The body of a request: whole, or made while it is sent.
pub struct RequestBody(Content);

enum Content {
    /// `None` when it has been sent.
    Whole(Option<Bytes>),
    /// `None` when it has ended.
    Streamed(Option<BoxStream<'static, Result<Bytes, HttpFailure>>>),
}

impl RequestBody {
    /// A body that is there as a whole.
    pub fn whole(bytes: Bytes) -> Self {
        Self(Content::Whole(Some(bytes)))
    }

    /// A body that comes in chunks. It is to be polled when there is room for the next one, and an error in it stops the
    /// exchange: nobody wants the answer any more.
    pub fn streamed(chunks: impl Stream<Item = Result<Bytes, HttpFailure>> + Send + 'static) -> Self {
        Self(Content::Streamed(Some(Box::pin(chunks))))
    }

    /// The whole body, where it is known before it is sent: always for unary calls and server streams, never where the
    /// client sends a sequence. HTTP stacks that take a buffer rather than a stream start here, and refuse the rest by
    /// [`HttpFailureKind::Unsupported`].
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Whole(bytes) => bytes.as_ref(),
            Content::Streamed(_) => None,
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Whole(bytes) => f.debug_tuple("Whole").field(&bytes.as_ref().map(Bytes::len)).finish(),
            Content::Streamed(_) => f.write_str("Streamed"),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = HttpFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpFailure>>> {
        match &mut self.0 {
            Content::Whole(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            Content::Streamed(chunks) => {
                let Some(more) = chunks else { return Poll::Ready(None) };
                let next = std::task::ready!(more.as_mut().poll_next(cx));
                if !matches!(next, Some(Ok(_))) {
                    *chunks = None;
                }
                Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Content::Streamed(chunks) => chunks.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Content::Streamed(_) => SizeHint::default(),
        }
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
    /// No connection: the host's name did not resolve, no route, or nobody answered.
    Unreachable,
    /// The host answered that nobody listens there.
    Refused,
    /// The peer's certificate is not trusted: a captive portal, a firewall that reads along, or a wrong clock.
    Untrusted,
    /// TLS failed in another way.
    Tls,
    /// The connection ended in the middle of the exchange.
    Reset,
    /// The HTTP stack or the peer cannot carry such a request, and it was not sent: a request body that is a stream, or
    /// a version of HTTP.
    Unsupported,
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
