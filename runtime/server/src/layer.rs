//! The layer and its service.

use std::sync::Arc;
use std::task::{Context, Poll};

use holdover_wire::Limits;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::future::{Ask, DetailFuture};
use crate::message::Trimming;
use crate::methods::Methods;
use crate::request::{Asked, asked};
use crate::{DetailBody, DetailMetrics, DetailPolicyError};

/// Trims the responses of the services that it wraps, for clients that ask. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DetailLayer {
    methods: Arc<Methods>,
    metrics: DetailMetrics,
    limits: Limits,
}

impl DetailLayer {
    /// Reads the policy that the compiler wrote with `--policy-out`.
    ///
    /// # Errors
    ///
    /// The bytes are not a policy, or one that this release cannot read.
    pub fn new(policy: &[u8]) -> Result<Self, DetailPolicyError> {
        Ok(Self {
            methods: Methods::new(policy)?,
            metrics: DetailMetrics::default(),
            limits: Limits::DEFAULT,
        })
    }

    /// The largest response, in bytes, that is held back to be trimmed, both as it is on the wire and decompressed; of a
    /// stream, the largest message. Larger ones pass as they are. 4 MiB unless said otherwise.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_bytes = bytes;
        self
    }

    /// The counters of everything that this layer and its clones wrap.
    pub fn metrics(&self) -> DetailMetrics {
        self.metrics.clone()
    }
}

impl<S> Layer<S> for DetailLayer {
    type Service = DetailService<S>;

    fn layer(&self, inner: S) -> DetailService<S> {
        DetailService { inner, layer: self.clone() }
    }
}

/// A service behind a [`DetailLayer`].
#[derive(Clone, Debug)]
pub struct DetailService<S> {
    inner: S,
    layer: DetailLayer,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for DetailService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Body,
{
    type Response = Response<DetailBody<ResponseBody>>;
    type Error = S::Error;
    type Future = DetailFuture<S::Future, ResponseBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let ask = self.layer.methods.prunable(request.uri().path()).map(|prunable| Ask {
            // An answer to HEAD has no body, but the length of one.
            asked: if request.method() == http::Method::HEAD {
                Asked::Nothing
            } else {
                asked(request.headers(), prunable.plan.hash())
            },
            streams: prunable.streams,
            trimming: Trimming { plan: prunable.plan.clone(), limits: self.layer.limits },
            metrics: self.layer.metrics.clone(),
        });
        DetailFuture::new(self.inner.call(request), ask)
    }
}
