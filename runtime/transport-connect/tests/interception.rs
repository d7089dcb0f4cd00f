//! Statuses that are not the server's (rule C4).
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use holdover_client::{Code, Failure, Protocol, TransportFailure};
use holdover_transport_connect::{HttpFailure, HttpFailureKind};
use support::{Memory, PROTOCOLS, Scripted, answer, frame, outcome, request, send};

async fn intercepted(protocol: Protocol, scripted: Scripted) -> (Option<u16>, Code) {
    match outcome(protocol, scripted.clone()).await {
        Err(Failure::Intercepted { http_status, code, .. }) => (http_status, code),
        other => panic!("{protocol:?}: {scripted:?} is no answer of the server, but gave {other:?}"),
    }
}

const HTML: &[(&str, &str)] = &[("content-type", "text/html; charset=utf-8")];

#[tokio::test]
async fn html_carries_the_code_that_its_http_status_maps_to() {
    for protocol in PROTOCOLS {
        for (status, code) in [
            (200, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (407, Code::Unknown),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (511, Code::Unknown),
        ] {
            let seen = intercepted(protocol, answer(status, HTML, "<html>Sign in to the Wi-Fi")).await;
            assert_eq!(seen, (Some(status), code), "{protocol:?}");
        }
    }
}

#[tokio::test]
async fn redirects_are_refused_even_with_the_right_content_type() {
    for protocol in PROTOCOLS {
        for status in [301, 302, 303, 307, 308] {
            let mut scripted = support::good(protocol, b"");
            scripted.status = status;
            let seen = intercepted(protocol, scripted.header("location", "http://portal/")).await;
            assert_eq!(seen, (Some(status), Code::Unknown));
        }
    }
}

#[tokio::test]
async fn success_without_the_protocols_content_type_is_no_empty_message() {
    for protocol in PROTOCOLS {
        assert_eq!(intercepted(protocol, answer(200, &[], "")).await.0, Some(200));
        assert_eq!(intercepted(protocol, answer(204, &[], "")).await.0, Some(204));
        assert_eq!(
            intercepted(protocol, answer(200, &[("content-type", "application/json")], "{}")).await.0,
            Some(200)
        );
    }
    let partial = answer(206, &[("content-type", "application/proto")], "half");
    assert_eq!(intercepted(Protocol::Connect, partial).await.0, Some(206));
}

#[tokio::test]
async fn another_protocols_framing_is_not_ours() {
    for spoken in [Protocol::Grpc, Protocol::GrpcWeb] {
        let heard = support::good(Protocol::Connect, b"");
        assert_eq!(intercepted(spoken, heard).await, (Some(200), Code::Unknown));
    }
}

#[tokio::test]
async fn a_server_of_grpc_says_which_protocol_its_endpoint_must_have() {
    for (spoken, heard, advice) in [
        (Protocol::Connect, Protocol::Grpc, "use Protocol::Grpc for"),
        (Protocol::Connect, Protocol::GrpcWeb, "use Protocol::GrpcWeb for"),
        (Protocol::Grpc, Protocol::GrpcWeb, "use Protocol::GrpcWeb for"),
        (Protocol::GrpcWeb, Protocol::Grpc, "use Protocol::Grpc for"),
    ] {
        // grpc-go answers a request that is not gRPC by 415, tonic by 200.
        for status in [200, 415] {
            let scripted = Scripted { status, ..support::good(heard, b"") };
            match outcome(spoken, scripted).await {
                Err(Failure::Transport { kind: TransportFailure::OtherProtocol, unsent: false, message }) => {
                    assert!(message.contains(advice), "{message}");
                }
                other => panic!("{spoken:?} at a server of {heard:?} gave {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn json_of_somebody_else_is_not_a_connect_error() {
    let json = &[("content-type", "application/json")];
    for body in [
        "",
        "{}",
        "null",
        "[]",
        "not json",
        r#"{"message":"Forbidden"}"#,
        r#"{"code":403,"message":"Forbidden"}"#,
        r#"{"code":"AccessDenied"}"#,
        r#"{"code":"ok"}"#,
        r#"{"code":"not_found""#,
    ] {
        let seen = intercepted(Protocol::Connect, answer(403, json, body)).await;
        assert_eq!(seen, (Some(403), Code::PermissionDenied), "{body}");
    }
    let endless = format!(r#"{{"code":"not_found","message":"{}"}}"#, "x".repeat(100_000));
    assert_eq!(intercepted(Protocol::Connect, answer(403, json, endless)).await.0, Some(403));
}

#[tokio::test]
async fn an_error_page_under_a_grpc_content_type_keeps_its_http_status() {
    for (protocol, content_type) in
        [(Protocol::Grpc, "application/grpc"), (Protocol::GrpcWeb, "application/grpc-web")]
    {
        for body in [b"<html>bad gateway".to_vec(), Vec::new(), frame(0, b"message")] {
            let seen = intercepted(protocol, answer(502, &[("content-type", content_type)], body)).await;
            assert_eq!(seen, (Some(502), Code::Unavailable));
        }
        let reset = HttpFailure::new(HttpFailureKind::Reset, "reset after the head");
        let scripted = answer(502, &[("content-type", content_type)], "").breaks(reset);
        assert_eq!(intercepted(protocol, scripted).await, (Some(502), Code::Unavailable));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_an_interception_without_http_status() {
    for protocol in PROTOCOLS {
        let service = Memory::failing(HttpFailure::unsent(
            HttpFailureKind::Untrusted,
            "the certificate is for another name",
        ));
        let failure = send(&service, request(protocol, b"")).await.unwrap_err();
        assert!(matches!(failure, Failure::Intercepted { http_status: None, code: Code::Unavailable, .. }));
    }
}
