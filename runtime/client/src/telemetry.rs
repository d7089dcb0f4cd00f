//! Sight of what the runtime decides: events and counters (rule J6).
//!
//! Events go to `tracing` at level DEBUG with the target `holdover::event`: the message is the event's name in
//! `snake_case` ([`Event::name`]), the field `method` the method's full name where the event is about one, and the field
//! `event` the event with its members in Rust's debug format. Target, message and `method` are stable.

mod measure;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use holdover_engine::{Counts, MemoryUse, MethodId, Quality};

use crate::{Event, Progress};

pub use measure::{Measure, MeasureKind};

/// Where events go.
#[derive(Default)]
pub(crate) struct Telemetry {
    names: RwLock<HashMap<MethodId, Arc<str>>>,
    answered_attempts: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    unheard_events: AtomicU64,
}

/// What the runtime has done since it was built. See [`Stats::measures`] for the same as a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How often each decision was made.
    pub counts: Counts,
    /// What memory holds now.
    pub memory: MemoryUse,
    /// The class of the network that is in force.
    pub quality: Quality,
    /// Attempts that ended with an answer.
    pub answered_attempts: u64,
    /// Request bodies, as they were on the wire.
    pub sent_bytes: u64,
    /// Response bodies, as they were on the wire.
    pub received_bytes: u64,
    /// Events that the listener was too slow for: see
    /// [`RuntimeBuilder::on_event`](crate::RuntimeBuilder::on_event).
    pub unheard_events: u64,
}

impl Telemetry {
    /// Lets events about a method carry its name.
    pub(crate) fn name(&self, method: MethodId, name: Arc<str>) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).insert(method, name);
    }

    /// An attempt was answered.
    pub(crate) fn answered(&self) {
        self.answered_attempts.fetch_add(1, Relaxed);
    }

    /// A transport has moved bytes.
    pub(crate) fn measured(&self, progress: &Progress) {
        match progress {
            Progress::Sent { bytes } => self.sent_bytes.fetch_add(*bytes, Relaxed),
            Progress::Transferred { bytes, .. } => self.received_bytes.fetch_add(*bytes, Relaxed),
            Progress::Head(_) | Progress::Bytes => return,
        };
    }

    /// Gives an event to `tracing`.
    pub(crate) fn tell(&self, event: &Event) {
        if tracing::enabled!(target: "holdover::event", tracing::Level::DEBUG) {
            let method = self.name_of(event);
            tracing::debug!(target: "holdover::event", method = method.as_deref(), ?event, "{}", event.name());
        }
    }

    /// The full name of the method that an event is about.
    pub(crate) fn name_of(&self, event: &Event) -> Option<Arc<str>> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        event.method().and_then(|id| names.get(&id).cloned())
    }

    /// An event was not told, because its listener is too slow.
    pub(crate) fn unheard(&self) {
        self.unheard_events.fetch_add(1, Relaxed);
    }

    /// The counters, with those of the engine.
    pub(crate) fn stats(&self, counts: Counts, memory: MemoryUse, quality: Quality) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        Stats {
            counts,
            memory,
            quality,
            answered_attempts: read(&self.answered_attempts),
            sent_bytes: read(&self.sent_bytes),
            received_bytes: read(&self.received_bytes),
            unheard_events: read(&self.unheard_events),
        }
    }
}
