//! The server layer on streams: any bytes, cut into chunks of any size.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use holdover_annotations::policy::{self, PolicySet};
use holdover_server::{DETAIL, DETAIL_APPLIED, DetailLayer};
use holdover_wire::frame::{self, Frame, FrameReader};
use holdover_wire::{Limits, Pruner, Schema};
use http::{Request, Response};
use http_body::Body;
use prost::Message as _;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::plans;

/// The largest message that is held.
const LIMIT: usize = 1 << 10;

/// Content type, the header of the encoding, and the flag of what is no message.
const PROTOCOLS: [(&str, &str, u8); 3] = [
    ("application/grpc", "grpc-encoding", 0),
    ("application/grpc-web+proto", "grpc-encoding", frame::WEB_TRAILERS),
    ("application/connect+proto", "connect-content-encoding", frame::CONNECT_END),
];

static LAYER: LazyLock<(DetailLayer, Pruner)> = LazyLock::new(|| {
    let policy = policy();
    let schema = Schema::new(&policy).expect("the policy is valid");
    let pruner = schema.methods()[0].response_pruner().expect("there is a plan").clone();
    let layer = DetailLayer::new(&policy.encode_to_vec()).expect("the policy is valid");
    (layer.max_response_bytes(LIMIT), pruner)
});

/// The policy of the other targets, for a stream whose clients ask by the header.
fn policy() -> PolicySet {
    let mut policy = plans::policy(false);
    let detail = policy.methods[0].detail.clone().map(|detail| policy::Detail { signal: None, ..detail });
    policy.methods = vec![policy::Method {
        service: "t.Service".into(),
        name: "Watch".into(),
        kind: policy::method::Kind::ServerStream as i32,
        request_type: 2,
        response_type: 2,
        detail,
        ..Default::default()
    }];
    policy
}

/// Streams come out the same however they were cut: frame by frame, each trimmed or as it was.
///
/// The first byte chooses the protocol and whether gzip was agreed on, the second how long the chunks are.
pub fn stream(data: &[u8]) {
    let Some((&[choice, size], body)) = data.split_first_chunk() else { return };
    let (content_type, encoding, end) = PROTOCOLS[usize::from(choice) % PROTOCOLS.len()];
    let gzip = choice >= 0x80;
    let through = |size| {
        let response = Response::builder()
            .header("content-type", content_type)
            .header(encoding, if gzip { "gzip" } else { "identity" });
        trimmed(response.body(Chunks { left: body, size }).expect("the head is valid"))
    };
    let whole = through(body.len().max(1));
    assert!(through(usize::from(size).max(1)) == whole, "where a body is cut does not matter");

    let (before, after) = (frames(body), frames(&whole));
    assert_eq!(before.0.len(), after.0.len());
    assert_eq!(before.1, after.1, "what is cut off comes through as it is");
    for (before, after) in before.0.into_iter().zip(after.0) {
        assert_eq!(before.flags, after.flags);
        let (message, trimmed) = (before.payload, after.payload);
        let limits = Limits { max_bytes: LIMIT, ..Limits::DEFAULT };
        if before.flags == 0 {
            let expected = LAYER.1.prune(&message, &limits).map_or(message, |pruned| pruned.message);
            assert_eq!(trimmed, expected);
        } else if before.flags & end != 0 || before.flags != frame::COMPRESSED || !gzip {
            assert_eq!(trimmed, message);
        }
    }
}

/// The body that comes out of the layer, for a client that asks for less.
fn trimmed(response: Response<Chunks<'_>>) -> Vec<u8> {
    let (layer, pruner) = &*LAYER;
    let ask = format!("reduced; plan={}", pruner.hash());
    let request = Request::post("/t.Service/Watch").header(DETAIL, &ask).body(()).expect("it is valid");
    let mut cx = Context::from_waker(Waker::noop());
    let call = pin!(layer.layer(Once(Some(response))).call(request));
    let Poll::Ready(Ok(response)) = call.poll(&mut cx) else {
        panic!("the head of a stream is there at once")
    };
    assert_eq!(response.headers().get(DETAIL_APPLIED).map(http::HeaderValue::as_bytes), Some(ask.as_bytes()));
    let mut body = pin!(response.into_body());
    let mut out = Vec::new();
    loop {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.into_data().expect("there are no trailers");
                assert!(!data.is_empty());
                out.extend_from_slice(&data);
            }
            Poll::Ready(None) => return out,
            Poll::Ready(Some(Err(error))) => match error {},
            Poll::Pending => panic!("the body never waits"),
        }
    }
}

/// The frames, and what comes after the last complete one.
fn frames(body: &[u8]) -> (Vec<Frame>, &[u8]) {
    let mut reader = FrameReader::new(usize::MAX);
    reader.push(Bytes::copy_from_slice(body));
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().expect("there is no limit") {
        frames.push(frame);
    }
    let length = frames.iter().map(|frame| frame::HEAD_LEN + frame.payload.len()).sum();
    (frames, &body[length..])
}

/// A service that answers once.
struct Once<'a>(Option<Response<Chunks<'a>>>);

impl<'a> Service<Request<()>> for Once<'a> {
    type Response = Response<Chunks<'a>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().expect("it is called once")))
    }
}

/// A body in chunks of one size.
struct Chunks<'a> {
    left: &'a [u8],
    size: usize,
}

impl Body for Chunks<'_> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let (chunk, left) = self.left.split_at(self.size.min(self.left.len()));
        self.left = left;
        let frame = http_body::Frame::data(Bytes::copy_from_slice(chunk));
        Poll::Ready((!chunk.is_empty()).then_some(Ok(frame)))
    }
}
