//! Invalidation: what a mutation makes outdated, durably before anybody hears of it (section D).

use holdover_wire::{Limits, Tag, WireError};

use super::Engine;
use crate::call::OpId;
use crate::error::Error;
use crate::event::Event;
use crate::flight::Flight;
use crate::key::Owner;
use crate::operation::Spec;
use crate::output::Delivered;
use crate::partition::{Invalidation, Stage, Waiter};
use crate::session::SessionId;
use crate::snapshot::Snapshot;
use crate::store::TagWrite;

/// The most tags that one template of an acknowledged call invalidates one by one: each names entries of its own, so a call
/// with a long list of ids outdates as many. More outdate everything that has tags. Entries may have fewer, see [`crate::Config::max_tags`].
const MAX_INVALIDATED: usize = 10_000;

impl Engine {
    /// A call with `invalidates` was acknowledged.
    pub(super) fn invalidate_by_answer(
        &mut self,
        flight: &Flight,
        response: &[u8],
        result: &Result<Snapshot, Error>,
    ) {
        let (tags, all) = self.render(&flight.spec, Some(response));
        self.invalidate_for(flight, tags, all, result);
    }

    /// A call with `invalidates` failed, and may have had its effect.
    pub(super) fn invalidate_without_answer(&mut self, flight: &Flight, error: Error) {
        let (tags, all) = self.render(&flight.spec, None);
        self.invalidate_for(flight, tags, all, &Err(error));
    }

    /// A call with `invalidates` was cancelled on the wire, and may have had its effect. Nobody waits for it any more.
    pub(super) fn invalidate_unanswered(&mut self, flight: &Flight) {
        let (tags, all) = self.render(&flight.spec, None);
        self.invalidate(Invalidation { account: flight.spec.account.clone(), tags, all, then: Vec::new() });
    }

    /// A stream with `invalidates` has ended, or may have had its effect.
    pub(super) fn invalidate_after(
        &mut self,
        spec: &Spec,
        response: Option<&[u8]>,
        then: Vec<(OpId, Delivered)>,
    ) {
        let (tags, all) = self.render(spec, response);
        self.invalidate(Invalidation { account: spec.account.clone(), tags, all, then });
    }

    /// The tags that a call invalidates, and whether it invalidates every other tag, too, because they are too many to be
    /// told apart. Those that cannot be read are left out: they cannot be attached either.
    fn render(&self, spec: &Spec, response: Option<&[u8]>) -> (Vec<Tag>, bool) {
        let limits = Limits { max_tags: MAX_INVALIDATED, ..self.limits };
        let (mut tags, mut all) = (Vec::new(), false);
        for template in &spec.method.invalidates {
            if template.needs_response() && response.is_none() {
                continue;
            }
            match template.render(&spec.request, response.unwrap_or_default(), &limits) {
                Ok(rendered) => tags.extend(rendered),
                Err(error) => all |= matches!(error, WireError::TooManyTags { .. }),
            }
        }
        (tags, all)
    }

    fn invalidate_for(
        &mut self,
        flight: &Flight,
        tags: Vec<Tag>,
        all: bool,
        result: &Result<Snapshot, Error>,
    ) {
        let mut then = Vec::new();
        for waiter in &flight.waiters {
            let Some(operation) = self.operations.get_mut(waiter) else { continue };
            operation.flight = None;
            operation.settling = true;
            self.timers.cancel(&mut operation.wait);
            then.push((*waiter, Delivered::Answer(Box::new(result.clone()))));
        }
        let account = flight.spec.account.clone();
        self.invalidate(Invalidation { account, tags, all, then });
    }

    pub(super) fn invalidate_tag(&mut self, op: OpId, session: SessionId, tag: &crate::session::Tag) {
        match self.session(session) {
            Ok(session) => {
                let account = session.config.account.clone();
                self.chores.insert(op, account.clone());
                let then = vec![(op, Delivered::Done(Ok(())))];
                self.invalidate(Invalidation { account, tags: vec![tag.rendered()], all: false, then });
            }
            Err(error) => self.deliver(op, Delivered::Done(Err(error))),
        }
    }

    /// Outdates entries in the account's partition and the device's, has that written, and fetches again what is watched.
    pub(super) fn invalidate(&mut self, invalidation: Invalidation) {
        if invalidation.tags.is_empty() && !invalidation.all {
            return self.settle_all(invalidation.then);
        }
        let mut owners = vec![Owner::Account(invalidation.account.clone()), Owner::Device];
        // A partition that is being destroyed has nothing left to outdate.
        owners.retain(|owner| self.partitions.get(owner).is_none_or(|p| p.stage != Stage::Destroying));
        for owner in &owners {
            if !self.is_open(owner) || self.is_reopening(owner) {
                return self.with_partition(owner, Waiter::Invalidate(Box::new(invalidation)));
            }
        }
        let Invalidation { tags, all, then, .. } = invalidation;
        if all {
            self.event(Event::EverythingInvalidated);
        }
        self.event(Event::Invalidated { tags: u32::try_from(tags.len()).unwrap_or(u32::MAX) });
        let on_disk = self.disk.is_open();
        let (mut writes, mut is_late) = (Vec::new(), false);
        for owner in &owners {
            let Some(partition) = self.partitions.get_mut(owner) else { continue };
            let hashes = partition.hash_tags(&tags);
            let sequence = partition.ledger.invalidate(hashes.iter().copied());
            if all {
                partition.ledger.rename();
            }
            if on_disk && partition.durable {
                writes.push(TagWrite { partition: partition.id, tags: hashes, all, sequence });
            } else if self.config.store {
                let id = partition.id;
                if all || !partition.write_later(&tags) {
                    self.disk.untold.spoil(id);
                }
                is_late = true;
            }
        }
        match (writes.is_empty(), is_late) {
            (true, false) => self.settle_all(then),
            (true, true) => self.distrust(then),
            (false, _) => {
                if is_late {
                    self.distrust(Vec::new());
                }
                self.write_tags(writes, owners.clone(), tags, all, then);
            }
        }
        self.refetch_observers(&owners);
    }

    /// Tells everybody who waited for tags to be durable.
    pub(super) fn settle_all(&mut self, then: Vec<(OpId, Delivered)>) {
        for (op, delivered) in then {
            self.end_settled(op, delivered);
        }
    }

    /// Observers of entries that are outdated now fetch them again (rule B4).
    fn refetch_observers(&mut self, owners: &[Owner]) {
        let watching = |spec: &Spec| spec.key.is_some() && owners.contains(&spec.owner);
        for id in self.observers_in_order(|operation| watching(&operation.spec)) {
            let Some(operation) = self.operations.get(&id) else { continue };
            let outdated = match operation.flight {
                Some(flight) => self.is_outdated(flight, operation.known.as_ref()),
                None => self.standing(id).is_some_and(|standing| standing.invalidated),
            };
            if outdated {
                self.refetch(id);
            }
        }
    }
}
