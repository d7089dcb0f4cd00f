//! The life of the app: foreground and background, memory pressure (rules B4, J1, E4).

use std::collections::BTreeSet;

use super::Engine;
use super::pauses::Pause;
use crate::call::OpId;
use crate::event::Event;
use crate::fault::{Fault, planted};
use crate::flight::{Flight, FlightId};
use crate::lifecycle::AppState;
use crate::operation::Role;
use crate::output::Output;
use crate::time::Instant;
use crate::timer::{Timer, TimerId};

/// Whether the app is seen, and whether the runtime works.
#[derive(Default)]
pub(super) struct Life {
    pub(super) app: AppState,
    /// Since when the app is in the background.
    background: Option<Instant>,
    /// When the grace period is over.
    grace: Option<TimerId>,
    pub(super) pause: Pause,
    /// Flights that are sent when the runtime works again.
    pub(super) unsent: BTreeSet<FlightId>,
    /// Observers that fetch when they are awake again.
    postponed: BTreeSet<OpId>,
}

impl Engine {
    /// The app came to the foreground or went to the background.
    pub(super) fn app_state(&mut self, state: AppState) {
        if std::mem::replace(&mut self.life.app, state) == state {
            return;
        }
        match state {
            AppState::Background => {
                self.life.background = Some(self.now.boot);
                self.rest_observers();
                self.mind_grace();
                self.stop_forbidden_probes();
                self.review_all();
            }
            AppState::Foreground => {
                self.life.background = None;
                self.timers.cancel(&mut self.life.grace);
                // In the background the process may have been suspended.
                self.evidence_interrupted();
                self.review_all();
                self.wake();
                self.streams_foregrounded();
            }
        }
    }

    /// The app is in the foreground.
    pub(super) fn in_foreground(&self) -> bool {
        self.life.app == AppState::Foreground
    }

    /// Nothing happens by itself: the runtime is paused, or the app is in the background for longer than the grace period.
    /// What somebody calls and waits for goes on, unless the runtime is paused.
    pub(super) fn rests(&self) -> bool {
        let grace = self.config.grace;
        let is_over = |since: Instant| since.after(grace) <= self.now.boot;
        self.is_paused()
            || (self.life.background.is_some_and(is_over) && !planted(Fault::BackgroundRefreshes))
    }

    /// Waits for the end of the grace period, if something is running that ends with it.
    pub(super) fn mind_grace(&mut self) {
        if let Some(since) = self.life.background
            && self.life.grace.is_none()
            && !self.rests()
            && !(self.operations.is_empty() && self.streams.is_empty() && self.flights.is_empty())
        {
            let grace = since.after(self.config.grace);
            self.life.grace = Some(self.timers.set(grace, Timer::Grace));
        }
    }

    /// The app has been in the background for long: what no caller waits for goes off the wire.
    pub(super) fn grace_over(&mut self) {
        self.life.grace = None;
        self.suspend_flights(|_| true);
        self.streams_backgrounded();
    }

    /// Takes flights back that match and that no caller waits for.
    pub(super) fn suspend_flights(&mut self, wanted: impl Fn(&Flight) -> bool) {
        let observes = |id: &OpId| self.is_observer(*id);
        let flights: Vec<FlightId> = self
            .flights
            .iter()
            .filter(|(_, flight)| wanted(flight) && flight.waiters.iter().all(observes))
            .map(|(id, _)| *id)
            .collect();
        for id in flights {
            self.suspend_flight(id);
        }
    }

    /// Takes a flight back that only observers wait for. They fetch again when they are awake.
    fn suspend_flight(&mut self, id: FlightId) {
        let Some(flight) = self.finish(id) else { return };
        if let Some(attempt) = &flight.attempt {
            self.outputs.push_back(Output::CancelAttempt(attempt.id));
        }
        for waiter in flight.waiters {
            if let Some(operation) = self.operations.get_mut(&waiter) {
                operation.flight = None;
            }
            self.refreshed(waiter);
            self.postpone(waiter);
        }
    }

    /// An observer would fetch now, and rests.
    pub(super) fn postpone(&mut self, id: OpId) {
        self.life.postponed.insert(id);
    }

    /// An operation has ended.
    pub(super) fn forget_postponed(&mut self, id: OpId) {
        self.life.postponed.remove(&id);
    }

    /// Observers go on, unless there is another reason to rest.
    pub(super) fn wake(&mut self) {
        if self.rests() || !self.in_foreground() {
            return;
        }
        let postponed = std::mem::take(&mut self.life.postponed);
        // What they wait for and what they show is fetched in one order.
        for id in self.observers_in_order(|_| true) {
            let is_idle = self.operations.get(&id).is_some_and(|operation| operation.flight.is_none());
            if is_idle && postponed.contains(&id) {
                self.refetch(id);
            } else {
                self.renew(vec![id]);
            }
        }
    }

    /// Nobody sees what observers show: crossings wait until somebody does.
    pub(super) fn rest_observers(&mut self) {
        for operation in self.operations.values_mut() {
            if let Role::Observe(observer) = &mut operation.role {
                self.timers.cancel(&mut observer.crossing);
                self.timers.cancel(&mut observer.refetch);
            }
        }
    }

    /// Drops the entries that memory holds, and nothing else (rule E4).
    pub(super) fn memory_pressure(&mut self) {
        let (entries, bytes) = self.memory.clear();
        self.event(Event::MemoryDropped { entries: entries as u64, bytes: bytes as u64 });
    }
}
