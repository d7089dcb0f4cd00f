//! The default HTTP stack: hyper, pooled connections, TLS by rustls.

mod connector;
mod dial;
mod failure;
mod tls;

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::service::{HttpFailure, HttpService, RequestBody, ResponseBody};
use connector::{Connector, FirstUse};
use dial::Tcp;
pub use dial::{Dial, DialError, Wire};
use failure::{of_body, of_request};
use tls::Tls;
pub use tls::TlsError;

/// A hard bound on heads, for HTTP's own parsers: anything larger ends the exchange while it is read. The limit of an
/// endpoint is applied exactly, to what has passed here.
const HEAD_BYTES: u32 = 64 * 1024;
/// Idle connections that are kept per host; HTTP/2 needs one.
const IDLE_CONNECTIONS: usize = 8;
/// Routers on the way forget silent connections, mobile ones after minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// How much of one answer may be on its way or unread: 20 Mbit/s at 100 ms. A caller that does not read stops its server there (rule G5).
const STREAM_WINDOW: u32 = 256 << 10;
/// The same for all answers of one connection together. It is so many times larger that more than a hundred callers that
/// do not read stop nobody else. Only what is unread takes memory.
const CONNECTION_WINDOW: u32 = 128 * STREAM_WINDOW;
/// A stream may be silent for hours, and a connection dies without a sign. The peer is asked after so long, and only while
/// there are calls; servers of gRPC take more often than every five minutes for abuse
/// (<https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md>).
const ASK_AFTER: Duration = Duration::from_secs(5 * 60 + 10);
/// How long the peer has for its answer to that.
const ASK_FOR: Duration = Duration::from_secs(20);

/// Sends requests by hyper.
///
/// Over TLS the protocol is negotiated (HTTP/2 where the server has it, else HTTP/1.1). Over plain text it is HTTP/1.1,
/// or HTTP/2 by prior knowledge for requests that need it. Connections are kept and shared. Making one does no IO; the
/// system's root certificates are read when the first TLS connection is made.
///
/// Futures must be polled inside a tokio runtime with IO and timers; connections live on the runtime that made them,
/// and when it has ended new ones are made.
#[derive(Clone)]
pub struct HyperService {
    connector: Connector,
    clients: Arc<Mutex<Arc<Clients>>>,
}

struct Clients {
    negotiated: Client<Connector, Cancelling>,
    prior_knowledge: Client<Connector, Cancelling>,
}

/// Configures a [`HyperService`].
#[derive(Default)]
#[must_use = "a service exists when it is built"]
pub struct HyperServiceBuilder {
    roots: Option<Vec<u8>>,
    dial: Option<Arc<dyn Dial>>,
}

impl std::fmt::Debug for HyperServiceBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HyperServiceBuilder").field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl HyperServiceBuilder {
    /// Trusts only the certificates in `pem`, instead of those that the system trusts: for servers with a private root,
    /// and for tests.
    pub fn trust_only_pem(mut self, pem: &[u8]) -> Self {
        self.roots = Some(pem.to_vec());
        self
    }

    /// Makes connections by `dial` instead of the system's TCP.
    pub fn dial(mut self, dial: impl Dial) -> Self {
        self.dial = Some(Arc::new(dial));
        self
    }

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when the certificates given cannot be used.
    pub fn build(self) -> Result<HyperService, TlsError> {
        let tls = match self.roots {
            Some(pem) => Tls::with_roots(&pem)?,
            None => Tls::platform(),
        };
        let dial = self.dial.unwrap_or_else(|| Arc::new(Tcp::new()));
        Ok(HyperService::over(Connector::new(dial, tls)))
    }
}

impl HyperService {
    /// Trusts what the system trusts.
    pub fn new() -> Self {
        Self::over(Connector::new(Arc::new(Tcp::new()), Tls::platform()))
    }

    fn over(connector: Connector) -> Self {
        let clients = Arc::new(Mutex::new(Arc::new(Clients::new(&connector))));
        Self { connector, clients }
    }

    /// Configures a service.
    pub fn builder() -> HyperServiceBuilder {
        HyperServiceBuilder::default()
    }

    fn clients(&self) -> Arc<Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for HyperService {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for HyperService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HyperService").finish_non_exhaustive()
    }
}

impl Clients {
    fn new(connector: &Connector) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        // There is no pool timer: idle connections are looked at when the next request comes, and nothing wakes the
        // device for them.
        builder
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(HEAD_BYTES as usize)
            .http2_max_header_list_size(HEAD_BYTES)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(ASK_AFTER)
            .http2_keep_alive_timeout(ASK_FOR);
        let negotiated = builder.build(connector.clone());
        let prior_knowledge = builder.http2_only(true).build(connector.clone());
        Self { negotiated, prior_knowledge }
    }

    /// The client for a request: only plain text needs to know beforehand that the server speaks HTTP/2.
    fn for_request(&self, request: &Request<Cancelling>) -> &Client<Connector, Cancelling> {
        let plain = request.uri().scheme() == Some(&http::uri::Scheme::HTTP);
        if plain && request.version() == Version::HTTP_2 { &self.prior_knowledge } else { &self.negotiated }
    }

    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        let needs_http2 = request.version() == Version::HTTP_2;
        let request = request.map(Cancelling);
        let answer = self.for_request(&request).request(request);
        Box::pin(async move {
            let mut response = answer.await.map_err(|error| of_request(&error, needs_http2))?;
            let timings = response.extensions_mut().remove::<FirstUse>().and_then(|first| first.take());
            if let Some(timings) = timings {
                response.extensions_mut().insert(timings);
            }
            Ok(response.map(|body| body.map_err(|error| of_body(&error)).boxed_unsync()))
        })
    }
}

/// A request's body whose failure resets its stream as cancelled, which is what it means: the caller has left.
struct Cancelling(RequestBody);

impl Body for Cancelling {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|_| h2::Reason::CANCEL.into())
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl HttpService for HyperService {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        self.clients().send(request)
    }

    fn probe(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        // Made for this request and dropped after it, so that nothing is kept and connections in use are left alone.
        Clients::new(&self.connector).send(request)
    }

    fn suspect(&self) {
        let fresh = Arc::new(Clients::new(&self.connector));
        *self.clients.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
    }
}
