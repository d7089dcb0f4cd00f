//! What the failures of the default HTTP service prove about the request.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::net::SocketAddr;

use bytes::Bytes;
use holdover_client::{CallRequest, Endpoint, Limits, Protocol, TransportFailure};
use holdover_transport_connect::HyperService;
use http::Version;
use support::PROTOCOLS;
use support::loopback::{answered_by, call, listen, send, transport_failure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

#[tokio::test]
async fn a_refused_connection_proves_that_nothing_was_sent() {
    let (listener, address) = listen().await;
    drop(listener);
    for protocol in PROTOCOLS {
        let outcome = send(&HyperService::new(), call(protocol, address)).await;
        let (kind, unsent, message) = transport_failure(outcome);
        assert_eq!((kind, unsent), (TransportFailure::Refused, true), "{message}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_proves_that_nothing_was_sent() {
    let mut call = call(Protocol::Connect, "127.0.0.1:1".parse().unwrap());
    // RFC 6761: never resolves.
    let url = "http://nowhere.invalid:1";
    call.endpoint = Endpoint::parse("local", url, Protocol::Connect, true, Limits::default()).unwrap();
    let (kind, unsent, message) = transport_failure(send(&HyperService::new(), call).await);
    assert_eq!((kind, unsent), (TransportFailure::Unreachable, true), "{message}");
}

#[tokio::test]
async fn a_connection_that_closes_after_the_request_proves_nothing() {
    let (kind, unsent, message) = transport_failure(answered_by("").await);
    assert_eq!((kind, unsent), (TransportFailure::Reset, false), "{message}");
}

/// Answers one request on the first connection, reads a second one there and closes; then serves `more` connections well.
async fn dies_while_kept(more: usize) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 2\r\n\r\nok";
        for connection in 0..=more {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"ask") {
                stream.read_buf(&mut seen).await.unwrap();
            }
            stream.write_all(answer).await.unwrap();
            if connection == 0 {
                seen.clear();
                while !seen.ends_with(b"ask") {
                    stream.read_buf(&mut seen).await.unwrap();
                }
            }
        }
    });
    (address, server)
}

#[tokio::test]
async fn what_is_idempotent_is_sent_again_when_a_kept_connection_is_dead() {
    let (address, server) = dies_while_kept(1).await;
    let service = HyperService::new();
    for _ in 0..2 {
        let outcome = send(&service, call(Protocol::Connect, address)).await;
        assert_eq!(outcome.unwrap().body, "ok");
    }
    server.await.unwrap();
}

#[tokio::test]
async fn what_is_not_idempotent_is_never_sent_again() {
    let (address, server) = dies_while_kept(0).await;
    let service = HyperService::new();
    send(&service, call(Protocol::Connect, address)).await.unwrap();
    let once = CallRequest { idempotent: false, ..call(Protocol::Connect, address) };
    let (kind, unsent, message) = transport_failure(send(&service, once).await);
    assert_eq!((kind, unsent), (TransportFailure::Reset, false), "{message}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_second_sending_that_fails_proves_nothing_about_the_first() {
    let (address, server) = dies_while_kept(0).await;
    let service = HyperService::new();
    send(&service, call(Protocol::Connect, address)).await.unwrap();
    let (_, unsent, message) = transport_failure(send(&service, call(Protocol::Connect, address)).await);
    assert!(!unsent, "{message}");
    server.await.unwrap();
}

/// An HTTP/2 server that reads one request and answers by `react`.
async fn http2<F>(react: F) -> (TransportFailure, bool, String)
where
    F: FnOnce(&mut h2::server::Connection<TcpStream, Bytes>, h2::server::SendResponse<Bytes>)
        + Send
        + 'static,
{
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (request, respond) = connection.accept().await.unwrap().unwrap();
        assert_eq!(request.version(), Version::HTTP_2);
        react(&mut connection, respond);
        while connection.accept().await.is_some() {}
    });
    transport_failure(send(&HyperService::new(), call(Protocol::Grpc, address)).await)
}

#[tokio::test]
async fn a_refused_stream_proves_that_nothing_was_done() {
    let refused = http2(|_, mut respond| respond.send_reset(h2::Reason::REFUSED_STREAM)).await;
    assert_eq!((refused.0, refused.1), (TransportFailure::Reset, true), "{}", refused.2);
}

#[tokio::test]
async fn any_other_reset_proves_nothing() {
    for reason in [h2::Reason::CANCEL, h2::Reason::INTERNAL_ERROR, h2::Reason::ENHANCE_YOUR_CALM] {
        let reset = http2(move |_, mut respond| respond.send_reset(reason)).await;
        assert_eq!((reset.0, reset.1), (TransportFailure::Reset, false), "{}", reset.2);
    }
}

#[tokio::test]
async fn a_connection_that_ends_in_error_proves_nothing_about_a_request_that_it_read() {
    let ended = http2(|connection, respond| {
        connection.abrupt_shutdown(h2::Reason::INTERNAL_ERROR);
        drop(respond);
    })
    .await;
    assert!(!ended.1, "the server had read the request: {}", ended.2);
}

#[tokio::test]
async fn a_goaway_before_the_request_proves_that_nothing_was_done() {
    let (listener, address) = listen().await;
    let (ready, wait) = oneshot::channel();
    tokio::spawn(async move {
        // The GOAWAY frame of a server that has read nothing: last stream id 0, no error. Written by hand, because a
        // server library would first let a stream in.
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        stream.write_all(&[&settings[..], &goaway].concat()).await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        let _ = ready.send(());
    });
    let service = HyperService::new();
    let (kind, unsent, message) = transport_failure(send(&service, call(Protocol::Grpc, address)).await);
    assert!(unsent, "{kind:?}: {message}");
    drop(service);
    wait.await.unwrap();
}
