//! The layer around a service that answers with canned streams, in every protocol, cut into chunks everywhere.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover_server::{DetailBody, DetailLayer};
use holdover_wire::frame;
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, StreamBody};
use proptest::prelude::*;
use prost::Message as _;
use tower::{Layer as _, ServiceExt as _};

use crate::answer::{Answer, call_with};
use crate::support::{ASK, Message, envelope, gunzip, gzip, layer, policy, request};

/// The framings of streams.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Grpc,
    Web,
    Connect,
}

const ALL: [Protocol; 3] = [Protocol::Grpc, Protocol::Web, Protocol::Connect];

impl Protocol {
    /// What stands in a body after its messages.
    fn end(self) -> Vec<u8> {
        match self {
            Self::Grpc => Vec::new(),
            Self::Web => envelope(frame::WEB_TRAILERS, b"grpc-status: 0\r\nx-trailer: kept\r\n"),
            // Compressed, which Connect allows.
            Self::Connect => envelope(
                frame::CONNECT_END | frame::COMPRESSED,
                &gzip(br#"{"metadata":{"x-trailer":["kept"]}}"#),
            ),
        }
    }

    /// An answer with this body, compressed by gzip where a message says so.
    fn answer(self, body: Vec<u8>) -> Answer {
        let (content_type, encoding) = match self {
            Self::Grpc => ("application/grpc", "grpc-encoding"),
            Self::Web => ("application/grpc-web+proto", "grpc-encoding"),
            Self::Connect => ("application/connect+proto", "connect-content-encoding"),
        };
        let trailers: &[(&str, &str)] = &[("grpc-status", "0"), ("x-trailer", "kept")];
        Answer::new(
            &[("content-type", content_type), (encoding, "gzip"), ("x-other", "1")],
            body,
            (self == Self::Grpc).then_some(trailers),
        )
    }
}

const LIMIT: usize = 300;

fn small() -> Message {
    let inner = Message { id: Some("b".into()), promo: Some("much".into()), inner: None };
    Message { id: Some("a".into()), promo: Some("more".into()), inner: Some(Box::new(inner)) }
}

/// Every sort of message, and what is expected of it: `None` is "as it is".
fn messages() -> Vec<(u8, Vec<u8>, Option<Vec<u8>>)> {
    let (rich, reduced) = (small().encode_to_vec(), small().reduced().encode_to_vec());
    let only = Message { promo: Some("all of it".into()), ..Message::default() }.encode_to_vec();
    let large = Message { promo: Some("x".repeat(LIMIT)), ..Message::default() }.encode_to_vec();
    assert!(gzip(&large).len() < LIMIT);
    vec![
        (0, rich.clone(), Some(reduced.clone())),
        (1, gzip(&rich), Some(reduced.clone())),
        // Nothing to drop, or everything.
        (0, reduced.clone(), None),
        (0, Vec::new(), None),
        (0, only, Some(Vec::new())),
        // Larger than the limit as it is, and when decompressed.
        (0, large.clone(), None),
        (1, gzip(&large), None),
        // Not protobuf, not gzip, flags that nobody has given a meaning.
        (0, b"\x1a\x05\x12".to_vec(), None),
        (1, rich.clone(), None),
        (0x40, rich.clone(), None),
        (0, rich, Some(reduced)),
    ]
}

fn recorded(protocol: Protocol) -> Vec<u8> {
    let messages = messages().into_iter().map(|(flags, payload, _)| envelope(flags, &payload));
    messages.chain([protocol.end()]).collect::<Vec<_>>().concat()
}

fn small_layer() -> DetailLayer {
    DetailLayer::new(&policy()).unwrap().max_response_bytes(LIMIT)
}

fn ask(layer: &DetailLayer, answer: Answer) -> Answer {
    call_with(layer, request("/t.Service/Watch", Some(ASK)), answer)
}

/// Cuts the body at these places.
fn cut_at(mut answer: Answer, places: &[usize]) -> Answer {
    let body = answer.body();
    let mut bounds: Vec<usize> = places.iter().map(|place| place % (body.len() + 1)).collect();
    bounds.extend([0, body.len()]);
    bounds.sort_unstable();
    let chunks = bounds.windows(2).map(|pair| Ok(Bytes::copy_from_slice(&body[pair[0]..pair[1]])));
    answer.chunks = chunks.collect();
    answer
}

/// What comes out, whatever the chunks were.
fn same(a: &Answer, b: &Answer) -> bool {
    (a.status, &a.headers, &a.trailers, a.body()) == (b.status, &b.headers, &b.trailers, b.body())
}

fn unsplit(protocol: Protocol) -> &'static Answer {
    static UNSPLIT: OnceLock<Vec<Answer>> = OnceLock::new();
    let all = || ALL.map(|protocol| ask(&small_layer(), protocol.answer(recorded(protocol)))).into();
    &UNSPLIT.get_or_init(all)[protocol as usize]
}

#[test]
fn every_message_is_trimmed_and_everything_else_passes() {
    for protocol in ALL {
        let layer = small_layer();
        let original = protocol.answer(recorded(protocol));
        let answer = ask(&layer, original.clone());
        let body = answer.body();
        let mut rest = &body[..];
        for (at, (flags, payload, expected)) in messages().into_iter().enumerate() {
            let (head, after) = rest.split_first_chunk::<{ frame::HEAD_LEN }>().unwrap();
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let (found, after) = after.split_at(length);
            assert_eq!(head[0], flags, "{protocol:?}, message {at}");
            match expected {
                Some(expected) if flags == 1 => assert_eq!(gunzip(found), expected, "{protocol:?}, {at}"),
                Some(expected) => assert_eq!(found, expected, "{protocol:?}, {at}"),
                None => assert_eq!(found, payload, "{protocol:?}, {at}"),
            }
            rest = after;
        }
        assert_eq!(rest, protocol.end());
        assert_eq!(answer.trailers, original.trailers);
        assert_eq!(answer.header("holdover-detail-applied"), Some(ASK));
        assert_eq!(answer.header("vary"), Some("holdover-detail"));
        let counts = layer.metrics().counts();
        assert_eq!((counts.responses, counts.trimmed, counts.messages), (1, 1, 11), "{protocol:?}");
        let messages = (counts.messages_trimmed, counts.messages_too_large, counts.messages_malformed);
        assert_eq!(messages, (4, 2, 3), "{protocol:?}");
        assert_eq!(counts.bytes_in, original.body().len() as u64, "{protocol:?}");
        assert_eq!(counts.bytes_out, body.len() as u64, "{protocol:?}");
    }
}

#[test]
fn it_does_not_matter_where_the_body_is_cut() {
    for protocol in ALL {
        let original = protocol.answer(recorded(protocol));
        for place in 0..=original.body().len() {
            let answer = ask(&small_layer(), cut_at(original.clone(), &[place]));
            assert!(same(&answer, unsplit(protocol)), "{protocol:?} cut at {place}");
        }
        let answer = ask(&small_layer(), original.cut(1));
        assert!(same(&answer, unsplit(protocol)), "{protocol:?} byte by byte");
    }
}

#[test]
fn a_client_streams_only_answer_and_both_directions_are_streams_too() {
    let message = envelope(0, &small().encode_to_vec());
    for (path, protocol) in [("/t.Service/Upload", Protocol::Grpc), ("/t.Service/Chat", Protocol::Connect)] {
        let (layer, _) = layer();
        let original = protocol.answer([message.clone(), protocol.end()].concat());
        let answer = call_with(&layer, request(path, Some(ASK)), original);
        let expected = [envelope(0, &small().reduced().encode_to_vec()), protocol.end()].concat();
        assert_eq!((answer.body(), answer.header("holdover-detail-applied")), (expected, Some(ASK)));
    }
}

#[test]
fn what_the_head_says_of_the_original_bytes_is_taken_back() {
    let mut original = Protocol::Web.answer(recorded(Protocol::Web));
    for (name, value) in [("content-length", "2000"), ("etag", "\"full\""), ("accept-ranges", "bytes")] {
        original.headers.insert(name, value.parse().unwrap());
    }
    let answer = ask(&small_layer(), original);
    for name in ["content-length", "etag", "accept-ranges"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(answer.header("x-other"), Some("1"));
}

#[test]
fn a_stream_passes_in_full_where_its_head_already_forbids_trimming() {
    let body = || recorded(Protocol::Grpc);
    let with = |protocol: Protocol, name: &'static str, value: &str| {
        let mut answer = protocol.answer(body());
        answer.headers.insert(name, value.parse().unwrap());
        answer
    };
    let mut failed = Protocol::Connect.answer(b"{}".to_vec());
    failed.status = StatusCode::SERVICE_UNAVAILABLE;
    let cases = [
        (with(Protocol::Grpc, "grpc-encoding", "zstd"), Some("full")),
        (with(Protocol::Connect, "connect-content-encoding", "br"), Some("full")),
        (with(Protocol::Connect, "content-encoding", "gzip"), Some("full")),
        (with(Protocol::Connect, "content-type", "application/connect+json"), Some("full")),
        // What unary answers of Connect look like.
        (with(Protocol::Connect, "content-type", "application/proto"), Some("full")),
        (with(Protocol::Web, "cache-control", "no-transform"), Some("full")),
        (with(Protocol::Grpc, "grpc-status", "5"), None),
        (failed, None),
    ];
    for (original, applied) in cases {
        let answer = ask(&small_layer(), original.clone());
        assert_eq!(answer.header("holdover-detail-applied"), applied, "{:?}", original.headers);
        assert_eq!((answer.chunks, answer.trailers), (original.chunks, original.trailers));
    }
    let other = request("/t.Service/Watch", Some("reduced; plan=ffffffffffffffffffffffffffffffff"));
    let original = Protocol::Grpc.answer(body());
    let answer = call_with(&small_layer(), other, original.clone());
    assert_eq!((answer.header("holdover-detail-applied"), answer.body()), (Some("full"), original.body()));
}

#[test]
fn a_stream_that_breaks_off_breaks_off_at_the_same_place() {
    let whole = envelope(0, &small().encode_to_vec());
    let reduced = envelope(0, &small().reduced().encode_to_vec());
    for protocol in ALL {
        for end in 0..whole.len() {
            let cut = || protocol.answer([&whole[..], &whole[..end]].concat());
            // At the end of the body, before trailers, and by an error.
            let answer = ask(&small_layer(), cut());
            assert_eq!(answer.body(), [&reduced[..], &whole[..end]].concat());
            assert_eq!(answer.trailers, cut().trailers);
            let mut broken = cut().cut(3);
            broken.chunks.push(Err("reset"));
            let mut answer = ask(&small_layer(), broken);
            assert_eq!(answer.chunks.pop(), Some(Err("reset")), "{protocol:?} at {end}");
            assert_eq!(answer.body(), [&reduced[..], &whole[..end]].concat());
        }
    }
}

type Chunks = tokio::sync::mpsc::UnboundedSender<Result<Frame<Bytes>, &'static str>>;

/// A response whose body is given piece by piece, and how often it was asked for more.
fn opened(layer: &DetailLayer) -> (Chunks, Arc<AtomicUsize>, Response<DetailBody<impl Body + use<>>>) {
    let (chunks, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let polls = Arc::new(AtomicUsize::new(0));
    let counter = polls.clone();
    let body = futures_util::stream::poll_fn(move |cx| {
        counter.fetch_add(1, Ordering::Relaxed);
        receiver.poll_recv(cx)
    });
    let mut response = Response::new(StreamBody::new(body));
    *response.headers_mut() = Protocol::Grpc.answer(Vec::new()).headers;
    let mut response = Some(response);
    let service =
        tower::service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let call = layer.layer(service).oneshot(request("/t.Service/Watch", Some(ASK)));
    // The head does not wait for the first message.
    let response = call.now_or_never().expect("the head is there").unwrap();
    (chunks, polls, response)
}

/// What the body has now; `None` if it waits.
fn now<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Bytes> {
    let frame = body.frame().now_or_never()?;
    frame.map(|frame| frame.unwrap_or_else(|_| panic!("no error is sent")).into_data().unwrap())
}

#[test]
fn the_service_is_asked_for_more_only_when_everything_is_gone() {
    let layer = small_layer();
    let (chunks, polls, response) = opened(&layer);
    assert_eq!(response.headers()["holdover-detail-applied"], ASK);
    assert_eq!(polls.load(Ordering::Relaxed), 0);
    let mut body = std::pin::pin!(response.into_body());
    assert_eq!(now(&mut body), None);
    assert_eq!(polls.load(Ordering::Relaxed), 1);

    // One chunk with a message and a part of one that is too large comes out in two.
    let message = envelope(0, &small().encode_to_vec());
    let large = envelope(0, &[0x55; 1000]);
    chunks.send(Ok(Frame::data([&message[..], &large[..100]].concat().into()))).unwrap();
    let reduced = envelope(0, &small().reduced().encode_to_vec());
    assert_eq!(now(&mut body).as_deref(), Some(&reduced[..]));
    assert_eq!(polls.load(Ordering::Relaxed), 2);
    assert_eq!(now(&mut body).as_deref(), Some(&large[..100]));
    assert_eq!(polls.load(Ordering::Relaxed), 2);

    // What is too large is not held.
    chunks.send(Ok(Frame::data(Bytes::copy_from_slice(&large[100..400])))).unwrap();
    chunks.send(Ok(Frame::data(Bytes::copy_from_slice(&large[400..])))).unwrap();
    assert_eq!(now(&mut body).as_deref(), Some(&large[100..400]));
    assert_eq!(now(&mut body).as_deref(), Some(&large[400..]));
    assert_eq!(polls.load(Ordering::Relaxed), 4);
    assert_eq!(layer.metrics().counts().messages_too_large, 1);
}

#[test]
fn dropping_the_body_drops_the_services() {
    let (chunks, _, response) = opened(&small_layer());
    assert!(!chunks.is_closed());
    drop(response);
    assert!(chunks.is_closed());
}

#[test]
fn no_more_than_one_message_and_one_chunk_is_held() {
    let (chunks, _, response) = opened(&small_layer());
    let mut body = std::pin::pin!(response.into_body());
    let message = envelope(0, &Message { id: Some("i".repeat(200)), ..Message::default() }.encode_to_vec());
    let all = message.repeat(1000);
    let (mut before, mut after) = (0, 0);
    for (chunk, size) in all.chunks(97).zip([97].into_iter().cycle()) {
        chunks.send(Ok(Frame::data(Bytes::copy_from_slice(chunk)))).unwrap();
        before += chunk.len();
        while let Some(data) = now(&mut body) {
            after += data.len();
        }
        assert!(before - after <= frame::HEAD_LEN + LIMIT + size, "{before} bytes in and {after} out");
    }
    assert_eq!(before, after);
}

/// Random frames, valid and not, and places to cut them at.
fn random_frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        Just(small().encode_to_vec()),
        Just(gzip(&small().encode_to_vec())),
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(any::<u8>(), LIMIT..LIMIT + 40),
    ];
    let flags = prop_oneof![0u8..4, Just(0x80), Just(0x81), any::<u8>()];
    let frame = (flags, payload).prop_map(|(flags, payload)| envelope(flags, &payload));
    let tail = prop::collection::vec(any::<u8>(), 0..12);
    (prop::collection::vec(frame, 0..6), tail).prop_map(|(frames, tail)| [frames.concat(), tail].concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nor_in_how_many_pieces(
        protocol in prop::sample::select(ALL.to_vec()),
        places in prop::collection::vec(any::<usize>(), 1..40),
    ) {
        let original = cut_at(protocol.answer(recorded(protocol)), &places);
        prop_assert!(same(&ask(&small_layer(), original), unsplit(protocol)));
    }

    #[test]
    fn any_bytes_come_out_the_same_however_they_are_cut(
        protocol in prop::sample::select(ALL.to_vec()),
        body in random_frames(),
        places in prop::collection::vec(any::<usize>(), 1..10),
    ) {
        let original = protocol.answer(body);
        let whole = ask(&small_layer(), original.clone());
        prop_assert!(same(&ask(&small_layer(), cut_at(original.clone(), &places)), &whole));
        prop_assert!(same(&ask(&small_layer(), original.clone().cut(1)), &whole));
        // What was trimmed has nothing left to trim.
        let trimmed = Answer { headers: original.headers, ..whole.clone() };
        prop_assert!(same(&ask(&small_layer(), trimmed), &whole));
    }
}

/// A service that answers at once, with more each time it is asked: nobody waits, nothing is left out.
#[test]
fn a_body_that_is_always_ready_comes_through_whole() {
    let mut left = 1000;
    let message = Bytes::from(envelope(0, &small().encode_to_vec()));
    let body = StreamBody::new(futures_util::stream::poll_fn(move |_| {
        left -= 1;
        Poll::Ready((left > 0).then(|| Ok::<_, Infallible>(Frame::data(message.clone()))))
    }));
    let mut response = Response::new(body);
    *response.headers_mut() = Protocol::Grpc.answer(Vec::new()).headers;
    let mut response = Some(response);
    let service =
        tower::service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let (layer, metrics) = layer();
    let call = layer.layer(service).oneshot(request("/t.Service/Watch", Some(ASK)));
    let body = call.now_or_never().unwrap().unwrap().into_body().collect().now_or_never().unwrap().unwrap();
    assert_eq!(body.to_bytes(), envelope(0, &small().reduced().encode_to_vec()).repeat(999));
    assert_eq!(metrics.counts().messages_trimmed, 999);
}
