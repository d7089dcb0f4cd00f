//! The transport: one attempt of one call, from request to outcome.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use holdover_client::{
    CallRequest, Endpoint, Failure, Kind, OnProgress, Progress, Received, Response as Answered, Transport,
};

use crate::answer::Answer;
use crate::bounds::Bounds;
use crate::exchange::{Begun, Patience, exchange};
use crate::framing::Framing;
use crate::service::HttpService;
use crate::{Protocol, connect, probe, request, stream};

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
            let mut patience = Patience::start(service.clone(), request.timeout.unwrap_or(Duration::MAX));
            let outcome = unary(&*service, &request, compress_from, on_progress).await;
            patience.end();
            outcome
        })
    }

    fn stream(
        &self,
        request: CallRequest,
        messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        stream::open(self.service.clone(), request, messages, self.compress_from)
    }

    fn probe(&self, endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        let service = self.service.clone();
        Box::pin(async move { probe::probe(&*service, &endpoint).await })
    }

    fn path_changed(&self) {
        self.service.suspect();
    }
}

async fn unary<S: HttpService>(
    service: &S,
    request: &CallRequest,
    compress_from: Option<usize>,
    mut on_progress: OnProgress,
) -> Result<Answered, Failure> {
    let protocol = Protocol::of(request.endpoint.protocol(), Kind::Unary)?;
    let bounds = Bounds::from(request.endpoint.limits());
    let build = || request::whole(protocol, request, bounds, compress_from);
    let first = build()?;
    let sent = first.body().bytes().map_or(0, |bytes| bytes.len() as u64);
    let again = request.idempotent.then_some(build);
    let Begun { head, framing, response } = exchange(service, protocol, bounds, first, again).await?;
    on_progress(Progress::Sent { bytes: sent });
    on_progress(Progress::Head(head));
    match framing {
        Framing::Enveloped(protocol) => {
            Answer::new(protocol, Kind::Unary, response, bounds).only(&mut on_progress).await
        }
        Framing::Bare => connect::read(response, bounds, &mut on_progress).await,
        Framing::ConnectError => Err(connect::read_error(protocol, response, bounds).await),
    }
}
