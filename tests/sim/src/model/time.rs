//! Time passes: what is due happens, in its order.

use holdover_testkit::vector::{Abort, Out};

use super::failures::Failure;
use super::flights::Flight;
use super::holds::Held;
use super::reach::Sign;
use super::retries::Verdict;
use super::states::said;
use super::{Model, Skip};

/// What happens at a time. Of what is due at the same instant, the rules name no order, but for crossings, which deliver
/// STALE at that very instant, and rows 3, which have been served when the caller's wait is over (reading 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// In the order in which they were set.
    Crossing(u64, String),
    StaleAfter(String),
    Flight(u64),
    /// Whether it was random when.
    Retry(u64, bool),
    Wait(String),
    Grace,
    /// C9 permits an observer to fetch. Whether it was random when.
    Permit(String, bool),
    Question(String),
}

impl Model {
    /// Everything that is due up to a time.
    pub(super) fn let_time_pass(&mut self, to: i128) -> Result<(), Skip> {
        while let Some((at, due)) = self.next_due(to) {
            self.now = at;
            self.order += 1;
            self.look_at_the_clock();
            match due {
                Due::Crossing(_, op) => self.cross(&op)?,
                Due::StaleAfter(op) => self.stale_after(&op)?,
                Due::Flight(id) if self.flight(id).held.is_some() => self.let_go(id)?,
                Due::Flight(id) if self.flight(id).air.as_ref().is_some_and(|air| air.cut_at == at) => {
                    self.drained(id)?;
                }
                Due::Flight(id) => self.too_long(id)?,
                Due::Retry(id, is_random) => self.retry(id, is_random)?,
                Due::Wait(op) => self.wait_over(&op),
                Due::Grace => self.grace_over()?,
                Due::Permit(op, is_random) => {
                    self.was_permitted(&op);
                    self.permitted(&op, is_random)?;
                }
                Due::Question(account) => self.give_up_question(&account)?,
            }
            self.settle()?;
            self.times.resize(self.outs.len(), at);
        }
        self.now = to;
        Ok(())
    }

    fn next_due(&self, to: i128) -> Option<(i128, Due)> {
        let mut dues: Vec<(i128, Due)> = Vec::new();
        for observer in &self.observers {
            dues.extend(observer.crossing.map(|(at, set)| (at, Due::Crossing(set, observer.op.clone()))));
        }
        for call in &self.calls {
            dues.extend(call.stale_at.map(|at| (at, Due::StaleAfter(call.op.clone()))));
            dues.push((call.deadline, Due::Wait(call.op.clone())));
        }
        for flight in &self.flights {
            dues.push((self.flight_due(flight), Due::Flight(flight.id)));
            if let Some((least, most)) = flight.retries.due {
                dues.push((most, Due::Retry(flight.id, least < most)));
            }
        }
        dues.extend(self.grace_ends().map(|at| (at, Due::Grace)));
        dues.extend(self.questions_give_up().into_iter().map(|(at, account)| (at, Due::Question(account))));
        for (from, until, op) in self.permits() {
            dues.push((until, Due::Permit(op, from < until)));
        }
        let next = dues.into_iter().filter(|(at, _)| *at <= to).min();
        // What is random is seen by what the engine did, where nothing else explains it.
        let until = next.as_ref().map_or(to, |(at, _)| *at);
        let seen = self.permits().into_iter().filter_map(|(from, latest, op)| {
            let (at, place) = self.first_sign_of(&op, from, until)?;
            Some((at, place, Due::Permit(op, from < latest)))
        });
        let retried = self.flights.iter().filter_map(|flight| {
            let (least, most) = flight.retries.due?;
            let (at, place) = self.first_retry_of(flight, least, until)?;
            Some((at, place, Due::Retry(flight.id, least < most)))
        });
        seen.chain(retried).min().map(|(at, _, due)| (at, due)).or(next)
    }

    /// When a flight or its attempt has taken too long, or its deferral or the way that it takes is over.
    fn flight_due(&self, flight: &Flight) -> i128 {
        let attempt = flight.air.as_ref().map_or(i128::MAX, |air| air.deadline.min(air.cut_at));
        let deferral = match flight.held {
            Some(Held::Deferred(until)) => until,
            Some(Held::Offline | Held::Turn) | None => i128::MAX,
        };
        flight.deadline.min(attempt).min(deferral)
    }

    /// An attempt has taken too long, or the flight has.
    fn too_long(&mut self, id: u64) -> Result<(), Skip> {
        self.no_tie(id)?;
        self.lost(id, Sign::NoContact);
        let is_total = self.flight(id).deadline == self.now;
        let launched = self.flight(id).launched;
        let air = self.flight_mut(id).air.take();
        if let Some(air) = &air {
            self.outs.push(Out::Abort(Abort { n: air.n }));
        }
        let words = match &air {
            Some(air) if !is_total => format!("attempt {}", self.now - air.sent.time),
            _ => format!("call {}", self.now - launched),
        };
        let failure = Failure {
            error: said("TIMEOUT", &words),
            transient: true,
            evicting: false,
            proof: air.is_none(),
            sign: if air.is_some() { Sign::NoContact } else { Sign::Nothing },
        };
        if is_total { self.end(id, &failure) } else { self.retry_or_end(id, &failure, &Verdict::timeout()) }
    }

    /// Where a call's wait and its flight are over at the same instant, the rules do not say which is first: that makes a
    /// difference if something stored could be served. So does which of two flights is, if one invalidates.
    pub(super) fn no_tie(&self, id: u64) -> Result<(), Skip> {
        let ends_now = |flight: &&Flight| flight.id == id || self.flight_due(flight) == self.now;
        let ending: Vec<&Flight> = self.flights.iter().filter(ends_now).collect();
        if ending.len() > 1 && ending.iter().any(|flight| flight.what.method.invalidates.is_some()) {
            return Err(Skip);
        }
        let tied = self.calls.iter().filter(|call| call.flight == id && call.deadline == self.now);
        let stored = |key: &String| self.entries.iter().any(|entry| entry.key == *key);
        if tied.filter_map(|call| call.key.as_ref()).any(stored) { Err(Skip) } else { Ok(()) }
    }
}
