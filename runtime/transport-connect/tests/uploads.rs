//! Requests that are sequences of messages.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use futures_util::{FutureExt as _, TryStreamExt as _, poll};
use holdover_client::{
    CallRequest, Failure, Kind, Limits, Progress, Protocol, Received, Transport as _, TransportFailure,
};
use holdover_transport_connect::{
    ConnectTransport, HttpFailure, HttpFailureKind, HttpService, RequestBody, ResponseBody,
};
use http::{Request, Response, Version};
use http_body_util::BodyExt as _;
use support::{
    Memory, PROTOCOLS, Scripted, frame, good_stream, gunzip, open, read, request_within, stream_request,
};

/// Reads the whole request, then answers.
#[derive(Clone)]
struct Reading {
    answer: Scripted,
    body: Arc<Mutex<Result<Bytes, String>>>,
}

impl Reading {
    fn new(answer: Scripted) -> Self {
        Self { answer, body: Arc::new(Mutex::new(Err("nothing was sent".to_owned()))) }
    }

    fn body(&self) -> Result<Bytes, String> {
        self.body.lock().unwrap().clone()
    }
}

impl HttpService for Reading {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        let Self { answer, body } = self.clone();
        Box::pin(async move {
            let read = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
            *body.lock().unwrap() = read.clone().map_err(|failure| failure.to_string());
            read?;
            Ok(answer.build().unwrap())
        })
    }
}

fn sending(count: usize) -> (stream::BoxStream<'static, Bytes>, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count_up = taken.clone();
    let messages = stream::iter(0..count).map(move |n| {
        count_up.fetch_add(1, Ordering::SeqCst);
        Bytes::from(vec![7; n * 100])
    });
    (messages.boxed(), taken)
}

#[tokio::test]
async fn messages_are_put_into_envelopes_one_by_one() {
    for protocol in PROTOCOLS {
        let service = Reading::new(good_stream(protocol, &[b"answer"]));
        let transport = ConnectTransport::over(service.clone());
        let seen = read(transport.stream(stream_request(protocol, Kind::ClientStream), sending(3).0)).await;
        assert_eq!(seen.messages, ["answer"], "{protocol:?}: {:?}", seen.end);
        let expected = [frame(0, b""), frame(0, &[7; 100]), frame(0, &[7; 200])].concat();
        assert_eq!(service.body().unwrap(), expected, "{protocol:?}");

        // Short ones are not worth compressing.
        let transport = transport.compress_requests_from(150);
        read(transport.stream(stream_request(protocol, Kind::ClientStream), sending(3).0)).await.end.unwrap();
        let sent = service.body().unwrap();
        let plain = [frame(0, b""), frame(0, &[7; 100])].concat();
        assert_eq!((&sent[..plain.len()], sent[plain.len()]), (&plain[..], 1), "{protocol:?}");
        assert_eq!(gunzip(&sent[plain.len() + 5..]), [7; 200]);
    }
}

#[tokio::test]
async fn what_was_sent_is_told() {
    let service = Reading::new(good_stream(Protocol::Grpc, &[b"answer"]));
    let mut stream = ConnectTransport::over(service)
        .stream(stream_request(Protocol::Grpc, Kind::ClientStream), sending(3).0);
    let mut sent = 0;
    while let Some(item) = stream.next().await {
        if let Received::Progress(Progress::Sent { bytes }) = item.unwrap() {
            sent += bytes;
        }
    }
    assert_eq!(sent, 3 * 5 + 300);
}

#[tokio::test]
async fn only_bidi_streams_need_http2_by_themselves() {
    for protocol in PROTOCOLS {
        for kind in [Kind::ServerStream, Kind::ClientStream, Kind::BidiStream] {
            let service = Memory::answering(good_stream(protocol, &[b"m"]));
            read(open(&service, stream_request(protocol, kind), &[])).await.end.unwrap();
            let request = service.request();
            let needed = protocol == Protocol::Grpc || kind == Kind::BidiStream;
            assert_eq!(request.version() == Version::HTTP_2, needed, "{protocol:?}, {kind:?}");
            // A stack that takes buffers can carry what is there as a whole.
            assert_eq!(
                request.body().bytes().is_some(),
                kind == Kind::ServerStream,
                "{protocol:?}, {kind:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_stack_without_request_streams_refuses_and_the_app_is_told() {
    struct Buffers;

    impl HttpService for Buffers {
        fn send(
            &self,
            request: Request<RequestBody>,
        ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
            assert!(request.body().bytes().is_none());
            let message = "this HTTP stack sends no streams: call methods without client streams";
            Box::pin(async move { Err(HttpFailure::unsent(HttpFailureKind::Unsupported, message)) })
        }
    }

    let transport = ConnectTransport::over(Buffers);
    let seen =
        read(transport.stream(stream_request(Protocol::Connect, Kind::ClientStream), sending(3).0)).await;
    let Err(Failure::Transport { kind, unsent, message }) = seen.end else { panic!("{seen:?}") };
    assert_eq!((kind, unsent), (TransportFailure::Misuse, true));
    assert!(message.contains("sends no streams"), "{message}");
}

#[tokio::test]
async fn messages_are_made_when_there_is_room_for_them() {
    /// Takes one chunk of the request for every permit.
    struct Narrow(Arc<tokio::sync::Semaphore>);

    impl HttpService for Narrow {
        fn send(
            &self,
            request: Request<RequestBody>,
        ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
            let room = self.0.clone();
            Box::pin(async move {
                let mut body = request.into_body();
                loop {
                    room.acquire().await.unwrap().forget();
                    body.frame().await.transpose()?;
                }
            })
        }
    }

    let room = Arc::new(tokio::sync::Semaphore::new(0));
    let (messages, taken) = sending(100);
    let mut stream = ConnectTransport::over(Narrow(room.clone()))
        .stream(stream_request(Protocol::Grpc, Kind::BidiStream), messages);
    for permits in 1..10 {
        assert_eq!(taken.load(Ordering::SeqCst), permits - 1);
        room.add_permits(1);
        let item = stream.next().await.unwrap().unwrap();
        assert!(matches!(item, Received::Progress(Progress::Sent { .. })), "{item:?}");
        assert!(poll!(stream.next()).is_pending());
    }
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_call_and_its_request() {
    for protocol in PROTOCOLS {
        let limits = Limits { message_bytes: 250, ..Limits::default() };
        let request = CallRequest { kind: Kind::ClientStream, ..request_within(protocol, b"", limits) };
        let service = Reading::new(good_stream(protocol, &[b"answer"]));
        let (messages, taken) = sending(10);
        let seen = read(ConnectTransport::over(service).stream(request, messages)).await;
        let Err(Failure::Transport { kind, unsent, .. }) = seen.end else { panic!("{seen:?}") };
        assert_eq!((kind, unsent), (TransportFailure::TooLarge, false), "those before it were sent");
        assert_eq!(taken.load(Ordering::SeqCst), 4, "nothing is taken after it");
    }
}

#[tokio::test]
async fn a_request_ends_when_its_call_does() {
    for protocol in PROTOCOLS {
        // Answers at once, and leaves the request unread.
        let service = Memory::answering(good_stream(protocol, &[b"m"]));
        let seen = read(open(&service, stream_request(protocol, Kind::ClientStream), &[&b"a"[..]; 3])).await;
        assert!(seen.end.is_ok(), "the server may answer before it has heard everything");
        let rest = service.request().into_body().collect().now_or_never().expect("nobody waits for more");
        assert!(rest.is_err(), "{protocol:?}: what is cut off must not look complete");

        let service = Memory::answering(good_stream(protocol, &[b"m"]));
        let messages = stream::once(async { Bytes::from_static(b"a") }).chain(stream::pending()).boxed();
        let mut pending = ConnectTransport::over(service.clone())
            .stream(stream_request(protocol, Kind::BidiStream), messages);
        assert!(matches!(pending.next().await, Some(Ok(Received::Progress(Progress::Head(_))))));
        let mut body = service.request().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), frame(0, b"a"));
        let mut waiting = Box::pin(body.frame());
        assert!(poll!(&mut waiting).is_pending());
        drop(pending);
        assert!(waiting.await.unwrap().is_err(), "{protocol:?}: dropping the call wakes its request");
    }
}

#[tokio::test]
async fn what_is_sent_while_the_answer_ends_does_not_lose_its_end() {
    // gRPC's end is that of the body.
    for protocol in PROTOCOLS.into_iter().filter(|protocol| *protocol != Protocol::Grpc) {
        // Everything has come but the end of the body, as of an HTTP/2 stream whose last frame is empty.
        let service = Memory::doing(move || {
            let (head, body) = good_stream(protocol, &[b"m"]).build().unwrap().into_parts();
            let frames = body.into_data_stream().map_ok(http_body::Frame::data);
            let open = frames.chain(stream::pending());
            Ok(Response::from_parts(head, ResponseBody::new(http_body_util::StreamBody::new(open))))
        });
        let (sender, messages) = channel();
        let mut call = ConnectTransport::over(service.clone())
            .stream(stream_request(protocol, Kind::BidiStream), messages);
        while !matches!(call.next().await, Some(Ok(Received::Message(_)))) {}
        assert!(poll!(call.next()).is_pending(), "{protocol:?}: the end of the body is waited for");
        sender.send(Bytes::from_static(b"late")).await.unwrap();
        let mut body = service.request().into_body();
        body.frame().await.unwrap().unwrap();
        assert!(matches!(call.next().await, Some(Ok(Received::Progress(Progress::Sent { .. })))));
        tokio::time::pause();
        let end = call.next().await;
        assert!(matches!(end, Some(Ok(Received::End { .. }))), "{protocol:?}: {end:?}");
        tokio::time::resume();
    }
}

fn channel() -> (tokio::sync::mpsc::Sender<Bytes>, stream::BoxStream<'static, Bytes>) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    (sender, stream::poll_fn(move |context| receiver.poll_recv(context)).boxed())
}
