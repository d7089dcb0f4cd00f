//! The states that observers show when answers arrive, and when they fail (rules B3, B5, C7, F7).

use std::collections::BTreeSet;

use super::Engine;
use super::serving::Standing;
use crate::call::OpId;
use crate::entry::Answer;
use crate::error::Error;
use crate::failure::{Class, Failed};
use crate::operation::Spec;
use crate::snapshot::{Detail, Freshness, Observed, PlanHash, Snapshot, Source};
use crate::window::Row;

impl Engine {
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
        let Some(shown) = self.observer(id).and_then(|observer| observer.value().cloned()) else { return };
        let standing = self.standing(id).filter(|standing| standing.snapshot.as_of_ms == shown.as_of_ms);
        let age = standing.map_or(shown.age, |standing| standing.snapshot.age);
        self.show(id, Observed::Value(Snapshot { refreshing: false, age, ..shown }));
    }

    /// The observers of an entry, but for some.
    fn watchers(&self, spec: &Spec, except: &BTreeSet<OpId>) -> Vec<OpId> {
        let Some(interested) = spec.key.as_ref().and_then(|key| self.interested.get(key)) else {
            return Vec::new();
        };
        let observes = |id: &OpId| self.is_observer(*id);
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

    /// An answer has ended the backoff of its key: observers that wait for that, and were not shown it, fetch (rule B4).
    pub(super) fn backoff_ended(&mut self, spec: &Spec) {
        for id in self.watchers(spec, &BTreeSet::new()) {
            if self.observer_waits(id) {
                self.set_refetch(id);
            }
        }
    }

    /// Adds an answer to what the observer knows.
    fn take_in(&mut self, id: OpId, answer: &Answer, plan: Option<PlanHash>) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let stored = operation.spec.shared_key().and_then(|key| self.memory.look(key));
        if let Some(stored) = stored {
            operation.known = Some(stored.clone());
        } else {
            operation.known.get_or_insert_default().accept(answer.clone(), plan);
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
        if let Some(observer) = self.observer(id) {
            observer.failures = 0;
        }
        if answer.put {
            self.cancel_crossing(id);
        } else {
            self.set_crossing(id, answer.age(&self.now), true);
        }
    }

    /// The flight that an observer waited for has failed (rule B5).
    pub(super) fn observer_failed(&mut self, id: OpId, failed: &Failed) {
        let is_transient = failed.class == Class::Transient;
        let standing = if is_transient { self.fallback(id) } else { self.standing(id) };
        let standing = standing.or_else(|| self.expired_fallback(id, failed));
        let error = Error { will_retry: is_transient, ..failed.error.clone() };
        let may_show = |standing: &Standing| match standing.row {
            Row::Fresh => true,
            Row::Revalidate => failed.class != Class::SignIn,
            Row::IfError | Row::Expired => is_transient,
        };
        match standing.filter(may_show) {
            Some(standing) => {
                let freshness = standing.row.freshness();
                let error = Some(Box::new(error));
                self.show_hit(id, standing.row, Snapshot { freshness, error, ..standing.snapshot });
            }
            None => self.show(id, Observed::Failed(error)),
        }
        if is_transient {
            self.fetch_later(id);
        }
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
}

/// What is on the screen is never worse than STALE.
pub(super) fn shown_freshness(row: Row) -> Freshness {
    if row == Row::Fresh { Freshness::Fresh } else { Freshness::Stale }
}
