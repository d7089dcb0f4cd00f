//! Observers: the state of one entry, kept current (rules B3 to B5, F8).

use std::time::Duration;

use super::Engine;
use super::calls::not_stored;
use super::offline::known_offline;
use super::serving::Standing;
use super::states::shown_freshness;
use crate::call::{CacheMode, DetailMode, OpId, Priority};
use crate::detail;
use crate::error::Error;
use crate::event::Event;
use crate::failure;
use crate::fault::{Fault, planted};
use crate::flight::Ticket;
use crate::operation::{Observer, Operation, Role, Spec};
use crate::output::Delivered;
use crate::snapshot::{Detail, Observed, Snapshot};
use crate::time::nanos;
use crate::timer::Timer;
use crate::window::Row;

/// An answer that is old on arrival is not fetched again at once.
const SHORTEST_FRESH_TIME: Duration = Duration::from_secs(1);

/// Why an observer fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// It has nothing to show.
    Awaited,
    /// What it shows is to be renewed.
    Refresh,
    /// What it shows is to be had in full, some time (rule F8).
    Restore,
    /// The user has pulled (rule B5).
    Pulled,
}

impl Engine {
    pub(super) fn observer(&mut self, id: OpId) -> Option<&mut Observer> {
        match &mut self.operations.get_mut(&id)?.role {
            Role::Observe(observer) => Some(observer),
            Role::Get | Role::Prefetch | Role::Refresh => None,
        }
    }

    pub(super) fn is_observer(&self, id: OpId) -> bool {
        self.operations.get(&id).is_some_and(Operation::is_observer)
    }

    /// Delivers a state, unless it is the one that is shown.
    pub(super) fn show(&mut self, id: OpId, state: Observed) {
        let Some(observer) = self.observer(id) else { return };
        if observer.shown.as_ref().is_some_and(|shown| shown.same_state(&state)) {
            return;
        }
        observer.shown = Some(state.clone());
        if let Observed::Failed(_) = state {
            // Nothing is shown that could stop being fresh.
            self.cancel_crossing(id);
        }
        self.deliver(id, Delivered::Observed(Box::new(state)));
    }

    /// Everything that is stored is known: shows what may be shown, and fetches as a get would.
    pub(super) fn decide_observer(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id) else { return };
        let (mode, spec, want) = (operation.mode, operation.spec.clone(), operation.want);
        let standing = if mode == CacheMode::NetworkOnly { None } else { self.standing(id) };
        let row = standing.as_ref().map_or(Row::Expired, |standing| standing.row);
        match standing {
            Some(standing) if row == Row::Fresh => {
                self.show_hit(id, row, standing.snapshot);
                self.set_crossing(id, standing.age, false);
            }
            _ if self.is_sign_in_required(&spec) => {
                self.show(id, Observed::Failed(failure::sign_in_required()));
            }
            standing if mode == CacheMode::CacheOnly => self.show_stored(id, &spec, standing),
            standing if self.is_offline(&spec) => self.show_offline(id, standing),
            Some(standing) if row <= Row::IfError && self.is_too_early(&spec, row, want) => {
                // What a get would be served without a flight.
                let error = self.backoff_error(&spec).map(|error| Error { will_retry: true, ..error });
                let error = error.map(Box::new);
                self.show_hit(id, row, Snapshot { error, ..standing.snapshot });
                self.set_refetch(id);
            }
            Some(standing) if row <= Row::IfError && !standing.invalidated => {
                self.show_hit(id, row, Snapshot { refreshing: !self.rests(), ..standing.snapshot });
                self.fetch(id, Urgency::Refresh);
            }
            _ => {
                self.show(id, Observed::Loading);
                self.fetch(id, Urgency::Awaited);
            }
        }
    }

    /// Whether C9 keeps an observer that begins from fetching now: row 2 needs a permitted refresh or one that it may join
    /// (reading 61), row 3 the end of the backoff.
    fn is_too_early(&self, spec: &Spec, row: Row, want: Detail) -> bool {
        match row {
            Row::Revalidate => self.refresh_permitted_at(spec).is_some() && !self.could_join(spec, want),
            Row::IfError => self.backoff_serves(spec).is_some(),
            Row::Fresh | Row::Expired => false,
        }
    }

    /// All that `cache_only` shows.
    fn show_stored(&mut self, id: OpId, spec: &Spec, standing: Option<Standing>) {
        match standing {
            Some(standing) if standing.row <= Row::IfError => {
                self.show_hit(id, standing.row, standing.snapshot);
            }
            Some(standing) if self.is_offline(spec) && Self::may_serve_expired(spec, &standing) => {
                let error = Some(Box::new(known_offline()));
                self.show_hit(id, standing.row, Snapshot { error, ..standing.snapshot });
            }
            _ => self.show(id, Observed::Failed(not_stored())),
        }
    }

    /// Shows what is stored, which is a hit where no value has been shown before.
    pub(super) fn show_hit(&mut self, id: OpId, row: Row, snapshot: Snapshot) {
        let Some(method) = self.operations.get(&id).map(|operation| operation.spec.method.id) else { return };
        let is_first = self.observer(id).is_some_and(|observer| observer.value().is_none());
        if is_first {
            self.hit(method, row, snapshot.age);
        }
        self.show(id, Observed::Value(snapshot));
    }

    /// Shows that there is nothing to be shown yet, if nothing has been shown before.
    pub(super) fn show_first(&mut self, id: OpId) {
        if self.observer(id).is_some_and(|observer| observer.shown.is_none()) {
            self.show(id, Observed::Loading);
        }
    }

    /// Waits for the network, and for the answer then.
    pub(super) fn fetch_waiting(&mut self, id: OpId) {
        self.fetch(id, Urgency::Awaited);
        self.show_refreshing(id);
    }

    /// Puts the observer on a flight; it leaves the one that it was on.
    fn fetch(&mut self, id: OpId, urgency: Urgency) {
        self.cancel_refetch(id);
        if self.rests() && urgency != Urgency::Pulled {
            return self.postpone(id);
        }
        let network = self.network;
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let spec = operation.spec.clone();
        operation.want = detail::wanted(&spec.method, operation.detail, spec.own_mask, network);
        let want = operation.want;
        // Whether an observer has read it or not (reading 15).
        let is_stored = spec.key.as_ref().is_some_and(|key| self.memory.look(key).is_some());
        let renews = is_stored || operation.known.is_some();
        let ticket = Ticket {
            want,
            priority: if urgency == Urgency::Restore { Priority::Background } else { operation.priority },
            waiter: Some(id),
            unsent_only: urgency == Urgency::Pulled || operation.mode == CacheMode::NetworkOnly,
            renews,
            refresh: matches!(urgency, Urgency::Refresh | Urgency::Restore),
            insists: urgency == Urgency::Pulled,
        };
        let before = operation.flight.take();
        if renews {
            self.event(Event::Refreshing { method: spec.method.id });
        }
        let flight = self.fly(&spec, &ticket);
        if let Some(operation) = self.operations.get_mut(&id) {
            operation.flight = Some(flight);
        }
        if let Some(before) = before.filter(|before| *before != flight) {
            self.leave(id, before);
        }
    }

    /// Fetches an observed entry again, and shows that it does.
    pub(super) fn refetch(&mut self, id: OpId) {
        let shows_nothing = self
            .observer(id)
            .is_some_and(|observer| matches!(observer.shown, None | Some(Observed::Loading)));
        self.refetch_with(id, if shows_nothing { Urgency::Awaited } else { Urgency::Refresh });
    }

    pub(super) fn refetch_with(&mut self, id: OpId, urgency: Urgency) {
        let Some(operation) = self.operations.get(&id) else { return };
        let (mode, spec) = (operation.mode, operation.spec.clone());
        let standing = self.standing(id);
        let is_fresh = standing.as_ref().is_some_and(|standing| standing.row == Row::Fresh);
        if self.is_sign_in_required(&spec) {
            if !is_fresh {
                self.show(id, Observed::Failed(failure::sign_in_required()));
            }
            return;
        }
        if mode == CacheMode::CacheOnly {
            return self.show_stored(id, &spec, standing);
        }
        if urgency != Urgency::Pulled && self.is_offline(&spec) {
            let standing = standing.filter(|_| mode != CacheMode::NetworkOnly);
            return self.show_offline(id, standing);
        }
        self.fetch(id, urgency);
        self.show_refreshing(id);
    }

    /// The value that is shown, being refreshed. `loading` and `failed` stay until there is something better to show.
    fn show_refreshing(&mut self, id: OpId) {
        let shows_value = self.observer(id).is_some_and(|observer| observer.value().is_some());
        if shows_value && let Some(standing) = self.standing(id) {
            let freshness = shown_freshness(standing.row);
            let refreshing = self.operations.get(&id).is_some_and(|operation| operation.flight.is_some());
            self.show(id, Observed::Value(Snapshot { freshness, refreshing, ..standing.snapshot }));
        }
    }

    /// When the shown answer, which has this age, stops being fresh. One that has just arrived is given some time even if
    /// it is as old as the caller allows already, or the observer would do nothing but fetch.
    pub(super) fn set_crossing(&mut self, id: OpId, age: u64, arrived: bool) {
        let is_seen = self.in_foreground() && !self.is_paused();
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let Some(cache) = &operation.spec.method.cache else { return };
        let left = |limit: u64| Duration::from_nanos(limit.saturating_sub(age));
        let at_least = if arrived { SHORTEST_FRESH_TIME } else { Duration::ZERO };
        let mut wait = left(cache.windows.fresh_for);
        if wait.is_zero() {
            wait = at_least;
        }
        if let CacheMode::MaxAge(max_age) = operation.mode {
            wait = wait.min(left(nanos(max_age).saturating_add(1)).max(at_least));
        }
        let Role::Observe(observer) = &mut operation.role else { return };
        self.timers.cancel(&mut observer.crossing);
        self.timers.cancel(&mut observer.refetch);
        // On return what is shown is looked at; what is past its end already has nothing to wait for.
        if !is_seen || wait.is_zero() {
            return;
        }
        observer.crossing = Some(self.timers.set(self.now.boot.after(wait), Timer::Crossing(id)));
    }

    /// The shown answer is not fresh any more.
    pub(super) fn crossing(&mut self, id: OpId) {
        let Some(observer) = self.observer(id) else { return };
        observer.crossing = None;
        let is_flying = self.operations.get(&id).is_some_and(|operation| operation.flight.is_some());
        let Some(spec) = self.operations.get(&id).map(|operation| operation.spec.clone()) else { return };
        if is_flying {
            self.show_refreshing(id);
        } else if self.refresh_permitted_at(&spec).is_some() && !self.is_offline(&spec) {
            self.show_stale(id);
            self.set_refetch(id);
        } else {
            self.refetch(id);
        }
    }

    pub(super) fn cancel_crossing(&mut self, id: OpId) {
        if let Some(observer) = self.observer(id) {
            let mut crossing = observer.crossing.take();
            self.timers.cancel(&mut crossing);
        }
    }

    /// The value that is shown, which cannot be refreshed yet (rule C9).
    fn show_stale(&mut self, id: OpId) {
        let Some(standing) = self.standing(id) else { return };
        let spec = self.operations.get(&id).map(|operation| operation.spec.clone());
        let error = spec.and_then(|spec| self.backoff_error(&spec));
        let error = error.map(|error| Box::new(Error { will_retry: true, ..error }));
        let freshness = shown_freshness(standing.row);
        self.show(id, Observed::Value(Snapshot { freshness, error, ..standing.snapshot }));
    }

    /// The network is good enough: reduced values on the screen are fetched in full (rule F8).
    pub(super) fn restore_observers(&mut self) {
        let network = self.network;
        let to_restore = |operation: &Operation| {
            let Role::Observe(observer) = &operation.role else { return false };
            let Some(detail) = &operation.spec.method.detail else { return false };
            detail.restore
                && observer.shows_reduced()
                && operation.detail == DetailMode::Default
                && operation.mode != CacheMode::CacheOnly
                && !detail::is_called_for(detail.reduce_at, network)
                && !planted(Fault::NothingIsRestored)
        };
        let observers: Vec<OpId> = self
            .operations
            .iter()
            .filter(|(_, operation)| to_restore(operation))
            .map(|(id, _)| *id)
            .collect();
        for id in observers {
            if let Some(operation) = self.operations.get_mut(&id) {
                operation.want = Detail::Full;
            }
            self.refetch_with(id, Urgency::Restore);
        }
    }

    /// Pull to refresh: the network now, whatever is on its way already.
    pub(super) fn pull_to_refresh(&mut self, op: OpId, id: OpId) {
        let Some(operation) = self.operations.get(&id).filter(|o| o.is_observer()) else {
            let error = Error::misuse("there is no such observer any more: observe again");
            return self.deliver(op, Delivered::Answer(Box::new(Err(error))));
        };
        let spec = operation.spec.clone();
        let refresh = Operation {
            spec: spec.clone(),
            refresh: operation.refresh.clone(),
            role: Role::Refresh,
            mode: CacheMode::NetworkOnly,
            detail: operation.detail,
            want: detail::wanted(&spec.method, operation.detail, spec.own_mask, self.network),
            priority: operation.priority,
            started: self.now.boot,
            timeout: spec.method.total_timeout(operation.priority),
            wait: None,
            stale_after: None,
            flight: None,
            known: operation.known.clone(),
            settling: false,
        };
        let is_blocked = self.is_sign_in_required(&spec);
        let is_cache_only = operation.mode == CacheMode::CacheOnly;
        // What only failures say is for the user to doubt.
        let is_offline = spec.method.is_annotated && self.is_said_offline(&spec.endpoint);
        if is_blocked || is_cache_only || is_offline {
            let error = match () {
                () if is_blocked => failure::sign_in_required(),
                () if is_cache_only => not_stored(),
                () => self.offline(&spec, CacheMode::NetworkOnly),
            };
            return self.deliver(op, Delivered::Answer(Box::new(Err(error))));
        }
        // The observer's flight is unsent or new, and the refresh joins it.
        self.refetch_with(id, Urgency::Pulled);
        self.operations.insert(op, refresh);
        self.reaches.interest.come(&spec.endpoint);
        let flight = self.operations.get(&id).and_then(|operation| operation.flight);
        if let Some(flight) = flight
            && let Some(flown) = self.flights.get_mut(&flight)
        {
            flown.waiters.insert(op);
            if let Some(operation) = self.operations.get_mut(&op) {
                operation.flight = Some(flight);
            }
        }
    }
}
