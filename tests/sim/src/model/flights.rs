//! Flights: joined, sent, answered, failed, left.

use std::collections::BTreeMap;

use holdover_testkit::vector::{
    Abort, Answer, Breakage, Delivery, ErrorOut, Fail, Message, Out, Raise, Send, Span,
};

use super::entry::{Entry, Moment, tags};
use super::holds::Held;
use super::method::{Method, Tags};
use super::reach::{Sign, sign};
use super::retries::{Retries, Verdict, retry_after};
use super::{Model, Partition, Skip, error, span};
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
}

/// A flight.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) id: u64,
    pub(super) what: NewFlight,
    pub(super) account: String,
    pub(super) partition: Partition,
    started: u64,
    pub(super) deadline: i128,
    pub(super) held: Option<Held>,
    pub(super) was_deferred: bool,
    /// Nobody has ever waited for it (C9).
    pub(super) behind: bool,
    /// An entry was stored when it started (reading 15).
    renews: bool,
    pub(super) waiters: Vec<String>,
    pub(super) air: Option<Air>,
    last_sent: Option<Moment>,
    pub(super) repeated: bool,
    pub(super) retries: Retries,
}

/// An attempt on its way.
#[derive(Clone, Debug)]
pub(super) struct Air {
    n: u64,
    sent: Moment,
    deadline: i128,
    head: bool,
    pub(super) credentials: Option<BTreeMap<String, String>>,
}

/// How a flight ends without an answer.
pub(super) struct Failure {
    pub(super) error: ErrorOut,
    transient: bool,
    evicting: bool,
    /// Proof that a mutation was unsent or rejected.
    proof: bool,
    sign: Sign,
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

    fn in_air(&self, n: u64) -> Option<u64> {
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
            flight.behind &= waiter.is_none();
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
                deadline: i128::MAX,
                held: None,
                was_deferred: false,
                renews,
                behind: waiter.is_none(),
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
        let flight = self.flight(id);
        match flight.held {
            None if joined.is_none() => self.launch(id),
            Some(Held::Deferred(_)) if !flight.what.background => self.let_go(id),
            Some(Held::Turn) if !flight.behind => self.let_go(id),
            _ => Ok(()),
        }
    }

    /// The flight that somebody joins who wants this now.
    fn joinable(&self, new: &NewFlight, unsent_only: bool) -> Option<u64> {
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
        if !joins && (backoff.is_some() || self.is_too_soon(&new.partition, &key)) {
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
        let flight = self.flight_mut(id);
        let what = &flight.what;
        let mut metadata = what.metadata.clone();
        metadata.extend(credentials.clone().unwrap_or_default());
        if let Some(detail) = what.method.detail {
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
        flight.air = Some(Air { n, sent, deadline: now + timeout, head: false, credentials });
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
        let runs_on =
            flight.what.method.read && (flight.renews || head) && flight.held != Some(Held::Offline);
        if flight.waiters.is_empty() && !runs_on {
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
        self.flights.remove(index)
    }

    fn invalidate_by(&mut self, flight: &Flight) {
        if let Some(prefix) = flight.what.method.invalidates {
            let value = message::text(&flight.what.request, 1).unwrap_or_default();
            self.invalidate(&flight.account, format!("{prefix}:{value}"));
        }
    }

    pub(super) fn answer(&mut self, answer: &Answer) -> Result<(), Skip> {
        let Some(id) = self.in_air(answer.send) else { return Ok(()) };
        let endpoint = self.flight(id).what.endpoint.clone();
        self.heard(&endpoint);
        self.earn(&endpoint);
        if self.flight(id).has_credentials() {
            self.signed_in(id)?;
        }
        let air = self.flight_mut(id).air.take().expect("it was found by its attempt");
        if !message::has(&answer.body.0, 1) {
            if self.flight(id).what.method.invalidates.is_some() {
                let flight = self.take(id);
                self.invalidate_by(&flight);
                for waiter in &flight.waiters {
                    self.flight_failed(waiter, &unusable(), false, Sign::Contact)?;
                }
                return Ok(());
            }
            return self.end(
                id,
                &Failure {
                    error: unusable(),
                    transient: true,
                    evicting: false,
                    proof: false,
                    sign: Sign::Contact,
                },
            );
        }
        let flight = self.take(id);
        let what = &flight.what;
        // F5.
        let applied = answer.metadata.get("holdover-detail-applied").map(String::as_str);
        let dropped = message::has(&answer.body.0, 3) || message::has(&answer.body.0, 4);
        let reduced = match applied {
            Some("full") => false,
            Some(_) => true,
            None => what.reduced && !dropped,
        };
        if reduced && !what.reduced {
            return Err(Skip);
        }
        if let Some(key) = what.key.clone() {
            self.refresh_answered(&flight.partition, &key, flight.behind, self.now - air.sent.time);
        }
        let header_age =
            answer.metadata.get("age").and_then(|age| age.parse::<i128>().ok()).unwrap_or(0) * 1_000_000_000;
        if let (Some(key), Some(cache)) = (&what.key, &what.method.cache) {
            self.store(Entry {
                partition: flight.partition.clone(),
                key: key.clone(),
                reduced,
                value: answer.body.0.clone(),
                tags: tags(what.method.tags, &what.request, &answer.body.0),
                sent: air.sent,
                header_age,
                put: false,
                memory_only: cache.memory,
                unseen: false,
            });
        }
        self.invalidate_by(&flight);
        for waiter in &flight.waiters {
            let Some(index) = self.calls.iter().position(|call| call.op == *waiter) else { continue };
            let call = self.calls.remove(index);
            if call.prefetch {
                self.done(waiter);
                continue;
            }
            let last_known =
                call.key.as_ref().and_then(|key| self.last_known(&call.partition, key)).filter(|_| reduced);
            self.outs.push(Out::To(Delivery {
                to: waiter.clone(),
                value: Some(answer.body.clone()),
                source: Some("NETWORK".into()),
                freshness: Some("FRESH".into()),
                age: span(self.now - air.sent.time + header_age),
                as_of: span(air.sent.wall_ms * 1_000_000 - header_age),
                detail: reduced.then(|| "REDUCED".into()),
                last_known: last_known.map(Message),
                ..Delivery::default()
            }));
        }
        Ok(())
    }

    pub(super) fn failure(&mut self, fail: &Fail) -> Result<(), Skip> {
        let Some(id) = self.in_air(fail.send) else { return Ok(()) };
        let failure = understand(fail);
        self.lost(id, failure.sign);
        if fail.status.as_deref() == Some("UNAUTHENTICATED") && self.flight(id).has_credentials() {
            return self.refused(id);
        }
        self.flight_mut(id).air = None;
        self.retry_or_end(id, &failure, &Verdict::of(fail))
    }

    /// An attempt has failed: what that says of the endpoint.
    fn lost(&mut self, id: u64, sign: Sign) {
        let flight = self.flight(id);
        let endpoint = flight.what.endpoint.clone();
        if let Some(air) = &flight.air {
            let sent = air.sent.time;
            self.tried(&endpoint, sent, sign);
        }
    }

    /// An attempt has failed: the flight ends, unless it waits for the network.
    pub(super) fn end_or_wait(&mut self, id: u64, failure: &Failure) -> Result<(), Skip> {
        let is_lost = failure.transient && failure.sign.is_lost();
        if self.waits_again(id, is_lost, failure.proof) { Ok(()) } else { self.end(id, failure) }
    }

    /// A flight ends without an answer.
    fn end(&mut self, id: u64, failure: &Failure) -> Result<(), Skip> {
        let flight = self.take(id);
        if let (true, Some(key)) = (failure.evicting, &flight.what.key) {
            let sent = flight.last_sent.map_or(0, |sent| sent.order);
            let newer = self.entries.iter().any(|entry| {
                entry.partition == flight.partition
                    && entry.key == *key
                    && !entry.put
                    && entry.sent.order > sent
            });
            if !newer {
                self.evict(&flight.partition, key, sent);
            }
        }
        let signs_in = failure.error.kind == "SIGN_IN_REQUIRED";
        if let (Some(key), false) = (&flight.what.key, signs_in || failure.evicting)
            && (flight.renews || flight.behind)
        {
            self.refresh_failed(&flight.partition, key, flight.behind, &failure.error, failure.transient);
        }
        if !failure.proof && flight.last_sent.is_some() {
            self.invalidate_by(&flight);
        }
        for waiter in &flight.waiters {
            self.flight_failed(waiter, &failure.error, failure.transient, failure.sign)?;
        }
        Ok(())
    }

    /// A flight ends because its hook threw, or because the user has to sign in.
    pub(super) fn end_unsent(&mut self, id: u64, error: ErrorOut, transient: bool) -> Result<(), Skip> {
        self.flight_mut(id).air = None;
        self.end(id, &Failure { error, transient, evicting: false, proof: true, sign: Sign::Nothing })
    }

    /// Timers up to a time, in their order.
    pub(super) fn let_time_pass(&mut self, to: i128) -> Result<(), Skip> {
        self.hooks_answer_in_time(to)?;
        loop {
            let stale = self.calls.iter().filter_map(|call| Some((call.stale_at?, 0, call.op.clone())));
            let waits = self.calls.iter().map(|call| (call.deadline, 2, call.op.clone()));
            let flights = self.flights.iter().map(|flight| {
                let attempt = flight.air.as_ref().map_or(i128::MAX, |air| air.deadline);
                let deferral = match flight.held {
                    Some(Held::Deferred(until)) => until,
                    Some(Held::Offline | Held::Turn) | None => i128::MAX,
                };
                let retry = self.latest_retry(flight.id).unwrap_or(i128::MAX);
                (flight.deadline.min(attempt).min(deferral).min(retry), 1, flight.id.to_string())
            });
            let Some((at, kind, who)) = stale.chain(waits).chain(flights).filter(|(at, ..)| *at <= to).min()
            else {
                self.now = to;
                return Ok(());
            };
            self.now = at;
            self.order += 1;
            self.look_at_the_clock();
            match kind {
                0 => self.stale_after(&who)?,
                1 => {
                    let id = who.parse().expect("it was printed from a number");
                    if self.flight(id).held.is_some() {
                        self.let_go(id)?;
                    } else if self.latest_retry(id) == Some(at) {
                        self.retry(id)?;
                    } else {
                        self.too_long(id)?;
                    }
                }
                _ => self.wait_over(&who),
            }
            self.give_turns()?;
        }
    }

    /// An attempt has taken too long, or the flight has.
    fn too_long(&mut self, id: u64) -> Result<(), Skip> {
        self.no_tie(id)?;
        self.lost(id, Sign::NoContact);
        let is_total = self.flight(id).deadline == self.now;
        let air = self.flight_mut(id).air.take();
        if let Some(air) = &air {
            self.outs.push(Out::Abort(Abort { n: air.n }));
        }
        let failure = Failure {
            error: error("TIMEOUT"),
            transient: true,
            evicting: false,
            proof: air.is_none(),
            sign: if air.is_some() { Sign::NoContact } else { Sign::Nothing },
        };
        if is_total { self.end(id, &failure) } else { self.retry_or_end(id, &failure, &Verdict::timeout()) }
    }

    /// Where a call's wait and its flight are over at the same instant, the rules do not say which is first: that makes a
    /// difference if something stored could be served.
    fn no_tie(&self, id: u64) -> Result<(), Skip> {
        let tied = self.calls.iter().filter(|call| call.flight == id && call.deadline == self.now);
        let stored = |key: &String| self.entries.iter().any(|entry| entry.key == *key);
        if tied.filter_map(|call| call.key.as_ref()).any(stored) { Err(Skip) } else { Ok(()) }
    }
}

fn unusable() -> ErrorOut {
    ErrorOut { paths: vec!["id".into()], ..error("UNUSABLE") }
}

/// C3, C4 and reading 8.
fn understand(fail: &Fail) -> Failure {
    let simple = |kind: &str, transient: bool, proof: bool| Failure {
        error: error(kind),
        transient,
        evicting: false,
        proof,
        sign: sign(fail),
    };
    if let Some(breakage) = fail.transport {
        return match breakage {
            Breakage::Connect | Breakage::Refused | Breakage::Tls => simple("UNREACHABLE", true, true),
            Breakage::Broken | Breakage::Protocol => simple("UNREACHABLE", true, false),
            Breakage::Timeout => simple("TIMEOUT", true, false),
            Breakage::TooLarge => simple("TOO_LARGE", false, false),
        };
    }
    if let Some(http) = fail.intercepted {
        let code = match http {
            400 => "INTERNAL",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "UNIMPLEMENTED",
            429 | 502 | 503 | 504 => "UNAVAILABLE",
            _ => "UNKNOWN",
        };
        let error = ErrorOut { code: Some(code.into()), ..error("INTERCEPTED") };
        return Failure { error, transient: true, evicting: false, proof: false, sign: sign(fail) };
    }
    let code = fail.status.clone().unwrap_or_default();
    let (kind, transient) = match code.as_str() {
        "UNAVAILABLE" | "RESOURCE_EXHAUSTED" | "INTERNAL" | "UNKNOWN" | "ABORTED" => ("UNAVAILABLE", true),
        "DEADLINE_EXCEEDED" => ("TIMEOUT", true),
        _ => ("REJECTED", false),
    };
    let evicting = matches!(code.as_str(), "PERMISSION_DENIED" | "NOT_FOUND");
    let retry_after = retry_after(fail).map(Span);
    let error = ErrorOut { code: Some(code), retry_after, ..error(kind) };
    Failure { error, transient, evicting, proof: !transient, sign: sign(fail) }
}
