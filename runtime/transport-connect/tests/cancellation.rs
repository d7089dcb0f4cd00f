//! Giving up.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use holdover_client::{CallRequest, Protocol, Transport as _};
use holdover_transport_connect::{ConnectTransport, HttpFailure, HttpService, RequestBody, ResponseBody};
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use support::{Memory, PROTOCOLS, good, request};

/// Answers with a head, and a body that never ends.
#[derive(Clone)]
struct Silent {
    memory: Memory,
    head: bool,
}

impl HttpService for Silent {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> futures_util::future::BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        if !self.head {
            return Box::pin(std::future::pending());
        }
        let answer = self.memory.send(request);
        Box::pin(async move {
            let endless = StreamBody::new(futures_util::stream::pending::<
                Result<http_body::Frame<Bytes>, HttpFailure>,
            >());
            Ok(answer.await?.map(|_| endless.boxed_unsync()))
        })
    }

    fn suspect(&self) {
        self.memory.suspect();
    }
}

async fn given_up_after(service: &Silent, request: CallRequest, wait: Duration) -> usize {
    let before = service.memory.suspected.load(Ordering::SeqCst);
    let call = ConnectTransport::over(service.clone()).unary(request, Box::new(|_| {}));
    assert!(tokio::time::timeout(wait, call).await.is_err(), "there is no answer");
    service.memory.suspected.load(Ordering::SeqCst) - before
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_silent_for_most_of_a_timeout_is_suspect() {
    for protocol in PROTOCOLS {
        for head in [false, true] {
            let service = Silent { memory: Memory::answering(good(protocol, b"")), head };
            let call = request(protocol, b"");
            assert_eq!(given_up_after(&service, call.clone(), call.timeout.unwrap()).await, 1);
            assert_eq!(given_up_after(&service, call, Duration::from_secs(1)).await, 0, "the user left");
        }
    }
}

#[tokio::test]
async fn a_call_that_has_ended_leaves_nothing_suspect() {
    let memory = Memory::answering(good(Protocol::Connect, b""));
    let mut call = request(Protocol::Connect, b"");
    call.timeout = Some(Duration::ZERO);
    support::send(&memory, call).await.unwrap();
    assert_eq!(memory.suspected.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_call_that_was_never_polled_sends_nothing() {
    let memory = Memory::answering(good(Protocol::Connect, b""));
    drop(ConnectTransport::over(memory.clone()).unary(request(Protocol::Connect, b""), Box::new(|_| {})));
    assert!(!memory.was_asked());
}
