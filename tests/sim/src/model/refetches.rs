//! When observers fetch again (B4, C9, D1, F8).

use holdover_testkit::vector::{Account, CacheMode, ErrorOut, Out};

use super::observers::{Observer, State, Why};
use super::{Model, Partition, Skip, error};

/// When something came out of the engine, and its place among all that did: the order of what is due at the same instant
/// (reading 1).
pub(super) type Sighting = (i128, usize);

impl Model {
    /// Fetches again what is shown.
    pub(super) fn refetch(&mut self, op: &str) -> Result<(), Skip> {
        let shows_nothing =
            self.observer(op).is_some_and(|observer| matches!(observer.shown, None | Some(State::Loading)));
        self.refetch_because(op, if shows_nothing { Why::Awaited } else { Why::Refresh })
    }

    pub(super) fn refetch_because(&mut self, op: &str, why: Why) -> Result<(), Skip> {
        let Some(observer) = self.observer(op).cloned() else { return Ok(()) };
        let placed = self.standing(op)?;
        if self.is_barred(&observer) {
            if placed.is_none_or(|placed| placed.row != 1) {
                self.show_failed(op, error("SIGN_IN_REQUIRED"));
            }
            return Ok(());
        }
        if observer.call.cache == CacheMode::CacheOnly {
            self.show_cache_only(op, placed.as_ref());
            return Ok(());
        }
        if self.is_offline() && why != Why::Pulled {
            let placed = placed.filter(|_| observer.call.cache != CacheMode::NetworkOnly);
            return self.show_offline(op, placed.as_ref());
        }
        self.fetch(op, why)?;
        self.show_refreshing(op)
    }

    /// What is shown is not fresh any more.
    pub(super) fn cross(&mut self, op: &str) -> Result<(), Skip> {
        let observer = self.observer_mut(op).expect("its timer has just fired");
        observer.crossing = None;
        let observer = observer.clone();
        if observer.flight.is_some() {
            return self.show_refreshing(op);
        }
        if !self.is_offline() && !self.is_permitted(&observer)? {
            if let Some(placed) = self.standing(op)? {
                let backoff = self.backoff(&observer.partition, &observer.key)?;
                let failed = backoff.map(|b| ErrorOut { will_retry: Some(true), ..b.error });
                self.show_at_best_stale(op, &placed, false, failed);
            }
            self.fetch_when_permitted(op);
            return Ok(());
        }
        self.refetch(op)
    }

    /// An observer that shows a failure, and waits for the end of a backoff, may have joined a flight without a sign: whether
    /// it shares its failure is not known.
    pub(super) fn no_one_joined_unseen(&self, id: u64) -> Result<(), Skip> {
        let flight = self.flight(id);
        let may_have_joined = |observer: &Observer| {
            let key = flight.what.key.as_deref().unwrap_or_default();
            let shows_failed = matches!(observer.shown, Some(State::Failed(_)));
            shows_failed && observer.watches(&flight.partition, key)
        };
        if self.may_be_permitted().any(may_have_joined) { Err(Skip) } else { Ok(()) }
    }

    /// Whether C9 lets an observer fetch by itself.
    fn is_permitted(&self, observer: &Observer) -> Result<bool, Skip> {
        let (partition, key) = (&observer.partition, &observer.key);
        Ok(self.backoff(partition, key)?.is_none() && !self.is_too_soon(partition, key))
    }

    /// B4: it fetches when C9 permits, if the app is in the foreground then.
    pub(super) fn fetch_when_permitted(&mut self, op: &str) {
        let is_seen = self.background_since.is_none();
        if let Some(observer) = self.observer_mut(op) {
            observer.waits = is_seen;
        }
    }

    /// C9 permits it.
    pub(super) fn permitted(&mut self, op: &str, is_random: bool) -> Result<(), Skip> {
        let observer = self.observer_mut(op).expect("its time has just come");
        observer.waits = false;
        let observer = observer.clone();
        let alone = |observer: &Observer| observer.call.cache == CacheMode::NetworkOnly;
        let differs = |other: &&Observer| {
            let want = |of: &Observer| (self.want(of.method, &of.call).reduced, of.background);
            other.watches(&observer.partition, &observer.key)
                && other.waits
                && (alone(other) || alone(&observer) || want(other) != want(&observer))
        };
        if self.observers.iter().any(|other| differs(&other)) {
            // Both may fetch now, by flights of their own: which is sent first is not said.
            return Err(Skip);
        }
        if observer.flight.is_some() {
            return Ok(());
        }
        let outs = self.outs.len();
        self.refetch(op)?;
        let flight = self.observer(op).and_then(|observer| observer.flight);
        // It waits with others, or for something else: nobody sees since when.
        if is_random && flight.is_some() && self.outs.len() == outs { Err(Skip) } else { Ok(()) }
    }

    /// F8: what is reduced on the screen is fetched in full.
    pub(super) fn restore(&mut self) -> Result<(), Skip> {
        let reduced = |observer: &Observer| {
            matches!(&observer.shown, Some(State::Value(shown)) if shown.detail.is_some())
                && observer.method.detail.is_some_and(|detail| detail.restore)
                && observer.call.detail.is_none()
                && observer.call.cache != CacheMode::CacheOnly
                && !self.want(observer.method, &observer.call).reduced
        };
        for op in self.observers_that(reduced) {
            if let Some(observer) = self.observer_mut(&op) {
                observer.want.reduced = false;
            }
            self.refetch_because(&op, Why::Restore)?;
        }
        Ok(())
    }

    /// On reconnect or foreground: what is stale or has failed is fetched again.
    pub(super) fn renew(&mut self, observers: &[String]) -> Result<(), Skip> {
        for op in observers {
            let Some(observer) = self.observer(op).filter(|observer| observer.flight.is_none()).cloned()
            else {
                continue;
            };
            let (has_failed, shows_failed) = match &observer.shown {
                Some(State::Value(shown)) => (shown.error.is_some(), false),
                Some(State::Failed(_)) => (true, true),
                Some(State::Loading) | None => continue,
            };
            match self.standing(op)? {
                Some(placed) if placed.row == 1 && !has_failed => self.set_crossing(op, placed.age, false),
                None if !has_failed && !shows_failed => {}
                _ => self.refetch(op)?,
            }
        }
        Ok(())
    }

    /// The network is back at every endpoint: waiting calls have gone first.
    pub(super) fn renew_reconnected(&mut self) -> Result<(), Skip> {
        if self.background_since.is_some() {
            return Ok(());
        }
        for endpoint in ["prod", "test"] {
            let theirs =
                |observer: &Observer| observer.session.config.endpoint() == endpoint && !observer.waits;
            let ready = self.in_order(self.observers_that(theirs));
            self.renew(&ready)?;
        }
        Ok(())
    }

    /// D1: observers of what is outdated now fetch it again, and wait for a flight that knows (reading 18).
    pub(super) fn refetch_outdated(&mut self, account: &str, tag: &str) -> Result<(), Skip> {
        let theirs = |observer: &Observer| {
            observer.partition == Partition::Device
                || observer.partition == Partition::Account(account.into())
        };
        for op in self.in_order(self.observers_that(theirs)) {
            let observer = self.observer(&op).expect("it is there").clone();
            let is_outdated = match observer.flight {
                Some(_) => {
                    let mut known = super::entry::tags(observer.method.tags, &observer.call.request.0, &[]);
                    if observer.reads {
                        let stored = self.entries.iter().filter(|e| observer.watches(&e.partition, &e.key));
                        known.extend(stored.flat_map(|entry| entry.tags.clone()));
                    }
                    // Every flight started before the invalidation, which has just been.
                    known.iter().any(|known| known == tag)
                }
                None => self.standing(&op)?.is_some_and(|placed| placed.invalidated),
            };
            if is_outdated {
                self.refetch(&op)?;
            }
        }
        Ok(())
    }

    /// Observers that wait for the end of a random backoff, which may be over.
    pub(super) fn may_be_permitted(&self) -> impl Iterator<Item = &Observer> {
        let open = |(from, until, _): &(i128, i128, String)| *from <= self.now && from < until;
        let open: Vec<String> = self.permits().into_iter().filter(open).map(|(.., op)| op).collect();
        self.observers.iter().filter(move |observer| open.contains(&observer.op))
    }

    /// An observer may have a flight already that waits for the network, or for a better one: nobody sees that.
    pub(super) fn nobody_waits_unseen(&self) -> Result<(), Skip> {
        let may_wait = |observer: &Observer| {
            self.is_offline() || self.deferral(observer.method, observer.background).is_some()
        };
        if self.may_be_permitted().any(may_wait) { Err(Skip) } else { Ok(()) }
    }

    /// When an observer that waits for C9 fetches: the earliest, and the latest; told apart by what the engine did.
    pub(super) fn permits(&self) -> Vec<(i128, i128, String)> {
        let waiting = self.observers.iter().filter(|observer| observer.waits);
        waiting
            .map(|observer| {
                let (from, until) = self.permitted_between(&observer.partition, &observer.key);
                (from, until.max(self.now), observer.op.clone())
            })
            .collect()
    }

    /// When the engine did something for an observer, between these times and at neither.
    pub(super) fn first_sign_of(&self, op: &str, from: i128, until: i128) -> Option<Sighting> {
        let observer = self.observer(op)?;
        let account = &observer.session.account;
        let (endpoint, method) = (observer.session.config.endpoint(), observer.method.name);
        let is_its = |out: &Out| match out {
            Out::To(delivery) => delivery.to == op,
            Out::Send(send) => {
                send.method == observer.method.name
                    && send.body == observer.call.request
                    && send.endpoint == observer.session.config.endpoint()
                    && observer.is_sent_with(&send.metadata)
                    && (observer.partition == Partition::Device
                        || self.carries(account, endpoint, method, &send.metadata))
            }
            Out::Raise(raised) => self.flights.iter().any(|flight| {
                flight.air.as_ref().is_some_and(|air| air.n == raised.n)
                    && observer.watches(&flight.partition, flight.what.key.as_deref().unwrap_or_default())
            }),
            Out::Ask(ask) => {
                ask.account == Account::User(observer.session.account.clone())
                    && ask.method == observer.method.name
                    && ask.endpoint == observer.session.config.endpoint()
            }
            _ => false,
        };
        self.seen_between(from, until, is_its)
    }

    /// What first came out of the engine that matches: not before `from`, and before `until`, when something else is due.
    pub(super) fn seen_between(
        &self,
        from: i128,
        until: i128,
        is_its: impl Fn(&Out) -> bool,
    ) -> Option<Sighting> {
        let outs = self.seen.iter().flatten().enumerate();
        outs.filter(|(_, (at, _))| from <= *at && (*at > self.now || (*at == self.now && *at == from)))
            .filter(|(_, (at, out))| (*at < until || *at == from) && *at <= until && is_its(out))
            .map(|(place, (at, _))| (*at, place))
            .min()
    }
}
