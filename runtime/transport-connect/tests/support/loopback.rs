//! The default HTTP service, and servers written by hand, over loopback sockets.

use std::net::SocketAddr;

use holdover_client::{
    CallRequest, Endpoint, Failure, Limits, Protocol, Response, Transport as _, TransportFailure,
};
use holdover_transport_connect::{ConnectTransport, HyperService};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::request;

pub async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

pub fn call(protocol: Protocol, address: SocketAddr) -> CallRequest {
    let url = format!("http://{address}");
    CallRequest {
        endpoint: Endpoint::parse("local", &url, protocol, true, Limits::default()).unwrap(),
        ..request(protocol, b"ask")
    }
}

pub async fn send(service: &HyperService, request: CallRequest) -> Result<Response, Failure> {
    ConnectTransport::over(service.clone()).unary(request, Box::new(|_| {})).await
}

pub fn transport_failure(outcome: Result<Response, Failure>) -> (TransportFailure, bool, String) {
    match outcome {
        Err(Failure::Transport { kind, unsent, message }) => (kind, unsent, message),
        other => panic!("a transport failure was expected, not {other:?}"),
    }
}

/// Accepts one connection, reads until `enough`, writes `answer`, closes.
pub fn raw(listener: TcpListener, answer: Vec<u8>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"ask") {
            assert!(stream.read_buf(&mut seen).await.unwrap() > 0, "the request ends in its message");
        }
        stream.write_all(&answer).await.unwrap();
        stream.shutdown().await.unwrap();
    })
}

pub async fn answered_by(answer: impl Into<Vec<u8>>) -> Result<Response, Failure> {
    let (listener, address) = listen().await;
    let server = raw(listener, answer.into());
    let outcome = send(&HyperService::new(), call(Protocol::Connect, address)).await;
    server.await.unwrap();
    outcome
}
