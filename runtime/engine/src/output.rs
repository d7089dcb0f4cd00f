//! Effects, as the driver carries them out.

use crate::call::{OpId, Priority};
use crate::credentials::AskCredentials;
use crate::error::Error;
use crate::event::Event;
use crate::network::{AttemptId, Request};
use crate::snapshot::{Observed, Snapshot};
use crate::store::StoreRequest;
use crate::time::Instant;

/// An effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Tell the caller of an operation.
    Deliver {
        /// Which operation.
        op: OpId,
        /// What.
        delivered: Delivered,
    },
    /// Send a request.
    Send(Box<Request>),
    /// Cancel a request on the wire. Nothing more is wanted of it.
    CancelAttempt(AttemptId),
    /// The priority of a request in flight has changed.
    SetPriority {
        /// Of which attempt.
        attempt: AttemptId,
        /// To what.
        priority: Priority,
    },
    /// Ask the credentials hook.
    AskCredentials(Box<AskCredentials>),
    /// Give the store a command.
    Store(Box<StoreRequest>),
    /// Something was decided.
    Event(Event),
    /// Nothing more to do before this time; `None`: before the next input. Always the last output.
    Timeout(Option<Instant>),
}

/// What a caller is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivered {
    /// The end of a get or of a refresh.
    Answer(Box<Result<Snapshot, Error>>),
    /// A new state of an observer; it replaces the last one. After `Failed` with SIGNED_OUT there is no other.
    Observed(Box<Observed>),
    /// The end of a prefetch, put, invalidate, sign-out or erase.
    Done(Result<(), Error>),
}

impl Delivered {
    /// The snapshot in it, if there is one.
    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Self::Answer(result) => result.as_ref().as_ref().ok(),
            Self::Observed(state) => match state.as_ref() {
                Observed::Value(snapshot) => Some(snapshot),
                Observed::Loading | Observed::Failed(_) => None,
            },
            Self::Done(_) => None,
        }
    }
}
