//! Refetches: when observers fetch again by themselves (rule B4).

use std::cmp::Reverse;

use super::Engine;
use super::refreshes::SHORTEST_PAUSE;
use crate::backoff::{RESET_EVERY, backoff, cut_short};
use crate::call::{OpId, Priority};
use crate::error::ErrorKind;
use crate::operation::{Operation, Role};
use crate::snapshot::Observed;
use crate::time::Instant;
use crate::timer::{Timer, TimerId};
use crate::window::Row;

impl Engine {
    /// The observer fetches again when it may, if the app is in the foreground then.
    pub(super) fn set_refetch(&mut self, id: OpId) {
        let Some(spec) = self.operations.get(&id).map(|operation| operation.spec.clone()) else { return };
        let at = self.refresh_permitted_at(&spec).unwrap_or(self.now.boot);
        self.set_refetch_at(id, at);
    }

    /// An observer's fetch has failed: it tries again when its key's backoff ends; after one of its own if nothing is
    /// stored for it.
    pub(super) fn fetch_later(&mut self, id: OpId) {
        let Some(observer) = self.observer(id) else { return };
        observer.failures = observer.failures.saturating_add(1);
        let failures = observer.failures;
        let Some(spec) = self.operations.get(&id).map(|operation| operation.spec.clone()) else { return };
        let at = match self.refresh_permitted_at(&spec) {
            Some(at) => at,
            None => self.now.boot.after(backoff(failures, &mut self.random).max(SHORTEST_PAUSE)),
        };
        self.set_refetch_at(id, at);
    }

    fn set_refetch_at(&mut self, id: OpId, at: Instant) {
        self.cancel_refetch(id);
        if self.in_foreground() && !self.is_paused() {
            let timer = self.timers.set(at, Timer::Refetch(id));
            if let Some(observer) = self.observer(id) {
                observer.refetch = Some(timer);
            }
        }
    }

    pub(super) fn cancel_refetch(&mut self, id: OpId) {
        if let Some(observer) = self.observer(id) {
            let mut timer = observer.refetch.take();
            self.timers.cancel(&mut timer);
        }
    }

    pub(super) fn observer_waits(&self, id: OpId) -> bool {
        self.operations.get(&id).is_some_and(
            |operation| matches!(&operation.role, Role::Observe(observer) if observer.refetch.is_some()),
        )
    }

    /// The time has come at which an observer may fetch again.
    pub(super) fn refetch_due(&mut self, id: OpId) {
        let Some(observer) = self.observer(id) else { return };
        observer.refetch = None;
        let Some(operation) = self.operations.get(&id).filter(|operation| operation.flight.is_none()) else {
            return;
        };
        let spec = operation.spec.clone();
        if self.refresh_permitted_at(&spec).is_some() {
            // Somebody else's refresh has failed meanwhile.
            return self.set_refetch(id);
        }
        self.refetch(id);
    }

    /// An observer that waits to fetch again may do so when its key's backoff ends now; one whose key has none has a
    /// backoff of its own, which is cut short in the same way.
    pub(super) fn hurry_observer(&mut self, id: OpId) {
        let now = self.now.boot;
        let Some(operation) = self.operations.get(&id) else { return };
        let spec = operation.spec.clone();
        let Role::Observe(observer) = &operation.role else { return };
        let Some(due) = observer.refetch.map(TimerId::at) else { return };
        if self.refresh_permitted_at(&spec).is_some() {
            return self.set_refetch(id);
        }
        if observer.hurried.is_some_and(|at| now.since(at) < RESET_EVERY) {
            return;
        }
        let at = now.after(cut_short(&mut self.random)).min(due);
        if let Some(observer) = self.observer(id) {
            (observer.failures, observer.hurried) = (0, Some(now));
        }
        self.set_refetch_at(id, at);
    }

    /// Observers that match, those who wait most urgently first: INTERACTIVE, then oldest.
    pub(super) fn observers_in_order(&self, wanted: impl Fn(&Operation) -> bool) -> Vec<OpId> {
        let mut observers: Vec<(Reverse<Priority>, Instant, OpId)> = self
            .operations
            .iter()
            .filter(|(_, operation)| operation.is_observer() && wanted(operation))
            .map(|(id, operation)| (Reverse(operation.priority), operation.started, *id))
            .collect();
        observers.sort_unstable();
        observers.into_iter().map(|(_, _, id)| id).collect()
    }

    /// The network is another one, or is back: observers fetch again, but for those whose backoff has just been cut
    /// short.
    pub(super) fn renew_reconnected(&mut self) {
        if self.in_foreground() && !self.rests() {
            let mut observers = self.observers_in_order(|_| true);
            observers.retain(|id| !self.observer_waits(*id));
            self.renew(observers);
        }
    }

    /// What observers show is fetched again where it is stale or has failed (rule B4).
    pub(super) fn renew(&mut self, observers: Vec<OpId>) {
        for id in observers {
            let Some(operation) = self.operations.get(&id).filter(|o| o.flight.is_none()) else { continue };
            let Role::Observe(observer) = &operation.role else { continue };
            let has_failed = match &observer.shown {
                Some(Observed::Value(shown)) => shown.error.is_some(),
                Some(Observed::Failed(error)) => error.kind != ErrorKind::SignedOut,
                // Whatever it waits for now comes first.
                Some(Observed::Loading) | None => continue,
            };
            let shown_failed = matches!(observer.shown, Some(Observed::Failed(_)));
            match self.standing(id) {
                Some(standing) if standing.row == Row::Fresh && !has_failed => {
                    self.set_crossing(id, standing.age, false);
                }
                Some(_) => self.refetch(id),
                None if shown_failed || has_failed => self.refetch(id),
                None => {}
            }
        }
    }
}
