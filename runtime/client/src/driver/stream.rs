//! The task of one stream on the worker: takes messages from the wire as the engine pulls them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use holdover_engine::{AttemptId, Input, Request};

use super::Driver;
use super::wire::{Outgoing, Wire};
use super::worker::{call_request, panicked, tell_progress};
use crate::{CallRequest, Failure, Received, TransportFailure};

/// How much a stream may take in a row while other attempts wait.
const TURN: u32 = 32;

/// Carries out one attempt of a stream and tells what comes, and how it ended.
pub(super) async fn stream(driver: Arc<Driver>, send: Box<Request>, wire: Wire) {
    let attempt = send.attempt;
    let end = match call_request(&driver, *send) {
        Err(failure) => Input::Failed { attempt, failure },
        Ok(request) => carry(&driver, attempt, request, &wire).await,
    };
    driver.close_wire(attempt, end);
}

async fn carry(driver: &Arc<Driver>, attempt: AttemptId, request: CallRequest, wire: &Wire) -> Input {
    let failed = |failure| Input::Failed { attempt, failure };
    let messages: BoxStream<'static, _> = if request.kind.sends_many() {
        let sequence = wire.sequence.clone();
        Outgoing { driver: driver.clone(), attempt, sequence }.boxed()
    } else {
        stream::empty().boxed()
    };
    let opening = AssertUnwindSafe(|| driver.transport.stream(request, messages));
    let mut incoming = match catch_unwind(opening) {
        Ok(incoming) => incoming,
        Err(panic) => return failed(panicked(&*panic)),
    };
    let mut taken = 0;
    loop {
        // Only messages need a pull. That the stream has ended or broken is noticed without.
        let received = match AssertUnwindSafe(incoming.next()).catch_unwind().await {
            Ok(Some(Ok(received))) => received,
            Ok(Some(Err(failure))) => return failed(failure),
            Ok(None) => return failed(no_end()),
            Err(panic) => return failed(panicked(&*panic)),
        };
        match received {
            Received::Message(message) => {
                std::future::poll_fn(|context| wire.pulls.poll(context)).await;
                wire.pulls.spend();
                driver.tell(Input::Message { attempt, message });
            }
            Received::Progress(progress) => {
                tell_progress(driver, attempt, progress);
            }
            Received::End { trailers } => {
                driver.telemetry.answered();
                return Input::Ended { attempt, trailers };
            }
        }
        taken += 1;
        if taken == TURN {
            taken = 0;
            tokio::task::yield_now().await;
        }
    }
}

fn no_end() -> Failure {
    let message = "the transport ended a stream without saying how".to_owned();
    Failure::Transport { kind: TransportFailure::Protocol, unsent: false, message }
}
