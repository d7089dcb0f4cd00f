//! Whether an endpoint can be reached (rule H4), and calls after a change of network (rule J2).
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::sync::atomic::Ordering;

use holdover_client::{Endpoint, Failure, Limits, Protocol, Transport as _, TransportFailure};
use holdover_transport_connect::{ConnectTransport, HttpFailure, HttpFailureKind};
use http::{Method, Version};
use support::{Memory, PROTOCOLS, Scripted, answer};

async fn probed(service: &Memory, url: &str, protocol: Protocol) -> Result<(), Failure> {
    let plain = url.starts_with("http:");
    let endpoint = Endpoint::parse("prod", url, protocol, plain, Limits::default()).unwrap();
    ConnectTransport::over(service.clone()).probe(endpoint).await
}

fn portals() -> [Scripted; 4] {
    [
        answer(302, &[("location", "http://portal/")], ""),
        answer(200, &[("content-type", "text/html")], ""),
        answer(404, &[("content-type", "text/html; charset=utf-8")], ""),
        answer(511, &[], ""),
    ]
}

#[tokio::test]
async fn it_asks_for_the_head_of_the_base_path() {
    for protocol in PROTOCOLS {
        let service = Memory::answering(answer(404, &[], ""));
        assert_eq!(probed(&service, "https://api.example.com/v1", protocol).await, Ok(()));
        let request = service.request();
        assert_eq!((request.method(), request.uri().path()), (&Method::HEAD, "/v1"));
        assert_eq!(request.version() == Version::HTTP_2, protocol == Protocol::Grpc);
        assert!(request.body().bytes().unwrap().is_empty());
    }
}

#[tokio::test]
async fn whoever_has_the_certificate_is_the_server() {
    for portal in portals() {
        let service = Memory::answering(portal);
        assert_eq!(probed(&service, "https://api.example.com", Protocol::Connect).await, Ok(()));
    }
}

#[tokio::test]
async fn over_plain_text_a_portal_is_no_contact() {
    for portal in portals() {
        let service = Memory::answering(portal.clone());
        let failure = probed(&service, "http://api.example.com", Protocol::Connect).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Intercepted { http_status: Some(status), .. } if status == portal.status),
            "{failure:?}"
        );
    }
    for status in [200, 404, 405, 415, 503] {
        let service = Memory::answering(answer(status, &[], ""));
        assert_eq!(probed(&service, "http://api.example.com", Protocol::Connect).await, Ok(()));
    }
}

#[tokio::test]
async fn it_fails_as_a_call_would() {
    for (kind, expected) in [
        (HttpFailureKind::Unreachable, TransportFailure::Unreachable),
        (HttpFailureKind::Refused, TransportFailure::Refused),
        (HttpFailureKind::Timeout, TransportFailure::Timeout),
    ] {
        let service = Memory::failing(HttpFailure::unsent(kind, "m"));
        let failure = probed(&service, "https://api.example.com", Protocol::Connect).await.unwrap_err();
        assert!(matches!(failure, Failure::Transport { kind, unsent: true, .. } if kind == expected));
    }
    let service = Memory::failing(HttpFailure::unsent(HttpFailureKind::Untrusted, "another name"));
    let failure = probed(&service, "https://api.example.com", Protocol::Connect).await.unwrap_err();
    assert!(matches!(failure, Failure::Intercepted { http_status: None, .. }), "{failure:?}");
}

#[tokio::test]
async fn a_change_of_path_makes_every_kept_connection_suspect() {
    let service = Memory::answering(answer(404, &[], ""));
    ConnectTransport::over(service.clone()).path_changed();
    assert_eq!(service.suspected.load(Ordering::SeqCst), 1);
}
