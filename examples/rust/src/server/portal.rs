//! A captive portal: what a hotel's Wi-Fi answers in the server's place.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{Either, MapOk, Ready, TryFutureExt as _, ready};
use http::{Request, Response, StatusCode, header};
use tonic::body::Body;
use tower::{BoxError, Layer, Service};

use super::Switches;

#[derive(Clone)]
pub(super) struct PortalLayer {
    switches: Arc<Switches>,
}

impl PortalLayer {
    pub(super) fn new(switches: Arc<Switches>) -> Self {
        Self { switches }
    }
}

impl<S> Layer<S> for PortalLayer {
    type Service = Portal<S>;

    fn layer(&self, inner: S) -> Portal<S> {
        Portal { inner, switches: Arc::clone(&self.switches) }
    }
}

#[derive(Clone)]
pub(super) struct Portal<S> {
    inner: S,
    switches: Arc<Switches>,
}

impl<S, Q, B> Service<Request<Q>> for Portal<S>
where
    S: Service<Request<Q>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<
        Ready<Result<Response<Body>, Infallible>>,
        MapOk<S::Future, fn(Response<B>) -> Response<Body>>,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        if !self.switches.captive_portal.load(Ordering::Relaxed) {
            return Either::Right(self.inner.call(request).map_ok(|response| response.map(Body::new)));
        }
        let page = "<!doctype html><title>Welcome to Hotel Wi-Fi</title><form>Room number …</form>";
        let mut response = Response::new(Body::new(http_body_util::Full::from(page)));
        *response.status_mut() = StatusCode::OK;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
        Either::Left(ready(Ok(response)))
    }
}
