//! Answers that break the protocol, break off, or break a limit.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use holdover_client::{Failure, Limits, Protocol, TransportFailure};
use holdover_transport_connect::{HttpFailure, HttpFailureKind};
use support::{
    Memory, PROTOCOLS, Scripted, answer, frame, good, gzip, outcome, request, request_within, send,
};

fn transport(failure: Failure) -> (TransportFailure, bool) {
    match failure {
        Failure::Transport { kind, unsent, .. } => (kind, unsent),
        other => panic!("a transport failure was expected, not {other:?}"),
    }
}

async fn broken(protocol: Protocol, scripted: Scripted) -> TransportFailure {
    let (kind, unsent) = transport(outcome(protocol, scripted).await.unwrap_err());
    assert!(!unsent, "an answer proves that the request arrived");
    kind
}

fn grpc(body: Vec<u8>, trailers: &[(&str, &str)]) -> Scripted {
    answer(200, &[("content-type", "application/grpc")], body).trailers(trailers)
}

fn web(body: Vec<u8>) -> Scripted {
    answer(200, &[("content-type", "application/grpc-web")], body)
}

const OK: &[(&str, &str)] = &[("grpc-status", "0")];

#[tokio::test]
async fn frames_with_flags_that_do_not_exist() {
    for flags in [0x02, 0x40, 0x80, 0x81, 0xff] {
        let scripted = grpc(frame(flags, b"m"), OK);
        assert_eq!(broken(Protocol::Grpc, scripted).await, TransportFailure::Protocol, "{flags:#x}");
    }
    for flags in [0x02, 0x40, 0x82, 0xff] {
        assert_eq!(broken(Protocol::GrpcWeb, web(frame(flags, b"m"))).await, TransportFailure::Protocol);
    }
}

#[tokio::test]
async fn ok_without_a_message_and_a_message_too_many() {
    let twice = [frame(0, b"a"), frame(0, b"b")].concat();
    let end = frame(0x80, b"grpc-status: 0");
    for (protocol, scripted) in [
        (Protocol::Grpc, grpc(Vec::new(), OK)),
        (Protocol::Grpc, grpc(twice.clone(), OK)),
        (Protocol::Grpc, grpc(Vec::new(), &[]).header("grpc-status", "0")),
        (Protocol::GrpcWeb, web(end.clone())),
        (Protocol::GrpcWeb, web([twice, end].concat())),
        (Protocol::GrpcWeb, web(Vec::new()).header("grpc-status", "0")),
    ] {
        assert_eq!(broken(protocol, scripted).await, TransportFailure::Cardinality);
    }
}

#[tokio::test]
async fn a_status_that_is_not_a_number_says_nothing() {
    for status in ["", "ok", "-1", "0x5", "99999999999"] {
        let trailers = grpc(frame(0, b"m"), &[("grpc-status", status)]);
        assert_eq!(broken(Protocol::Grpc, trailers).await, TransportFailure::Protocol, "{status:?}");
        let head = grpc(Vec::new(), &[]).header("grpc-status", status);
        assert_eq!(broken(Protocol::Grpc, head).await, TransportFailure::Protocol, "{status:?}");
    }
}

#[tokio::test]
async fn an_answer_without_a_status_was_cut() {
    let no_trailers = answer(200, &[("content-type", "application/grpc")], frame(0, b"m"));
    assert_eq!(broken(Protocol::Grpc, no_trailers).await, TransportFailure::Reset);
    assert_eq!(broken(Protocol::Grpc, grpc(frame(0, b"m"), &[])).await, TransportFailure::Reset);
    assert_eq!(broken(Protocol::GrpcWeb, web(frame(0, b"m"))).await, TransportFailure::Reset);
    let empty_trailers = web([frame(0, b"m"), frame(0x80, b"")].concat());
    assert_eq!(broken(Protocol::GrpcWeb, empty_trailers).await, TransportFailure::Reset);
}

#[tokio::test]
async fn bodies_that_end_inside_a_frame_were_cut() {
    let whole = frame(0, b"a message of some length");
    for end in 1..whole.len() {
        let cut = grpc(whole[..end].to_vec(), OK);
        assert_eq!(broken(Protocol::Grpc, cut).await, TransportFailure::Reset, "cut at {end}");
    }
    let whole = [frame(0, b"message"), frame(0x80, b"grpc-status: 0\r\n")].concat();
    for end in 0..whole.len() {
        assert_eq!(broken(Protocol::GrpcWeb, web(whole[..end].to_vec())).await, TransportFailure::Reset);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_inside_a_body() {
    for protocol in PROTOCOLS {
        let mut scripted = good(protocol, b"message").in_chunks_of(3);
        scripted.chunks.truncate(2);
        scripted.trailers = None;
        let reset = HttpFailure::new(HttpFailureKind::Reset, "connection reset by peer");
        assert_eq!(broken(protocol, scripted.breaks(reset)).await, TransportFailure::Reset);
    }
    let json = answer(503, &[("content-type", "application/json")], r#"{"code":"#)
        .breaks(HttpFailure::new(HttpFailureKind::Reset, "connection reset by peer"));
    assert_eq!(broken(Protocol::Connect, json).await, TransportFailure::Reset);
}

#[tokio::test]
async fn trailer_frames_that_are_no_headers() {
    for block in [&b"grpc-status"[..], b"grpc status: 0", b": 0", b"grpc-status: 0\r\nx: \x01", b"\xff: 0"] {
        let scripted = web([frame(0, b"m"), frame(0x80, block)].concat());
        assert_eq!(broken(Protocol::GrpcWeb, scripted).await, TransportFailure::Protocol);
    }
}

#[tokio::test]
async fn compression_that_nobody_declared_offered_or_kept_intact() {
    let packed = gzip(b"message");
    let half = &packed[..packed.len() / 2];
    for (encoding, payload) in
        [(None, &packed[..]), (Some("identity"), &packed), (Some("br"), &packed), (Some("gzip"), half)]
    {
        let mut scripted = grpc(frame(1, payload), OK);
        if let Some(encoding) = encoding {
            scripted = scripted.header("grpc-encoding", encoding);
        }
        assert_eq!(broken(Protocol::Grpc, scripted).await, TransportFailure::Protocol, "{encoding:?}");
    }
    for (encoding, payload) in [("br", &packed[..]), ("gzip", half), ("gzip", b"plain")] {
        let scripted = good(Protocol::Connect, payload).header("content-encoding", encoding);
        assert_eq!(broken(Protocol::Connect, scripted).await, TransportFailure::Protocol, "{encoding}");
    }
}

/// What a call with small limits makes of an answer.
async fn bounded(protocol: Protocol, scripted: Scripted) -> Result<(), TransportFailure> {
    let limits = Limits { message_bytes: 1000, metadata_bytes: 400 };
    let sent = send(&Memory::answering(scripted), request_within(protocol, b"", limits)).await;
    sent.map(|_| ()).map_err(|failure| transport(failure).0)
}

#[tokio::test]
async fn messages_are_bounded_as_they_come_and_as_they_unfold() {
    for protocol in PROTOCOLS {
        assert_eq!(bounded(protocol, good(protocol, &[1; 1000])).await, Ok(()));
        assert_eq!(bounded(protocol, good(protocol, &[1; 1001])).await, Err(TransportFailure::TooLarge));
        for chunk in [7, 512] {
            let scripted = good(protocol, &[1; 5000]).in_chunks_of(chunk);
            assert_eq!(bounded(protocol, scripted).await, Err(TransportFailure::TooLarge));
        }
        for (size, expected) in [
            (1000, Ok(())),
            (1001, Err(TransportFailure::TooLarge)),
            (900_000, Err(TransportFailure::TooLarge)),
        ] {
            let bomb = gzip(&vec![0; size]);
            assert!(bomb.len() < 1000);
            let scripted = match protocol {
                Protocol::Connect => good(protocol, &bomb).header("content-encoding", "gzip"),
                Protocol::Grpc => grpc(frame(1, &bomb), OK).header("grpc-encoding", "gzip"),
                _ => web([frame(1, &bomb), frame(0x80, b"grpc-status: 0")].concat())
                    .header("grpc-encoding", "gzip"),
            };
            assert_eq!(bounded(protocol, scripted).await, expected, "{protocol:?}, {size} bytes");
        }
    }
}

#[tokio::test]
async fn a_length_is_believed_only_within_the_limit() {
    let liar = [&[0][..], &u32::MAX.to_be_bytes(), b"x"].concat();
    assert_eq!(bounded(Protocol::Grpc, grpc(liar.clone(), OK)).await, Err(TransportFailure::TooLarge));
    assert_eq!(bounded(Protocol::GrpcWeb, web(liar)).await, Err(TransportFailure::TooLarge));
}

#[tokio::test]
async fn headers_and_trailers_are_bounded() {
    let long = "v".repeat(400);
    for protocol in PROTOCOLS {
        let scripted = good(protocol, b"").header("x-long", &long);
        assert_eq!(bounded(protocol, scripted).await, Err(TransportFailure::TooLarge));
    }
    let scripted = grpc(frame(0, b""), &[("grpc-status", "0"), ("x-long", &long)]);
    assert_eq!(bounded(Protocol::Grpc, scripted).await, Err(TransportFailure::TooLarge));
    let block = format!("grpc-status: 0\r\nx-long: {long}");
    for trailers in [frame(0x80, block.as_bytes()), frame(0x81, &gzip(block.as_bytes()))] {
        let scripted = web([frame(0, b""), trailers].concat()).header("grpc-encoding", "gzip");
        assert_eq!(bounded(Protocol::GrpcWeb, scripted).await, Err(TransportFailure::TooLarge));
    }
}

#[tokio::test]
async fn failures_of_the_http_stack_keep_their_kind_and_their_proof() {
    for (kind, expected) in [
        (HttpFailureKind::Unreachable, TransportFailure::Unreachable),
        (HttpFailureKind::Refused, TransportFailure::Refused),
        (HttpFailureKind::Unsupported, TransportFailure::Misuse),
        (HttpFailureKind::Tls, TransportFailure::Tls),
        (HttpFailureKind::Reset, TransportFailure::Reset),
        (HttpFailureKind::Protocol, TransportFailure::Protocol),
        (HttpFailureKind::TooLarge, TransportFailure::TooLarge),
        (HttpFailureKind::Timeout, TransportFailure::Timeout),
    ] {
        for unsent in [false, true] {
            let failure = HttpFailure { unsent, ..HttpFailure::new(kind, "m") };
            let seen = send(&Memory::failing(failure), request(Protocol::Connect, b"")).await.unwrap_err();
            assert_eq!(transport(seen), (expected, unsent));
        }
    }
}
