//! Streams of every kind: sizes, turns, statuses, and callers that leave.

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use holdover_client::{
    CallRequest, Code, Failure, Kind, Metadata, Progress, Received, Transport as _, TransportFailure,
};
use holdover_e2e::{Asked, Messages, Refusal, Server, Site, Streamed, Streams, transport};
use tokio::sync::mpsc;

use crate::request;

const WATCH: (Kind, &str) = (Kind::ServerStream, "/pricing.v1.Pricing/Watch");
const TRACK: (Kind, &str) = (Kind::ClientStream, "/pricing.v1.Pricing/Track");
const HAGGLE: (Kind, &str) = (Kind::BidiStream, "/pricing.v1.Pricing/Haggle");

fn stream_request(site: &Site, server: &Server, (kind, path): (Kind, &str)) -> CallRequest {
    CallRequest { kind, path: path.into(), timeout: None, ..request(site.endpoint(server), "ask") }
}

fn sending(messages: impl IntoIterator<Item = Bytes>) -> BoxStream<'static, Bytes> {
    stream::iter(messages.into_iter().collect::<Vec<_>>()).boxed()
}

/// Messages, and how it ended.
async fn read(
    mut answer: BoxStream<'static, Result<Received, Failure>>,
) -> (Vec<Bytes>, Result<Metadata, Failure>) {
    let (mut messages, mut heads) = (Vec::new(), 0);
    loop {
        match answer.next().await.expect("a stream says how it ends") {
            Ok(Received::Progress(Progress::Head(_))) => heads += 1,
            Ok(Received::Progress(_)) => {}
            Ok(Received::Message(message)) => {
                assert_eq!(heads, 1, "the head comes first");
                messages.push(message);
            }
            Ok(Received::End { trailers }) => return (messages, Ok(trailers)),
            Err(failure) => return (messages, Err(failure)),
        }
    }
}

/// Answers with every message that comes, as it comes.
async fn echo(_: Asked, requests: Messages) -> Result<Streamed, Refusal> {
    Ok(Streamed::of(requests))
}

/// Bidi streams need HTTP/2, which plain Connect and gRPC-Web of these servers have by prior knowledge only.
fn speaks_http2(site: &Site) -> bool {
    site.http_version() == http::Version::HTTP_2 || site.tls.is_none()
}

#[tokio::test]
async fn a_server_stream_arrives_message_by_message() {
    for site in Site::all() {
        let server = site.serve(Streams(async |asked: Asked, mut requests: Messages| {
            assert_eq!(asked.path, WATCH.1);
            let asked = requests.next().await.unwrap()?;
            let sizes = [0, 1, 1000, 100_000, (4 << 20) - 100];
            let messages = stream::iter(sizes).map(|size| Ok(Bytes::from(vec![b'm'; size])));
            Ok(Streamed::of(stream::iter([Ok(asked)]).chain(messages)))
        }));
        let (messages, end) =
            read(transport(&server).stream(stream_request(&site, &server, WATCH), sending([]))).await;
        end.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));
        let sizes: Vec<usize> = messages.iter().map(Bytes::len).collect();
        assert_eq!(sizes, [3, 0, 1, 1000, 100_000, (4 << 20) - 100], "{site:?}");
    }
}

#[tokio::test]
async fn a_message_arrives_before_the_next_one_is_made() {
    for site in Site::all() {
        let (next, more) = mpsc::unbounded_channel::<Bytes>();
        let more = std::sync::Mutex::new(Some(more));
        let server = site.serve(Streams(move |_, _| {
            let more = more.lock().unwrap().take().unwrap();
            let messages = stream::unfold(more, async |mut more| Some((Ok(more.recv().await?), more)));
            std::future::ready(Ok(Streamed::of(messages)))
        }));
        let mut answer = transport(&server).stream(stream_request(&site, &server, WATCH), sending([]));
        for n in 0..5_u8 {
            next.send(Bytes::from(vec![n])).unwrap();
            let message = loop {
                if let Received::Message(message) = answer.next().await.unwrap().unwrap() {
                    break message;
                }
            };
            assert_eq!(message, [n][..], "{site:?}");
        }
        drop(next);
        assert!(matches!(answer.next().await, Some(Ok(Received::End { .. }))), "{site:?}");
        assert!(answer.next().await.is_none());
    }
}

#[tokio::test]
async fn a_client_stream_is_answered_once() {
    for site in Site::all() {
        let server = site.serve(Streams(async |_, mut requests: Messages| {
            let (mut count, mut bytes) = (0_usize, 0);
            while let Some(message) = requests.next().await {
                (count, bytes) = (count + 1, bytes + message?.len());
            }
            Ok(Streamed::of(stream::iter([Ok(Bytes::from(format!("{count} of {bytes}")))])))
        }));
        for compress in [false, true] {
            let transport = transport(&server);
            let transport = if compress { transport.compress_requests_from(100) } else { transport };
            let sent = (0..50).map(|n| Bytes::from(vec![7; n * 1000]));
            let (messages, end) =
                read(transport.stream(stream_request(&site, &server, TRACK), sending(sent))).await;
            end.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));
            assert_eq!(messages, [format!("50 of {}", 49 * 50 / 2 * 1000)], "{site:?}");
            let (messages, end) =
                read(transport.stream(stream_request(&site, &server, TRACK), sending([]))).await;
            end.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));
            assert_eq!(messages, ["0 of 0"], "{site:?}");
        }
    }
}

#[tokio::test]
async fn both_sides_of_a_bidi_stream_take_turns() {
    for site in Site::all() {
        let server = site.serve(Streams(echo));
        let (next, more) = mpsc::channel::<Bytes>(1);
        let messages = stream::unfold(more, async |mut more| Some((more.recv().await?, more))).boxed();
        let mut answer = transport(&server).stream(stream_request(&site, &server, HAGGLE), messages);
        if !speaks_http2(&site) {
            let failure = answer.next().await.unwrap().unwrap_err();
            let Failure::Transport { kind, unsent, message } = failure else { panic!("{failure:?}") };
            assert_eq!((kind, unsent), (TransportFailure::Misuse, true), "{site:?}: {message}");
            assert!(message.contains("HTTP/2"), "{message}");
            continue;
        }
        for n in 0..5_u8 {
            next.send(Bytes::from(vec![n; 10])).await.unwrap();
            let message = loop {
                match answer.next().await.unwrap().unwrap_or_else(|failure| panic!("{site:?}: {failure:?}")) {
                    Received::Message(message) => break message,
                    Received::Progress(_) => {}
                    Received::End { .. } => panic!("{site:?}: it goes on"),
                }
            };
            assert_eq!(message, [n; 10][..], "{site:?}");
        }
        drop(next);
        let (rest, end) = read(answer).await;
        assert!(rest.is_empty() && end.is_ok(), "{site:?}: {end:?}");
    }
}

#[tokio::test]
async fn the_servers_status_ends_a_stream_whatever_came_before() {
    for site in Site::all() {
        let server = site.serve(Streams(async |asked: Asked, _: Messages| {
            let refusal = Refusal::of(Code::FailedPrecondition, "the ride is over");
            match asked.path.as_str() {
                path if path == WATCH.1 => {
                    Ok(Streamed::of(stream::iter([Ok(Bytes::from_static(b"one")), Err(refusal)])))
                }
                _ => Err(refusal),
            }
        }));
        for (method, before) in [(WATCH, &["one"][..]), (TRACK, &[])] {
            let answer = transport(&server).stream(stream_request(&site, &server, method), sending([]));
            let (messages, end) = read(answer).await;
            assert_eq!(messages, before, "{site:?}");
            match end {
                Err(Failure::Status { code: Code::FailedPrecondition, message, .. }) => {
                    assert_eq!(message, "the ride is over", "{site:?}");
                }
                other => panic!("{site:?}, {method:?}: {other:?}"),
            }
        }
    }
}

/// Says that it was dropped.
struct Guard(mpsc::UnboundedSender<&'static str>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

#[tokio::test]
async fn dropping_a_stream_ends_the_servers_work() {
    for site in Site::all() {
        for method in [WATCH, HAGGLE] {
            if method == HAGGLE && !speaks_http2(&site) {
                continue;
            }
            let (events, mut happened) = mpsc::unbounded_channel();
            let server = site.serve(Streams(move |_, requests: Messages| {
                let guard = Guard(events.clone());
                // It holds the request's half, too, as a server of a bidi stream does.
                let endless = stream::unfold((guard, requests, true), async |(guard, requests, first)| {
                    if !first {
                        std::future::pending::<()>().await;
                    }
                    Some((Ok(Bytes::from_static(b"working")), (guard, requests, false)))
                });
                std::future::ready(Ok(Streamed::of(endless)))
            }));
            let silent = stream::iter([Bytes::from_static(b"m")]).chain(stream::pending()).boxed();
            let mut answer = transport(&server).stream(stream_request(&site, &server, method), silent);
            loop {
                match answer.next().await.unwrap().unwrap_or_else(|failure| panic!("{site:?}: {failure:?}")) {
                    Received::Message(message) => break assert_eq!(message, "working"),
                    Received::Progress(_) => {}
                    Received::End { .. } => panic!("{site:?}: it goes on"),
                }
            }
            drop(answer);
            assert_eq!(happened.recv().await, Some("dropped"), "{site:?}, {method:?}");
        }
    }
}
