//! Flights: joined, sent, answered, failed, left.

use std::collections::BTreeMap;

use holdover_testkit::vector::{Abort, ErrorOut, Message, Out, PartWord, Raise, Send, Span};

use super::entry::{Moment, tags};
use super::holds::Held;
use super::method::{Method, Tags};
use super::retries::Retries;
use super::{Model, Partition, Skip};
use crate::message;

/// What a flight is made of.
#[derive(Clone, Debug)]
pub(super) struct NewFlight {
    pub(super) account: String,
    pub(super) endpoint: String,
    pub(super) partition: Partition,
    pub(super) method: &'static Method,
    pub(super) request: Vec<u8>,
    /// Ambient and per call.
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) own_authorization: bool,
    /// Where the answer is stored; unset: nowhere, and nobody joins.
    pub(super) key: Option<String>,
    /// Where its callers read.
    pub(super) reads: Option<String>,
    pub(super) reduced: bool,
    pub(super) background: bool,
    /// Nobody waits for it: row 2's, or an observer's that shows something (reading 62).
    pub(super) refresh: bool,
    /// The user has pulled: it is not deferred.
    pub(super) insists: bool,
}

/// A flight.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) id: u64,
    pub(super) what: NewFlight,
    pub(super) account: String,
    pub(super) partition: Partition,
    pub(super) started: u64,
    pub(super) launched: i128,
    pub(super) deadline: i128,
    pub(super) held: Option<Held>,
    pub(super) was_deferred: bool,
    /// Nobody has ever waited for it (C9).
    pub(super) behind: bool,
    /// An entry was stored when it started (reading 15).
    pub(super) renews: bool,
    pub(super) waiters: Vec<String>,
    pub(super) air: Option<Air>,
    pub(super) last_sent: Option<Moment>,
    pub(super) repeated: bool,
    pub(super) retries: Retries,
}

/// An attempt on its way.
#[derive(Clone, Debug)]
pub(super) struct Air {
    pub(super) n: u64,
    pub(super) sent: Moment,
    pub(super) deadline: i128,
    pub(super) head: bool,
    /// The path that it takes is an old one then.
    pub(super) cut_at: i128,
    pub(super) credentials: Option<BTreeMap<String, String>>,
}

impl Flight {
    pub(super) fn has_credentials(&self) -> bool {
        self.what.partition != Partition::Device && !self.what.own_authorization
    }
}

impl Model {
    pub(super) fn flight(&self, id: u64) -> &Flight {
        self.flights.iter().find(|flight| flight.id == id).expect("flights are looked up while they live")
    }

    pub(super) fn flight_mut(&mut self, id: u64) -> &mut Flight {
        self.flights.iter_mut().find(|flight| flight.id == id).expect("flights are looked up while they live")
    }

    pub(super) fn in_air(&self, n: u64) -> Option<u64> {
        self.flights
            .iter()
            .find(|flight| flight.air.as_ref().is_some_and(|air| air.n == n))
            .map(|flight| flight.id)
    }

    /// C6 and D3.
    pub(super) fn fly(
        &mut self,
        new: NewFlight,
        waiter: Option<&str>,
        unsent_only: bool,
    ) -> Result<(), Skip> {
        let joined = self.joinable(&new, unsent_only);
        let id = if let Some(id) = joined {
            let flight = self.flight_mut(id);
            flight.waiters.extend(waiter.map(str::to_owned));
            flight.behind &= new.refresh;
            flight.what.insists |= new.insists;
            if flight.what.background && !new.background {
                flight.what.background = false;
                if let Some(n) = flight.air.as_ref().map(|air| air.n) {
                    self.outs.push(Out::Raise(Raise { n }));
                }
            }
            id
        } else {
            self.names += 1;
            let renews = new.reads.as_ref().is_some_and(|key| {
                self.entries.iter().any(|entry| entry.partition == new.partition && entry.key == *key)
            });
            self.flights.push(Flight {
                id: self.names,
                account: new.account.clone(),
                partition: new.partition.clone(),
                started: self.order,
                launched: self.now,
                deadline: i128::MAX,
                held: None,
                was_deferred: false,
                renews,
                behind: new.refresh,
                waiters: waiter.iter().map(|op| (*op).to_owned()).collect(),
                air: None,
                last_sent: None,
                repeated: false,
                retries: Retries::default(),
                what: new,
            });
            self.names
        };
        if let Some(call) = self.calls.iter_mut().find(|call| Some(call.op.as_str()) == waiter) {
            call.flight = id;
        }
        if let Some(observer) = waiter.and_then(|op| self.observer_mut(op)) {
            observer.flight = Some(id);
        }
        let flight = self.flight(id);
        match flight.held {
            None if joined.is_none() => self.launch(id),
            Some(Held::Deferred(_)) if !flight.what.background || flight.what.insists => self.let_go(id),
            Some(Held::Turn) if !flight.behind => self.let_go(id),
            _ => Ok(()),
        }
    }

    /// The flight that somebody joins who wants this now.
    pub(super) fn joinable(&self, new: &NewFlight, unsent_only: bool) -> Option<u64> {
        let key = new.key.as_ref()?;
        let flights = self.flights.iter().rev();
        let mut same = flights
            .filter(|flight| flight.what.key.as_ref() == Some(key))
            .filter(|flight| flight.partition == new.partition && flight.what.reduced == new.reduced)
            .filter(|flight| !(unsent_only && flight.last_sent.is_some()))
            .filter(|flight| !self.outdated(flight));
        same.next().map(|flight| flight.id)
    }

    /// Row 2's unawaited refresh, if C9 permits one. Whether there is one, and why not if the last one failed.
    pub(super) fn refresh_behind(&mut self, new: NewFlight) -> Result<(bool, Option<ErrorOut>), Skip> {
        let key = new.key.clone().unwrap_or_default();
        let backoff = self.backoff(&new.partition, &key)?;
        let joins = self.joinable(&new, false).is_some();
        let waits = self.rests() && self.deferral(new.method, new.background).is_some();
        if !joins && (waits || backoff.is_some() || self.is_too_soon(&new.partition, &key)) {
            return Ok((false, backoff.map(|backoff| backoff.error)));
        }
        self.fly(new, None, false)?;
        Ok((true, None))
    }

    /// Something that the flight's entry depends on was invalidated after its start.
    fn outdated(&self, flight: &Flight) -> bool {
        let known = tags(flight.what.method.tags, &flight.what.request, &[]);
        self.invalidations.iter().any(|invalidation| {
            invalidation.order > flight.started
                && (flight.partition == Partition::Device
                    || flight.partition == Partition::Account(invalidation.account.clone()))
                && (flight.what.method.tags == Tags::Driver || known.contains(&invalidation.tag))
        })
    }

    /// Sends a flight's request.
    pub(super) fn send(&mut self, id: u64, credentials: Option<BTreeMap<String, String>>) {
        self.order += 1;
        self.sends += 1;
        let (n, sent, now) = (self.sends, self.moment(), self.now);
        let is_plain = self.is_off(PartWord::Detail, self.flight(id).what.method);
        let flight = self.flight_mut(id);
        let what = &flight.what;
        let mut metadata = what.metadata.clone();
        metadata.extend(credentials.clone().unwrap_or_default());
        if let Some(detail) = what.method.detail.filter(|_| !is_plain) {
            match (detail.by_header, what.reduced) {
                (true, true) => {
                    let name = format!("reduced; plan={{plan {}}}", what.method.name);
                    metadata.insert("holdover-detail".into(), name);
                }
                (true, false) => {}
                (false, reduced) => {
                    let mask = if reduced { "cents,driver_id,first.id,id" } else { "*" };
                    metadata.insert("x-goog-fieldmask".into(), mask.into());
                }
            }
        }
        let timeout = what.method.attempt(what.background).min(flight.deadline - now);
        let out = Send {
            kind: None,
            n,
            method: what.method.name.into(),
            body: Message(what.request.clone()),
            metadata,
            endpoint: what.endpoint.clone(),
            priority: Some(if what.background { "BACKGROUND" } else { "INTERACTIVE" }.into()),
            timeout: Some(Span(timeout)),
        };
        flight.air =
            Some(Air { n, sent, deadline: now + timeout, head: false, cut_at: i128::MAX, credentials });
        flight.last_sent = Some(sent);
        self.outs.push(Out::Send(out));
    }

    pub(super) fn head(&mut self, n: u64) {
        let Some(id) = self.in_air(n) else { return };
        self.heard(&self.flight(id).what.endpoint.clone());
        if let Some(air) = &mut self.flight_mut(id).air {
            air.head = true;
        }
    }

    /// A waiter has left (C8, reading 15).
    pub(super) fn left(&mut self, id: u64, op: &str) {
        let Some(flight) = self.flights.iter_mut().find(|flight| flight.id == id) else { return };
        flight.waiters.retain(|waiter| waiter != op);
        let head = flight.air.as_ref().is_some_and(|air| air.head);
        // What has not been sent for want of a network is sent for nobody.
        let runs_on = flight.what.method.read
            && (flight.renews || head)
            && !matches!(flight.held, Some(Held::Offline | Held::Turn));
        if flight.waiters.is_empty() && !runs_on {
            let is_alone = self.no_one_joined_unseen(id);
            self.note(is_alone);
            self.abandon(id);
        }
    }

    /// Cancels a flight; a mutation that was sent may have had its effect (reading 16).
    pub(super) fn abandon(&mut self, id: u64) {
        let flight = self.take(id);
        if let Some(air) = &flight.air {
            self.outs.push(Out::Abort(Abort { n: air.n }));
            self.invalidate_by(&flight);
        }
    }

    pub(super) fn take(&mut self, id: u64) -> Flight {
        self.forget_question(id);
        let index = self.flights.iter().position(|flight| flight.id == id).expect("flights end once");
        let mut flight = self.flights.remove(index);
        // Observers are told in the order in which they began.
        flight.waiters.sort_by_key(|op| self.observers.iter().position(|observer| observer.op == *op));
        flight
    }

    pub(super) fn invalidate_by(&mut self, flight: &Flight) {
        if let Some(prefix) = flight.what.method.invalidates {
            let value = message::text(&flight.what.request, 1).unwrap_or_default();
            self.invalidate(&flight.account, &format!("{prefix}:{value}"));
        }
    }
}
