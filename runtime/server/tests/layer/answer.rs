//! Answers as data, and the layer around a service that gives them.

use std::convert::Infallible;

use bytes::Bytes;
use holdover_server::DetailLayer;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tower::{Layer as _, ServiceExt as _};

/// A response as data: what the service gives, and what comes out of the layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body in chunks; an error ends it.
    pub(crate) chunks: Vec<Result<Bytes, &'static str>>,
    pub(crate) trailers: Option<HeaderMap>,
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
        .collect()
}

impl Answer {
    pub(crate) fn new(
        pairs: &[(&str, &str)],
        body: impl Into<Bytes>,
        trailers: Option<&[(&str, &str)]>,
    ) -> Self {
        Self {
            status: StatusCode::OK,
            headers: headers(pairs),
            chunks: vec![Ok(body.into())],
            trailers: trailers.map(headers),
        }
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.chunks.iter().flatten().flatten().copied().collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Cuts the body into chunks of this size.
    pub(crate) fn cut(mut self, size: usize) -> Self {
        self.chunks = self.body().chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        self
    }
}

/// Sends a request through the layer to a service that gives this answer.
pub(crate) fn call_with(layer: &DetailLayer, request: Request<()>, answer: Answer) -> Answer {
    let service = tower::service_fn(move |_: Request<()>| {
        let answer = answer.clone();
        async move {
            let data = answer.chunks.into_iter().map(|chunk| chunk.map(Frame::data));
            let trailers = answer.trailers.into_iter().map(|trailers| Ok(Frame::trailers(trailers)));
            let frames: Vec<_> = data.chain(trailers).collect();
            let mut response = Response::new(StreamBody::new(futures(frames)));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok::<_, Infallible>(response)
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (head, mut body) = layer.layer(service).oneshot(request).await.unwrap().into_parts();
        let (mut chunks, mut trailers) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => chunks.push(Ok(data)),
                Ok(Err(frame)) => trailers = frame.into_trailers().ok(),
                Err(error) => {
                    chunks.push(Err(error));
                    break;
                }
            }
        }
        Answer { status: head.status, headers: head.headers, chunks, trailers }
    })
}

/// A stream of ready items.
fn futures<T>(items: Vec<T>) -> impl futures_core::Stream<Item = T> {
    let mut items = items.into_iter();
    futures_util::stream::poll_fn(move |_| std::task::Poll::Ready(items.next()))
}
