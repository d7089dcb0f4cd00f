//! Flights that are held back: until there is a network (rule I1), or a better one (rule I2).

use holdover_testkit::vector::CacheMode;

use super::flights::Flight;
use super::method::{Method, Offline, S};
use super::{Model, Skip, error};

/// How many refreshes fly at once that nobody waits for.
const AT_ONCE: usize = 4;

/// Why a flight has not been sent yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    /// There is no network.
    Offline,
    /// The network is poor; at most until then.
    Deferred(i128),
    /// Other refreshes are on their way (C9).
    Turn,
}

impl Model {
    pub(super) fn is_offline(&self) -> bool {
        self.quality == 0
    }

    /// For how long a call of this priority is deferred now, if it is.
    pub(super) fn deferral(&self, method: &Method, background: bool) -> Option<i128> {
        method.defer_at_most.filter(|_| background && self.quality <= 2)
    }

    /// Whether a call that nothing may be served to waits for the network, instead of ending OFFLINE (readings 63 and 64).
    pub(super) fn waits_offline(&self, method: &Method, background: bool) -> bool {
        let is_deferred = self.deferral(method, background).is_some();
        method.offline == Offline::Wait || (is_deferred && method.offline != Offline::FailFast)
    }

    /// Sends a flight, unless something holds it back. Its total begins when nothing does (reading 62).
    pub(super) fn launch(&mut self, id: u64) -> Result<(), Skip> {
        let flight = self.flight(id);
        let (method, background, was_deferred) =
            (flight.what.method, flight.what.background, flight.was_deferred);
        let insists = flight.what.insists;
        if flight.has_credentials() && method.read && self.sign_in_required(&flight.account.clone()) {
            return self.end_unsent(id, error("SIGN_IN_REQUIRED"), false);
        }
        let deferral = self.deferral(method, background).filter(|_| !was_deferred && !insists);
        if self.is_offline() && method.has_gate() {
            if method.offline == Offline::Wait {
                self.hold(id, Held::Offline);
                return Ok(());
            }
            if deferral.is_none() || method.offline == Offline::FailFast {
                for waiter in self.take(id).waiters {
                    self.kept_off(&waiter)?;
                }
                return Ok(());
            }
        }
        if let Some(wait) = deferral {
            self.hold(id, Held::Deferred(self.now + wait));
            return Ok(());
        }
        let flying = self.flights.iter().filter(|f| f.id != id && f.behind && f.held.is_none()).count();
        if self.flight(id).behind && flying >= AT_ONCE {
            self.hold(id, Held::Turn);
            return Ok(());
        }
        let now = self.now;
        let deadline = now + method.total(background);
        let flight = self.flight_mut(id);
        (flight.held, flight.launched, flight.deadline) = (None, now, deadline);
        self.depart(id);
        Ok(())
    }

    pub(super) fn hold(&mut self, id: u64, held: Held) {
        let flight = self.flight_mut(id);
        (flight.held, flight.deadline) = (Some(held), i128::MAX);
        if held == Held::Offline {
            // Nothing but row 1 is served meanwhile (rule C2).
            for call in self.calls.iter_mut().filter(|call| call.flight == id) {
                call.stale_at = None;
            }
        }
    }

    /// What held a flight back is over.
    pub(super) fn let_go(&mut self, id: u64) -> Result<(), Skip> {
        let held = self.flight_mut(id).held.take();
        self.flight_mut(id).was_deferred |= matches!(held, Some(Held::Deferred(_)));
        self.launch(id)?;
        let is_sent = self.flights.iter().any(|flight| flight.id == id && flight.held.is_none());
        if held == Some(Held::Offline) && is_sent {
            self.set_stale_after(id)?;
        }
        Ok(())
    }

    /// The network is asked now: row 3 is served when it is slow.
    fn set_stale_after(&mut self, id: u64) -> Result<(), Skip> {
        let waiting: Vec<usize> = (0..self.calls.len()).filter(|at| self.calls[*at].flight == id).collect();
        for at in waiting {
            let call = self.calls[at].clone();
            let (Some(key), Some(cache)) = (&call.key, &call.method.cache) else { continue };
            if call.cache == CacheMode::NetworkOnly {
                continue;
            }
            self.clock_is_clear()?;
            let best = self.best(&call.partition, key, cache, call.want);
            if best.is_some_and(|placed| placed.row == 3 && !placed.invalidated) {
                self.calls[at].stale_at = Some(self.now + cache.stale_after(call.deadline - self.now));
            }
        }
        Ok(())
    }

    /// A flight is not sent because there is no network any more: who waits for it follows the offline mode.
    fn kept_off(&mut self, op: &str) -> Result<(), Skip> {
        let Some(at) = self.calls.iter().position(|call| call.op == op) else {
            if let Some(observer) = self.observer_mut(op) {
                observer.flight = None;
            }
            return self.refetch(op);
        };
        let call = self.calls.remove(at);
        let found = match (&call.key, &call.method.cache) {
            (Some(key), Some(cache)) if call.cache != CacheMode::NetworkOnly => {
                self.clock_is_clear()?;
                self.best(&call.partition, key, cache, call.want).filter(|placed| placed.row <= 3)
            }
            _ => None,
        };
        match found {
            Some(placed) if placed.row == 1 => self.serve(op, call.prefetch, &placed, false, None),
            Some(_) if call.method.offline != Offline::Default => return Err(Skip),
            Some(placed) => self.serve(op, call.prefetch, &placed, false, Some(error("OFFLINE"))),
            None => self.fail(op, error("OFFLINE")),
        }
        Ok(())
    }

    /// The app says how good the network is.
    pub(super) fn set_quality(&mut self, quality: u8) -> Result<(), Skip> {
        self.nobody_waits_unseen()?;
        let before = std::mem::replace(&mut self.quality, quality);
        let is_back = before == 0 && quality > 0;
        let waiting = self.held(|held| is_back && held == Held::Offline);
        let mut deferred = self.held(|held| matches!(held, Held::Deferred(_)));
        deferred.retain(|id| {
            let what = &self.flight(*id).what;
            self.deferral(what.method, what.background).is_none()
        });
        let go: Vec<u64> = waiting.iter().chain(&deferred).copied().collect();
        let endpoint = |flight: &u64| self.flight(*flight).what.endpoint.clone();
        // Whose turn it is of two endpoints', and how fast a hook is, is nobody's business.
        let is_unlike =
            |id: &u64| endpoint(id) != endpoint(&go[0]) || self.has_to_ask(*id) != self.has_to_ask(go[0]);
        if go.iter().any(is_unlike) {
            return Err(Skip);
        }
        for id in waiting {
            self.let_go(id)?;
        }
        if is_back {
            self.cut_backoffs();
            self.renew_reconnected()?;
        }
        for id in deferred {
            if self.flights.iter().any(|flight| flight.id == id && flight.held.is_some()) {
                self.let_go(id)?;
            }
        }
        // What is shown is had in full after them.
        if before == quality { Ok(()) } else { self.restore() }
    }

    /// What follows from what has happened: refreshes get their turns, and hooks answer.
    pub(super) fn settle(&mut self) -> Result<(), Skip> {
        self.give_turns()?;
        loop {
            let now = self.now;
            let due = self.permits().into_iter().find(|(_, until, _)| *until <= now);
            if let Some((.., op)) = due {
                // What kept it from fetching is over: something has come.
                self.permitted(&op, false)?;
            } else if !self.answer_automatically() {
                return Ok(());
            }
            self.give_turns()?;
        }
    }

    /// Refreshes whose turn it is (reading 62).
    fn give_turns(&mut self) -> Result<(), Skip> {
        loop {
            let flying = self.flights.iter().filter(|f| f.behind && f.held.is_none()).count();
            let is_full = flying >= AT_ONCE;
            if std::mem::replace(&mut self.is_full, is_full) && !is_full {
                // An observer may have been waiting for its turn, which nobody sees.
                let may_wait = self.may_be_permitted().next().is_some();
                self.undecided |= may_wait;
            }
            let Some(next) = self.held(|held| held == Held::Turn).first().copied() else { return Ok(()) };
            if is_full {
                return Ok(());
            }
            self.let_go(next)?;
        }
    }

    /// INTERACTIVE first, then oldest.
    fn held(&self, why: impl Fn(Held) -> bool) -> Vec<u64> {
        let mut held: Vec<&Flight> =
            self.flights.iter().filter(|flight| flight.held.is_some_and(&why)).collect();
        held.sort_by_key(|flight| (flight.what.background, flight.id));
        held.into_iter().map(|flight| flight.id).collect()
    }

    /// A call that waits for the network does so again if it has lost it on its way, and may be sent twice (reading 63).
    pub(super) fn waits_again(&mut self, id: u64, is_lost: bool, proof: bool) -> bool {
        let flight = self.flight(id);
        // The user wants to know now (B5).
        let insists = flight.what.insists;
        let waits = flight.what.method.offline == Offline::Wait && !insists && !flight.waiters.is_empty();
        let again = waits && is_lost && (proof || flight.what.method.read) && self.is_offline();
        if again {
            self.hold(id, Held::Offline);
        }
        again
    }
}

impl super::method::Cache {
    /// Reading 4, with so much of the caller's wait left.
    pub(super) fn stale_after(&self, remaining: i128) -> i128 {
        match self.stale_after {
            Some(given) if given < remaining => given,
            Some(_) => remaining / 2,
            None => (remaining / 2).min(S),
        }
    }
}
