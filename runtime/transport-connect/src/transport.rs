//! One attempt of one call, from request to outcome.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use holdover_client::{
    CallRequest, Endpoint, Failure, Head, Limits, OnProgress, Progress, Received, Response as Answered,
    Transport, TransportFailure,
};
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, Uri, Version};
use tokio::time::Instant;

use crate::outcome::{
    Answer, from_http, intercepted, other_protocol, too_large, too_large_to_send, unsendable,
};
use crate::service::{ConnectTimings, HttpFailure, HttpFailureKind, HttpService, RequestBody, ResponseBody};
use crate::{Protocol, connect, envelope, grpc, gzip, metadata, timeout};

/// Carries calls in the protocol of their endpoint over an [`HttpService`].
///
/// It does one attempt: it never follows, stores or decides, and sends again only what is idempotent, once, when a
/// connection that was kept turns out to be dead. Messages are never decoded.
pub struct ConnectTransport<S> {
    service: std::sync::Arc<S>,
    compress_from: Option<usize>,
}

impl<S> Clone for ConnectTransport<S> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), compress_from: self.compress_from }
    }
}

#[cfg(feature = "http")]
impl ConnectTransport<crate::HyperService> {
    /// Sends over connections of its own, trusting what the system trusts.
    pub fn new() -> Self {
        Self::over(crate::HyperService::new())
    }
}

#[cfg(feature = "http")]
impl Default for ConnectTransport<crate::HyperService> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: HttpService> ConnectTransport<S> {
    /// Sends over `service`. Requests travel uncompressed; compressed answers are accepted.
    pub fn over(service: S) -> Self {
        Self { service: std::sync::Arc::new(service), compress_from: None }
    }

    /// Compresses requests of at least `bytes` bytes by gzip. Only for servers that are known to accept that: there is
    /// no way to ask.
    #[must_use]
    pub fn compress_requests_from(mut self, bytes: usize) -> Self {
        self.compress_from = Some(bytes);
        self
    }
}

impl<S: HttpService> Transport for ConnectTransport<S> {
    fn unary(
        &self,
        request: CallRequest,
        on_progress: OnProgress,
    ) -> BoxFuture<'static, Result<Answered, Failure>> {
        let service = self.service.clone();
        let compress_from = self.compress_from;
        Box::pin(async move {
            let protocol = Protocol::try_from(request.endpoint.protocol())?;
            let bounds = Bounds::from(request.endpoint.limits());
            let build = || build(protocol, &request, bounds, compress_from);
            let mut patience = Patience::start(&*service, request.timeout.unwrap_or(Duration::MAX));
            let outcome = exchange(&*service, protocol, bounds, build, request.idempotent, on_progress).await;
            patience.end();
            outcome
        })
    }
    fn stream(
        &self,
        _request: CallRequest,
        _messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        Box::pin(futures_util::stream::once(async { Err(not_carried()) }))
    }

    fn probe(&self, _endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(async { Err(not_carried()) })
    }

    fn path_changed(&self) {
        self.service.suspect();
    }
}

/// What this transport does not carry yet.
fn not_carried() -> Failure {
    let message = "this transport carries unary calls only".to_owned();
    Failure::Transport { kind: TransportFailure::Protocol, unsent: true, message }
}

async fn exchange<S: HttpService>(
    service: &S,
    protocol: Protocol,
    bounds: Bounds,
    build: impl Fn() -> Result<Request<RequestBody>, Failure>,
    idempotent: bool,
    mut on_progress: OnProgress,
) -> Result<Answered, Failure> {
    let request = build()?;
    let sent_bytes = request.body().bytes().map_or(0, |bytes| bytes.len() as u64);
    let mut started = Instant::now();
    let response = match service.send(request).await {
        Ok(response) => response,
        Err(failure) if idempotent && failure.reused && failure.kind == HttpFailureKind::Reset => {
            // A kept connection that is dead is found out by using it, and others that were kept as long are no better.
            service.suspect();
            started = Instant::now();
            service.send(build()?).await.map_err(|failure| {
                // Whatever became of this one, the first may have arrived.
                from_http(HttpFailure { unsent: false, ..failure })
            })?
        }
        Err(failure) => return Err(from_http(failure)),
    };
    let head_at = Instant::now();
    let connecting =
        response.extensions().get::<ConnectTimings>().map_or(Duration::ZERO, ConnectTimings::total);

    bounds.check_metadata(metadata::size(response.headers()), "the response's headers")?;
    let framing = Framing::of(protocol, &response)?;
    on_progress(Progress::Sent { bytes: sent_bytes });
    on_progress(Progress::Head(Head {
        metadata: metadata::received(response.headers()),
        // Making a connection is no part of a round trip.
        after: Some(head_at.duration_since(started).saturating_sub(connecting)),
    }));

    let Answer { headers, trailers, message, received } = match framing {
        Framing::Grpc => grpc::read(protocol, response, bounds).await?,
        Framing::Connect => connect::read(response, bounds).await?,
        Framing::ConnectError => return Err(connect::read_error(response, bounds).await),
    };
    on_progress(Progress::Transferred { bytes: received, over: head_at.elapsed() });
    Ok(Answered {
        metadata: metadata::received(&headers),
        trailers: metadata::received(&trailers),
        body: message,
    })
}

/// Notices that a call was given up after a long silence: whoever waits for an answer drops the future at the attempt's
/// timeout, and the connection may be dead.
struct Patience<'a, S: HttpService> {
    service: &'a S,
    started: Instant,
    long: Duration,
    ended: bool,
}

impl<'a, S: HttpService> Patience<'a, S> {
    fn start(service: &'a S, timeout: Duration) -> Self {
        Self { service, started: Instant::now(), long: timeout / 2, ended: false }
    }

    fn end(&mut self) {
        self.ended = true;
    }
}

impl<S: HttpService> Drop for Patience<'_, S> {
    fn drop(&mut self) {
        if !self.ended && self.started.elapsed() >= self.long {
            self.service.suspect();
        }
    }
}

/// The limits on one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) message_bytes: usize,
    pub(crate) metadata_bytes: usize,
}

impl From<Limits> for Bounds {
    fn from(limits: Limits) -> Self {
        Self { message_bytes: limits.message_bytes, metadata_bytes: limits.metadata_bytes }
    }
}

impl Bounds {
    pub(crate) fn check_metadata(self, size: usize, what: &str) -> Result<(), Failure> {
        if size > self.metadata_bytes {
            return Err(too_large(format!(
                "{what} have {size} bytes, where {} are allowed",
                self.metadata_bytes
            )));
        }
        Ok(())
    }
}

/// What the head of a response says about the rest.
enum Framing {
    Grpc,
    Connect,
    ConnectError,
}

impl Framing {
    /// Anything that the service itself would not have sent is INTERCEPTED (rule C4): a redirect, HTML, a success that
    /// is not 200, a missing or different content type. A portal's empty 200 or 204 would otherwise pass for an empty
    /// message, which every protobuf parser accepts. No portal speaks gRPC: that is the server, and the endpoint's
    /// configuration is wrong.
    fn of(protocol: Protocol, response: &Response<ResponseBody>) -> Result<Self, Failure> {
        let status = response.status();
        if status.is_redirection() {
            return Err(intercepted(status, "a redirect, which is not followed"));
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let framing = match protocol {
            Protocol::Grpc => protocol.frames(text).then_some(Self::Grpc),
            // tonic answers in gRPC's own type where a layer around gRPC-Web refuses a call, such as for its deadline.
            Protocol::GrpcWeb => {
                let refused = Protocol::Grpc.frames(text) && response.headers().contains_key("grpc-status");
                (protocol.frames(text) || refused).then_some(Self::Grpc)
            }
            Protocol::Connect if status == http::StatusCode::OK => {
                protocol.frames(text).then_some(Self::Connect)
            }
            Protocol::Connect if status.is_success() => None,
            Protocol::Connect => {
                let essence = text.split(';').next().unwrap_or_default().trim();
                essence.eq_ignore_ascii_case("application/json").then_some(Self::ConnectError)
            }
        };
        framing.ok_or_else(|| {
            if let Some(heard) =
                [Protocol::Grpc, Protocol::GrpcWeb].into_iter().find(|heard| heard.frames(text))
            {
                return other_protocol(protocol, heard);
            }
            let found = match content_type {
                Some(value) => format!("its content type is {value:?}"),
                None => "it has no content type".to_owned(),
            };
            intercepted(status, format_args!("{found}, where {protocol} was expected"))
        })
    }
}

fn build(
    protocol: Protocol,
    request: &CallRequest,
    bounds: Bounds,
    compress_from: Option<usize>,
) -> Result<Request<RequestBody>, Failure> {
    if request.body.len() > bounds.message_bytes {
        let (size, limit) = (request.body.len(), bounds.message_bytes);
        return Err(too_large_to_send(format!("the request has {size} bytes, where {limit} are allowed")));
    }
    let compress = compress_from.is_some_and(|least| request.body.len() >= least);
    let payload = if compress { gzip::gzip(&request.body) } else { request.body.clone() };
    let body = match protocol {
        Protocol::Connect => payload,
        Protocol::Grpc | Protocol::GrpcWeb => envelope::seal(&payload, compress)?,
    };

    let mut http_request = Request::new(RequestBody::whole(body));
    *http_request.method_mut() = Method::POST;
    *http_request.uri_mut() = target(request.endpoint.uri(), &request.path)?;
    if protocol.needs_http2() {
        *http_request.version_mut() = Version::HTTP_2;
    }

    if request.metadata.size() > bounds.metadata_bytes {
        let (size, limit) = (request.metadata.size(), bounds.metadata_bytes);
        return Err(too_large_to_send(format!(
            "the call's metadata has {size} bytes, where {limit} are allowed"
        )));
    }
    let headers = http_request.headers_mut();
    metadata::append(headers, &request.metadata)?;
    headers
        .entry(USER_AGENT)
        .or_insert(HeaderValue::from_static(concat!("holdover/", env!("CARGO_PKG_VERSION"))));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(protocol.content_type()));
    headers.insert(protocol.accept_encoding_header(), HeaderValue::from_static("gzip"));
    if compress {
        headers.insert(protocol.encoding_header(), HeaderValue::from_static("gzip"));
    }
    if let Some(timeout) = request.timeout {
        let value = timeout::header_value(protocol, timeout);
        headers.insert(protocol.timeout_header(), HeaderValue::try_from(value).expect("digits and a unit"));
    }
    match protocol {
        Protocol::Connect => headers.insert("connect-protocol-version", HeaderValue::from_static("1")),
        Protocol::Grpc => headers.insert("te", HeaderValue::from_static("trailers")),
        Protocol::GrpcWeb => {
            headers.insert("x-grpc-web", HeaderValue::from_static("1"));
            // Some servers answer in the text format to a client that does not say that it wants the binary one.
            headers.insert(ACCEPT, HeaderValue::from_static(protocol.content_type()))
        }
    };
    Ok(http_request)
}

/// The endpoint's own path, then the method's.
fn target(endpoint: &Uri, path: &str) -> Result<Uri, Failure> {
    let prefix = endpoint.path().trim_end_matches('/');
    let path = Bytes::from([prefix, path].concat());
    let mut parts = endpoint.clone().into_parts();
    parts.path_and_query = Some(
        PathAndQuery::from_maybe_shared(path)
            .map_err(|error| unsendable(format!("the method's path is no URL path: {error}")))?,
    );
    Uri::from_parts(parts)
        .map_err(|error| unsendable(format!("the endpoint's url cannot carry calls: {error}")))
}
