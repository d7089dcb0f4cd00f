//! One HTTP exchange that the host carries out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use holdover_transport_connect::{HttpFailure, HttpFailureKind};
use http::{HeaderMap, Response};

use crate::guard::Refusal;
use crate::message;

/// What a stack may have sent beyond what it was asked for, because it cannot be stopped at once.
const OVERRUN: u64 = 4 << 20;

/// What has come of an exchange, and what is wanted of it.
pub(crate) struct Exchange(Mutex<State>);

#[derive(Default)]
struct State {
    head: Option<Response<()>>,
    head_came: bool,
    chunks: VecDeque<Bytes>,
    end: Option<Result<HeaderMap, HttpFailure>>,
    /// The response's end was taken, or nobody wants it.
    over: bool,
    /// How much of the body the host may have sent, and has.
    granted: u64,
    received: u64,
    /// Read since the host was last asked for more.
    read: u64,
    window: u64,
    /// How many pieces of the request's body are wanted.
    wanted: u32,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// What comes next of a response's body.
pub(crate) enum Next {
    /// A piece, and how many bytes more the host is to be asked for.
    Chunk(Bytes, u32),
    Trailers(HeaderMap),
    End,
    Failed(HttpFailure),
}

impl Exchange {
    pub(crate) fn new(window: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { granted: window, window, ..State::default() })))
    }

    // What the host says.

    pub(crate) fn head(&self, bytes: &Bytes) -> Result<(), Refusal> {
        self.take_in(|state| {
            if std::mem::replace(&mut state.head_came, true) {
                return Err("a second head of the response".to_owned());
            }
            state.head = Some(message::http_head(bytes)?);
            Ok(())
        })
    }

    pub(crate) fn chunk(&self, bytes: Bytes) -> Result<(), Refusal> {
        self.take_in(|state| {
            if !state.head_came {
                return Err("a piece of the response before its head".to_owned());
            }
            state.received = state.received.saturating_add(bytes.len() as u64);
            if state.received > state.granted.saturating_add(OVERRUN) {
                return Err(
                    "far more of the response than was asked for: stop reading when the window is full"
                        .into(),
                );
            }
            if !bytes.is_empty() {
                state.chunks.push_back(bytes);
            }
            Ok(())
        })
    }

    pub(crate) fn end(&self, bytes: &Bytes) -> Result<(), Refusal> {
        self.take_in(|state| {
            if !state.head_came {
                return Err("the end of a response without a head".to_owned());
            }
            state.end = Some(Ok(message::http_end(bytes)?));
            Ok(())
        })
    }

    pub(crate) fn failed(&self, bytes: &Bytes) -> Result<(), Refusal> {
        self.take_in(|state| {
            state.end = Some(Err(message::http_failure(bytes)?));
            Ok(())
        })
    }

    pub(crate) fn credit(&self, pieces: u32) {
        let mut state = self.lock();
        state.wanted = state.wanted.saturating_add(pieces);
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }

    /// Lets the host say something. What it must not say ends the exchange.
    fn take_in(&self, say: impl FnOnce(&mut State) -> Result<(), String>) -> Result<(), Refusal> {
        let mut state = self.lock();
        if state.over || state.end.is_some() {
            return Err(Refusal::Gone);
        }
        let outcome = say(&mut state);
        if let Err(wrong) = &outcome {
            state.end =
                Some(Err(HttpFailure::new(HttpFailureKind::Protocol, format!("the host replied {wrong}"))));
        }
        let reader = state.reader.take();
        let writer = state.end.is_some().then(|| state.writer.take()).flatten();
        drop(state);
        wake(reader);
        wake(writer);
        outcome.map_err(Refusal::misuse)
    }

    // What the core wants.

    pub(crate) fn poll_head(&self, context: &Context<'_>) -> Poll<Result<Response<()>, HttpFailure>> {
        let mut state = self.lock();
        if let Some(head) = state.head.take() {
            return Poll::Ready(Ok(head));
        }
        if let Some(Err(failure)) = &state.end {
            return Poll::Ready(Err(failure.clone()));
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    pub(crate) fn poll_body(&self, context: &Context<'_>) -> Poll<Next> {
        let mut state = self.lock();
        if let Some(chunk) = state.chunks.pop_front() {
            state.read += chunk.len() as u64;
            let more = if state.end.is_none() && state.read >= state.window / 2 {
                u32::try_from(state.read).unwrap_or(u32::MAX)
            } else {
                0
            };
            state.read -= u64::from(more);
            state.granted += u64::from(more);
            return Poll::Ready(Next::Chunk(chunk, more));
        }
        match &mut state.end {
            Some(Ok(trailers)) if !trailers.is_empty() => {
                let trailers = std::mem::take(trailers);
                Poll::Ready(Next::Trailers(trailers))
            }
            Some(Ok(_)) => Poll::Ready(Next::End),
            Some(Err(failure)) => Poll::Ready(Next::Failed(failure.clone())),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits until a piece of the request's body is wanted. `false`: none will be.
    pub(crate) fn poll_wanted(&self, context: &Context<'_>) -> Poll<bool> {
        let mut state = self.lock();
        if state.over || state.end.is_some() {
            return Poll::Ready(false);
        }
        if state.wanted > 0 {
            return Poll::Ready(true);
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// A piece is handed over.
    pub(crate) fn spend(&self) {
        let mut state = self.lock();
        state.wanted = state.wanted.saturating_sub(1);
    }

    /// Nobody wants any more of it.
    pub(crate) fn give_up(&self) {
        let mut state = self.lock();
        state.over = true;
        let chunks = std::mem::take(&mut state.chunks);
        let writer = state.writer.take();
        drop(state);
        drop(chunks);
        wake(writer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under this lock but an allocation that fails.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
