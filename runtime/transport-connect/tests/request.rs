//! What leaves for the server.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::time::Duration;

use holdover_client::{Failure, Limits, Metadata, Protocol, Transport as _, TransportFailure};
use holdover_transport_connect::{ConnectTransport, RequestBody};
use http::{HeaderMap, Method, Request, Version};
use support::{Memory, PATH, PROTOCOLS, frame, good, gunzip, request, request_within, send};

async fn sent(protocol: Protocol) -> Request<RequestBody> {
    let service = Memory::answering(good(protocol, b"ok"));
    send(&service, request(protocol, b"ask")).await.unwrap();
    service.request()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn connect_sends_the_bare_message() {
    let sent = sent(Protocol::Connect).await;
    assert_eq!((sent.method(), sent.version()), (&Method::POST, Version::HTTP_11));
    assert_eq!(sent.uri(), &*format!("https://api.example.com{PATH}"));
    assert_eq!(sent.body().bytes().unwrap(), "ask");
    assert_eq!(text(sent.headers(), "content-type"), Some("application/proto"));
    assert_eq!(text(sent.headers(), "connect-protocol-version"), Some("1"));
    assert_eq!(text(sent.headers(), "connect-timeout-ms"), Some("10000"));
    assert_eq!(text(sent.headers(), "accept-encoding"), Some("gzip"));
    assert_eq!(text(sent.headers(), "content-encoding"), None);
}

#[tokio::test]
async fn grpc_sends_an_envelope_and_needs_http2() {
    let sent = sent(Protocol::Grpc).await;
    assert_eq!((sent.method(), sent.version()), (&Method::POST, Version::HTTP_2));
    assert_eq!(sent.body().bytes().unwrap(), &frame(0, b"ask"));
    assert_eq!(text(sent.headers(), "content-type"), Some("application/grpc+proto"));
    assert_eq!(text(sent.headers(), "te"), Some("trailers"));
    assert_eq!(text(sent.headers(), "grpc-timeout"), Some("10000000u"));
    assert_eq!(text(sent.headers(), "grpc-accept-encoding"), Some("gzip"));
    assert_eq!(text(sent.headers(), "accept-encoding"), None);
}

#[tokio::test]
async fn grpc_web_sends_an_envelope_over_any_http() {
    let sent = sent(Protocol::GrpcWeb).await;
    assert_eq!((sent.method(), sent.version()), (&Method::POST, Version::HTTP_11));
    assert_eq!(sent.body().bytes().unwrap(), &frame(0, b"ask"));
    assert_eq!(text(sent.headers(), "content-type"), Some("application/grpc-web+proto"));
    assert_eq!(text(sent.headers(), "accept"), Some("application/grpc-web+proto"));
    assert_eq!(text(sent.headers(), "x-grpc-web"), Some("1"));
    assert_eq!(text(sent.headers(), "te"), None);
}

#[tokio::test]
async fn the_endpoints_own_path_comes_first() {
    let service = Memory::answering(good(Protocol::Connect, b""));
    for url in ["https://api.example.com/v1", "https://api.example.com/v1/"] {
        let mut call = request(Protocol::Connect, b"");
        call.endpoint =
            holdover_client::Endpoint::parse("prod", url, Protocol::Connect, false, Limits::default())
                .unwrap();
        send(&service, call).await.unwrap();
        assert_eq!(service.request().uri(), &*format!("https://api.example.com/v1{PATH}"));
    }
}

#[tokio::test]
async fn metadata_travels_as_headers_and_bytes_as_base64() {
    for protocol in PROTOCOLS {
        let service = Memory::answering(good(protocol, b""));
        let mut call = request(protocol, b"");
        call.metadata.push("authorization", "Bearer abc").unwrap();
        call.metadata.push("x-locale", "de").unwrap();
        call.metadata.push("x-locale", "en").unwrap();
        call.metadata.push("trace-bin", vec![0_u8, 255, 62]).unwrap();
        send(&service, call).await.unwrap();
        let headers = service.request().headers().clone();
        assert_eq!(text(&headers, "authorization"), Some("Bearer abc"));
        assert_eq!(headers.get_all("x-locale").iter().collect::<Vec<_>>(), ["de", "en"]);
        assert_eq!(text(&headers, "trace-bin"), Some("AP8+"));
        assert!(text(&headers, "user-agent").unwrap().starts_with("holdover/"));
    }
}

#[tokio::test]
async fn an_app_may_name_itself_but_not_touch_the_framing() {
    for name in ["content-type", "grpc-status", "te", "connect-timeout-ms", "host", "content-length"] {
        let service = Memory::answering(good(Protocol::Connect, b""));
        let mut call = request(Protocol::Connect, b"");
        call.metadata.push(name, "1").unwrap();
        let failure = send(&service, call).await.unwrap_err();
        assert!(matches!(
            &failure,
            Failure::Transport { kind: TransportFailure::Misuse, unsent: true, message } if message.contains(name)
        ));
        assert!(!service.was_asked(), "{name} must not leave");
    }

    let service = Memory::answering(good(Protocol::Connect, b""));
    let mut call = request(Protocol::Connect, b"");
    call.metadata.push("user-agent", "rides/7").unwrap();
    send(&service, call).await.unwrap();
    assert_eq!(text(service.request().headers(), "user-agent"), Some("rides/7"));
}

#[tokio::test]
async fn a_timeout_is_told_in_the_protocols_own_unit() {
    for (protocol, name, value) in [
        (Protocol::Connect, "connect-timeout-ms", "1500"),
        (Protocol::Grpc, "grpc-timeout", "1500000u"),
        (Protocol::GrpcWeb, "grpc-timeout", "1500000u"),
    ] {
        let service = Memory::answering(good(protocol, b""));
        let mut call = request(protocol, b"");
        call.timeout = Some(Duration::from_millis(1500));
        send(&service, call).await.unwrap();
        assert_eq!(text(service.request().headers(), name), Some(value));
    }
}

#[tokio::test]
async fn requests_are_compressed_from_the_size_that_was_asked_for() {
    for protocol in PROTOCOLS {
        let (encoding, envelope) = match protocol {
            Protocol::Connect => ("content-encoding", 0),
            _ => ("grpc-encoding", 5),
        };
        for (message, compressed) in [(&b"1234567"[..], false), (&b"12345678"[..], true)] {
            let service = Memory::answering(good(protocol, b""));
            let transport = ConnectTransport::over(service.clone()).compress_requests_from(8);
            transport.unary(request(protocol, message), Box::new(|_| {})).await.unwrap();
            let sent = service.request();
            let body = sent.body().bytes().unwrap();
            assert_eq!(text(sent.headers(), encoding), compressed.then_some("gzip"), "{protocol:?}");
            let payload = &body[envelope..];
            if compressed {
                assert_eq!(gunzip(payload), message);
            } else {
                assert_eq!(payload, message);
            }
            if envelope > 0 {
                assert_eq!(body[0], u8::from(compressed));
            }
        }
    }
}

#[tokio::test]
async fn what_is_over_a_limit_is_not_sent() {
    let limits = Limits { message_bytes: 3, metadata_bytes: 40 };
    for protocol in PROTOCOLS {
        let service = Memory::answering(good(protocol, b""));
        let at_the_limit = request_within(protocol, b"123", limits);
        let _ = send(&service, at_the_limit.clone()).await;
        assert_eq!(service.request().body().bytes().unwrap().len() % 5, 3, "3 bytes are allowed");

        let mut large_metadata = at_the_limit;
        let mut metadata = Metadata::new();
        metadata.push("k", "12345678").unwrap();
        large_metadata.metadata = metadata;
        for call in [request_within(protocol, b"1234", limits), large_metadata] {
            let failure = send(&service, call).await.unwrap_err();
            assert!(matches!(
                failure,
                Failure::Transport { kind: TransportFailure::TooLarge, unsent: true, .. }
            ));
            assert!(!service.was_asked());
        }
    }
}
