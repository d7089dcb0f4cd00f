//! Refreshes: how soon after one another, how many at a time, and what is served in their backoff (rules C2, C9).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use crate::backoff::{RESET_EVERY, backoff, cut_short};
use crate::call::{OpId, Priority};
use crate::error::Error;
use crate::event::Event;
use crate::failure::{Class, Failed};
use crate::fault::{Fault, planted};
use crate::flight::{Flight, FlightId, Ticket};
use crate::key::Key;
use crate::method::OfflineMode;
use crate::operation::Spec;
use crate::session::Endpoint;
use crate::snapshot::{Detail, Snapshot};
use crate::time::Instant;

/// The least time between two refreshes of a key that nobody waits for.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// How many keys are remembered. Of those that are forgotten, a refresh may come too early.
const MAX_KEYS: usize = 1000;
/// How many refreshes that nobody watches may wait for their turn; the next hit asks for one again.
const MAX_WAITING: usize = 256;

/// What is known of the refreshes of all keys.
#[derive(Default)]
pub(super) struct Refreshes {
    paces: BTreeMap<Key, Pace>,
    /// Those on their way.
    flying: BTreeSet<FlightId>,
    /// Those that wait for their turn, INTERACTIVE first, then oldest first.
    waiting: BTreeSet<(Reverse<Priority>, FlightId)>,
    /// Those that are deferred and that nobody waits for.
    deferred: BTreeSet<FlightId>,
}

/// How fast one key may be refreshed.
struct Pace {
    endpoint: Endpoint,
    /// In a row.
    failures: u32,
    /// When the backoff ends.
    until: Instant,
    /// Why the last refresh failed.
    error: Option<Box<Error>>,
    /// So that row 3 is served by that failure.
    transient: bool,
    /// Before that, no refresh starts that nobody waits for.
    next: Instant,
    /// When a change of network last cut its backoff short.
    reset: Option<Instant>,
}

impl Pace {
    fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            failures: 0,
            until: Instant(0),
            error: None,
            transient: false,
            next: Instant(0),
            reset: None,
        }
    }

    fn permits_at(&self) -> Instant {
        self.until.max(self.next)
    }

    /// Whether a change of network may cut the backoff short now.
    fn may_reset(&self, now: Instant) -> bool {
        self.reset.is_none_or(|at| now.since(at) >= RESET_EVERY)
    }
}

impl Refreshes {
    /// Why the key's refreshes are in backoff, if they are.
    pub(super) fn in_backoff(&self, key: &[u8], now: Instant) -> Option<Error> {
        let pace = self.paces.get(key).filter(|pace| now < pace.until)?;
        pace.error.as_deref().cloned()
    }

    /// When a refresh of the key that nobody waits for may start; `None`: now.
    pub(super) fn permitted_at(&self, key: &[u8], now: Instant) -> Option<Instant> {
        self.paces.get(key).map(Pace::permits_at).filter(|at| now < *at)
    }

    fn pace(&mut self, key: &Key, endpoint: &Endpoint, now: Instant) -> &mut Pace {
        if self.paces.len() >= MAX_KEYS && !self.paces.contains_key(key) {
            self.paces.retain(|_, pace| now < pace.permits_at());
            if self.paces.len() >= MAX_KEYS
                && let Some(first) = self.paces.iter().min_by_key(|(_, pace)| pace.permits_at())
            {
                let first = first.0.clone();
                self.paces.remove(&first);
            }
        }
        self.paces.entry(key.clone()).or_insert_with(|| Pace::new(endpoint))
    }

    /// A flight is not a refresh any more, or has ended.
    pub(super) fn forget(&mut self, id: FlightId, priority: Priority) {
        self.flying.remove(&id);
        self.deferred.remove(&id);
        self.waiting.remove(&(Reverse(priority), id));
    }

    /// A refresh that has its turn is not sent yet for another reason.
    pub(super) fn give_back_turn(&mut self, id: FlightId) {
        self.flying.remove(&id);
    }

    /// Whether another refresh that nobody watches may wait for its turn.
    fn has_room(&self) -> bool {
        self.waiting.len() + self.deferred.len() < MAX_WAITING
    }

    /// Nobody waits for a flight that is deferred. Whether there is room for it.
    pub(super) fn nobody_waits(&mut self, id: FlightId) -> bool {
        let has_room = self.has_room();
        if has_room {
            self.deferred.insert(id);
        }
        has_room
    }

    /// Somebody waits for a flight, or it is not deferred any more.
    pub(super) fn somebody_waits(&mut self, id: FlightId) {
        self.deferred.remove(&id);
    }

    /// A flight that waits for its turn has another priority.
    pub(super) fn reorder(&mut self, id: FlightId, from: Priority, to: Priority) {
        if self.waiting.remove(&(Reverse(from), id)) {
            self.waiting.insert((Reverse(to), id));
        }
    }
}

impl Engine {
    /// Whether a refresh may fly now. If not, it waits for its turn.
    pub(super) fn take_turn(&mut self, id: FlightId, priority: Priority) -> bool {
        if self.refreshes.flying.contains(&id)
            || self.refreshes.flying.len() < self.config.max_refreshes.get()
            || planted(Fault::RefreshesAreUnlimited)
        {
            self.refreshes.flying.insert(id);
            return true;
        }
        self.refreshes.waiting.insert((Reverse(priority), id));
        false
    }

    /// Sends the refresh whose turn it is, if it is any's.
    pub(super) fn give_turn(&mut self) -> bool {
        if self.refreshes.flying.len() >= self.config.max_refreshes.get() {
            return false;
        }
        let Some((_, id)) = self.refreshes.waiting.pop_first() else { return false };
        self.refreshes.flying.insert(id);
        self.let_go(id);
        true
    }

    /// A flight has brought an answer: its key is not in backoff any more.
    pub(super) fn refresh_succeeded(&mut self, flight: &Flight, took: Duration) {
        let Some(key) = flight.spec.shared_key() else { return };
        let now = self.now.boot;
        if flight.refresh {
            let pace = self.refreshes.pace(key, &flight.spec.endpoint, now);
            let (next, reset) = (now.after(took.max(SHORTEST_PAUSE)), pace.reset);
            *pace = Pace { next, reset, ..Pace::new(&flight.spec.endpoint) };
        } else if let Some(pace) = self.refreshes.paces.get_mut(key) {
            (pace.failures, pace.until, pace.error) = (0, Instant(0), None);
            if now >= pace.next && pace.may_reset(now) {
                self.refreshes.paces.remove(key);
            }
        }
    }

    /// A flight has failed: if it was to refresh something, its key is in backoff.
    pub(super) fn refresh_failed(&mut self, flight: &Flight, failed: &Failed) {
        let Some(key) = flight.spec.shared_key() else { return };
        let observes = |id: &OpId| self.is_observer(*id);
        let is_refresh = flight.refresh || flight.renews || flight.waiters.iter().any(observes);
        match failed.class {
            // There is a state of its own for that, or nothing left to refresh.
            Class::SignIn | Class::Evicting => return,
            Class::Transient | Class::Other if !is_refresh => return,
            Class::Transient | Class::Other => {}
        }
        let now = self.now.boot;
        let pace = self.refreshes.pace(key, &flight.spec.endpoint, now);
        pace.failures = pace.failures.saturating_add(1);
        let failures = pace.failures;
        let wait = backoff(failures, &mut self.random);
        let wait = if planted(Fault::BackoffIsForgotten) { Duration::ZERO } else { wait };
        let pace = self.refreshes.pace(key, &flight.spec.endpoint, now);
        pace.until = now.after(wait);
        pace.error = Some(Box::new(failed.error.clone()));
        pace.transient = failed.class == Class::Transient;
        if flight.refresh {
            pace.next = now.after(SHORTEST_PAUSE);
        }
        self.event(Event::RefreshBackoff { method: flight.spec.method.id, wait });
    }

    /// The network is another one, or an endpoint can be reached again: backoffs end, each after a random part of its
    /// first step. Each at most once in 10 s, however often the network changes.
    pub(super) fn end_backoffs(&mut self, endpoint: Option<&Endpoint>) {
        let now = self.now.boot;
        for pace in self.refreshes.paces.values_mut() {
            let is_meant = endpoint.is_none_or(|endpoint| pace.endpoint == *endpoint);
            if is_meant && now < pace.until && pace.may_reset(now) {
                pace.failures = 0;
                pace.until = pace.until.min(now.after(cut_short(&mut self.random)));
                pace.reset = Some(now);
            }
        }
        for id in self.observers_in_order(|operation| {
            endpoint.is_none_or(|endpoint| operation.spec.endpoint == *endpoint)
        }) {
            self.hurry_observer(id);
        }
    }

    /// Why row 2 or 3 is served without a flight, if C9 says so.
    pub(super) fn backoff_error(&self, spec: &Spec) -> Option<Error> {
        self.refreshes.in_backoff(spec.key.as_ref()?, self.now.boot)
    }

    /// Why row 3 is served without a flight: its key is in backoff, and its method does not wait or fail instead (C2).
    pub(super) fn backoff_serves(&self, spec: &Spec) -> Option<Error> {
        match spec.method.offline {
            OfflineMode::Wait | OfflineMode::FailFast => None,
            OfflineMode::Default | OfflineMode::ServeStale { .. } => {
                let pace = self.refreshes.paces.get(spec.key.as_ref()?)?;
                let error = self.backoff_error(spec).filter(|_| pace.transient)?;
                (!planted(Fault::BackoffServesNothing)).then_some(error)
            }
        }
    }

    /// Row 2: starts or joins a refresh that nobody waits for, if there may be one now. What is served meanwhile.
    pub(super) fn refresh_behind(
        &mut self,
        spec: &Arc<Spec>,
        want: Detail,
        priority: Priority,
        snapshot: Snapshot,
    ) -> Snapshot {
        // In the background nothing is begun that waits for better times.
        let is_deferred = self.deferral(spec, priority).is_some();
        let is_too_early = self.refresh_permitted_at(spec).is_some()
            || !self.refreshes.has_room()
            || (is_deferred && self.rests());
        let is_too_early = is_too_early && !self.could_join(spec, want) && !planted(Fault::RefreshStorm);
        if self.is_paused() || is_too_early {
            return Snapshot { error: self.backoff_error(spec).map(Box::new), ..snapshot };
        }
        self.event(Event::Refreshing { method: spec.method.id });
        let ticket = Ticket {
            want,
            priority,
            waiter: None,
            unsent_only: false,
            renews: true,
            refresh: true,
            insists: false,
        };
        self.fly(spec, &ticket);
        Snapshot { refreshing: true, ..snapshot }
    }

    /// When an observer may refresh by itself; `None`: now.
    pub(super) fn refresh_permitted_at(&self, spec: &Spec) -> Option<Instant> {
        self.refreshes.permitted_at(spec.shared_key()?, self.now.boot)
    }
}
