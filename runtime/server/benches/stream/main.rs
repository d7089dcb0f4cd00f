//! What the layer costs a stream, beside no layer and beside decoding, clearing and encoding every message with prost.
//!
//! The stream is one of quotes like the example's, of about 1.2 kB each, of which a poor network leaves out two thirds: a
//! banner, a breakdown, and the pictures in a list of cars. It is measured as it comes from a service that is ahead of its
//! client (chunks of 16 kB) and from one that is not (a message a chunk), and compressed. All ways must give the same
//! messages, or this fails; how long they take never makes it fail.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod quotes;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use holdover_server::{DETAIL, DETAIL_APPLIED, DetailLayer};
use holdover_wire::frame::{self, FrameReader};
use http::{Request, Response};
use http_body::{Body, Frame};
use prost::Message as _;
use tower::{Layer as _, Service};

use quotes::{ASK, Quote, clear, policy, quote};

/// How many messages a stream has, and how often everything is measured, in turns.
const MESSAGES: usize = 1000;
const ROUNDS: usize = 60;

fn main() {
    println!("{MESSAGES} messages of {} bytes, of which {} are kept\n", quote(0).encoded_len(), {
        let mut reduced = quote(0);
        clear(&mut reduced);
        reduced.encoded_len()
    });
    let plain: Vec<Bytes> = (0..MESSAGES).map(|n| envelope(0, &quote(n).encode_to_vec())).collect();
    let gzipped: Vec<Bytes> =
        (0..MESSAGES).map(|n| envelope(frame::COMPRESSED, &gzip(&quote(n).encode_to_vec()))).collect();
    measure("a service that is ahead: chunks of 16 kB", &joined(&plain));
    measure("a service that is not: a message a chunk", &plain);
    measure("compressed with gzip, a message a chunk", &gzipped);
}

/// The same bytes in larger chunks.
fn joined(messages: &[Bytes]) -> Vec<Bytes> {
    let all = Bytes::from(messages.concat());
    (0..all.len()).step_by(16 << 10).map(|at| all.slice(at..all.len().min(at + (16 << 10)))).collect()
}

/// Prints messages and input bytes a second, and ratios.
fn measure(what: &str, chunks: &[Bytes]) {
    let layer = DetailLayer::new(&policy().encode_to_vec()).expect("the policy is valid");
    let bare = || drain(Chunks::of(chunks));
    let unasked = || drain(layered(&layer, chunks, None));
    let pruned = || drain(layered(&layer, chunks, Some(ASK)));
    let decoded = || drain(Cleared { chunks: Chunks::of(chunks), frames: FrameReader::new(1 << 20) });

    let bytes: usize = chunks.iter().map(Bytes::len).sum();
    assert_eq!(bare(), bytes);
    assert_eq!(unasked(), bytes);
    let expected = messages(Cleared { chunks: Chunks::of(chunks), frames: FrameReader::new(1 << 20) });
    assert_eq!(expected.len(), MESSAGES);
    assert!(
        messages(layered(&layer, chunks, Some(ASK))) == expected,
        "pruning differs from decode-clear-encode"
    );

    let mut times = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        time(&mut times[0], bare);
        time(&mut times[1], unasked);
        time(&mut times[2], pruned);
        time(&mut times[3], decoded);
    }
    println!("{what}");
    let [none, _, _, prost] = times;
    let names = ["no layer", "layer, nobody asks", "layer, trimmed", "prost decode-clear-encode"];
    for (name, seconds) in names.into_iter().zip(times) {
        println!(
            "  {name:26} {:>9.0} messages/s {:>8.0} MB/s   +{:>6.0} ns a message   {:.1}x prost",
            MESSAGES as f64 / seconds,
            bytes as f64 / 1e6 / seconds,
            (seconds - none) * 1e9 / MESSAGES as f64,
            prost / seconds,
        );
    }
    println!();
}

/// Keeps the best time: what the work takes when the machine does nothing else.
fn time(best: &mut f64, run: impl Fn() -> usize) {
    let start = Instant::now();
    black_box(run());
    *best = best.min(start.elapsed().as_secs_f64());
}

/// Reads a body to its end, and counts.
fn drain(body: impl Body<Data = Bytes, Error = Infallible>) -> usize {
    let mut length = 0;
    read(body, |chunk| length += black_box(chunk).len());
    length
}

/// The messages of a body, decompressed.
fn messages(body: impl Body<Data = Bytes, Error = Infallible>) -> Vec<Vec<u8>> {
    let mut frames = FrameReader::new(1 << 20);
    let mut messages = Vec::new();
    read(body, |chunk| {
        frames.push(chunk);
        while let Some(frame) = frames.next_frame().expect("frames are small") {
            let payload = if frame.is_compressed() { gunzip(&frame.payload) } else { frame.payload.to_vec() };
            messages.push(payload);
        }
    });
    messages
}

fn read(body: impl Body<Data = Bytes, Error = Infallible>, mut take: impl FnMut(Bytes)) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) {
        if let Ok(chunk) = frame.into_data() {
            take(chunk);
        }
    }
}

/// A body that is always ready.
struct Chunks {
    left: VecDeque<Bytes>,
}

impl Chunks {
    fn of(chunks: &[Bytes]) -> Self {
        Self { left: chunks.iter().cloned().collect() }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.left.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }
}

/// What one would write by hand: every message is decoded, cleared, encoded and put back.
struct Cleared {
    chunks: Chunks,
    frames: FrameReader,
}

impl Body for Cleared {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut out = BytesMut::new();
        while let Some(chunk) = self.chunks.left.pop_front() {
            self.frames.push(chunk);
            while let Some(frame) = self.frames.next_frame().expect("frames are small") {
                let compressed = frame.is_compressed();
                let payload = if compressed { gunzip(&frame.payload).into() } else { frame.payload };
                let mut quote = Quote::decode(payload).expect("the message is valid");
                clear(&mut quote);
                if compressed {
                    out.put_slice(&envelope(frame::COMPRESSED, &gzip(&quote.encode_to_vec())));
                } else {
                    let length = quote.encoded_len();
                    out.reserve(frame::HEAD_LEN + length);
                    out.put_slice(&frame::head(0, length).expect("the message is small"));
                    quote.encode(&mut out).expect("the buffer grows");
                }
            }
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out.freeze()))));
            }
        }
        Poll::Ready(None)
    }
}

/// The body of a stream through the layer.
fn layered(
    layer: &DetailLayer,
    chunks: &[Bytes],
    ask: Option<&str>,
) -> impl Body<Data = Bytes, Error = Infallible> + use<> {
    let response = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-encoding", "gzip")
        .body(Chunks::of(chunks))
        .expect("the head is valid");
    let mut request = Request::post("/t.Pricing/Watch");
    if let Some(ask) = ask {
        request = request.header(DETAIL, ask);
    }
    let request = request.body(()).expect("the request is valid");
    let call = pin!(layer.layer(Once(Some(response))).call(request));
    let Poll::Ready(Ok(response)) = call.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the head of a stream is there at once")
    };
    assert_eq!(response.headers().contains_key(DETAIL_APPLIED), ask.is_some());
    response.into_body()
}

/// A service that answers once.
struct Once(Option<Response<Chunks>>);

impl Service<Request<()>> for Once {
    type Response = Response<Chunks>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().expect("it is called once")))
    }
}

fn envelope(flags: u8, payload: &[u8]) -> Bytes {
    frame::encode(flags, payload).expect("the message is small")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).expect("it was made by gzip");
    plain
}
