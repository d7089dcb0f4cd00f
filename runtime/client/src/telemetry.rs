//! Sight of what the runtime decides: events and counters (rule J6).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use holdover_engine::MethodId;

use crate::{Event, Progress};

/// Where events go.
#[derive(Default)]
pub(crate) struct Telemetry {
    names: RwLock<HashMap<MethodId, Arc<str>>>,
    counters: Counters,
}

/// What the runtime has done since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Answers from what was stored, by row 1, 2 and 3 of the windows' table.
    pub hits: [u64; 3],
    /// Calls that nothing stored could answer.
    pub misses: u64,
    /// Calls that joined another's flight.
    pub joins: u64,
    /// Refreshes that a call began and nobody waited for. What observers refresh counts by its attempts alone.
    pub refreshes: u64,
    /// Calls that stayed away from the cache.
    pub bypasses: u64,
    /// Attempts that ended with an answer.
    pub answered_attempts: u64,
    /// Attempts that ended with an error, be it a status of the server such as NOT_FOUND.
    pub failed_attempts: u64,
    /// Answers that could not be stored.
    pub not_stored: u64,
    /// Reduced answers that were delivered.
    pub withheld: u64,
    /// Tags that were invalidated.
    pub invalidated_tags: u64,
    /// Faults of the store.
    pub store_faults: u64,
    /// Request bodies, as they were on the wire.
    pub sent_bytes: u64,
    /// Response bodies, as they were on the wire.
    pub received_bytes: u64,
    /// Events that the listener was too slow for: see
    /// [`RuntimeBuilder::on_event`](crate::RuntimeBuilder::on_event).
    pub unheard_events: u64,
}

#[derive(Default)]
struct Counters {
    misses: AtomicU64,
    joins: AtomicU64,
    refreshes: AtomicU64,
    bypasses: AtomicU64,
    answered_attempts: AtomicU64,
    failed_attempts: AtomicU64,
    not_stored: AtomicU64,
    withheld: AtomicU64,
    invalidated_tags: AtomicU64,
    store_faults: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    unheard_events: AtomicU64,
}

impl Telemetry {
    /// Lets events about a method carry its name.
    pub(crate) fn name(&self, method: MethodId, name: Arc<str>) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).insert(method, name);
    }

    /// An attempt was answered.
    pub(crate) fn answered(&self) {
        self.counters.answered_attempts.fetch_add(1, Relaxed);
    }

    /// A transport has moved bytes.
    pub(crate) fn measured(&self, progress: &Progress) {
        match progress {
            Progress::Sent { bytes } => self.counters.sent_bytes.fetch_add(*bytes, Relaxed),
            Progress::Transferred { bytes, .. } => self.counters.received_bytes.fetch_add(*bytes, Relaxed),
            Progress::Head(_) | Progress::Bytes => return,
        };
    }

    /// Counts an event, and gives it to `tracing`.
    pub(crate) fn tell(&self, event: &Event) {
        self.counters.count(event);
        if tracing::enabled!(tracing::Level::DEBUG) {
            tracing::debug!(method = self.name_of(event).as_deref(), ?event);
        }
    }

    /// The full name of the method that an event is about.
    pub(crate) fn name_of(&self, event: &Event) -> Option<Arc<str>> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        method(event).and_then(|id| names.get(&id).cloned())
    }

    /// An event was not told, because its listener is too slow.
    pub(crate) fn unheard(&self) {
        self.counters.unheard_events.fetch_add(1, Relaxed);
    }

    /// The counters, with the hits that the engine itself counts.
    pub(crate) fn stats(&self, hits: [u64; 3]) -> Stats {
        let counters = &self.counters;
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        Stats {
            hits,
            misses: read(&counters.misses),
            joins: read(&counters.joins),
            refreshes: read(&counters.refreshes),
            bypasses: read(&counters.bypasses),
            answered_attempts: read(&counters.answered_attempts),
            failed_attempts: read(&counters.failed_attempts),
            not_stored: read(&counters.not_stored),
            withheld: read(&counters.withheld),
            invalidated_tags: read(&counters.invalidated_tags),
            store_faults: read(&counters.store_faults),
            sent_bytes: read(&counters.sent_bytes),
            received_bytes: read(&counters.received_bytes),
            unheard_events: read(&counters.unheard_events),
        }
    }
}

impl Counters {
    fn count(&self, event: &Event) {
        let counter = match event {
            Event::Miss { .. } => &self.misses,
            Event::Joined { .. } => &self.joins,
            Event::Refreshing { .. } => &self.refreshes,
            Event::Bypassed { .. } => &self.bypasses,
            Event::AttemptFailed { .. } => &self.failed_attempts,
            Event::NotStored { .. } => &self.not_stored,
            Event::Withheld { .. } => &self.withheld,
            Event::StoreFailed { .. } => &self.store_faults,
            Event::Invalidated { tags } => {
                self.invalidated_tags.fetch_add(u64::from(*tags), Relaxed);
                return;
            }
            _ => return,
        };
        counter.fetch_add(1, Relaxed);
    }
}

/// The method that an event is about.
fn method(event: &Event) -> Option<MethodId> {
    match event {
        Event::Hit { method, .. }
        | Event::Miss { method }
        | Event::Joined { method }
        | Event::Refreshing { method }
        | Event::Bypassed { method, .. }
        | Event::AttemptFailed { method, .. }
        | Event::NotStored { method, .. }
        | Event::Evicted { method }
        | Event::Withheld { method }
        | Event::DetailRefetched { method }
        | Event::RecordUnreadable { method } => Some(*method),
        _ => None,
    }
}
