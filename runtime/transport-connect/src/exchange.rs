//! One request on its way, until the head of its answer has come.

use std::sync::Arc;
use std::time::Duration;

use holdover_client::{Failure, Head};
use http::{Request, Response};
use tokio::time::Instant;

use crate::bounds::Bounds;
use crate::framing::Framing;
use crate::outcome::from_http;
use crate::service::{ConnectTimings, HttpFailure, HttpFailureKind, HttpService, RequestBody, ResponseBody};
use crate::{Protocol, metadata};

/// An answer that has begun.
pub(crate) struct Begun {
    pub(crate) head: Head,
    pub(crate) framing: Framing,
    pub(crate) response: Response<ResponseBody>,
}

/// Sends `request` and waits for the head of its answer. `again` makes the request once more, for what may arrive twice.
pub(crate) async fn exchange<S: HttpService>(
    service: &S,
    protocol: Protocol,
    bounds: Bounds,
    request: Request<RequestBody>,
    again: Option<impl FnOnce() -> Result<Request<RequestBody>, Failure>>,
) -> Result<Begun, Failure> {
    let mut started = Instant::now();
    let mut sent = service.send(request).await;
    let died = matches!(&sent, Err(failure) if failure.reused && failure.kind == HttpFailureKind::Reset);
    if let Some(again) = again.filter(|_| died) {
        // A kept connection that is dead is found out by using it, and others that were kept as long are no better.
        service.suspect();
        let request = again()?;
        started = Instant::now();
        // Whatever became of this one, the first may have arrived.
        sent = service.send(request).await.map_err(|failure| HttpFailure { unsent: false, ..failure });
    }
    let response = sent.map_err(from_http)?;
    let answered = started.elapsed();
    let connecting =
        response.extensions().get::<ConnectTimings>().map_or(Duration::ZERO, ConnectTimings::total);
    bounds.check_metadata(metadata::size(response.headers()), "the response's headers")?;
    let framing = Framing::of(protocol, &response)?;
    let head = Head {
        metadata: metadata::received(response.headers()),
        // Making a connection is no part of a round trip.
        after: Some(answered.saturating_sub(connecting)),
    };
    Ok(Begun { head, framing, response })
}

/// Notices that a call was given up after a long silence: whoever waits for an answer drops the future at the attempt's
/// timeout, and the connection may be dead.
pub(crate) struct Patience<S: HttpService> {
    service: Arc<S>,
    started: Instant,
    long: Duration,
    ended: bool,
}

impl<S: HttpService> Patience<S> {
    pub(crate) fn start(service: Arc<S>, timeout: Duration) -> Self {
        Self { service, started: Instant::now(), long: timeout / 2, ended: false }
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
    }
}

impl<S: HttpService> Drop for Patience<S> {
    fn drop(&mut self) {
        if !self.ended && self.started.elapsed() >= self.long {
            self.service.suspect();
        }
    }
}
