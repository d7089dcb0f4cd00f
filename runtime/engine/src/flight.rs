//! Flights: requests on their way, shared by those who want the same answer (rule C6).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::call::{OpId, Priority};
use crate::clock::Stamp;
use crate::entry::Answer;
use crate::fault::{Fault, planted};
use crate::metadata::Metadata;
use crate::method::OfflineMode;
use crate::network::AttemptId;
use crate::operation::Spec;
use crate::snapshot::{Detail, PlanHash};
use crate::store::TagHash;
use crate::time::Instant;
use crate::timer::TimerId;

/// Names a flight within the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlightId(pub(crate) u64);

/// A request on its way, over all its attempts.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) spec: Arc<Spec>,
    /// The detail that it asks for.
    pub(crate) want: Detail,
    pub(crate) priority: Priority,
    pub(crate) started: Instant,
    /// When it must have ended.
    pub(crate) deadline: Instant,
    pub(crate) total: Option<TimerId>,
    /// The partition's sequence number when it started: calls that start after an invalidation do not join it (D3).
    pub(crate) generation: u64,
    /// Those of its entry's tags that the request alone gives.
    pub(crate) tags: Vec<TagHash>,
    /// Who waits for it.
    pub(crate) waiters: BTreeSet<OpId>,
    /// An entry of its key was stored when it started, so it runs on when nobody waits (C8).
    pub(crate) renews: bool,
    /// Nobody waits for it: the stored value is served or shown meanwhile (C9).
    pub(crate) refresh: bool,
    /// It is sent at once, even if its endpoint is believed to be offline: that is what it is to find out (B5).
    pub(crate) insists: bool,
    /// It has been deferred once, and is not again (I2).
    pub(crate) was_deferred: bool,
    /// Why it has not been sent yet.
    pub(crate) held: Option<Held>,
    /// What is on the wire.
    pub(crate) attempt: Option<Attempt>,
    /// When its last attempt was sent, if one was.
    pub(crate) last_sent: Option<Stamp>,
    /// How often it was retried by its method's policy.
    pub(crate) retries: u32,
    /// How many of those waits in a row were of its own choosing, and not the server's.
    pub(crate) backoffs: u32,
    /// When it is retried.
    pub(crate) retry: Option<TimerId>,
    /// An attempt before this one may have had its effect (rule D1).
    pub(crate) uncertain: bool,
    /// It waits for the credentials hook.
    pub(crate) asking: bool,
    /// Its credentials were refused once.
    pub(crate) refused: bool,
    /// It got a reduced answer to a full request, and asks once more: the answer, should that fail (F5).
    pub(crate) fallback: Option<Fallback>,
    /// The answer to a request that was sent then said that the entry is gone.
    pub(crate) outdone: Option<Stamp>,
    /// When the request was sent whose answer has been stored meanwhile: the full one, and the reduced one.
    pub(crate) superseded: [Option<Stamp>; 2],
}

/// What keeps a flight from being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Its endpoint is known to be offline.
    Offline,
    /// The network is poor; the timer ends that.
    Deferred(TimerId),
    /// Other refreshes are on their way.
    Turn,
}

/// What somebody wants of a flight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) want: Detail,
    pub(crate) priority: Priority,
    /// Who waits for the answer.
    pub(crate) waiter: Option<OpId>,
    /// An answer to what was sent already will not do.
    pub(crate) unsent_only: bool,
    /// An entry of its key is stored.
    pub(crate) renews: bool,
    /// The stored value is served or shown meanwhile.
    pub(crate) refresh: bool,
    /// It is sent even if its endpoint is believed to be offline: that is what it is to find out.
    pub(crate) insists: bool,
}

impl Flight {
    /// By its offline mode it waits as long as its endpoint is known to be offline (I1).
    pub(crate) fn waits_for_network(&self) -> bool {
        self.spec.method.offline == OfflineMode::Wait && !self.insists
    }

    /// Whether a later request has learnt already that there is no such entry (rule C7).
    pub(crate) fn is_outdone(&self, answer: &Answer) -> bool {
        self.outdone.is_some_and(|by| answer.is_sent_before(&by))
    }

    /// Whether the answer to a later request of this detail has been stored already, wherever it is now (rule C7).
    pub(crate) fn is_superseded(&self, answer: &Answer, reduced: bool) -> bool {
        let is_older = self.superseded[usize::from(reduced)].is_some_and(|by| answer.is_sent_before(&by));
        is_older && !planted(Fault::OlderAnswerIsStored)
    }
}

/// An answer that is reduced although nobody asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Fallback {
    pub(crate) answer: Answer,
    pub(crate) plan: PlanHash,
}

/// One request on the wire.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) id: AttemptId,
    pub(crate) sent: Stamp,
    /// The partition's sequence number when it was sent: the generation of its answer (D1).
    pub(crate) sequence: u64,
    /// The head of the response has arrived.
    pub(crate) head: bool,
    /// What the hook answered.
    pub(crate) credentials: Option<Metadata>,
    pub(crate) timer: Option<TimerId>,
}
