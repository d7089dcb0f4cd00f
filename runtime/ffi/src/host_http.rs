//! The host's HTTP stack as the transport's HTTP service.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdover_transport_connect::{HttpFailure, HttpFailureKind, HttpService, RequestBody, ResponseBody};
use http::{Request as HttpRequest, Response, Version};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use prost::Message as _;

use crate::abi::{
    HOLDOVER_EVENT_HTTP_BODY, HOLDOVER_EVENT_HTTP_CANCEL, HOLDOVER_EVENT_HTTP_PULL,
    HOLDOVER_EVENT_HTTP_REQUEST, HOLDOVER_EVENT_HTTP_SUSPECT, HOLDOVER_FLAG_LAST,
};
use crate::boundary::{self, HostHttp as Abilities};
use crate::exchange::{Exchange, Next};
use crate::host::Event;
use crate::message;
use crate::requests::{Pending, Request, Requests};

/// How much of a response the host may be ahead.
pub(crate) const WINDOW: u64 = 256 << 10;

/// Sends requests by the host's stack.
#[derive(Clone)]
pub(crate) struct HostHttp {
    pub(crate) requests: Arc<Requests>,
    pub(crate) abilities: Abilities,
    pub(crate) window: u64,
}

type Answer = BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>>;

impl HttpService for HostHttp {
    fn send(&self, request: HttpRequest<RequestBody>) -> Answer {
        self.exchange(request, false)
    }

    fn probe(&self, request: HttpRequest<RequestBody>) -> Answer {
        self.exchange(request, true)
    }

    fn suspect(&self) {
        self.requests.hear(Event::new(HOLDOVER_EVENT_HTTP_SUSPECT));
    }
}

impl HostHttp {
    fn exchange(&self, request: HttpRequest<RequestBody>, fresh_connection: bool) -> Answer {
        let this = self.clone();
        Box::pin(async move {
            this.check(&request)?;
            let (parts, body) = request.into_parts();
            let whole = body.bytes().cloned();
            let asked = boundary::HttpRequest {
                method: parts.method.as_str().to_owned(),
                url: parts.uri.to_string(),
                headers: message::http_headers(&parts.headers),
                http2: parts.version == Version::HTTP_2,
                streamed: whole.is_none(),
                body: whole.clone().unwrap_or_default(),
                fresh_connection,
                window_bytes: this.window,
            };
            let exchange = Exchange::new(this.window);
            let request = this.requests.open(Pending::Http(exchange.clone()));
            let running = Running { request, exchange };
            running.request.hear(Event::about(
                HOLDOVER_EVENT_HTTP_REQUEST,
                running.request.id,
                asked.encode_to_vec(),
            ));
            if whole.is_none() {
                running.upload(body)?;
            }
            let head = poll_fn(|context| running.exchange.poll_head(context)).await?;
            Ok(head.map(|()| Incoming { running: Some(running) }.boxed_unsync()))
        })
    }

    /// That the host's stack can carry the request.
    fn check(&self, request: &HttpRequest<RequestBody>) -> Result<(), HttpFailure> {
        let Abilities { trailers, streamed_bodies, http2 } = self.abilities;
        let content_type = request.headers().get(http::header::CONTENT_TYPE);
        let is_grpc = content_type.is_some_and(|value| {
            value.as_bytes().strip_prefix(b"application/grpc").is_some_and(|rest| !rest.starts_with(b"-web"))
        });
        let lacks = if is_grpc && !trailers {
            "hands over no trailers, which gRPC needs: use Connect or gRPC-Web for this endpoint, or the Rust transport"
        } else if request.body().bytes().is_none() && !streamed_bodies {
            "sends no bodies that are made while they are sent, which methods with a sequence of requests need: use the \
             Rust transport"
        } else if request.version() == Version::HTTP_2 && !http2 {
            "cannot insist on HTTP/2, which gRPC and bidi streams need: use the Rust transport"
        } else {
            return Ok(());
        };
        Err(HttpFailure::unsent(HttpFailureKind::Unsupported, format!("the host's HTTP stack {lacks}")))
    }
}

/// An exchange that goes on for as long as somebody holds this.
struct Running {
    request: Request,
    exchange: Arc<Exchange>,
}

impl Running {
    /// Hands the body over piece by piece, beside the answer.
    fn upload(&self, mut body: RequestBody) -> Result<(), HttpFailure> {
        let Ok(worker) = tokio::runtime::Handle::try_current() else {
            let message = "streamed bodies need the runtime's own worker";
            return Err(HttpFailure::unsent(HttpFailureKind::Unsupported, message));
        };
        let exchange = self.exchange.clone();
        let id = self.request.id;
        let requests = self.request.requests().clone();
        worker.spawn(async move {
            while poll_fn(|context| exchange.poll_wanted(context)).await {
                let piece = match body.frame().await {
                    Some(Ok(frame)) => frame.into_data().ok().filter(|piece| !piece.is_empty()),
                    // Who does not want to send any more does not want the answer either: it is dropped by the call.
                    Some(Err(_)) => return,
                    None => {
                        let last = Event::about(HOLDOVER_EVENT_HTTP_BODY, id, Bytes::new());
                        return requests.hear(Event { flags: HOLDOVER_FLAG_LAST, ..last });
                    }
                };
                if let Some(piece) = piece {
                    exchange.spend();
                    requests.hear(Event::about(HOLDOVER_EVENT_HTTP_BODY, id, piece));
                }
            }
        });
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.exchange.give_up();
        if self.request.close() {
            self.request.hear(Event::about(HOLDOVER_EVENT_HTTP_CANCEL, self.request.id, Bytes::new()));
        }
    }
}

/// The body of a response.
struct Incoming {
    /// `None` when it has ended.
    running: Option<Running>,
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = HttpFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpFailure>>> {
        let Some(running) = &self.running else { return Poll::Ready(None) };
        Poll::Ready(match ready!(running.exchange.poll_body(context)) {
            Next::Chunk(chunk, more) => {
                if more > 0 {
                    let pull = Event::about(HOLDOVER_EVENT_HTTP_PULL, running.request.id, Bytes::new());
                    running.request.hear(Event { count: more, ..pull });
                }
                Some(Ok(Frame::data(chunk)))
            }
            Next::Trailers(trailers) => Some(Ok(Frame::trailers(trailers))),
            Next::End => {
                self.running = None;
                None
            }
            Next::Failed(failure) => {
                self.running = None;
                Some(Err(failure))
            }
        })
    }
}
