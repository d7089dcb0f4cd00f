//! Answers that are good, in every shape that the protocols allow.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdover_client::{Progress, Protocol, Transport as _};
use holdover_transport_connect::ConnectTransport;
use support::{Memory, PROTOCOLS, answer, frame, good, gzip, outcome, request};

#[tokio::test]
async fn the_message_arrives_however_it_is_chunked() {
    for protocol in PROTOCOLS {
        let whole = good(protocol, b"a quote of 42");
        for size in 1..40 {
            let response = outcome(protocol, whole.clone().in_chunks_of(size)).await.unwrap();
            assert_eq!(response.body, "a quote of 42", "{protocol:?} in chunks of {size}");
        }
    }
}

#[tokio::test]
async fn an_empty_message_is_a_message() {
    for protocol in PROTOCOLS {
        assert_eq!(outcome(protocol, good(protocol, b"")).await.unwrap().body, "");
    }
}

#[tokio::test]
async fn headers_and_trailers_reach_the_engine() {
    let connect = good(Protocol::Connect, b"").header("trailer-x-cost", "7").header("trailer-t-bin", "AP8");
    let grpc =
        good(Protocol::Grpc, b"").trailers(&[("grpc-status", "0"), ("x-cost", "7"), ("t-bin", "AP8=")]);
    let web = answer(
        200,
        &[("content-type", "application/grpc-web")],
        [frame(0, b""), frame(0x80, b"grpc-status: 0\nX-Cost:7\r\nt-bin: AP8\r\n")].concat(),
    );
    for (protocol, scripted) in
        [(Protocol::Connect, connect), (Protocol::Grpc, grpc), (Protocol::GrpcWeb, web)]
    {
        let scripted = scripted
            .header("age", "30")
            .header("vary", "holdover-detail")
            .header("holdover-detail-applied", "reduced; plan=0123")
            .header("many-bin", "AA, /w==");
        let response = outcome(protocol, scripted).await.unwrap();
        assert_eq!(response.metadata.text("age"), Some("30"));
        assert_eq!(response.metadata.text("vary"), Some("holdover-detail"));
        assert_eq!(response.metadata.text("holdover-detail-applied"), Some("reduced; plan=0123"));
        let many: Vec<_> =
            response.metadata.iter().filter(|(name, _)| *name == "many-bin").map(|(_, v)| &v[..]).collect();
        assert_eq!(many, [&[0][..], &[255]]);
        assert_eq!(response.metadata.text("content-type"), None, "the protocol's own is not metadata");
        assert_eq!(response.trailers.text("x-cost"), Some("7"), "{protocol:?}");
        assert_eq!(&response.trailers.get("t-bin").unwrap()[..], [0, 255]);
        assert_eq!(response.trailers.text("grpc-status"), None);
        assert_eq!(response.metadata.text("trailer-x-cost"), None);
    }
}

#[tokio::test]
async fn compressed_answers_are_opened_and_counted_as_they_came() {
    let message = [7; 10_000];
    let packed = gzip(&message);
    for protocol in PROTOCOLS {
        let scripted = match protocol {
            Protocol::Connect => good(protocol, &packed).header("content-encoding", "gzip"),
            Protocol::Grpc => {
                let mut scripted = good(protocol, b"").header("grpc-encoding", "gzip");
                scripted.chunks = vec![frame(1, &packed).into()];
                scripted
            }
            _ => answer(
                200,
                &[("content-type", "application/grpc-web+proto"), ("grpc-encoding", "gzip")],
                [frame(1, &packed), frame(0x81, &gzip(b"grpc-status: 0\r\n"))].concat(),
            ),
        };
        let wire: usize = scripted.chunks.iter().map(bytes::Bytes::len).sum();
        let (received, count) = support::received();
        let transport = ConnectTransport::over(Memory::answering(scripted));
        let response = transport.unary(request(protocol, b""), count).await.unwrap();
        assert_eq!(response.body, message[..], "{protocol:?}");
        assert_eq!(received.load(Ordering::SeqCst), wire);
        assert!(wire < 200);
    }
}

#[tokio::test]
async fn a_frame_that_is_not_compressed_may_come_beside_an_encoding() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let scripted = good(protocol, b"plain").header("grpc-encoding", "gzip");
        assert_eq!(outcome(protocol, scripted).await.unwrap().body, "plain");
    }
    let scripted = good(Protocol::Connect, b"plain").header("content-encoding", "identity");
    assert_eq!(outcome(Protocol::Connect, scripted).await.unwrap().body, "plain");
}

#[tokio::test]
async fn content_types_may_have_parameters_and_grpcs_may_be_short() {
    for (protocol, content_type) in [
        (Protocol::Connect, "application/proto; charset=utf-8"),
        (Protocol::Grpc, "application/grpc"),
        (Protocol::Grpc, "application/grpc;x=1"),
        (Protocol::GrpcWeb, "application/grpc-web"),
    ] {
        let mut scripted = good(protocol, b"m");
        scripted.headers = vec![("content-type".to_owned(), content_type.to_owned())];
        assert_eq!(outcome(protocol, scripted).await.unwrap().body, "m", "{content_type}");
    }
}

#[tokio::test]
async fn the_head_is_reported_once_for_what_the_server_says_and_never_for_a_portal() {
    for protocol in PROTOCOLS {
        let told = async |scripted| {
            let count = Arc::new(AtomicUsize::new(0));
            let told = count.clone();
            let transport = ConnectTransport::over(Memory::answering(scripted));
            let on_progress = Box::new(move |progress| {
                if matches!(progress, Progress::Head(_)) {
                    told.fetch_add(1, Ordering::SeqCst);
                }
            });
            let _ = transport.unary(request(protocol, b""), on_progress).await;
            count.load(Ordering::SeqCst)
        };
        assert_eq!(told(good(protocol, b"")).await, 1);
        assert_eq!(told(support::refusal(protocol, 5, "not_found", "no")).await, 1);
        assert_eq!(told(answer(200, &[("content-type", "text/html")], "<html>")).await, 0);
    }
}
