//! An HTTP service in memory, and calls through it.
#![allow(dead_code, unreachable_pub, reason = "every test file is a crate of its own, and uses its own part")]

#[cfg(feature = "http")]
pub mod loopback;

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdover_client::{
    CallRequest, Endpoint, Failure, Kind, Limits, Metadata, OnProgress, Priority, Progress, Protocol,
    Received, Response as Answered, Transport,
};
use holdover_transport_connect::{ConnectTransport, HttpFailure, HttpService, RequestBody, ResponseBody};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;

pub const PROTOCOLS: [Protocol; 3] = [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb];

/// A response as a server might send it: any status, any headers, chunks and trailers as they are.
#[derive(Clone, Debug, Default)]
pub struct Scripted {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub chunks: Vec<Bytes>,
    pub trailers: Option<Vec<(String, String)>>,
    /// What the body ends with, instead of an end.
    pub breaks: Option<HttpFailure>,
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Scripted {
    Scripted {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        chunks: vec![body.into()],
        ..Scripted::default()
    }
}

impl Scripted {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn trailers(mut self, trailers: &[(&str, &str)]) -> Self {
        let own = trailers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.trailers = Some(own.collect());
        self
    }

    pub fn breaks(mut self, failure: HttpFailure) -> Self {
        self.breaks = Some(failure);
        self
    }

    /// The same bytes, in chunks of `size`.
    pub fn in_chunks_of(mut self, size: usize) -> Self {
        let all = self.chunks.concat();
        self.chunks = all.chunks(size).map(Bytes::copy_from_slice).collect();
        self
    }

    /// `None` if HTTP itself could not carry this.
    pub fn build(self) -> Option<Response<ResponseBody>> {
        let mut builder = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let mut frames: VecDeque<Result<Frame<Bytes>, HttpFailure>> =
            self.chunks.into_iter().map(|chunk| Ok(Frame::data(chunk))).collect();
        if let Some(trailers) = self.trailers {
            let mut map = HeaderMap::new();
            for (name, value) in trailers {
                map.append(http::HeaderName::try_from(name).ok()?, http::HeaderValue::try_from(value).ok()?);
            }
            frames.push_back(Ok(Frame::trailers(map)));
        }
        frames.extend(self.breaks.map(Err));
        builder.body(Frames(frames).boxed_unsync()).ok()
    }
}

struct Frames(VecDeque<Result<Frame<Bytes>, HttpFailure>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = HttpFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpFailure>>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// Gives one answer to every request, and remembers the last request.
#[derive(Clone)]
pub struct Memory {
    answer: Arc<dyn Fn() -> Result<Response<ResponseBody>, HttpFailure> + Send + Sync>,
    pub seen: Arc<Mutex<Option<Request<RequestBody>>>>,
    pub suspected: Arc<AtomicUsize>,
}

impl Memory {
    pub fn answering(scripted: Scripted) -> Self {
        Self::doing(move || Ok(scripted.clone().build().expect("the script is valid HTTP")))
    }

    pub fn failing(failure: HttpFailure) -> Self {
        Self::doing(move || Err(failure.clone()))
    }

    pub fn doing(
        answer: impl Fn() -> Result<Response<ResponseBody>, HttpFailure> + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Arc::new(answer), seen: Arc::default(), suspected: Arc::default() }
    }

    pub fn request(&self) -> Request<RequestBody> {
        self.seen.lock().unwrap().take().expect("a request was sent")
    }

    pub fn was_asked(&self) -> bool {
        self.seen.lock().unwrap().is_some()
    }
}

impl HttpService for Memory {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        *self.seen.lock().unwrap() = Some(request);
        Box::pin(std::future::ready((self.answer)()))
    }

    fn suspect(&self) {
        self.suspected.fetch_add(1, Ordering::SeqCst);
    }
}

pub const PATH: &str = "/pricing.v1.Pricing/GetQuote";

pub fn request(protocol: Protocol, body: &'static [u8]) -> CallRequest {
    request_within(protocol, body, Limits::default())
}

pub fn request_within(protocol: Protocol, body: &'static [u8], limits: Limits) -> CallRequest {
    let endpoint = Endpoint::parse("prod", "https://api.example.com", protocol, false, limits).unwrap();
    CallRequest {
        kind: Kind::Unary,
        endpoint,
        path: PATH.into(),
        metadata: Metadata::new(),
        body: Bytes::from_static(body),
        timeout: Some(Duration::from_secs(10)),
        priority: Priority::Interactive,
        idempotent: true,
        no_side_effects: true,
    }
}

/// Sends `request` to `service`, which is there at once.
pub async fn send(service: &Memory, request: CallRequest) -> Result<Answered, Failure> {
    ConnectTransport::over(service.clone()).unary(request, Box::new(|_| {})).await
}

/// What a call makes of one response.
pub async fn outcome(protocol: Protocol, scripted: Scripted) -> Result<Answered, Failure> {
    send(&Memory::answering(scripted), request(protocol, b"ask")).await
}

/// A message in gRPC's envelope.
pub fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags][..], &length, message].concat()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// A good answer in a protocol's framing.
pub fn good(protocol: Protocol, message: &[u8]) -> Scripted {
    match protocol {
        Protocol::Connect => answer(200, &[("content-type", "application/proto")], message.to_vec()),
        Protocol::Grpc => answer(200, &[("content-type", "application/grpc+proto")], frame(0, message))
            .trailers(&[("grpc-status", "0")]),
        _ => answer(
            200,
            &[("content-type", "application/grpc-web+proto")],
            [frame(0, message), frame(0x80, b"grpc-status: 0\r\n")].concat(),
        ),
    }
}

/// A server's refusal in a protocol's framing: gRPC's number, Connect's name, a message, extra trailers.
pub fn refusal(protocol: Protocol, number: u32, name: &str, message: &str) -> Scripted {
    match protocol {
        Protocol::Connect => answer(
            400,
            &[("content-type", "application/json")],
            format!(r#"{{"code":"{name}","message":"{message}"}}"#),
        ),
        Protocol::Grpc => answer(200, &[("content-type", "application/grpc")], "")
            .trailers(&[("grpc-status", &number.to_string()), ("grpc-message", message)]),
        _ => answer(
            200,
            &[("content-type", "application/grpc-web+proto")],
            frame(0x80, format!("grpc-status:{number}\r\ngrpc-message:{message}\r\n").as_bytes()),
        ),
    }
}

/// A call of another kind than unary.
pub fn stream_request(protocol: Protocol, kind: Kind) -> CallRequest {
    CallRequest { kind, timeout: None, idempotent: false, ..request(protocol, b"ask") }
}

/// What is left of a stream when progress is left out.
#[derive(Debug, PartialEq)]
pub struct Streamed {
    pub head: Metadata,
    pub messages: Vec<Bytes>,
    /// Trailers, or a failure.
    pub end: Result<Metadata, Failure>,
}

/// Reads a stream to its end.
pub async fn read(mut stream: BoxStream<'static, Result<Received, Failure>>) -> Streamed {
    let mut messages = Vec::new();
    let mut heads = Vec::new();
    let end = loop {
        match stream.next().await.expect("a stream says how it ends") {
            Ok(Received::Progress(Progress::Head(head))) => {
                assert!(messages.is_empty(), "the head comes first");
                heads.push(head.metadata);
            }
            Ok(Received::Progress(_)) => {}
            Ok(Received::Message(message)) => messages.push(message),
            Ok(Received::End { trailers }) => break Ok(trailers),
            Err(failure) => break Err(failure),
        }
    };
    assert!(stream.next().await.is_none() && stream.next().await.is_none(), "nothing comes after the end");
    assert!(heads.len() <= 1, "there is one head");
    Streamed { head: heads.pop().unwrap_or_default(), messages, end }
}

/// Opens a stream over `service`, whose client sends `messages`.
pub fn open(
    service: &Memory,
    request: CallRequest,
    messages: &[&'static [u8]],
) -> BoxStream<'static, Result<Received, Failure>> {
    let messages: Vec<Bytes> = messages.iter().map(|message| Bytes::from_static(message)).collect();
    ConnectTransport::over(service.clone()).stream(request, futures_util::stream::iter(messages).boxed())
}

/// What a server stream makes of one response.
pub async fn streamed(protocol: Protocol, scripted: Scripted) -> Streamed {
    let request = stream_request(protocol, Kind::ServerStream);
    read(open(&Memory::answering(scripted), request, &[])).await
}

/// An answer of frames in a protocol's framing, which ends well.
pub fn good_stream(protocol: Protocol, messages: &[&[u8]]) -> Scripted {
    let frames: Vec<u8> = messages.iter().flat_map(|message| frame(0, message)).collect();
    ending(protocol, frames, "0", r#"{"metadata":{"x-cost":["7"]}}"#)
}

/// An answer of frames that ends in a status: gRPC's number, Connect's document. Its trailers have `x-cost: 7`.
pub fn ending(protocol: Protocol, frames: Vec<u8>, number: &str, document: &str) -> Scripted {
    let content_type = stream_type(protocol);
    match protocol {
        Protocol::Grpc => answer(200, &[("content-type", content_type)], frames)
            .trailers(&[("grpc-status", number), ("x-cost", "7")]),
        Protocol::GrpcWeb => {
            let trailers = frame(0x80, format!("grpc-status: {number}\r\nx-cost: 7\r\n").as_bytes());
            answer(200, &[("content-type", content_type)], [frames, trailers].concat())
        }
        _ => {
            let end = frame(0x02, document.as_bytes());
            answer(200, &[("content-type", content_type)], [frames, end].concat())
        }
    }
}

pub fn stream_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "application/grpc+proto",
        Protocol::GrpcWeb => "application/grpc-web+proto",
        _ => "application/connect+proto",
    }
}

/// Counts the bytes that a transport says it has received.
pub fn received() -> (Arc<AtomicUsize>, OnProgress) {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    let on_progress = Box::new(move |progress| {
        if let Progress::Transferred { bytes, .. } = progress {
            counting.fetch_add(usize::try_from(bytes).unwrap(), Ordering::SeqCst);
        }
    });
    (count, on_progress)
}
