//! Answers that are sequences of messages, in every shape that the protocols allow and in many that they do not.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use holdover_client::{Code, Failure, Kind, Limits, Protocol, TransportFailure};
use holdover_transport_connect::{HttpFailure, HttpFailureKind};
use support::{
    Memory, PROTOCOLS, Scripted, answer, ending, frame, good, good_stream, gzip, open, read, request_within,
    stream_request, stream_type, streamed,
};

fn transport(failure: &Failure) -> (TransportFailure, bool) {
    match failure {
        Failure::Transport { kind, unsent, .. } => (*kind, *unsent),
        other => panic!("a transport failure was expected, not {other:?}"),
    }
}

fn code(failure: &Failure) -> Code {
    match failure {
        Failure::Status { code, .. } => *code,
        other => panic!("a status of the server was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn messages_arrive_however_they_are_chunked() {
    for protocol in PROTOCOLS {
        let whole = good_stream(protocol, &[b"first", b"", b"a longer third message"]).header("x-head", "1");
        let size = whole.chunks.concat().len();
        for chunk in 1..=size {
            let seen = streamed(protocol, whole.clone().in_chunks_of(chunk)).await;
            assert_eq!(seen.messages, ["first", "", "a longer third message"], "{protocol:?} by {chunk}");
            assert_eq!(seen.head.text("x-head"), Some("1"));
            assert_eq!(seen.end.unwrap().text("x-cost"), Some("7"));
        }
    }
}

#[tokio::test]
async fn a_stream_cut_anywhere_gives_its_whole_messages_and_then_says_that_it_was_cut() {
    for protocol in PROTOCOLS {
        let whole = good_stream(protocol, &[b"one", b"two"]);
        let bytes = whole.chunks.concat();
        for end in 0..bytes.len() {
            for breaks in [None, Some(HttpFailure::new(HttpFailureKind::Reset, "connection reset by peer"))] {
                let mut cut = Scripted { breaks, ..whole.clone() };
                cut.chunks = vec![bytes[..end].to_vec().into()];
                cut.trailers = None;
                let seen = streamed(protocol, cut).await;
                let complete = [8, 16].iter().filter(|after| end >= **after).count();
                assert_eq!(seen.messages, ["one", "two"][..complete], "{protocol:?} cut at {end}");
                assert_eq!(transport(&seen.end.unwrap_err()), (TransportFailure::Reset, false));
            }
        }
    }
}

#[tokio::test]
async fn the_servers_status_comes_after_the_messages_before_it() {
    for protocol in PROTOCOLS {
        let error = r#"{"error":{"code":"not_found","message":"gone"},"metadata":{"x-cost":["7"]}}"#;
        let seen = streamed(protocol, ending(protocol, frame(0, b"one"), "5", error)).await;
        assert_eq!(seen.messages, ["one"]);
        let Err(Failure::Status { code, metadata, .. }) = seen.end else { panic!("{seen:?}") };
        assert_eq!((code, metadata.text("x-cost")), (Code::NotFound, Some("7")), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_status_without_messages_may_stand_in_the_head() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let head = answer(200, &[("content-type", stream_type(protocol)), ("grpc-status", "7")], "");
        let seen = streamed(protocol, head).await;
        assert_eq!(code(&seen.end.unwrap_err()), Code::PermissionDenied);
    }
    // Where there are messages, what counts is at the end.
    let head = good_stream(Protocol::Grpc, &[b"m"]).header("grpc-status", "7");
    assert!(streamed(Protocol::Grpc, head).await.end.is_ok());
}

#[tokio::test]
async fn errors_before_a_connect_stream_are_the_servers_where_they_have_its_form() {
    let json = answer(503, &[("content-type", "application/json")], r#"{"code":"unavailable"}"#);
    assert_eq!(code(&streamed(Protocol::Connect, json).await.end.unwrap_err()), Code::Unavailable);
    for body in ["", "{}", "<html>", r#"{"code":"AccessDenied"}"#] {
        let json = answer(403, &[("content-type", "application/json")], body).header("retry-after", "30");
        let Err(Failure::Intercepted { http_status, code, retry_after, .. }) =
            streamed(Protocol::Connect, json).await.end
        else {
            panic!("{body} is not from the service");
        };
        assert_eq!((http_status, code), (Some(403), Code::PermissionDenied));
        assert_eq!(retry_after, Some(std::time::Duration::from_secs(30)));
    }
}

#[tokio::test]
async fn a_portal_is_no_stream() {
    for protocol in PROTOCOLS {
        for (status, content_type) in
            [(200, "text/html"), (302, stream_type(protocol)), (204, ""), (200, "application/json")]
        {
            let seen = streamed(protocol, answer(status, &[("content-type", content_type)], "")).await;
            assert!(matches!(seen.end, Err(Failure::Intercepted { .. })), "{protocol:?}: {seen:?}");
            assert!(seen.head.is_empty(), "what a portal says reaches nobody");
        }
    }
    // Connect has no status but 200 for streams.
    let seen =
        streamed(Protocol::Connect, Scripted { status: 206, ..good_stream(Protocol::Connect, &[]) }).await;
    assert!(matches!(seen.end, Err(Failure::Intercepted { http_status: Some(206), .. })), "{seen:?}");
}

#[tokio::test]
async fn the_end_of_a_connect_stream_is_read_leniently_but_read() {
    let end = |document: &str| {
        let document = document.to_owned();
        async move {
            let scripted = ending(Protocol::Connect, frame(0, b"m"), "", &document);
            streamed(Protocol::Connect, scripted).await.end
        }
    };
    for document in ["{}", r#"{"error":null,"metadata":null,"more":1}"#, r#"{"metadata":{}}"#] {
        assert!(end(document).await.unwrap().is_empty(), "{document}");
    }
    let trailers = end(r#"{"metadata":{"X-A":["1","2"],"b-bin":["AP8"],"not a name":["x"]}}"#).await.unwrap();
    assert_eq!(trailers.iter().filter(|(name, _)| *name == "x-a").count(), 2);
    assert_eq!(trailers.get("b-bin").unwrap()[..], [0, 255]);
    for (document, expected) in [
        (r#"{"error":{"code":"aborted","message":"m"}}"#, Code::Aborted),
        (r#"{"error":{"code":"of tomorrow"}}"#, Code::Unknown),
        (r#"{"error":{}}"#, Code::Unknown),
    ] {
        assert_eq!(code(&end(document).await.unwrap_err()), expected, "{document}");
    }
    for document in ["", "[]", "null", "not json", r#"{"error":"text"}"#, "{} {}"] {
        let failure = end(document).await.unwrap_err();
        assert_eq!(transport(&failure).0, TransportFailure::Protocol, "{document}");
    }
    let detailed = r#"{"error":{"code":"internal","details":[{"type":"a.B","value":"CAU","debug":{}}]}}"#;
    let Err(Failure::Status { details, .. }) = end(detailed).await else { panic!("it is a status") };
    assert!(details.windows(2).any(|pair| pair == [8, 5]), "{details:?}");
}

#[tokio::test]
async fn nothing_may_come_after_the_frame_that_ends_an_answer() {
    for protocol in [Protocol::Connect, Protocol::GrpcWeb] {
        for size in [1, 1000] {
            let mut scripted = good_stream(protocol, &[b"m"]);
            scripted.chunks.push(frame(0, b"more").into());
            let seen = streamed(protocol, scripted.in_chunks_of(size)).await;
            assert_eq!(transport(&seen.end.unwrap_err()).0, TransportFailure::Protocol, "{protocol:?}");
        }
        // What was said stands when the connection breaks after it.
        let reset = HttpFailure::new(HttpFailureKind::Reset, "connection reset by peer");
        assert!(streamed(protocol, good_stream(protocol, &[b"m"]).breaks(reset)).await.end.is_ok());
    }
}

#[tokio::test]
async fn every_message_is_compressed_or_not() {
    let long = [7; 10_000];
    for (protocol, header) in [
        (Protocol::Connect, "connect-content-encoding"),
        (Protocol::Grpc, "grpc-encoding"),
        (Protocol::GrpcWeb, "grpc-encoding"),
    ] {
        let frames = [frame(1, &gzip(&long)), frame(0, b"plain"), frame(1, b"")].concat();
        let scripted = ending(protocol, frames.clone(), "0", "{}").header(header, "gzip");
        let seen = streamed(protocol, scripted).await;
        assert_eq!(seen.messages, [&long[..], b"plain", b""], "{protocol:?}");
        assert!(seen.end.is_ok());
        let undeclared = streamed(protocol, ending(protocol, frames, "0", "{}")).await;
        assert_eq!(transport(&undeclared.end.unwrap_err()).0, TransportFailure::Protocol);
        let unknown = ending(protocol, frame(1, b"x"), "0", "{}").header(header, "br");
        assert_eq!(
            transport(&streamed(protocol, unknown).await.end.unwrap_err()).0,
            TransportFailure::Protocol
        );
    }
    let end = frame(0x03, &gzip(br#"{"error":{"code":"aborted"}}"#));
    let scripted = answer(200, &[("content-type", "application/connect+proto")], end)
        .header("connect-content-encoding", "gzip");
    assert_eq!(code(&streamed(Protocol::Connect, scripted).await.end.unwrap_err()), Code::Aborted);
}

#[tokio::test]
async fn flags_that_do_not_exist_break_the_protocol() {
    for (protocol, flags) in [
        (Protocol::Connect, &[0x04, 0x80, 0x82][..]),
        (Protocol::Grpc, &[0x02, 0x80, 0xff]),
        (Protocol::GrpcWeb, &[0x02, 0x40, 0x82]),
    ] {
        for flag in flags {
            let seen = streamed(protocol, ending(protocol, frame(*flag, b"m"), "0", "{}")).await;
            assert_eq!(transport(&seen.end.unwrap_err()).0, TransportFailure::Protocol, "{flag:#x}");
        }
    }
}

#[tokio::test]
async fn messages_ends_and_heads_are_bounded() {
    let limits = Limits { message_bytes: 1000, metadata_bytes: 400 };
    let bounded = |protocol, scripted| async move {
        let request = holdover_client::CallRequest {
            kind: Kind::ServerStream,
            ..request_within(protocol, b"", limits)
        };
        let seen = read(open(&Memory::answering(scripted), request, &[])).await;
        (seen.messages.len(), seen.end.map(|_| ()).map_err(|failure| transport(&failure).0))
    };
    let too_large = Err(TransportFailure::TooLarge);
    for protocol in PROTOCOLS {
        let (most, more) = (good_stream(protocol, &[&[1; 1000]]), good_stream(protocol, &[b"m", &[1; 1001]]));
        assert_eq!(bounded(protocol, most).await, (1, Ok(())), "{protocol:?}");
        assert_eq!(bounded(protocol, more.in_chunks_of(100)).await, (1, too_large), "{protocol:?}");
        let bomb = ending(protocol, frame(1, &gzip(&[0; 900_000])), "0", "{}")
            .header("grpc-encoding", "gzip")
            .header("connect-content-encoding", "gzip");
        assert_eq!(bounded(protocol, bomb).await, (0, too_large), "{protocol:?}");
        let liar = [&[0][..], &u32::MAX.to_be_bytes(), b"x"].concat();
        assert_eq!(bounded(protocol, ending(protocol, liar, "0", "{}")).await, (0, too_large));
        let long = good_stream(protocol, &[]).header("x-long", &"v".repeat(400));
        assert_eq!(bounded(protocol, long).await, (0, too_large));
    }
    let document = format!(r#"{{"metadata":{{"x-long":["{}"]}}}}"#, "v".repeat(400));
    let trailers = ending(Protocol::Connect, Vec::new(), "", &document);
    assert_eq!(bounded(Protocol::Connect, trailers).await, (0, too_large));
}

#[tokio::test]
async fn a_method_that_answers_once_has_one_message() {
    for protocol in PROTOCOLS {
        let once = |messages: &[&[u8]]| {
            let service = Memory::answering(good_stream(protocol, messages));
            read(open(&service, stream_request(protocol, Kind::ClientStream), &[b"a"]))
        };
        let seen = once(&[b"answer"]).await;
        assert_eq!(seen.messages, ["answer"]);
        assert_eq!(seen.end.unwrap().text("x-cost"), Some("7"));
        for wrong in [&[][..], &[&b"a"[..], b"b"]] {
            let seen = once(wrong).await;
            assert!(seen.messages.is_empty(), "what is not certain is not told");
            assert_eq!(transport(&seen.end.unwrap_err()).0, TransportFailure::Cardinality);
        }
        // The message of an answer that fails is none.
        let failed = ending(protocol, frame(0, b"m"), "13", r#"{"error":{"code":"internal"}}"#);
        let stream = open(&Memory::answering(failed), stream_request(protocol, Kind::ClientStream), &[b"a"]);
        let seen = read(stream).await;
        assert!(seen.messages.is_empty());
        assert_eq!(code(&seen.end.unwrap_err()), Code::Internal);
    }
}

#[tokio::test]
async fn a_server_of_another_protocol_is_told_by_its_framing() {
    for (spoken, heard) in [
        (Protocol::Connect, good_stream(Protocol::Grpc, &[])),
        (Protocol::Connect, good_stream(Protocol::GrpcWeb, &[])),
        (Protocol::Grpc, good_stream(Protocol::GrpcWeb, &[])),
        (Protocol::Grpc, answer(404, &[("content-type", "application/json")], r#"{"code":"not_found"}"#)),
        (
            Protocol::GrpcWeb,
            answer(415, &[("accept-post", "application/json, application/connect+proto")], ""),
        ),
    ] {
        let seen = streamed(spoken, heard.clone()).await;
        assert_eq!(
            transport(&seen.end.unwrap_err()),
            (TransportFailure::OtherProtocol, false),
            "{spoken:?}: {heard:?}"
        );
    }
    // Another codec is no other protocol, and no portal.
    for (spoken, content_type) in [
        (Protocol::Connect, "application/connect+json"),
        (Protocol::Grpc, "application/grpc+json"),
        (Protocol::GrpcWeb, "application/grpc-web+thrift"),
    ] {
        let seen = streamed(spoken, answer(200, &[("content-type", content_type)], "")).await;
        assert_eq!(transport(&seen.end.unwrap_err()), (TransportFailure::Protocol, false), "{content_type}");
    }
    // A unary answer proves that the method is no stream there.
    let seen = streamed(Protocol::Connect, good(Protocol::Connect, b"m")).await;
    assert!(matches!(seen.end, Err(Failure::Intercepted { .. })), "{seen:?}");
}
