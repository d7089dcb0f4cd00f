//! Runs the engine: inputs in from any thread, effects out to the worker, the store and the callers.
//!
//! The engine sits behind one mutex that is held for decisions only, never for IO. A call that memory can answer is
//! answered on its caller's thread. Everything else is carried out by at most two threads, made on first use: an async
//! worker for the network, the credentials hook and the timer, and a store thread.

mod inline;
mod slot;
mod storekeeper;
mod worker;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;
use holdover_engine::{
    CallOptions, Delivered, Engine, Event, Form, Input, Instant, MethodId, Observed, OpId, Output,
    Registered, SessionId, Snapshot, StoreFault, StoreFaultKind, StoreId,
};

use crate::telemetry::{Stats, Telemetry};
use crate::{Clock, CredentialsProvider, Endpoint, Error, ErrorKind, Now, Transport};

pub use inline::InlineDriver;
pub(crate) use slot::{Slot, Taken};
pub(crate) use storekeeper::Storekeeper;
pub(crate) use worker::Worker;

/// What the threads of a runtime share.
pub(crate) struct Driver {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
    endpoints: Vec<Endpoint>,
    telemetry: Telemetry,
}

struct State {
    engine: Engine,
    /// Who waits for what.
    slots: HashMap<OpId, Arc<Slot>>,
    hooks: HashMap<SessionId, Arc<dyn CredentialsProvider>>,
    /// Ids of operations and sessions.
    last_id: u64,
    worker: Worker,
    store: Option<Storekeeper>,
    /// When the worker was last told to tick.
    tick_at: Option<Instant>,
    decisions: u64,
    /// The engine has been told something since its outputs were polled.
    undrained: bool,
    /// Why nothing can be started any more.
    ended: Option<Error>,
}

/// The start of a call.
pub(crate) enum Started {
    /// Memory had it.
    Hit(Box<Snapshot>),
    /// It goes on; the answer comes to the ticket.
    Waiting(Ticket),
}

/// What is to be done when the lock is free again.
#[derive(Default)]
struct Afterwards {
    wake: Vec<Waker>,
    tell: Vec<Event>,
    /// Commands that no store takes.
    unstored: Vec<StoreId>,
}

impl Driver {
    pub(crate) fn new(
        engine: Engine,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        endpoints: Vec<Endpoint>,
        worker: Worker,
        store: Option<Storekeeper>,
        telemetry: Telemetry,
    ) -> Arc<Self> {
        let state = State {
            engine,
            slots: HashMap::new(),
            hooks: HashMap::new(),
            last_id: 0,
            worker,
            store,
            tick_at: None,
            decisions: 0,
            undrained: false,
            ended: None,
        };
        Arc::new(Self { state: Mutex::new(state), clock, transport, endpoints, telemetry })
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    pub(crate) fn stats(&self) -> Stats {
        let hits = self.lock().engine.hits();
        self.telemetry.stats(hits)
    }

    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Tells the engine a fact. Nobody hears it once the runtime has ended.
    pub(crate) fn tell(self: &Arc<Self>, input: Input) {
        let _ = self.decide(|state, now| state.handle(input, now));
    }

    /// Tells the engine the time, when the worker has slept as long as it was told.
    fn tick(self: &Arc<Self>) {
        let _ = self.decide(|state, now| {
            state.tick_at = None;
            state.handle(Input::Tick, now);
        });
    }

    /// Registers a policy with the engine.
    pub(crate) fn register(self: &Arc<Self>, policy: &Bytes) -> Result<Registered, Error> {
        self.decide(|state, _| state.engine.register(policy)).flatten()
    }

    /// Opens a session whose credentials come from `hook`.
    pub(crate) fn open_session(
        self: &Arc<Self>,
        config: holdover_engine::Session,
        hook: Arc<dyn CredentialsProvider>,
    ) -> SessionId {
        let opened = self.decide(|state, now| {
            let session = SessionId(state.next_id());
            state.hooks.insert(session, hook);
            state.handle(Input::OpenSession { session, config }, now);
            session
        });
        // Of a runtime that has ended: nothing can be started on it.
        opened.unwrap_or(SessionId(0))
    }

    /// Ends a session: nobody holds it any more.
    pub(crate) fn close_session(self: &Arc<Self>, session: SessionId) {
        let _ = self.decide(|state, now| {
            state.hooks.remove(&session);
            state.handle(Input::CloseSession { session }, now);
        });
    }

    /// What memory has, at once.
    pub(crate) fn peek(
        self: &Arc<Self>,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        options: &CallOptions,
    ) -> Option<Snapshot> {
        self.decide(|state, now| state.engine.peek(session, method, request, options, now)).ok().flatten()
    }

    /// Answers from memory, or starts the call.
    ///
    /// # Errors
    ///
    /// When the runtime has ended.
    pub(crate) fn call(
        self: &Arc<Self>,
        session: SessionId,
        method: MethodId,
        request: Bytes,
        options: CallOptions,
        form: Form,
    ) -> Result<Started, Error> {
        self.decide(|state, now| {
            if form == Form::Get
                && let Some(hit) = state.engine.peek(session, method, &request, &options, now)
            {
                return Started::Hit(Box::new(hit));
            }
            let call = |op| Input::Call { op, session, method, request, options, form };
            Started::Waiting(self.begin(state, now, call))
        })
    }

    /// Starts an operation that ends by itself.
    ///
    /// # Errors
    ///
    /// When the runtime has ended.
    pub(crate) fn start(self: &Arc<Self>, input: impl FnOnce(OpId) -> Input) -> Result<Ticket, Error> {
        self.decide(|state, now| self.begin(state, now, input))
    }

    fn begin(self: &Arc<Self>, state: &mut State, now: Now, input: impl FnOnce(OpId) -> Input) -> Ticket {
        let op = OpId(state.next_id());
        let slot = Arc::new(Slot::default());
        state.slots.insert(op, slot.clone());
        state.handle(input(op), now);
        Ticket { driver: self.clone(), op, slot }
    }

    fn cancel(self: &Arc<Self>, op: OpId) {
        let _ = self.decide(|state, now| {
            if state.slots.remove(&op).is_some() {
                state.handle(Input::Cancel { op }, now);
            }
        });
    }

    /// Ends everything: callers are told, threads end once they have done what they were told before. Resolves when the
    /// store is closed.
    pub(crate) fn shut_down(self: &Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        let mut state = self.lock();
        let wake = state.end(Error::misuse("the runtime was shut down; build another one to make calls"));
        let store = state.store.as_mut().and_then(Storekeeper::stop);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
        async move {
            if let Some(closed) = store {
                // The other end is dropped with the store.
                let _ = closed.await;
            }
        }
    }

    /// How many decisions were made: an inline driver is done when they come to rest.
    fn decisions(&self) -> u64 {
        self.lock().decisions
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is caught there and ends the runtime, so a poisoned state is never used.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the engine decide under the lock and carries out what follows. An error says why the runtime has ended.
    fn decide<R>(self: &Arc<Self>, act: impl FnOnce(&mut State, Now) -> R) -> Result<R, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let now = self.clock.now();
        let mut afterwards = Afterwards::default();
        state.decisions += 1;
        let decided = catch_unwind(AssertUnwindSafe(|| {
            let result = act(&mut state, now);
            self.carry_out(&mut state, now, &mut afterwards);
            result
        }));
        let result = decided.map_err(|panic| {
            tracing::error!(
                cause = cause(&*panic),
                "holdover stopped: this is a bug in it, please report it"
            );
            let error = Error::new(ErrorKind::Unusable, BROKEN);
            afterwards.wake.extend(state.end(error.clone()));
            error
        });
        drop(state);
        afterwards.wake.into_iter().for_each(Waker::wake);
        for event in &afterwards.tell {
            self.telemetry.tell(event);
        }
        result
    }

    fn carry_out(self: &Arc<Self>, state: &mut State, now: Now, afterwards: &mut Afterwards) {
        if !std::mem::take(&mut state.undrained) && !state.engine.has_output() {
            return;
        }
        loop {
            match state.engine.poll_output() {
                Output::Deliver { op, delivered } => state.deliver(op, delivered, &mut afterwards.wake),
                Output::Send(send) => state.work(self, worker::Command::Send(send), afterwards),
                Output::CancelAttempt(attempt) => {
                    state.work(self, worker::Command::Cancel(attempt), afterwards);
                }
                Output::SetPriority { attempt, priority } => {
                    tracing::trace!(?attempt, ?priority, "the priority of a request in flight has changed");
                }
                Output::AskCredentials(ask) => {
                    let hook = state.hooks.get(&ask.session).cloned();
                    state.work(self, worker::Command::Ask(ask, hook), afterwards);
                }
                Output::Store(request) => {
                    let id = request.id;
                    let sent = state.store.as_mut().is_some_and(|store| store.send(self, *request));
                    if !sent {
                        afterwards.unstored.push(id);
                    }
                }
                Output::Event(event) => afterwards.tell.push(event),
                Output::Timeout(at) => {
                    if at != state.tick_at {
                        state.tick_at = at;
                        state.work(self, worker::Command::TickAt(at), afterwards);
                    }
                    let Some(id) = afterwards.unstored.pop() else { return };
                    let message = "the store has no thread".to_owned();
                    let result = Err(StoreFault { kind: StoreFaultKind::Io, message });
                    state.handle(Input::Stored { id, result }, now);
                }
            }
        }
    }
}

impl State {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn handle(&mut self, input: Input, now: Now) {
        self.undrained = true;
        self.engine.handle(input, now);
    }

    fn work(&mut self, driver: &Arc<Driver>, command: worker::Command, afterwards: &mut Afterwards) {
        if !self.worker.send(driver, command) {
            let error = "there is no thread for the network; free resources and build another runtime";
            afterwards.wake.extend(self.end(Error::new(ErrorKind::Unreachable, error)));
        }
    }

    fn deliver(&mut self, op: OpId, delivered: Delivered, wake: &mut Vec<Waker>) {
        let last = match &delivered {
            Delivered::Answer(_) | Delivered::Done(_) => true,
            Delivered::Observed(state) => {
                matches!(&**state, Observed::Failed(error) if error.kind == ErrorKind::SignedOut)
            }
        };
        let slot = if last { self.slots.remove(&op) } else { self.slots.get(&op).cloned() };
        if let Some(slot) = slot {
            wake.extend(slot.put(delivered, last));
        }
    }

    /// Ends every operation with an error, refuses new ones, and lets the worker go.
    fn end(&mut self, error: Error) -> Vec<Waker> {
        let wake = self.slots.drain().filter_map(|(_, slot)| slot.end(error.clone())).collect();
        self.hooks.clear();
        self.worker.stop();
        self.ended.get_or_insert(error);
        wake
    }
}

/// A running operation. Dropping it cancels.
pub(crate) struct Ticket {
    driver: Arc<Driver>,
    op: OpId,
    slot: Arc<Slot>,
}

impl Ticket {
    pub(crate) fn op(&self) -> OpId {
        self.op
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Lets the operation run to its end unheard.
    pub(crate) fn detach(self) {
        self.slot.detach();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.slot.is_over() {
            self.driver.cancel(self.op);
        }
    }
}

const BROKEN: &str =
    "the runtime stopped after a bug in it, which is in the log; build another runtime, and report the bug";

/// What a panic says.
fn cause(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
