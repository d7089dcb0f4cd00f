//! What a server says when it does not answer.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use bytes::Bytes;
use holdover_client::{Code, Failure, Metadata, Protocol};
use holdover_transport_connect::{HttpFailure, HttpFailureKind};
use prost::Message as _;
use support::{PROTOCOLS, Scripted, answer, frame, outcome, refusal};

const CODES: [(u32, &str, Code); 16] = [
    (1, "canceled", Code::Cancelled),
    (2, "unknown", Code::Unknown),
    (3, "invalid_argument", Code::InvalidArgument),
    (4, "deadline_exceeded", Code::DeadlineExceeded),
    (5, "not_found", Code::NotFound),
    (6, "already_exists", Code::AlreadyExists),
    (7, "permission_denied", Code::PermissionDenied),
    (8, "resource_exhausted", Code::ResourceExhausted),
    (9, "failed_precondition", Code::FailedPrecondition),
    (10, "aborted", Code::Aborted),
    (11, "out_of_range", Code::OutOfRange),
    (12, "unimplemented", Code::Unimplemented),
    (13, "internal", Code::Internal),
    (14, "unavailable", Code::Unavailable),
    (15, "data_loss", Code::DataLoss),
    (16, "unauthenticated", Code::Unauthenticated),
];

struct Said {
    code: Code,
    message: String,
    details: Bytes,
    metadata: Metadata,
}

async fn said(protocol: Protocol, scripted: Scripted) -> Said {
    match outcome(protocol, scripted).await {
        Err(Failure::Status { code, message, details, metadata }) => {
            Said { code, message, details, metadata }
        }
        other => panic!("{protocol:?}: the server's own status was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn every_code_arrives_in_every_protocol() {
    for protocol in PROTOCOLS {
        for (number, name, code) in CODES {
            let said = said(protocol, refusal(protocol, number, name, "because")).await;
            assert_eq!((said.code, said.message.as_str()), (code, "because"), "{protocol:?} {name}");
        }
    }
}

#[tokio::test]
async fn a_status_without_a_body_stands_in_the_head() {
    for (protocol, content_type) in
        [(Protocol::Grpc, "application/grpc"), (Protocol::GrpcWeb, "application/grpc-web")]
    {
        let scripted = answer(
            200,
            &[("content-type", content_type), ("grpc-status", "7"), ("grpc-message", "no"), ("x-why", "9")],
            "",
        );
        let said = said(protocol, scripted).await;
        assert_eq!((said.code, said.message.as_str()), (Code::PermissionDenied, "no"));
        assert_eq!(said.metadata.text("x-why"), Some("9"));
    }
}

/// As connectrpc's server has it.
#[tokio::test]
async fn a_status_in_the_head_may_be_said_again_in_the_trailers_with_the_details() {
    let scripted = answer(200, &[("content-type", "application/grpc"), ("grpc-status", "5")], "")
        .trailers(&[("grpc-status", "5"), ("grpc-message", "gone"), ("grpc-status-details-bin", "CAU")]);
    let said = said(Protocol::Grpc, scripted).await;
    assert_eq!((said.code, said.message.as_str(), &said.details[..]), (Code::NotFound, "gone", &[8, 5][..]));
}

#[tokio::test]
async fn a_status_in_the_head_stands_when_the_rest_is_lost() {
    let reset = HttpFailure::new(HttpFailureKind::Reset, "connection reset by peer");
    for body in ["", "\0\0\0", "\u{7f}\0\0\0\0"] {
        let scripted = answer(200, &[("content-type", "application/grpc"), ("grpc-status", "5")], body);
        assert_eq!(said(Protocol::Grpc, scripted.clone()).await.code, Code::NotFound);
        assert_eq!(said(Protocol::Grpc, scripted.breaks(reset.clone())).await.code, Code::NotFound);
    }
}

/// As tonic has it, where a layer around tonic-web refuses the call.
#[tokio::test]
async fn a_refusal_in_grpcs_type_is_understood_by_grpc_web() {
    let head = &[("content-type", "application/grpc"), ("grpc-status", "4")];
    assert_eq!(said(Protocol::GrpcWeb, answer(200, head, "")).await.code, Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_status_counts_more_than_the_message_before_it() {
    let body = frame(0, b"half an answer");
    let grpc =
        answer(200, &[("content-type", "application/grpc")], body.clone()).trailers(&[("grpc-status", "13")]);
    assert_eq!(said(Protocol::Grpc, grpc).await.code, Code::Internal);
    let web = answer(
        200,
        &[("content-type", "application/grpc-web")],
        [body, frame(0x80, b"grpc-status: 13")].concat(),
    );
    assert_eq!(said(Protocol::GrpcWeb, web).await.code, Code::Internal);
}

#[tokio::test]
async fn a_framed_status_counts_whatever_the_http_status() {
    let scripted = answer(503, &[("content-type", "application/grpc")], "").trailers(&[("grpc-status", "5")]);
    assert_eq!(said(Protocol::Grpc, scripted).await.code, Code::NotFound);
    let scripted =
        answer(503, &[("content-type", "application/json; charset=utf-8")], r#"{"code":"not_found"}"#);
    assert_eq!(said(Protocol::Connect, scripted).await.code, Code::NotFound);
}

#[tokio::test]
async fn codes_of_the_future_are_unknown() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let said = said(protocol, refusal(protocol, 17, "", "what?")).await;
        assert_eq!((said.code, said.message.as_str()), (Code::Unknown, "what?"));
    }
}

#[tokio::test]
async fn grpc_messages_are_percent_decoded_and_never_fail() {
    for (sent, arrived) in
        [("caf%C3%A9 100%25", "café 100%"), ("100% sure %zz %", "100% sure %zz %"), ("%ff", "\u{fffd}")]
    {
        assert_eq!(said(Protocol::Grpc, refusal(Protocol::Grpc, 3, "", sent)).await.message, arrived);
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[tokio::test]
async fn details_arrive_as_one_encoded_status_in_every_protocol() {
    let expected = RpcStatus {
        code: 8,
        message: "slow down".to_owned(),
        details: vec![Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
            value: b"\x0a\x02\x08\x03".to_vec(),
        }],
    };
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(expected.encode_to_vec())
    };
    let connect = answer(
        429,
        &[("content-type", "application/json")],
        r#"{"code":"resource_exhausted","message":"slow down","details":[
            {"type":"google.rpc.RetryInfo","value":"CgIIAw","debug":{"retryDelay":"3s"}},
            {"type":"not.base64","value":"*"}]}"#,
    );
    let grpc = refusal(Protocol::Grpc, 8, "", "slow down").trailers(&[
        ("grpc-status", "8"),
        ("grpc-message", "slow down"),
        ("grpc-status-details-bin", &encoded),
    ]);
    let web = answer(
        200,
        &[("content-type", "application/grpc-web+proto")],
        frame(
            0x80,
            format!("grpc-status:8\r\ngrpc-message:slow down\r\ngrpc-status-details-bin:{encoded}\r\n")
                .as_bytes(),
        ),
    );
    for (protocol, scripted) in
        [(Protocol::Connect, connect), (Protocol::Grpc, grpc), (Protocol::GrpcWeb, web)]
    {
        let said = said(protocol, scripted).await;
        assert_eq!(RpcStatus::decode(said.details).unwrap(), expected, "{protocol:?}");
        assert_eq!(said.metadata.text("grpc-status-details-bin"), None);
    }
}

#[tokio::test]
async fn details_that_cannot_be_read_leave_the_status_true() {
    let scripted = refusal(Protocol::Grpc, 5, "", "")
        .trailers(&[("grpc-status", "5"), ("grpc-status-details-bin", "not base64!")]);
    let said = said(Protocol::Grpc, scripted).await;
    assert_eq!((said.code, said.details), (Code::NotFound, Bytes::new()));
}

#[tokio::test]
async fn the_servers_wish_to_be_left_alone_arrives() {
    let connect = refusal(Protocol::Connect, 14, "unavailable", "").header("retry-after", "7");
    let grpc = refusal(Protocol::Grpc, 14, "", "")
        .trailers(&[("grpc-status", "14"), ("grpc-retry-pushback-ms", "7000")]);
    assert_eq!(said(Protocol::Connect, connect).await.metadata.text("retry-after"), Some("7"));
    assert_eq!(said(Protocol::Grpc, grpc).await.metadata.text("grpc-retry-pushback-ms"), Some("7000"));
}

#[tokio::test]
async fn headers_and_trailers_of_a_refusal_arrive_together() {
    let scripted =
        refusal(Protocol::Connect, 5, "not_found", "").header("x-head", "1").header("trailer-x-tail", "2");
    let connect = said(Protocol::Connect, scripted).await.metadata;
    let scripted = refusal(Protocol::Grpc, 5, "", "")
        .header("x-head", "1")
        .trailers(&[("grpc-status", "5"), ("x-tail", "2")]);
    let grpc = said(Protocol::Grpc, scripted).await.metadata;
    for metadata in [connect, grpc] {
        assert_eq!((metadata.text("x-head"), metadata.text("x-tail")), (Some("1"), Some("2")));
    }
}
