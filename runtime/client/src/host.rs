//! Encoded bytes in, deliveries out: for hosts in other languages, and for replaying recorded scenes. Apps use generated
//! clients instead.
//!
//! An operation has an id before it starts, and a [`Sink`] that hears of it: what is delivered, in order, then exactly one
//! end, which is the last thing it hears. Sinks are called without a lock of the runtime's, on the thread that made the
//! decision: the async worker, the store's thread, or whoever calls in.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
pub use holdover_engine::{
    Delivered, Form, Observed as RawObserved, OpId, PlanHash, Snapshot as RawSnapshot,
    Withheld as RawWithheld,
};
use holdover_engine::{Input, MethodId};

use crate::driver::{Driver, Outlet};
use crate::policy::Policy;
use crate::store::OutboxChoice;
use crate::{Account, CallOptions, Error, Kind, Runtime, Session, Switch, Tag};

/// Hears of one operation.
pub trait Sink: Send + Sync + 'static {
    /// Takes in what is told. Must not block. `last`: nothing comes after it. It may call the runtime.
    fn tell(&self, told: Told, last: bool);
}

/// What a sink is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The engine's delivery.
    Delivered(Delivered),
    /// The runtime has ended.
    Ended(Error),
    /// The operation was cancelled, or dropped with the runtime.
    Cancelled,
}

/// The id of an operation that is going to be started. Unique in this process, and no id of an operation of a generated
/// client.
pub fn next_op() -> OpId {
    static LAST: AtomicU64 = AtomicU64::new(1 << 62);
    OpId(LAST.fetch_add(1, Relaxed) + 1)
}

/// A method of a policy that a runtime knows.
#[derive(Clone)]
pub struct Method {
    policy: Arc<Policy>,
    index: usize,
}

/// Registers an encoded policy set: its methods, in its order.
///
/// # Errors
///
/// As [`binding::Client::bind`](crate::binding::Client::bind).
pub fn register(runtime: &Runtime, policy: &Bytes) -> Result<Vec<Method>, Error> {
    let policy = runtime.read_policy(policy)?;
    Ok((0..policy.methods().len()).map(|index| Method { policy: policy.clone(), index }).collect())
}

impl Method {
    fn known(&self) -> &crate::policy::Method {
        &self.policy.methods()[self.index]
    }

    fn id(&self) -> MethodId {
        self.known().id
    }

    /// `pricing.v1.Pricing/GetQuote`
    pub fn name(&self) -> &str {
        &self.known().name
    }

    /// How many messages go to and fro.
    pub fn kind(&self) -> Kind {
        self.known().kind
    }

    /// The last message of a stream is kept, and readers may skip to it.
    pub fn replays(&self) -> bool {
        self.known().replay
    }

    /// Whether answers that were reduced by this plan lack what [`plan`](Self::plan) drops. `false` for a plan of
    /// another policy: then nobody knows what they lack.
    pub fn is_reduced_by(&self, plan: PlanHash) -> bool {
        self.known().withheld(plan).is_some()
    }

    /// What poor networks leave out: by node, fields by number with the node below; `None` below: the field is dropped.
    #[allow(clippy::type_complexity, reason = "a table")]
    pub fn plan(&self) -> Option<(Vec<Vec<(u32, Option<u32>)>>, &[String])> {
        self.known().plan().map(|plan| (plan.table(), plan.paths()))
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Method").field(&self.name()).finish()
    }
}

/// What memory has, at once.
pub fn peek(
    session: &Session,
    method: &Method,
    request: &Bytes,
    options: &CallOptions,
) -> Option<RawSnapshot> {
    session.runtime().driver().peek(session.id(), method.id(), request, options)
}

/// What an operation does.
#[derive(Clone, Debug)]
pub enum Start {
    /// A call in any form.
    Call {
        /// On which session.
        session: Session,
        /// Of which method.
        method: Method,
        /// What is wanted.
        form: Form,
        /// The encoded request; empty where the client sends a sequence.
        request: Bytes,
        /// How.
        options: CallOptions,
    },
    /// Stores an answer that the app has from elsewhere.
    Put {
        /// On which session.
        session: Session,
        /// Whose answer it would be.
        method: Method,
        /// To which encoded request.
        request: Bytes,
        /// The encoded answer.
        value: Bytes,
        /// Only keyed metadata counts.
        options: CallOptions,
    },
    /// Pull to refresh. Ends with [`Delivered::Answer`].
    Refresh {
        /// The observer's operation.
        observer: OpId,
    },
    /// Outdates what carries a tag.
    Invalidate {
        /// Whose, beside the device's.
        session: Session,
        /// Which.
        tag: Tag,
    },
    /// Ends an account.
    SignOut {
        /// Whose.
        session: Session,
        /// What becomes of the outbox.
        outbox: OutboxChoice,
    },
    /// Destroys what is stored of an account that has no session.
    Erase(Account),
    /// Lets go of network and store.
    Pause,
    /// Turns parts off.
    Disable(Vec<Switch>),
}

/// An operation: started or not, running or ended. Cheap to clone; dropping all clones of a running one ends nothing.
#[derive(Clone)]
pub struct Call {
    driver: Arc<Driver>,
    op: OpId,
    outlet: Arc<Outlet>,
}

impl Call {
    /// An operation that has not started.
    pub fn new(runtime: &Runtime, op: OpId, sink: impl Sink) -> Self {
        Self { driver: runtime.driver().clone(), op, outlet: Outlet::new(Box::new(sink)) }
    }

    /// Its id.
    pub fn op(&self) -> OpId {
        self.op
    }

    /// Starts it, once. The sink may hear everything before this returns. Cancelled before, it has ended, and this does
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when the method is of another kind, or the runtime has ended. Then
    /// the sink hears nothing.
    pub fn start(&self, start: Start) -> Result<(), Error> {
        // The last hold of a session closes it, which needs the lock.
        let _held = start.session().cloned();
        check(&start)
            .and_then(|()| self.driver.begin_with(self.op, &self.outlet, |op| input(op, start)))
            // Whoever has cancelled it meanwhile has been told of an end, so it has one.
            .or_else(|error| if self.outlet.refuse() { Err(error) } else { Ok(()) })
    }

    /// Ends it. The sink has heard of an end when this returns, or is just hearing of it on another thread.
    pub fn cancel(&self) {
        if self.outlet.cancel() {
            self.driver.cancel(self.op);
            self.outlet.drain();
        }
    }

    /// Asks for more items of a stream.
    pub fn demand(&self, items: u32) {
        self.driver.tell(Input::Demand { op: self.op, items });
    }

    /// Sends a message of the client's sequence: one for each [`Delivered::Credit`].
    pub fn send(&self, message: Bytes) {
        self.driver.tell(Input::SendMessage { op: self.op, message });
    }

    /// The client's sequence is complete.
    pub fn close_send(&self) {
        self.driver.tell(Input::CloseSend { op: self.op });
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.op).finish()
    }
}

impl Start {
    fn session(&self) -> Option<&Session> {
        match self {
            Self::Call { session, .. }
            | Self::Put { session, .. }
            | Self::Invalidate { session, .. }
            | Self::SignOut { session, .. } => Some(session),
            Self::Refresh { .. } | Self::Erase(_) | Self::Pause | Self::Disable(_) => None,
        }
    }
}

/// That the method can be called in this form.
fn check(start: &Start) -> Result<(), Error> {
    let (method, stream) = match start {
        Start::Call { method, form, .. } => (method, *form == Form::Stream),
        Start::Put { method, .. } => (method, false),
        _ => return Ok(()),
    };
    if stream == (method.kind() != Kind::Unary) {
        return Ok(());
    }
    let name = method.name();
    let is = if stream { "no stream" } else { "a stream" };
    Err(Error::misuse(format!("{name} is {is}; generate the client and its policy together")))
}

fn input(op: OpId, start: Start) -> Input {
    match start {
        Start::Call { session, method, form, request, options } => {
            Input::Call { op, session: session.id(), method: method.id(), request, options, form }
        }
        Start::Put { session, method, request, value, options } => {
            Input::Put { op, session: session.id(), method: method.id(), request, value, options }
        }
        Start::Refresh { observer } => Input::Refresh { op, observer },
        Start::Invalidate { session, tag } => Input::Invalidate { op, session: session.id(), tag },
        Start::SignOut { session, outbox } => Input::SignOut { op, session: session.id(), outbox },
        Start::Erase(account) => Input::Erase { op, account },
        Start::Pause => Input::Pause { op },
        Start::Disable(switches) => Input::Disable { op, switches },
    }
}
