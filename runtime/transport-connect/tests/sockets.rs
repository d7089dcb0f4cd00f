//! The default HTTP service over loopback sockets: versions, connections, limits, and calls that are dropped.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdover_client::{
    CallRequest, Failure, Kind, Progress, Protocol, Received, Transport as _, TransportFailure,
};
use holdover_transport_connect::{ConnectTransport, HttpService as _, HyperService};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::frame;
use support::loopback::{answered_by, call, listen, raw, send, transport_failure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// Serves either HTTP version, counts connections, and tells the version of every request.
fn serve(
    listener: TcpListener,
    answer: impl Fn(Request<Incoming>) -> Response<Full<Bytes>> + Clone + Send + 'static,
) -> Arc<AtomicUsize> {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            let service = hyper::service::service_fn(move |request| {
                let response = answer(request);
                async move { Ok::<_, Infallible>(response) }
            });
            tokio::spawn(async move {
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    connections
}

/// A good answer in the framing that was asked for; `x-version` tells the HTTP version.
fn good(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let asked = request.headers()["content-type"].to_str().unwrap().to_owned();
    let version = format!("{:?}", request.version());
    let builder = Response::builder().header("content-type", &asked).header("x-version", version);
    let body = match asked.as_str() {
        "application/proto" => b"answer".to_vec(),
        "application/grpc-web+proto" => [frame(0, b"answer"), frame(0x80, b"grpc-status: 0")].concat(),
        // An answer without trailers is enough to see that gRPC was spoken; a real server is met in the e2e tests.
        _ => return builder.header("grpc-status", "12").body(Full::default()).unwrap(),
    };
    builder.body(Full::from(body)).unwrap()
}

#[tokio::test]
async fn connections_are_kept_and_shared() {
    let (listener, address) = listen().await;
    let connections = serve(listener, |request| good(&request));
    let service = HyperService::new();
    for _ in 0..5 {
        let response = send(&service, call(Protocol::Connect, address)).await.unwrap();
        assert_eq!(response.body, "answer");
        assert_eq!(response.metadata.text("x-version"), Some("HTTP/1.1"));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);

    for _ in 0..5 {
        let Err(Failure::Status { metadata, .. }) = send(&service, call(Protocol::Grpc, address)).await
        else {
            panic!("the server says UNIMPLEMENTED to gRPC");
        };
        assert_eq!(metadata.text("x-version"), Some("HTTP/2.0"), "plain gRPC knows beforehand");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn after_a_suspicion_new_calls_take_new_connections() {
    let (listener, address) = listen().await;
    let connections = serve(listener, |request| good(&request));
    let service = HyperService::new();
    send(&service, call(Protocol::Connect, address)).await.unwrap();
    service.suspect();
    send(&service, call(Protocol::Connect, address)).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_time_to_connect_is_told_once_for_each_connection() {
    let (listener, address) = listen().await;
    serve(listener, |request| good(&request));
    let service = HyperService::new();
    let mut told = Vec::new();
    for _ in 0..3 {
        let request = Request::post(format!("http://{address}/"))
            .header("content-type", "application/proto")
            .body(holdover_transport_connect::RequestBody::whole(Bytes::from_static(b"ask")))
            .unwrap();
        let response = service.send(request).await.unwrap();
        told.push(response.extensions().get::<holdover_transport_connect::ConnectTimings>().is_some());
        response.into_body().collect().await.unwrap();
    }
    assert_eq!(told, [true, false, false]);
}

#[test]
fn connections_of_a_runtime_that_has_ended_are_not_used_again() {
    let service = HyperService::new();
    let servers = tokio::runtime::Runtime::new().unwrap();
    let address = servers.block_on(async {
        let (listener, address) = listen().await;
        serve(listener, |request| good(&request));
        address
    });
    for _ in 0..3 {
        let worker = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let response = worker.block_on(send(&service, call(Protocol::Connect, address))).unwrap();
        assert_eq!(response.body, "answer");
    }
}

#[tokio::test]
async fn a_body_shorter_than_its_length_was_cut() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 100\r\n\r\n";
    let (kind, unsent, message) = transport_failure(answered_by(format!("{head}half")).await);
    assert_eq!((kind, unsent), (TransportFailure::Reset, false), "{message}");
}

#[tokio::test]
async fn what_is_not_http_breaks_the_protocol() {
    let (kind, unsent, message) = transport_failure(answered_by("SSH-2.0-OpenSSH_9.6\r\n").await);
    assert_eq!((kind, unsent), (TransportFailure::Protocol, false), "{message}");
}

#[tokio::test]
async fn a_server_of_http2_alone_is_told_by_its_settings() {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    // Whether they come before the request or in the place of its answer.
    for unasked in [true, false] {
        let (listener, address) = listen().await;
        let server = async {
            if unasked {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(SETTINGS).await.unwrap();
                // The client may hang up before it has sent anything.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            } else {
                raw(listener, SETTINGS.into()).await.unwrap();
            }
        };
        let service = HyperService::new();
        let (outcome, ()) = tokio::join!(send(&service, call(Protocol::Connect, address)), server);
        let (_, _, message) = transport_failure(outcome);
        assert!(message.contains("say Protocol::Grpc for this endpoint"), "{unasked}: {message}");
    }
}

#[tokio::test]
async fn heads_are_bounded_while_they_are_read_and_exactly_after() {
    let head = |size| {
        let long = "v".repeat(size);
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\nx-long: {long}\r\ncontent-length: 0\r\n\r\n"
        )
    };
    assert_eq!(answered_by(head(10_000)).await.unwrap().body, "");
    for size in [17_000, 200_000] {
        let (listener, address) = listen().await;
        let server = raw(listener, head(size).into());
        let outcome = send(&HyperService::new(), call(Protocol::Connect, address)).await;
        // The server may fail to write what nobody reads.
        let _ = server.await;
        let (kind, _, message) = transport_failure(outcome);
        assert_eq!(kind, TransportFailure::TooLarge, "{size}: {message}");
    }
}

#[tokio::test]
async fn grpc_to_a_server_of_http1_fails_without_a_guess() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(|request| {
            let response = good(&request);
            async move { Ok::<_, Infallible>(response) }
        });
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
    let (kind, _, message) =
        transport_failure(send(&HyperService::new(), call(Protocol::Grpc, address)).await);
    assert!(matches!(kind, TransportFailure::Protocol | TransportFailure::Reset), "{kind:?}: {message}");
}

#[tokio::test]
async fn dropping_a_call_resets_its_http2_stream() {
    let (listener, address) = listen().await;
    let (arrived, mut request_arrived) = mpsc::channel(1);
    let (gone, reset_arrived) = oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (_request, mut respond) = connection.accept().await.unwrap().unwrap();
        arrived.send(()).await.unwrap();
        let reason = std::future::poll_fn(|cx| respond.poll_reset(cx));
        tokio::select! {
            reason = reason => gone.send(reason.unwrap()).unwrap(),
            _ = connection.accept() => panic!("the connection stays"),
        }
    });
    let service = HyperService::new();
    let mut pending = Box::pin(send(&service, call(Protocol::Grpc, address)));
    tokio::select! {
        _ = &mut pending => panic!("nobody answers"),
        _ = request_arrived.recv() => {}
    }
    drop(pending);
    assert_eq!(reset_arrived.await.unwrap(), h2::Reason::CANCEL);
}

#[tokio::test]
async fn dropping_a_call_closes_its_http1_connection() {
    let (listener, address) = listen().await;
    let (arrived, request_arrived) = oneshot::channel();
    let (gone, end_arrived) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"ask") {
            stream.read_buf(&mut seen).await.unwrap();
        }
        arrived.send(()).unwrap();
        let more = stream.read_buf(&mut seen).await;
        gone.send(matches!(more, Ok(0) | Err(_))).unwrap();
    });
    let service = HyperService::new();
    let mut pending = Box::pin(send(&service, call(Protocol::Connect, address)));
    tokio::select! {
        _ = &mut pending => panic!("nobody answers"),
        _ = request_arrived => {}
    }
    drop(pending);
    assert!(end_arrived.await.unwrap(), "the connection has ended");
}

#[tokio::test]
async fn after_a_change_of_path_streams_keep_their_connection_and_new_calls_take_another() {
    let (listener, address) = listen().await;
    let (next, more) = mpsc::channel::<Vec<u8>>(1);
    let more = Arc::new(tokio::sync::Mutex::new(more));
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let more = more.clone();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_request, mut respond))) = connection.accept().await {
                    let head =
                        Response::builder().header("content-type", "application/grpc").body(()).unwrap();
                    let mut body = respond.send_response(head, false).unwrap();
                    let more = more.clone();
                    tokio::spawn(async move {
                        while let Some(frame) = more.lock().await.recv().await {
                            body.send_data(frame.into(), false).unwrap();
                        }
                    });
                }
            });
        }
    });
    let transport = ConnectTransport::over(HyperService::new());
    let open = || {
        let request =
            CallRequest { kind: Kind::ServerStream, timeout: None, ..call(Protocol::Grpc, address) };
        transport.stream(request, futures_util::stream::empty().boxed())
    };
    async fn until(
        stream: &mut BoxStream<'static, Result<Received, Failure>>,
        wanted: impl Fn(&Received) -> bool,
    ) {
        while !wanted(&stream.next().await.unwrap().unwrap()) {}
    }
    let head = |item: &Received| matches!(item, Received::Progress(Progress::Head(_)));

    let mut before = open();
    until(&mut before, head).await;
    transport.path_changed();
    let mut after = open();
    until(&mut after, head).await;
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    next.send(frame(0, b"still here")).await.unwrap();
    until(&mut before, |item| *item == Received::Message(Bytes::from_static(b"still here"))).await;
    let mut another = open();
    until(&mut another, head).await;
    assert_eq!(connections.load(Ordering::SeqCst), 2, "the new connection is shared");
}
