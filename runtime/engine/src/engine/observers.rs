//! Observers: the state of one entry, kept current (rules B3 to B5, F8).

use std::collections::BTreeSet;
use std::time::Duration;

use super::Engine;
use super::calls::{known_offline, not_stored};
use super::serving::Standing;
use crate::call::{CacheMode, DetailMode, OpId, Priority};
use crate::detail;
use crate::entry::Answer;
use crate::error::Error;
use crate::event::Event;
use crate::failure::{self, Class, Failed};
use crate::fault::{Fault, planted};
use crate::operation::{Observer, Operation, Role, Spec};
use crate::output::Delivered;
use crate::snapshot::{Detail, Freshness, Observed, PlanHash, Snapshot, Source};
use crate::time::nanos;
use crate::timer::Timer;
use crate::window::Row;

/// An answer that is old on arrival is not fetched again at once.
const SHORTEST_FRESH_TIME: Duration = Duration::from_secs(1);

impl Engine {
    fn observer(&mut self, id: OpId) -> Option<&mut Observer> {
        match &mut self.operations.get_mut(&id)?.role {
            Role::Observe(observer) => Some(observer),
            Role::Get | Role::Prefetch | Role::Refresh => None,
        }
    }

    /// Delivers a state, unless it is the one that is shown.
    fn show(&mut self, id: OpId, state: Observed) {
        let Some(observer) = self.observer(id) else { return };
        if observer.shown.as_ref().is_some_and(|shown| shown.same_state(&state)) {
            return;
        }
        observer.shown = Some(state.clone());
        if let Observed::Failed(_) = state {
            // Nothing is shown that could stop being fresh.
            let mut crossing = observer.crossing.take();
            self.timers.cancel(&mut crossing);
        }
        self.deliver(id, Delivered::Observed(Box::new(state)));
    }

    /// Everything that is stored is known: shows what may be shown, and fetches as a get would.
    pub(super) fn decide_observer(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id) else { return };
        let (mode, spec) = (operation.mode, operation.spec.clone());
        let standing = if mode == CacheMode::NetworkOnly { None } else { self.standing(id) };
        let row = standing.as_ref().map_or(Row::Expired, |standing| standing.row);
        if row < Row::Expired
            && let Some(standing) = &standing
        {
            self.count_hit(row);
            let age = standing.snapshot.age;
            self.event(Event::Hit { method: spec.method.id, row: row as u8, age });
        }
        match standing {
            Some(standing) if row == Row::Fresh => {
                self.show(id, Observed::Value(standing.snapshot));
                self.set_crossing(id, standing.age, false);
            }
            _ if self.is_sign_in_required(&spec) => {
                self.show(id, Observed::Failed(failure::sign_in_required()));
            }
            Some(standing) if row <= Row::IfError && mode == CacheMode::CacheOnly => {
                self.show(id, Observed::Value(standing.snapshot));
            }
            _ if mode == CacheMode::CacheOnly => self.show(id, Observed::Failed(not_stored())),
            Some(standing) if row == Row::IfError && self.is_offline() => {
                let error = Some(Box::new(known_offline()));
                self.show(id, Observed::Value(Snapshot { error, ..standing.snapshot }));
            }
            Some(standing) if row <= Row::IfError && !standing.invalidated => {
                self.show(id, Observed::Value(Snapshot { refreshing: !self.rests(), ..standing.snapshot }));
                self.fetch(id, None, false);
            }
            _ => {
                self.show(id, Observed::Loading);
                self.fetch(id, None, false);
            }
        }
    }

    /// Puts the observer on a flight; it leaves the one that it was on.
    fn fetch(&mut self, id: OpId, priority: Option<Priority>, unsent_only: bool) {
        if self.rests() && !unsent_only {
            return self.postpone(id);
        }
        let network = self.network;
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let spec = operation.spec.clone();
        operation.want = detail::wanted(&spec.method, operation.detail, spec.own_mask, network);
        let (want, renews) = (operation.want, operation.held.is_some());
        let priority = priority.unwrap_or(operation.priority);
        let unsent_only = unsent_only || operation.mode == CacheMode::NetworkOnly;
        let before = operation.flight.take();
        if renews {
            self.event(Event::Refreshing { method: spec.method.id });
        }
        let flight = self.fly(&spec, want, priority, Some(id), unsent_only, renews);
        if let Some(operation) = self.operations.get_mut(&id) {
            operation.flight = Some(flight);
        }
        if let Some(before) = before.filter(|before| *before != flight) {
            self.leave(id, before);
        }
    }

    /// Fetches an observed entry again, and shows that it does.
    pub(super) fn refetch(&mut self, id: OpId) {
        self.refetch_with(id, None, false);
    }

    pub(super) fn refetch_with(&mut self, id: OpId, priority: Option<Priority>, unsent_only: bool) {
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
            let state = match standing.filter(|standing| standing.row <= Row::IfError) {
                Some(standing) => Observed::Value(standing.snapshot),
                None => Observed::Failed(not_stored()),
            };
            return self.show(id, state);
        }
        self.fetch(id, priority, unsent_only);
        self.show_refreshing(id);
    }

    /// The value that is shown, being refreshed. `loading` and `failed` stay until there is something better to show.
    fn show_refreshing(&mut self, id: OpId) {
        let shows_value =
            self.observer(id).is_some_and(|observer| matches!(observer.shown, Some(Observed::Value(_))));
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
        if !is_seen {
            // On return what is shown is looked at.
            return;
        }
        observer.crossing = Some(self.timers.set(self.now.boot.after(wait), Timer::Crossing(id)));
    }

    /// The shown answer is not fresh any more.
    pub(super) fn crossing(&mut self, id: OpId) {
        let Some(observer) = self.observer(id) else { return };
        observer.crossing = None;
        let is_flying = self.operations.get(&id).is_some_and(|operation| operation.flight.is_some());
        if is_flying {
            self.show_refreshing(id);
        } else {
            self.refetch(id);
        }
    }

    /// The flight that an observer waited for has its answer.
    pub(super) fn observer_answered(
        &mut self,
        id: OpId,
        answer: &Answer,
        plan: Option<PlanHash>,
        error: Option<Error>,
    ) {
        self.take_in(id, answer, plan);
        match self.better(id, answer, plan) {
            None => self.show_answer(id, answer, plan, Source::Network, error),
            Some(standing) => {
                let freshness = shown_freshness(standing.row);
                let error = error.map(Box::new);
                self.show(id, Observed::Value(Snapshot { freshness, error, ..standing.snapshot }));
            }
        }
    }

    /// What an observer is to show instead of an answer that has just arrived: a stored one that ranks before it, because
    /// it was asked for later, or is full (rules C7, F7).
    fn better(&self, id: OpId, answer: &Answer, plan: Option<PlanHash>) -> Option<Standing> {
        let is_it = |standing: &Standing| {
            standing.sent == answer.sent && (standing.snapshot.detail == Detail::Reduced) == plan.is_some()
        };
        self.standing(id).filter(|standing| standing.row < Row::Expired && !is_it(standing))
    }

    /// The flight that an observer waited for has brought nothing newer than what is shown.
    pub(super) fn refreshed(&mut self, id: OpId) {
        let Some(Observed::Value(shown)) = self.observer(id).and_then(|observer| observer.shown.clone())
        else {
            return;
        };
        self.show(id, Observed::Value(Snapshot { refreshing: false, ..shown }));
    }

    /// The observers of an entry, but for some.
    fn watchers(&self, spec: &Spec, except: &BTreeSet<OpId>) -> Vec<OpId> {
        let Some(interested) = spec.key.as_ref().and_then(|key| self.interested.get(key)) else {
            return Vec::new();
        };
        let observes =
            |id: &OpId| self.operations.get(id).is_some_and(|o| matches!(o.role, Role::Observe(_)));
        interested.difference(except).copied().filter(observes).collect()
    }

    /// Shows an answer that others have waited for, or that the app has put.
    pub(super) fn show_watchers(
        &mut self,
        spec: &Spec,
        answer: &Answer,
        plan: Option<PlanHash>,
        source: Source,
        except: &BTreeSet<OpId>,
    ) {
        let watchers = self.watchers(spec, except);
        for id in watchers {
            self.take_in(id, answer, plan);
            // A full value on the screen is not replaced by a reduced one that somebody else asked for.
            let is_wanted = plan.is_none()
                || self.operations.get(&id).is_some_and(|operation| operation.want == Detail::Reduced);
            if is_wanted && self.better(id, answer, plan).is_none() {
                self.show_answer(id, answer, plan, source, None);
            }
        }
    }

    /// Adds an answer to what the observer knows.
    fn take_in(&mut self, id: OpId, answer: &Answer, plan: Option<PlanHash>) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let stored = operation.spec.shared_key().and_then(|key| self.memory.look(key));
        if let Some(stored) = stored {
            operation.held = Some(stored.clone());
        } else {
            operation.held.get_or_insert_default().accept(answer.clone(), plan);
        }
    }

    fn show_answer(
        &mut self,
        id: OpId,
        answer: &Answer,
        plan: Option<PlanHash>,
        source: Source,
        error: Option<Error>,
    ) {
        let Some(operation) = self.operations.get(&id) else { return };
        let refreshing = operation.flight.is_some();
        let last_known = plan.and_then(|_| self.last_known(id));
        let freshness = if answer.put { Freshness::Stale } else { Freshness::Fresh };
        let snapshot = self.network_snapshot(answer, plan, last_known, error);
        self.show(id, Observed::Value(Snapshot { source, freshness, refreshing, ..snapshot }));
        if answer.put {
            if let Some(observer) = self.observer(id) {
                let mut crossing = observer.crossing.take();
                self.timers.cancel(&mut crossing);
            }
        } else {
            self.set_crossing(id, answer.age(&self.now), true);
        }
    }

    /// The flight that an observer waited for has failed (rule B5).
    pub(super) fn observer_failed(&mut self, id: OpId, failed: &Failed) {
        let is_transient = failed.class == Class::Transient;
        let standing = if is_transient { self.fallback(id) } else { self.standing(id) };
        let may_show = |standing: &Standing| match standing.row {
            Row::Fresh => true,
            Row::Revalidate => failed.class != Class::SignIn,
            Row::IfError => is_transient,
            Row::Expired => false,
        };
        let state = match standing.filter(may_show) {
            Some(standing) => {
                let freshness = shown_freshness(standing.row);
                let error = Some(Box::new(failed.error.clone()));
                Observed::Value(Snapshot { freshness, error, ..standing.snapshot })
            }
            None => Observed::Failed(failed.error.clone()),
        };
        self.show(id, state);
    }

    /// Shows why nothing may be shown.
    pub(super) fn fail_observer(&mut self, id: OpId, error: Error) {
        self.show(id, Observed::Failed(error));
    }

    /// Observers whose entry the server says is gone.
    pub(super) fn watchers_evicted(&mut self, spec: &Spec, error: &Error, except: &BTreeSet<OpId>) {
        let watchers = self.watchers(spec, except);
        for id in watchers {
            self.show(id, Observed::Failed(error.clone()));
        }
    }

    /// The network is good enough: reduced values on the screen are fetched in full (rule F8).
    pub(super) fn restore_observers(&mut self) {
        let network = self.network;
        let to_restore = |operation: &Operation| {
            let Role::Observe(observer) = &operation.role else { return false };
            let Some(detail) = &operation.spec.method.detail else { return false };
            let shows_reduced =
                matches!(&observer.shown, Some(Observed::Value(shown)) if shown.detail == Detail::Reduced);
            detail.restore
                && shows_reduced
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
            self.refetch_with(id, Some(Priority::Background), false);
        }
    }

    /// Pull to refresh: the network now, whatever is on its way already.
    pub(super) fn pull_to_refresh(&mut self, op: OpId, id: OpId) {
        let Some(operation) = self.operations.get(&id).filter(|o| matches!(o.role, Role::Observe(_))) else {
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
            held: operation.held.clone(),
            settling: false,
        };
        let is_blocked = self.is_sign_in_required(&spec);
        let is_cache_only = operation.mode == CacheMode::CacheOnly;
        if is_blocked || is_cache_only {
            let error = if is_blocked { failure::sign_in_required() } else { not_stored() };
            return self.deliver(op, Delivered::Answer(Box::new(Err(error))));
        }
        // The observer's flight is unsent or new, and the refresh joins it.
        self.refetch_with(id, None, true);
        self.operations.insert(op, refresh);
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

/// What is on the screen is never worse than STALE.
fn shown_freshness(row: Row) -> Freshness {
    if row == Row::Fresh { Freshness::Fresh } else { Freshness::Stale }
}
