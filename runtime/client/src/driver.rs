//! Runs the engine: inputs in from any thread, effects out to the worker, the store and the callers.
//!
//! The engine sits behind one mutex that is held for decisions only, never for IO. A call that memory can answer is
//! answered on its caller's thread. Everything else is carried out by at most three threads, made on first use: an async
//! worker for the network, the credentials hook and the timer, a store thread, and one that tells the host's listeners
//! (rule J1).

mod announcer;
mod inline;
mod lane;
mod outlet;
mod place;
mod slot;
mod state;
mod storekeeper;
mod stream;
mod tap;
mod ticket;
mod wire;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use holdover_engine::{
    AttemptId, CallOptions, Engine, Form, Input, Kind, MethodId, OpId, Output, Registered, SessionId,
    Snapshot, StoreFault, StoreFaultKind,
};

use crate::telemetry::{Stats, Telemetry};
use crate::{Clock, CredentialsProvider, Endpoint, Error, ErrorKind, Now, Quality, Transport};

pub(crate) use announcer::{Announcer, Listeners};
pub use inline::InlineDriver;
pub(crate) use lane::{Arrived, Lane, Window};
use outlet::Opening;
pub(crate) use outlet::Outlet;
use place::Place;
pub(crate) use slot::{Slot, Taken};
use state::{Afterwards, State};
pub(crate) use storekeeper::Storekeeper;
pub use tap::Tapped;
pub(crate) use ticket::Ticket;
use wire::Wire;
pub(crate) use worker::Worker;

/// What the threads of a runtime share.
pub(crate) struct Driver {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
    endpoints: Vec<Endpoint>,
    telemetry: Telemetry,
}

/// The start of a call.
pub(crate) enum Started {
    /// Memory had it.
    Hit(Box<Snapshot>),
    /// It goes on; the answer comes to the ticket.
    Waiting(Ticket),
}

impl Driver {
    pub(crate) fn new(
        engine: Engine,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        endpoints: Vec<Endpoint>,
        worker: Worker,
        store: Option<Storekeeper>,
        announcer: Announcer,
    ) -> Arc<Self> {
        let state = State::new(engine, worker, store, announcer);
        let telemetry = Telemetry::default();
        Arc::new(Self { state: Mutex::new(state), clock, transport, endpoints, telemetry })
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.lock();
        let engine = &state.engine;
        let (counts, memory, quality) = (engine.counts(), engine.memory_use(), engine.quality());
        drop(state);
        self.telemetry.stats(counts, memory, quality)
    }

    pub(crate) fn quality(&self) -> Quality {
        self.lock().engine.quality()
    }

    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Tells the engine a fact. Nobody hears it once the runtime has ended.
    pub(crate) fn tell(self: &Arc<Self>, input: Input) {
        let _ = self.decide(|state, now, _| state.handle(input, now));
    }

    /// Tells the engine a fact that is made when its turn has come, so that of two such facts the one that was made last
    /// is also the last to be told.
    pub(crate) fn tell_made(self: &Arc<Self>, make: impl FnOnce() -> Input) {
        let _ = self.decide(|state, now, _| state.handle(make(), now));
    }

    /// Tells the engine the time, when the worker has slept as long as it was told.
    fn tick(self: &Arc<Self>) {
        let _ = self.decide(|state, now, _| {
            state.tick_at = None;
            state.handle(Input::Tick, now);
        });
    }

    /// Registers a policy with the engine.
    pub(crate) fn register(self: &Arc<Self>, policy: &Bytes) -> Result<Registered, Error> {
        self.decide(|state, _, _| state.engine.register(policy)).flatten()
    }

    /// Opens a session whose credentials come from `hook`.
    pub(crate) fn open_session(
        self: &Arc<Self>,
        config: holdover_engine::Session,
        hook: Arc<dyn CredentialsProvider>,
    ) -> SessionId {
        let opened = self.decide(|state, now, _| {
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
        let _ = self.decide(|state, now, afterwards| {
            afterwards.release.extend(state.hooks.remove(&session));
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
        self.decide(|state, now, _| {
            let hit = state.engine.peek(session, method, request, options, now);
            state.delivered += u64::from(hit.is_some());
            hit
        })
        .ok()
        .flatten()
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
        self.decide(|state, now, _| {
            if form == Form::Get
                && let Some(hit) = state.engine.peek(session, method, &request, &options, now)
            {
                state.delivered += 1;
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
        self.decide(|state, now, _| self.begin(state, now, input))
    }

    /// Starts a stream, and asks for as many items as may be read ahead.
    ///
    /// # Errors
    ///
    /// When the runtime has ended.
    pub(crate) fn open(
        self: &Arc<Self>,
        window: Window,
        input: impl FnOnce(OpId) -> Input,
    ) -> Result<Ticket<Lane>, Error> {
        self.decide(|state, now, _| {
            let ticket: Ticket<Lane> = self.begin(state, now, input);
            let items = ticket.place().open(window);
            if items > 0 {
                state.handle(Input::Demand { op: ticket.op(), items }, now);
            }
            ticket
        })
    }

    fn begin<P: Place + Default + 'static>(
        self: &Arc<Self>,
        state: &mut State,
        now: Now,
        input: impl FnOnce(OpId) -> Input,
    ) -> Ticket<P> {
        let op = OpId(state.next_id());
        let place = Arc::new(P::default());
        state.places.insert(op, place.clone());
        state.handle(input(op), now);
        Ticket::new(self.clone(), op, place)
    }

    /// Starts an operation whose sink is told. One that was cancelled before does not start.
    ///
    /// # Errors
    ///
    /// When the runtime has ended. A bug on the way has told the sink already.
    pub(crate) fn begin_with(
        self: &Arc<Self>,
        op: OpId,
        outlet: &Arc<Outlet>,
        input: impl FnOnce(OpId) -> Input,
    ) -> Result<(), Error> {
        self.decide(|state, now, _| {
            // Whoever cancels ends the outlet first and comes for the lock then.
            if outlet.open() {
                state.places.insert(op, Arc::new(Opening(outlet.clone())));
                state.handle(input(op), now);
            }
        })
    }

    pub(crate) fn cancel(self: &Arc<Self>, op: OpId) {
        let _ = self.decide(|state, now, _| {
            if state.places.remove(&op).is_some() {
                state.handle(Input::Cancel { op }, now);
            }
        });
    }

    /// Tells the engine how a stream's attempt ended: nothing of it is held any more.
    fn close_wire(self: &Arc<Self>, attempt: AttemptId, input: Input) {
        let _ = self.decide(|state, now, _| {
            state.wires.remove(&attempt);
            state.handle(input, now);
        });
    }

    /// Ends everything: callers are told, threads end once they have done what they were told before. Resolves when the
    /// store is closed and the listeners have heard everything.
    pub(crate) fn shut_down(self: &Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        let mut afterwards = Afterwards::default();
        let mut state = self.lock();
        let error = Error::misuse("the runtime was shut down; build another one to make calls");
        state.end(&error, &mut afterwards);
        let store = state.store.as_mut().and_then(Storekeeper::stop);
        drop(state);
        let listeners = afterwards.silenced.take().and_then(Announcer::ending);
        afterwards.carry_out(&self.telemetry);
        async move {
            // The other ends are dropped with the store and the listeners.
            if let Some(closed) = store {
                let _ = closed.await;
            }
            if let Some(ended) = listeners {
                let _ = ended.await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is caught there and ends the runtime, so a poisoned state is never used.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends everything after a bug: nobody is left waiting.
    fn give_up(&self, panic: &(dyn std::any::Any + Send)) -> Error {
        tracing::error!(cause = cause(panic), "holdover stopped: this is a bug in it, please report it");
        let error = Error::new(ErrorKind::Unusable, BROKEN);
        let mut afterwards = Afterwards::default();
        self.lock().end(&error, &mut afterwards);
        afterwards.carry_out(&self.telemetry);
        error
    }

    /// Lets the engine decide under the lock and carries out what follows. An error says why the runtime has ended.
    fn decide<R>(
        self: &Arc<Self>,
        act: impl FnOnce(&mut State, Now, &mut Afterwards) -> R,
    ) -> Result<R, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let mut afterwards = Afterwards::default();
        // Out here, because dropping it may take the lock.
        let mut result = None;
        let decided = catch_unwind(AssertUnwindSafe(|| {
            let now = self.clock.now();
            state.decisions += 1;
            result = Some(act(&mut state, now, &mut afterwards));
            self.carry_out(&mut state, now, &mut afterwards);
            state.announce_quality();
        }));
        if decided.is_err() {
            // Nobody may use the engine from here on.
            state.ended = Some(Error::new(ErrorKind::Unusable, BROKEN));
        }
        drop(state);
        let decided = decided.map_err(|panic| self.give_up(&*panic));
        afterwards.carry_out(&self.telemetry);
        decided?;
        result.ok_or_else(|| Error::new(ErrorKind::Unusable, BROKEN))
    }

    fn carry_out(self: &Arc<Self>, state: &mut State, now: Now, afterwards: &mut Afterwards) {
        if !std::mem::take(&mut state.undrained) && !state.engine.has_output() {
            return;
        }
        loop {
            let output = state.engine.poll_output();
            if let Some(tap) = &mut state.tap {
                tap.see(&output);
            }
            match output {
                Output::Deliver { op, delivered } => state.deliver(op, delivered, &mut afterwards.wake),
                Output::Send(send) if send.kind == Kind::Unary => {
                    state.work(self, worker::Command::Send(send), afterwards);
                }
                Output::Send(send) => {
                    let wire = Wire::default();
                    state.wires.insert(send.attempt, wire.clone());
                    state.work(self, worker::Command::Open(send, wire), afterwards);
                }
                Output::CancelAttempt(attempt) => {
                    state.wires.remove(&attempt);
                    state.work(self, worker::Command::Cancel(attempt), afterwards);
                }
                Output::SetPriority { attempt, priority } => {
                    tracing::trace!(?attempt, ?priority, "the priority of a request in flight has changed");
                }
                // These reach the stream's task without a detour over the worker's commands.
                Output::Pull { attempt, messages } => {
                    let woken = state.wires.get(&attempt).and_then(|wire| wire.pulls.add(messages));
                    afterwards.wake.extend(woken);
                }
                Output::SendMessage { attempt, message } => {
                    let woken = state.wires.get(&attempt).and_then(|wire| wire.sequence.push(message));
                    afterwards.wake.extend(woken);
                }
                Output::CloseSend { attempt } => {
                    let woken = state.wires.get(&attempt).and_then(|wire| wire.sequence.close());
                    afterwards.wake.extend(woken);
                }
                Output::Probe(probe) => state.work(self, worker::Command::Probe(probe), afterwards),
                Output::PathChanged => state.work(self, worker::Command::ChangePath, afterwards),
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
                Output::Event(event) => {
                    state.announce(&event, &self.telemetry);
                    afterwards.tell.push(event);
                }
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
