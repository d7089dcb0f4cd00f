//! What is due when.

use std::collections::BTreeMap;

use crate::call::OpId;
use crate::credentials::AskId;
use crate::flight::FlightId;
use crate::network::AttemptId;
use crate::session::Endpoint;
use crate::stream::StreamId;
use crate::time::Instant;

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A caller's wait is over.
    Wait(OpId),
    /// A caller gets a stale answer (row 3).
    StaleAfter(OpId),
    /// An observed answer is not fresh any more.
    Crossing(OpId),
    /// An attempt took too long.
    Attempt(FlightId),
    /// An observer may fetch again.
    Refetch(OpId),
    /// A deferred flight has waited long enough.
    Deferral(FlightId),
    /// An endpoint in doubt is to be probed, or its probe has taken too long.
    Probe(Endpoint),
    /// A question to the credentials hook has no answer.
    Ask(AskId),
    /// A flight is to be sent again.
    Retry(FlightId),
    /// A flight took too long.
    Total(FlightId),
    /// Nothing of a response has come for long.
    Silence(AttemptId),
    /// The app has been in the background for the grace period.
    Grace,
    /// A reader of a stream gives up.
    Deadline(OpId),
    /// The head of a stream is late.
    StreamHead(StreamId),
    /// A stream that broke is opened again.
    Reopen(StreamId),
    /// What is kept of a stream goes to disk.
    SaveKept(StreamId),
    /// What is on the wire is cut for a pause.
    PauseCut,
    /// What is on the wire, up to this attempt, is cut after the device has moved to another network.
    Drained(AttemptId),
}

/// A timer that is set. Dropping it does not cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerId(Instant, u64);

impl TimerId {
    /// When it is due.
    pub(crate) fn at(self) -> Instant {
        self.0
    }
}

/// Timers by time, then by when they were set.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    set: BTreeMap<TimerId, Timer>,
    count: u64,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, timer: Timer) -> TimerId {
        self.count += 1;
        let id = TimerId(at, self.count);
        self.set.insert(id, timer);
        id
    }

    /// Cancels what is set, if anything is.
    pub(crate) fn cancel(&mut self, id: &mut Option<TimerId>) {
        if let Some(id) = id.take() {
            self.set.remove(&id);
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.set.first_key_value().map(|(id, _)| id.0)
    }

    /// Takes the first timer that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let first = self.set.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }
}
