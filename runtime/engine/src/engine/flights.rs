//! Flights: how they are joined, sent, left and lost (rules C5, C6, C8).

use std::cell::OnceCell;
use std::sync::Arc;

use super::Engine;
use super::reach::is_lost;
use crate::call::{OpId, Priority};
use crate::credentials::Asker;
use crate::detail;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::failure::{self, Class, Failed};
use crate::fault::{Fault, planted};
use crate::flight::{Attempt, Flight, FlightId, Held, Ticket};
use crate::metadata::Metadata;
use crate::network::{AttemptId, Failure, Head, Kind, Request};
use crate::operation::Spec;
use crate::output::Output;
use crate::retry::Verdict;
use crate::snapshot::Detail;
use crate::store::TagHash;
use crate::timer::Timer;

impl Engine {
    /// Joins a flight for the same answer, or starts one. A failure to start comes later, like any other.
    pub(super) fn fly(&mut self, spec: &Arc<Spec>, ticket: &Ticket) -> FlightId {
        let Ticket { want, priority, waiter, unsent_only, renews, .. } = *ticket;
        if let Some(id) = self.joinable(spec, want, unsent_only) {
            self.event(Event::Joined { method: spec.method.id });
            self.join(id, ticket);
            return id;
        }
        let id = FlightId(self.name());
        let flight = Flight {
            spec: spec.clone(),
            want,
            priority,
            started: self.now.boot,
            deadline: self.now.boot,
            total: None,
            generation: self.sequence(spec),
            tags: self.request_tags(spec),
            waiters: waiter.into_iter().collect(),
            renews,
            refresh: ticket.refresh,
            insists: ticket.insists,
            was_deferred: ticket.insists,
            held: None,
            attempt: None,
            last_sent: None,
            retries: 0,
            backoffs: 0,
            retry: None,
            uncertain: false,
            asking: false,
            refused: false,
            fallback: None,
            outdone: None,
            superseded: [None; 2],
        };
        self.flights.insert(id, flight);
        if let Some(key) = spec.shared_key() {
            self.by_key.entry((key.clone(), want == Detail::Reduced)).or_default().push(id);
            self.memory.pin(key);
        }
        self.launch(id);
        // Nobody may be waiting for it.
        self.mind_grace();
        id
    }

    /// Whether a call that asks for this now would join a flight.
    pub(super) fn could_join(&self, spec: &Spec, want: Detail) -> bool {
        self.joinable(spec, want, false).is_some()
    }

    /// The newest flight for the same answer that started after everything that could outdate it (rule D3).
    fn joinable(&self, spec: &Spec, want: Detail, unsent_only: bool) -> Option<FlightId> {
        let key = spec.shared_key()?;
        let ledger = &self.partitions.get(&spec.owner)?.ledger;
        let response_tags = spec.method.cache.as_ref()?.response_tags;
        let detail = want == Detail::Reduced;
        let other = self.by_key.get(&(key.clone(), !detail));
        let flights = match self.by_key.get(&(key.clone(), detail)) {
            None if other.is_some() && planted(Fault::FlightIsJoinedAcrossDetail) => other?,
            flights => flights?,
        };
        // Mostly nothing was invalidated since, and every hit that finds a refresh under way comes by here.
        let tags = OnceCell::new();
        flights.iter().rev().copied().find(|id| {
            self.flights.get(id).is_some_and(|flight| {
                let is_current = flight.generation >= ledger.sequence()
                    || (!response_tags
                        && !ledger.is_newer(tags.get_or_init(|| self.request_tags(spec)), flight.generation)
                        && !ledger.is_newer(&flight.tags, flight.generation));
                (is_current || planted(Fault::FlightIsJoinedAcrossInvalidation))
                    && !(unsent_only && flight.last_sent.is_some())
            })
        })
    }

    /// Somebody else wants a flight's answer: that raises its priority, ends its deferral, and gives it its turn.
    fn join(&mut self, id: FlightId, ticket: &Ticket) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        flight.waiters.extend(ticket.waiter);
        let before = flight.priority;
        if ticket.priority > before {
            flight.priority = ticket.priority;
            self.refreshes.reorder(id, before, ticket.priority);
            if let Some(attempt) = &flight.attempt {
                self.outputs
                    .push_back(Output::SetPriority { attempt: attempt.id, priority: ticket.priority });
            }
        }
        if flight.refresh && !ticket.refresh {
            flight.refresh = false;
            self.refreshes.forget(id, flight.priority);
        }
        flight.insists |= ticket.insists;
        if ticket.waiter.is_some() {
            self.refreshes.somebody_waits(id);
        }
        let goes = match flight.held {
            None => false,
            Some(Held::Offline) => flight.insists,
            Some(Held::Deferred(_)) => flight.priority == Priority::Interactive || flight.insists,
            Some(Held::Turn) => !flight.refresh,
        };
        if goes {
            self.let_go(id);
        }
    }

    /// Tags of the answer that the request alone gives.
    fn request_tags(&self, spec: &Spec) -> Vec<TagHash> {
        let (Some(cache), Some(partition)) = (&spec.method.cache, self.partitions.get(&spec.owner)) else {
            return Vec::new();
        };
        if !spec.shared {
            return Vec::new();
        }
        let templates = cache.tags.iter().filter(|template| !template.needs_response());
        let tags = templates.filter_map(|template| template.render(&spec.request, &[], &self.limits).ok());
        tags.flat_map(|tags| partition.hash_tags(&tags)).collect()
    }

    /// The generation of what starts now.
    pub(super) fn sequence(&self, spec: &Spec) -> u64 {
        self.partitions.get(&spec.owner).map_or(0, |partition| partition.ledger.sequence())
    }

    /// Sends a flight's request, if its credentials are there; else asks for them.
    pub(super) fn depart(&mut self, id: FlightId) {
        if !self.may_send(id) {
            return;
        }
        let Some(flight) = self.flights.get(&id) else { return };
        let spec = flight.spec.clone();
        if !spec.has_credentials() {
            return self.send(id, None);
        }
        let slot = (spec.endpoint.clone(), spec.method.path.clone());
        let wall_ms = self.now.wall_ms;
        let account = self.credentials.entry(spec.account.clone()).or_default();
        if let Some(kept) = account.kept(&slot, wall_ms).cloned() {
            return self.send(id, Some(kept));
        }
        account.wait(slot, Asker::Flight(id));
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.asking = true;
        }
        self.ask_next(&spec.account);
    }

    pub(super) fn send(&mut self, id: FlightId, credentials: Option<Metadata>) {
        if !self.may_send(id) {
            return;
        }
        let Some(flight) = self.flights.get(&id) else { return };
        let (spec, want, priority, deadline) =
            (flight.spec.clone(), flight.want, flight.priority, flight.deadline);
        let method = &spec.method;
        let mut metadata = spec.metadata.clone();
        if let Some(credentials) = &credentials {
            metadata.overlay(credentials);
        }
        let body = match detail::shape(method, want, &spec.request, &mut metadata, &self.limits) {
            Ok(body) => body,
            Err(error) => {
                let message = format!("the request of {} cannot be trimmed: {error}", method.full_name());
                return self.lose(id, Error::misuse(message));
            }
        };
        if metadata.size() > self.config.max_metadata_bytes {
            let error = self.metadata_too_large(method, metadata.size());
            return self.lose(id, error);
        }
        let remaining = deadline.since(self.now.boot);
        let timeout = method.attempt_timeout(priority).min(remaining);
        let attempt = AttemptId(self.name());
        let timer = self.timers.set(self.now.boot.after(timeout), Timer::Attempt(id));
        let sequence = self.sequence(&spec);
        let sent = self.now;
        self.attempts.insert(attempt, id);
        self.evidence_sent(attempt, Kind::Unary, &spec.endpoint);
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.last_sent = Some(sent);
            flight.asking = false;
            flight.attempt =
                Some(Attempt { id: attempt, sent, sequence, head: false, credentials, timer: Some(timer) });
        }
        self.outputs.push_back(Output::Send(Box::new(Request {
            attempt,
            kind: Kind::Unary,
            endpoint: spec.endpoint.clone(),
            path: method.path.clone(),
            metadata,
            body,
            timeout: Some(timeout),
            priority,
            idempotent: method.is_idempotent(),
            no_side_effects: method.is_read(),
        })));
    }

    /// A flight cannot be sent, whatever the network is like.
    fn lose(&mut self, id: FlightId, error: Error) {
        self.ended.push_back((id, Failed { error, class: Class::Other, harmless: true }));
    }

    pub(super) fn head(&mut self, attempt: AttemptId, head: &Head) {
        self.evidence_head(attempt, head);
        let flight = self.attempts.get(&attempt).and_then(|id| self.flights.get_mut(id));
        if let Some(attempt) = flight.and_then(|flight| flight.attempt.as_mut()) {
            attempt.head = true;
        }
    }

    /// Takes an attempt off the wire, if it still is of interest.
    pub(super) fn land(&mut self, attempt: AttemptId) -> Option<(FlightId, Attempt)> {
        let id = self.attempts.remove(&attempt)?;
        let mut attempt = self.flights.get_mut(&id)?.attempt.take()?;
        self.timers.cancel(&mut attempt.timer);
        Some((id, attempt))
    }

    pub(super) fn attempt_failed(&mut self, attempt: AttemptId, failure: Failure) {
        self.evidence_failed(attempt, &failure);
        let Some((id, attempt)) = self.land(attempt) else { return };
        let Some(spec) = self.flights.get(&id).map(|flight| flight.spec.clone()) else { return };
        let (verdict, is_lost) = (Verdict::of(&failure), is_lost(&failure));
        let mut failed = failure::understand(failure);
        self.event(Event::AttemptFailed { method: spec.method.id, kind: failed.error.kind });
        if failed.class == Class::SignIn {
            if let Some(credentials) = attempt.credentials {
                return self.refused(id, &spec, &credentials, failed);
            }
            // There is nobody to ask: the server's word is passed on.
            failed.class = Class::Other;
            failed.error.kind = ErrorKind::Rejected;
        }
        self.retry_or_fail(id, failed, &verdict, is_lost);
    }

    pub(super) fn attempt_timeout(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let Some(attempt) = flight.attempt.take() else { return };
        let timeout = self.now.boot.since(attempt.sent.boot);
        let method = flight.spec.method.id;
        self.attempts.remove(&attempt.id);
        self.evidence_timeout(attempt.id);
        self.outputs.push_back(Output::CancelAttempt(attempt.id));
        self.event(Event::AttemptFailed { method, kind: ErrorKind::Timeout });
        self.retry_or_fail(id, Failed::timeout("the attempt", timeout, false), &Verdict::timeout(), true);
    }

    pub(super) fn total_timeout(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        flight.total = None;
        let timeout = flight.deadline.since(flight.started);
        let attempt = flight.attempt.take();
        if let Some(attempt) = &attempt {
            let mut timer = attempt.timer;
            self.timers.cancel(&mut timer);
            self.attempts.remove(&attempt.id);
            self.evidence_timeout(attempt.id);
            self.outputs.push_back(Output::CancelAttempt(attempt.id));
        }
        self.flight_failed(id, Failed::timeout("the call", timeout, attempt.is_none()));
    }

    /// A flight has ended without an answer.
    pub(super) fn flight_failed(&mut self, id: FlightId, failed: Failed) {
        let Some(mut flight) = self.finish(id) else { return };
        if failed.class == Class::Transient
            && let Some(fallback) = flight.fallback.take()
        {
            return self.answer_reduced(&flight, fallback, failed.error);
        }
        // Not even to have tried says nothing of the server.
        if failed.error.kind != ErrorKind::Offline {
            self.refresh_failed(&flight, &failed);
        }
        let spec = &flight.spec;
        if failed.class == Class::Evicting && !planted(Fault::EvictionIsForgotten) {
            self.evict(&flight, &failed.error);
        }
        let harmless = failed.harmless && !flight.uncertain;
        if !harmless && flight.last_sent.is_some() && !spec.method.invalidates.is_empty() {
            return self.invalidate_without_answer(&flight, failed.error);
        }
        for waiter in std::mem::take(&mut flight.waiters) {
            self.call_failed(waiter, &failed);
        }
    }

    /// Takes a flight out of everything.
    pub(super) fn finish(&mut self, id: FlightId) -> Option<Flight> {
        self.life.unsent.remove(&id);
        let mut flight = self.flights.remove(&id)?;
        self.timers.cancel(&mut flight.total);
        self.timers.cancel(&mut flight.retry);
        match flight.held {
            Some(Held::Deferred(timer)) => {
                self.timers.cancel(&mut Some(timer));
                self.reaches.interest.stop_waiting(&flight.spec.endpoint);
            }
            Some(Held::Offline) => self.reaches.interest.stop_waiting(&flight.spec.endpoint),
            Some(Held::Turn) | None => {}
        }
        self.refreshes.forget(id, flight.priority);
        if let Some(attempt) = &mut flight.attempt {
            self.timers.cancel(&mut attempt.timer);
            self.attempts.remove(&attempt.id);
        }
        if let Some(attempt) = &flight.attempt {
            self.evidence_dropped(attempt.id);
        }
        if let Some(key) = flight.spec.shared_key() {
            self.memory.unpin(key);
            let index = (key.clone(), flight.want == Detail::Reduced);
            if let Some(flights) = self.by_key.get_mut(&index) {
                flights.retain(|other| *other != id);
                if flights.is_empty() {
                    self.by_key.remove(&index);
                }
            }
        }
        if flight.asking
            && let Some(account) = self.credentials.get_mut(&flight.spec.account)
        {
            account.forget(Asker::Flight(id));
        }
        Some(flight)
    }

    /// Somebody does not wait for a flight any more. The last one to leave a cold read or a mutation cancels it (C8).
    pub(super) fn leave(&mut self, op: OpId, id: FlightId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        flight.waiters.remove(&op);
        let has_head = flight.attempt.as_ref().is_some_and(|attempt| attempt.head);
        // What has not even been sent for want of a network or a turn is sent for nobody.
        let is_idle = matches!(flight.held, Some(Held::Offline | Held::Turn));
        let runs_on = flight.spec.method.is_read() && (flight.renews || has_head) && !is_idle;
        let is_deferred = matches!(flight.held, Some(Held::Deferred(_)));
        if !flight.waiters.is_empty() {
            return;
        }
        if !runs_on || (is_deferred && !self.refreshes.nobody_waits(id)) {
            self.abandon(id);
        }
    }

    /// Cancels a flight. A mutation that was sent may have had its effect (reading 16).
    pub(super) fn abandon(&mut self, id: FlightId) {
        let Some(flight) = self.finish(id) else { return };
        if let Some(attempt) = &flight.attempt {
            self.outputs.push_back(Output::CancelAttempt(attempt.id));
        }
        let may_have_acted = flight.attempt.is_some() || flight.uncertain;
        let invalidates = may_have_acted && !flight.spec.method.invalidates.is_empty();
        if invalidates && !planted(Fault::CancelledMutationInvalidatesNothing) {
            self.invalidate_unanswered(&flight);
        }
    }

    /// Whether a flight started before something was invalidated that its entry depends on: by its request, or by what is
    /// known of the answer so far.
    pub(super) fn is_outdated(&self, id: FlightId, known: Option<&Entry>) -> bool {
        let Some(flight) = self.flights.get(&id) else { return false };
        let Some(partition) = self.partitions.get(&flight.spec.owner) else { return false };
        let mut tags = known.into_iter().flat_map(Entry::answers).map(|answer| &*answer.tags);
        let is_newer = |tags: &[TagHash]| partition.ledger.is_newer(tags, flight.generation);
        is_newer(&flight.tags) || tags.any(is_newer)
    }
}
