//! Answers: whether they are usable, how much of the answer they are, where they are kept (rules C1, E2, F5, F6).

use std::num::IntErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdover_wire::PresenceError;

use super::Engine;
use crate::call::OpId;
use crate::detail;
use crate::entry::{Answer, Entry};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, NotStored};
use crate::failure::{Class, Failed};
use crate::fault::{Fault, planted};
use crate::flight::{Attempt, Fallback, Flight};
use crate::key::Key;
use crate::method::Method;
use crate::network::{AttemptId, Response};
use crate::operation::Spec;
use crate::snapshot::{Detail, Freshness, PlanHash, Snapshot, Source, Withheld};

/// The greatest `age` header that is believed, in seconds: as long as the longest window.
const MAX_AGE_HEADER: u64 = 365 * 24 * 3600;

impl Engine {
    pub(super) fn response(&mut self, attempt: AttemptId, response: Response) {
        self.evidence_answered(attempt, &response.metadata);
        let Some((id, attempt)) = self.land(attempt) else { return };
        let Some(flight) = self.flights.get(&id) else { return };
        let spec = flight.spec.clone();
        self.earn_retries(&spec.endpoint);
        let Some(flight) = self.flights.get(&id) else { return };
        let (want, asked_before) = (flight.want, flight.fallback.is_some());
        if response.body.len() > self.config.max_message_bytes {
            let error = self.check_message(&spec.method, &response.body, "answer").err();
            let error = error.unwrap_or_else(|| Error::new(ErrorKind::TooLarge, "the answer is too large"));
            return self.flight_failed(id, Failed { error, class: Class::Other, harmless: false });
        }
        if spec.has_credentials() {
            self.signed_in(&spec);
        }
        let plan = match self.read_answer(&spec.method, want, &response) {
            Ok(plan) => plan,
            Err(failed) => {
                self.not_stored(&spec.method, NotStored::Unusable);
                if spec.method.invalidates.is_empty() {
                    return self.flight_failed(id, failed);
                }
                // The server acted all the same.
                let Some(flight) = self.finish(id) else { return };
                return self.invalidate_by_answer(&flight, &response.body, &Err(failed.error));
            }
        };
        if let Some(bytes) = plan.and_then(|_| detail::dropped(&response)) {
            self.event(Event::Trimmed { method: spec.method.id, bytes });
        }
        let age_before = age_header(&response);
        let latest = self.sequence(&spec);
        let is_old = latest != attempt.sequence;
        let sequence =
            if is_old && planted(Fault::OldGenerationIsStored) { latest } else { attempt.sequence };
        let answer = Answer {
            value: self.own(response.body),
            sent: if planted(Fault::AgeRunsFromArrival) { self.now } else { attempt.sent },
            age_before,
            tags: Arc::new([]),
            sequence,
            outdated: false,
            put: false,
            live: None,
        };
        if let (Some(plan), Detail::Full) = (plan, want) {
            let fallback = Fallback { answer, plan };
            if asked_before || !spec.method.is_read() {
                let Some(flight) = self.finish(id) else { return };
                let message =
                    "the server answers with less than it was asked for: it trims without being told to";
                return self.answer_reduced(&flight, fallback, Error::new(ErrorKind::Unusable, message));
            }
            if let Some(flight) = self.flights.get_mut(&id) {
                flight.fallback = Some(fallback);
            }
            self.event(Event::DetailRefetched { method: spec.method.id });
            let Attempt { credentials, .. } = attempt;
            return self.send(id, credentials);
        }
        let Some(flight) = self.finish(id) else { return };
        self.answer(&flight, answer, plan, None);
    }

    /// A body that keeps no more than itself in memory: what a transport gives may be a small part of a large buffer, and
    /// the budget of the memory tier counts only the part (rule E4).
    fn own(&self, body: Bytes) -> Bytes {
        if body.len() > self.config.max_memory_entry_bytes { body } else { Bytes::copy_from_slice(&body) }
    }

    /// A full answer was wanted and a reduced one is all there is.
    pub(super) fn answer_reduced(&mut self, flight: &Flight, fallback: Fallback, error: Error) {
        self.answer(flight, fallback.answer, Some(fallback.plan), Some(error));
    }

    /// Stores a usable answer, and gives it to everybody who waits for it or watches its entry.
    fn answer(&mut self, flight: &Flight, mut answer: Answer, plan: Option<PlanHash>, error: Option<Error>) {
        let spec = &flight.spec;
        let took = self.now.boot.since(answer.sent.boot);
        self.refresh_succeeded(flight, took);
        let kept = if flight.is_outdone(&answer) || flight.is_superseded(&answer, plan.is_some()) {
            Some(Err(NotStored::Superseded))
        } else {
            self.keep(spec, &mut answer, plan)
        };
        let answer = &answer;
        let is_old = self.is_old(spec, answer);
        if kept == Some(Ok(())) {
            self.supersede(spec, answer, plan.is_some());
        }
        if let Some(Err(reason)) = kept {
            self.not_stored(&spec.method, reason);
        }
        if !spec.method.invalidates.is_empty() {
            let snapshot = self.network_snapshot(answer, plan, None, error);
            let value = answer.value.clone();
            return self.invalidate_by_answer(flight, &value, &Ok(snapshot));
        }
        for waiter in &flight.waiters {
            let Some(operation) = self.operations.get_mut(waiter) else { continue };
            operation.flight = None;
            if operation.is_observer() {
                match kept {
                    // What it depends on was invalidated on the way: the observer waits for an answer that knows.
                    Some(Err(NotStored::OldGeneration)) => self.refetch(*waiter),
                    Some(Err(NotStored::Superseded)) => self.refreshed(*waiter),
                    _ if is_old => self.refetch(*waiter),
                    _ => self.observer_answered(*waiter, answer, plan, error.clone()),
                }
                continue;
            }
            let last_known = self.last_known(*waiter);
            let snapshot = self.network_snapshot(answer, plan, last_known, error.clone());
            self.end(*waiter, Ok(snapshot));
        }
        if kept == Some(Ok(())) {
            self.show_watchers(spec, answer, plan, Source::Network, &flight.waiters);
        }
        self.backoff_ended(spec);
    }

    /// The plan by which an answer is reduced, or why it is not usable.
    fn read_answer(
        &self,
        method: &Method,
        want: Detail,
        response: &Response,
    ) -> Result<Option<PlanHash>, Failed> {
        self.check_presence(method, &response.body)?;
        detail::applied(method, want, response, &self.limits)
            .map_err(|error| Failed::unusable(format!("the answer cannot be read: {error}"), Vec::new()))
    }

    pub(super) fn missing_parts(&self, method: &Method, value: &[u8]) -> Result<(), PresenceError> {
        method.presence.as_ref().map_or(Ok(()), |presence| presence.check(value, &self.limits))
    }

    /// Whether everything REQUIRED is there (rule E2).
    pub(super) fn check_presence(&self, method: &Method, value: &[u8]) -> Result<(), Failed> {
        let missing = self.missing_parts(method, value);
        if missing.is_err() && planted(Fault::RequiredIsNotChecked) {
            return Ok(());
        }
        missing.map_err(|error| match error {
            PresenceError::Missing(missing) => Failed::unusable(missing.to_string(), missing.paths),
            PresenceError::Wire(error) => {
                Failed::unusable(format!("the answer cannot be read: {error}"), Vec::new())
            }
        })
    }

    /// Gives an answer its tags, by which observers, too, know when it is outdated, whether it is stored or not.
    pub(super) fn attach_tags(&self, spec: &Spec, answer: &mut Answer) -> Result<(), NotStored> {
        let (Some(_), Some(cache)) = (&spec.key, &spec.method.cache) else { return Ok(()) };
        let mut tags = Vec::new();
        for template in &cache.tags {
            match template.render(&spec.request, &answer.value, &self.limits) {
                Ok(rendered) => tags.extend(rendered),
                Err(_) => return Err(NotStored::Unusable),
            }
        }
        if tags.len() > self.config.max_tags {
            return Err(NotStored::TooLarge);
        }
        if let Some(partition) = self.partitions.get(&spec.owner) {
            answer.tags = partition.hash_tags(&tags).into();
        }
        Ok(())
    }

    /// Whether something that an answer depends on was invalidated after its request was sent.
    fn is_old(&self, spec: &Spec, answer: &Answer) -> bool {
        let partition = self.partitions.get(&spec.owner);
        partition.is_some_and(|partition| partition.ledger.is_newer(&answer.tags, answer.sequence))
    }

    /// Stores an answer, in memory and on disk. `None`: this call's answers are not stored.
    pub(super) fn keep(
        &mut self,
        spec: &Spec,
        answer: &mut Answer,
        plan: Option<PlanHash>,
    ) -> Option<Result<(), NotStored>> {
        let tagged = self.attach_tags(spec, answer);
        let answer = &*answer;
        let key = spec.shared_key().filter(|_| !self.is_cache_off(spec))?;
        if answer.value.len() > self.config.max_entry_bytes {
            return Some(Err(NotStored::TooLarge));
        }
        if plan.is_some() && plan != spec.method.detail.as_ref().map(|detail| detail.plan) {
            return Some(Err(NotStored::UnknownPlan));
        }
        if let Err(reason) = tagged {
            return Some(Err(reason));
        }
        if !self.is_open(&spec.owner) {
            return None;
        }
        if self.is_old(spec, answer) {
            return Some(Err(NotStored::OldGeneration));
        }
        let on_disk = self.writes_to_disk(spec);
        let known = self.memory.look(key).cloned().or_else(|| self.looked_up(key));
        // Memory holds all of a key or nothing: what it does not hold may still be on disk.
        let is_complete = known.is_some() || plan.is_none() || !on_disk;
        let had_reduced =
            known.as_ref().map_or(spec.method.detail.is_some(), |entry| entry.reduced.is_some());
        let mut entry = known.unwrap_or_default();
        if !entry.accept(answer.clone(), plan) {
            return Some(Err(NotStored::Superseded));
        }
        let fits = entry.largest() <= self.config.max_memory_entry_bytes;
        if !fits && !on_disk {
            return Some(Err(NotStored::TooLarge));
        }
        if fits && is_complete {
            self.remember(spec, key, entry.clone());
        } else {
            self.memory.remove(key);
        }
        // Calls that wait for another flight may fall back on it (reading 20).
        for id in self.interested.get(key).into_iter().flatten() {
            if let Some(operation) = self.operations.get_mut(id).filter(|o| o.has_looked_up()) {
                operation.known = Some(entry.clone());
            }
        }
        if on_disk {
            if had_reduced && entry.reduced.is_none() {
                self.remove_from_disk(spec, true);
            }
            self.save(spec, answer, plan);
        }
        Some(Ok(()))
    }

    /// Answers to requests that were sent before this one was are not stored any more, wherever this one goes (rule C7).
    fn supersede(&mut self, spec: &Spec, answer: &Answer, reduced: bool) {
        let Some(key) = spec.shared_key() else { return };
        for detail in [false, true] {
            for id in self.by_key.get(&(key.clone(), detail)).into_iter().flatten() {
                if let Some(older) = self.flights.get_mut(id) {
                    older.superseded[usize::from(reduced)] = Some(answer.sent);
                }
            }
        }
    }

    /// What a call that waits for a flight, or an observer, has found in memory or on disk, and has been told of since.
    fn looked_up(&self, key: &Key) -> Option<Entry> {
        let interested = self.interested.get(key)?.iter();
        let operation = interested
            .filter_map(|id| self.operations.get(id))
            .find(|o| o.has_looked_up() || o.has_seen_all())?;
        Some(operation.known.clone().unwrap_or_default())
    }

    /// The server says that there is no such answer: whatever is stored and older goes (rule C3).
    pub(super) fn evict(&mut self, flight: &Flight, error: &Error) {
        let spec = &flight.spec;
        let Some(key) = spec.shared_key() else { return };
        let sent = flight.last_sent.unwrap_or(self.now);
        if self.memory.look(key).is_some_and(|entry| entry.is_later_than(&sent)) {
            return;
        }
        self.memory.remove(key);
        self.remove_from_disk(spec, false);
        self.disk.void_load(key);
        // Answers to requests that were sent before do not bring it back (rule C7).
        for reduced in [false, true] {
            for id in self.by_key.get(&(key.clone(), reduced)).into_iter().flatten() {
                if let Some(older) = self.flights.get_mut(id) {
                    older.outdone = Some(sent);
                }
            }
        }
        for id in self.interested.get(key).into_iter().flatten() {
            if let Some(operation) = self.operations.get_mut(id) {
                operation.known = None;
            }
        }
        self.watchers_evicted(spec, error, &flight.waiters);
        self.event(Event::Evicted { method: spec.method.id });
    }

    fn not_stored(&mut self, method: &Method, reason: NotStored) {
        self.event(Event::NotStored { method: method.id, reason });
    }

    /// The value of the full answer that a call could show in place of what is withheld (rule F9).
    pub(super) fn last_known(&self, id: OpId) -> Option<Bytes> {
        let operation = self.operations.get(&id)?;
        let stored = operation.spec.key.as_ref().and_then(|key| self.memory.look(key));
        let full = |entry: &Entry| entry.full.as_ref().map(|answer| answer.value.clone());
        stored.and_then(full).or_else(|| operation.known.as_ref().and_then(full))
    }

    /// An answer that has just arrived, as those who waited for it get it (rule C1).
    pub(super) fn network_snapshot(
        &self,
        answer: &Answer,
        plan: Option<PlanHash>,
        last_known: Option<Bytes>,
        error: Option<Error>,
    ) -> Snapshot {
        Snapshot {
            value: answer.value.clone(),
            source: Source::Network,
            freshness: Freshness::Fresh,
            as_of_ms: answer.as_of_ms(),
            age: Duration::from_nanos(answer.age(&self.now)),
            detail: if plan.is_some() { Detail::Reduced } else { Detail::Full },
            withheld: plan.map(|plan| Withheld { plan, last_known }),
            refreshing: false,
            gap: false,
            error: error.map(Box::new),
        }
    }
}

/// The `age` header in nanoseconds (RFC 9111, section 5.1). A number too large to be held is a large one (section 1.2.2).
fn age_header(response: &Response) -> u64 {
    let text = response.metadata.text("age").or_else(|| response.trailers.text("age"));
    let seconds = text.map_or(0, |text| match text.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => MAX_AGE_HEADER,
        Err(_) => 0,
    });
    seconds.min(MAX_AGE_HEADER) * 1_000_000_000
}
