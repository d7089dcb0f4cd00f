//! Effects, as the driver carries them out.

use bytes::Bytes;

use crate::call::{OpId, Priority};
use crate::credentials::AskCredentials;
use crate::error::Error;
use crate::event::Event;
use crate::network::{AttemptId, Probe, Request};
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
    /// Take this many more messages of a stream from the wire (rule G5). None is taken without.
    Pull {
        /// Of which attempt.
        attempt: AttemptId,
        /// How many more.
        messages: u32,
    },
    /// Send the next message of the client's sequence. Answered by [`crate::Input::Written`].
    SendMessage {
        /// Of which attempt.
        attempt: AttemptId,
        /// The encoded message.
        message: Bytes,
    },
    /// The client's sequence is complete.
    CloseSend {
        /// Of which attempt.
        attempt: AttemptId,
    },
    /// See whether an endpoint can be reached.
    Probe(Box<Probe>),
    /// The device has moved to another network: requests from now on go over new connections (rule J2).
    PathChanged,
    /// Cancel a request on the wire, or a probe. Nothing more is wanted of it.
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
    /// An item of a stream.
    Item(Box<Snapshot>),
    /// The end of a stream, `Ok` where the server ended it with OK; or of an observer that was refused.
    Ended(Result<(), Error>),
    /// The caller may send this many more messages of its sequence.
    Credit(u32),
    /// The end of a prefetch, put, invalidate, sign-out, erase, pause or disable.
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
            Self::Item(snapshot) => Some(snapshot),
            Self::Done(_) | Self::Ended(_) | Self::Credit(_) => None,
        }
    }
}
