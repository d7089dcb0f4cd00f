//! Operations of hosts: from the id, over exactly one start, to exactly one end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdover_client::host::{Call, Delivered, Form, Method, OpId, RawObserved, Sink, Start, Told, next_op};
use holdover_client::{Error, Runtime, Session};

use crate::abi::{
    HOLDOVER_CANCELLED, HOLDOVER_EVENT_ANSWER, HOLDOVER_EVENT_CANCELLED, HOLDOVER_EVENT_CREDIT,
    HOLDOVER_EVENT_DONE, HOLDOVER_EVENT_ENDED, HOLDOVER_EVENT_ITEM, HOLDOVER_EVENT_STATE, HOLDOVER_FLAG_LAST,
    HOLDOVER_STATE_FAILED, HOLDOVER_STATE_LOADING, HOLDOVER_STATE_VALUE,
};
use crate::buffer::Hit;
use crate::guard::{Refusal, code};
use crate::host::{Body, Event, Listener};
use crate::message;

/// The operations of one runtime that have not ended.
#[derive(Default)]
pub(crate) struct Operations(Mutex<HashMap<u64, Stage>>);

enum Stage {
    Reserved {
        /// Somebody is about to start it.
        claimed: bool,
        /// It ends as soon as it is started.
        cancelled: bool,
    },
    Running(Call),
    Closing(Arc<Closing>),
}

impl Operations {
    pub(crate) fn reserve(&self) -> Result<u64, Refusal> {
        let op = next_op().0;
        self.lock().insert(op, Stage::Reserved { claimed: false, cancelled: false });
        Ok(op)
    }

    /// The right to start an operation, which nobody else has.
    pub(crate) fn claim(self: &Arc<Self>, op: u64) -> Result<Claim, Refusal> {
        match self.lock().get_mut(&op) {
            Some(Stage::Reserved { claimed, .. }) if !*claimed => *claimed = true,
            _ => {
                return Err(Refusal::misuse(format!(
                    "{op} is no operation that could be started: take a new id for each start, of this runtime"
                )));
            }
        }
        Ok(Claim { operations: self.clone(), op })
    }

    pub(crate) fn cancel(&self, op: u64) -> Result<(), Refusal> {
        let mut stages = self.lock();
        match stages.get_mut(&op) {
            Some(Stage::Reserved { cancelled, .. }) => *cancelled = true,
            Some(Stage::Running(call)) => {
                let call = call.clone();
                drop(stages);
                call.cancel();
            }
            Some(Stage::Closing(closing)) => {
                let closing = closing.clone();
                drop(stages);
                closing.end(Told::Cancelled);
            }
            None => {}
        }
        Ok(())
    }

    /// The call, if it is running.
    pub(crate) fn running(&self, op: u64) -> Option<Call> {
        match self.lock().get(&op) {
            Some(Stage::Running(call)) => Some(call.clone()),
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Stage>> {
        // Nothing panics under this lock but an allocation that fails.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to start an operation. Dropping it uses the id up.
pub(crate) struct Claim {
    operations: Arc<Operations>,
    op: u64,
}

impl Claim {
    fn waiter(&self, listener: Arc<dyn Listener>, token: u64, wants: Wants) -> Waiter {
        let operations = self.operations.clone();
        Waiter { listener, operations, op: self.op, token, wants, method: None, session: None }
    }

    /// Starts it.
    pub(crate) fn start(
        self,
        runtime: &Runtime,
        listener: Arc<dyn Listener>,
        token: u64,
        start: Start,
    ) -> Result<(), Refusal> {
        let mut waiter = self.waiter(listener, token, Wants::Done);
        match &start {
            Start::Call { form, method, session, .. } => {
                waiter.wants = Wants::of(*form);
                waiter.method = Some(method.clone());
                waiter.session = Some(session.clone());
            }
            Start::Put { session, .. } => waiter.session = Some(session.clone()),
            _ => {}
        }
        let call = Call::new(runtime, OpId(self.op), waiter);
        if self.take_place(Stage::Running(call.clone())) {
            call.cancel();
        }
        if let Err(error) = call.start(start) {
            self.operations.lock().remove(&self.op);
            return Err(error.into());
        }
        Ok(())
    }

    /// Ends the runtime as an operation, which has no driver to end it.
    pub(crate) fn shut_down(self, runtime: &Runtime, listener: Arc<dyn Listener>, token: u64) {
        let waiter = self.waiter(listener, token, Wants::Done);
        let closing = Arc::new(Closing { waiter, stage: Mutex::new(None), over: Mutex::new(false) });
        if self.take_place(Stage::Closing(closing.clone())) {
            return closing.end(Told::Cancelled);
        }
        *closing.stage() = Some(Box::pin(runtime.shutdown()));
        closing.poll();
    }

    /// Whether it was cancelled before.
    fn take_place(&self, stage: Stage) -> bool {
        let before = self.operations.lock().insert(self.op, stage);
        matches!(before, Some(Stage::Reserved { cancelled: true, .. }))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut stages = self.operations.lock();
        if matches!(stages.get(&self.op), Some(Stage::Reserved { .. })) {
            stages.remove(&self.op);
        }
    }
}

/// How an operation is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Answer,
    States,
    Items,
    Done,
}

impl Wants {
    fn of(form: Form) -> Self {
        match form {
            Form::Get => Self::Answer,
            Form::Observe => Self::States,
            Form::Stream => Self::Items,
            Form::Prefetch => Self::Done,
        }
    }

    fn end(self) -> u32 {
        match self {
            Self::Answer => HOLDOVER_EVENT_ANSWER,
            Self::States => HOLDOVER_EVENT_STATE,
            Self::Items => HOLDOVER_EVENT_ENDED,
            Self::Done => HOLDOVER_EVENT_DONE,
        }
    }
}

/// Whoever waits on the host's side.
struct Waiter {
    listener: Arc<dyn Listener>,
    operations: Arc<Operations>,
    op: u64,
    token: u64,
    wants: Wants,
    method: Option<Method>,
    /// Closing a session's handle ends nothing that runs: its hook is still asked.
    #[allow(dead_code, reason = "held until the end")]
    session: Option<Session>,
}

impl Sink for Waiter {
    fn tell(&self, told: Told, last: bool) {
        if last {
            // Dropped when the lock is free.
            let ended = self.operations.lock().remove(&self.op);
            drop(ended);
        }
        let mut event = self.event(told);
        event.flags = if last { HOLDOVER_FLAG_LAST } else { 0 };
        event.op = self.op;
        event.token = self.token;
        self.listener.hear(event);
    }
}

impl Waiter {
    fn event(&self, told: Told) -> Event {
        match told {
            Told::Cancelled => Event { code: HOLDOVER_CANCELLED, ..Event::new(HOLDOVER_EVENT_CANCELLED) },
            // An observer that is refused has no state; to a host it is a failure like any other, and the last one.
            Told::Ended(error) | Told::Delivered(Delivered::Ended(Err(error))) => {
                let count = if self.wants == Wants::States { HOLDOVER_STATE_FAILED } else { 0 };
                Event { count, ..failed(self.wants.end(), &error) }
            }
            Told::Delivered(Delivered::Answer(answer)) if self.wants == Wants::Done => {
                ended(HOLDOVER_EVENT_DONE, (*answer).map(drop))
            }
            Told::Delivered(Delivered::Answer(answer)) => match *answer {
                Ok(snapshot) => self.snapshot(HOLDOVER_EVENT_ANSWER, snapshot),
                Err(error) => failed(HOLDOVER_EVENT_ANSWER, &error),
            },
            Told::Delivered(Delivered::Observed(state)) => match *state {
                RawObserved::Loading => {
                    Event { count: HOLDOVER_STATE_LOADING, ..Event::new(HOLDOVER_EVENT_STATE) }
                }
                RawObserved::Value(snapshot) => {
                    Event { count: HOLDOVER_STATE_VALUE, ..self.snapshot(HOLDOVER_EVENT_STATE, snapshot) }
                }
                RawObserved::Failed(error) => {
                    Event { count: HOLDOVER_STATE_FAILED, ..failed(HOLDOVER_EVENT_STATE, &error) }
                }
            },
            Told::Delivered(Delivered::Item(snapshot)) => self.snapshot(HOLDOVER_EVENT_ITEM, *snapshot),
            Told::Delivered(Delivered::Ended(Ok(()))) => Event::new(HOLDOVER_EVENT_ENDED),
            Told::Delivered(Delivered::Done(outcome)) => ended(HOLDOVER_EVENT_DONE, outcome),
            Told::Delivered(Delivered::Credit(count)) => Event { count, ..Event::new(HOLDOVER_EVENT_CREDIT) },
        }
    }

    fn snapshot(&self, kind: u32, snapshot: holdover_client::host::RawSnapshot) -> Event {
        let hit = Hit::new(snapshot, self.method.as_ref());
        Event { body: Body::Snapshot(Box::new(hit)), ..Event::new(kind) }
    }
}

fn failed(kind: u32, error: &Error) -> Event {
    let bytes = Bytes::from(message::error(error));
    Event { code: code(error), body: Body::Bytes(bytes), ..Event::new(kind) }
}

fn ended(kind: u32, outcome: Result<(), Error>) -> Event {
    outcome.map_or_else(|error| failed(kind, &error), |()| Event::new(kind))
}

/// The end of a runtime, on its way. It is polled by whoever wakes it: the store's thread, or the listeners'.
struct Closing {
    waiter: Waiter,
    stage: Mutex<Option<BoxFuture<'static, ()>>>,
    over: Mutex<bool>,
}

impl Closing {
    fn stage(&self) -> MutexGuard<'_, Option<BoxFuture<'static, ()>>> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(self: &Arc<Self>) {
        let waker = Waker::from(self.clone());
        let mut stage = self.stage();
        let done = stage
            .as_mut()
            .is_some_and(|future| future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(()));
        if done {
            *stage = None;
            drop(stage);
            self.end(Told::Delivered(Delivered::Done(Ok(()))));
        }
    }

    fn end(&self, told: Told) {
        let before = std::mem::replace(&mut *self.over.lock().unwrap_or_else(PoisonError::into_inner), true);
        if !before {
            self.waiter.tell(told, true);
        }
    }
}

impl Wake for Closing {
    fn wake(self: Arc<Self>) {
        self.poll();
    }
}
