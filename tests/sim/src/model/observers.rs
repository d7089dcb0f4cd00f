//! Observers: when they fetch, and what they wait for (B3 to B5, F8).

use std::collections::BTreeMap;

use holdover_testkit::vector::{CacheMode, Call, Delivery, ErrorOut, PartWord, Refresh};

use super::calls::Waiting;
use super::entry::{Placed, Want};
use super::flights::NewFlight;
use super::method::{Cache, Method, Offline, S};
use super::{Model, OpenSession, Partition, Skip, error};

/// An observer.
#[derive(Clone, Debug)]
pub(super) struct Observer {
    pub(super) op: String,
    pub(super) call: Call,
    /// As it was when observing began.
    pub(super) session: OpenSession,
    pub(super) method: &'static Method,
    pub(super) cache: Cache,
    pub(super) partition: Partition,
    pub(super) key: String,
    pub(super) want: Want,
    pub(super) background: bool,
    /// It has read what is stored: `network_only` does so when something has come.
    pub(super) reads: bool,
    pub(super) flight: Option<u64>,
    pub(super) shown: Option<State>,
    /// When what it shows is not fresh any more.
    pub(super) crossing: Option<(i128, u64)>,
    /// It fetches as soon as C9 permits.
    pub(super) waits: bool,
    /// It fetches when the app is back.
    pub(super) postponed: bool,
}

/// What an observer shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Loading,
    Value(Box<Delivery>),
    Failed(ErrorOut),
}

/// Why an observer fetches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Why {
    /// It shows nothing.
    Awaited,
    /// What it shows is to be renewed.
    Refresh,
    /// What it shows is to be had in full (F8).
    Restore,
    /// The user has pulled (B5).
    Pulled,
}

impl Observer {
    /// Whether a request with this metadata says what the session says.
    pub(super) fn is_sent_with(&self, metadata: &BTreeMap<String, String>) -> bool {
        self.session.config.metadata.iter().all(|(name, value)| metadata.get(name) == Some(value))
    }

    /// Whether it watches this entry.
    pub(super) fn watches(&self, partition: &Partition, key: &str) -> bool {
        self.partition == *partition && self.key == key
    }
}

impl Model {
    pub(super) fn observer(&self, op: &str) -> Option<&Observer> {
        self.observers.iter().find(|observer| observer.op == op)
    }

    pub(super) fn observer_mut(&mut self, op: &str) -> Option<&mut Observer> {
        self.observers.iter_mut().find(|observer| observer.op == op)
    }

    /// Those that match, in the order in which they began.
    pub(super) fn observers_that(&self, matches: impl Fn(&Observer) -> bool) -> Vec<String> {
        self.observers
            .iter()
            .filter(|observer| matches(observer))
            .map(|observer| observer.op.clone())
            .collect()
    }

    pub(super) fn observe(&mut self, call: &Call) -> Result<(), Skip> {
        let method = Method::named(&call.method);
        let session = self.session(call.session.as_ref());
        if session.signed_out {
            self.fail(&call.op, error("SIGNED_OUT"));
            return Ok(());
        }
        let Some(cache) = method.cache else {
            self.fail(&call.op, error("MISUSE"));
            return Ok(());
        };
        if !call.metadata.is_empty() {
            // What has a flight of its own is not stored: what its observer is shown later, the rules hardly say.
            return Err(Skip);
        }
        if self.is_off(PartWord::Cache, method) {
            // What they show and fetch then, vectors say.
            return Err(Skip);
        }
        let key = Self::key(&session, method, &call.request.0);
        let partition = Self::partition(method, &session.account);
        self.detail_is_clear(&partition, &key, method)?;
        let reads = call.cache != CacheMode::NetworkOnly;
        if reads {
            self.look_at(&partition, &key);
        } else if self.entries.iter().any(|e| e.key == key && e.partition == partition && e.unseen) {
            return Err(Skip);
        }
        self.observers.push(Observer {
            op: call.op.clone(),
            want: self.want(method, call),
            background: Self::background(call, method, false),
            call: call.clone(),
            session,
            method,
            cache,
            partition,
            key,
            reads,
            flight: None,
            shown: None,
            crossing: None,
            waits: false,
            postponed: false,
        });
        self.begin_observing(&call.op)
    }

    /// The best that is stored for an observer.
    pub(super) fn standing(&self, op: &str) -> Result<Option<Placed>, Skip> {
        let Some(observer) = self.observer(op).filter(|observer| observer.reads) else { return Ok(None) };
        self.clock_is_clear_for(&observer.partition, &observer.key)?;
        Ok(self.best(&observer.partition, &observer.key, &observer.cache, observer.want))
    }

    /// B4: at once whatever may be shown; then as a get.
    fn begin_observing(&mut self, op: &str) -> Result<(), Skip> {
        let placed = self.standing(op)?;
        let observer = self.observer(op).expect("it has just begun").clone();
        let row = placed.as_ref().map_or(4, |placed| placed.row);
        if let Some(placed) = placed.as_ref().filter(|placed| placed.row == 1) {
            self.show_stored(op, placed, false, None);
            self.set_crossing(op, placed.age, false);
            return Ok(());
        }
        if self.is_barred(&observer) {
            self.show_failed(op, error("SIGN_IN_REQUIRED"));
            return Ok(());
        }
        if observer.call.cache == CacheMode::CacheOnly {
            self.show_cache_only(op, placed.as_ref());
            return Ok(());
        }
        if self.is_offline() {
            return self.show_offline(op, placed.as_ref());
        }
        match placed {
            Some(placed) if row <= 3 && self.waits_at_first(&observer, row)? => {
                let backoff = self.backoff(&observer.partition, &observer.key)?;
                let failed = backoff.map(|b| ErrorOut { will_retry: Some(true), ..b.error });
                self.show_stored(op, &placed, false, failed);
                self.fetch_when_permitted(op);
                Ok(())
            }
            Some(placed) if row <= 3 && !placed.invalidated => {
                self.show_stored(op, &placed, !self.rests(), None);
                self.fetch(op, Why::Refresh)
            }
            _ => {
                self.show(op, State::Loading);
                self.fetch(op, Why::Awaited)
            }
        }
    }

    /// What a get would be served without a flight, by C9 (row 2) or by C2 (row 3).
    fn waits_at_first(&self, observer: &Observer, row: u8) -> Result<bool, Skip> {
        let (partition, key) = (&observer.partition, &observer.key);
        let backoff = self.backoff(partition, key)?;
        Ok(match row {
            2 => {
                let joins = self.joinable(&self.flight_of(observer, Why::Refresh), false).is_some();
                !joins && (backoff.is_some() || self.is_too_soon(partition, key))
            }
            3 => {
                let serves = !matches!(observer.method.offline, Offline::FailFast | Offline::Wait);
                serves && backoff.is_some_and(|backoff| backoff.transient)
            }
            _ => false,
        })
    }

    fn flight_of(&self, observer: &Observer, why: Why) -> NewFlight {
        let key = Some(observer.key.clone());
        let background = observer.background || why == Why::Restore;
        let want = self.want(observer.method, &observer.call);
        let flight =
            Self::new_flight(&observer.call, &observer.session, (key.clone(), key), background, want.reduced);
        NewFlight {
            refresh: matches!(why, Why::Refresh | Why::Restore),
            insists: why == Why::Pulled,
            ..flight
        }
    }

    /// Puts an observer on a flight; it leaves the one that it was on.
    pub(super) fn fetch(&mut self, op: &str, why: Why) -> Result<(), Skip> {
        let rests = self.rests() && why != Why::Pulled;
        let Some(observer) = self.observer_mut(op) else { return Ok(()) };
        observer.waits = false;
        if rests {
            observer.postponed = true;
            return Ok(());
        }
        let (method, call, before) = (observer.method, observer.call.clone(), observer.flight.take());
        // Reading 22: what it asks for is decided anew.
        let want = self.want(method, &call);
        let observer = self.observer_mut(op).expect("it is there");
        observer.want = want;
        let observer = observer.clone();
        let flight = self.flight_of(&observer, why);
        let unsent_only = why == Why::Pulled || call.cache == CacheMode::NetworkOnly;
        self.fly(flight, Some(op), unsent_only)?;
        let now = self.observer(op).and_then(|observer| observer.flight);
        if let Some(before) = before.filter(|before| Some(*before) != now) {
            self.left(before, op);
        }
        Ok(())
    }

    /// A4: whether it may not ask the network.
    pub(super) fn is_barred(&self, observer: &Observer) -> bool {
        observer.partition != Partition::Device && self.sign_in_required(&observer.session.account)
    }

    /// When what is shown stops being fresh; an answer that is old on arrival is FRESH for a second (reading 28).
    pub(super) fn set_crossing(&mut self, op: &str, age: i128, arrived: bool) {
        self.names += 1;
        let (now, set, is_seen) = (self.now, self.names, self.background_since.is_none());
        let Some(observer) = self.observer_mut(op) else { return };
        (observer.crossing, observer.waits) = (None, false);
        let at_least = if arrived { S } else { 0 };
        let left = observer.cache.fresh - age;
        let mut wait = if left <= 0 { at_least } else { left };
        if let Some(max_age) = observer.want.max_age {
            wait = wait.min((max_age + 1 - age).max(at_least));
        }
        if is_seen && wait > 0 {
            observer.crossing = Some((now + wait, set));
        }
    }

    /// INTERACTIVE before BACKGROUND, then oldest.
    pub(super) fn in_order(&self, mut observers: Vec<String>) -> Vec<String> {
        observers.sort_by_key(|op| self.observer(op).is_some_and(|observer| observer.background));
        observers
    }

    /// B5: `refresh()`.
    pub(super) fn pull(&mut self, refresh: &Refresh) -> Result<(), Skip> {
        let Some(observer) = self.observer(&refresh.of).cloned() else {
            self.fail(&refresh.op, error("MISUSE"));
            return Ok(());
        };
        if self.is_barred(&observer) {
            self.fail(&refresh.op, error("SIGN_IN_REQUIRED"));
            return Ok(());
        }
        if observer.call.cache == CacheMode::CacheOnly || self.is_offline() {
            self.fail(&refresh.op, error("OFFLINE"));
            return Ok(());
        }
        self.refetch_because(&refresh.of, Why::Pulled)?;
        let Some(flight) = self.observer(&refresh.of).and_then(|observer| observer.flight) else {
            return Err(Skip);
        };
        self.flight_mut(flight).waiters.push(refresh.op.clone());
        self.calls.push(Waiting {
            op: refresh.op.clone(),
            account: observer.session.account.clone(),
            endpoint: observer.session.config.endpoint().into(),
            partition: observer.partition,
            method: observer.method,
            want: observer.want,
            cache: CacheMode::NetworkOnly,
            prefetch: false,
            flight,
            deadline: i128::MAX,
            stale_at: None,
            key: Some(observer.key),
        });
        Ok(())
    }

    /// B3: by cancelling; C8.
    pub(super) fn stop_observing(&mut self, op: &str) {
        let Some(at) = self.observers.iter().position(|observer| observer.op == op) else { return };
        if let Some(flight) = self.observers.remove(at).flight {
            self.left(flight, op);
        }
    }
}
