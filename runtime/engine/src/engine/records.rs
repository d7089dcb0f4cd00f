//! Records: how entries get to the second tier and back (rules E1, E2).

use std::sync::Arc;

use super::Engine;
use super::disk::Pending;
use crate::call::OpId;
use crate::entry::{Answer, Entry};
use crate::event::{Event, Tier};
use crate::key::{Key, hash_key};
use crate::operation::Spec;
use crate::record;
use crate::snapshot::PlanHash;
use crate::store::{KeyHash, Loaded, PartitionId, Record, StoreCommand, Variant};

impl Engine {
    /// Whether answers of a call go to the store.
    pub(super) fn writes_to_disk(&self, spec: &Spec) -> bool {
        spec.may_be_on_disk()
            && !self.is_cache_off(spec)
            && self.disk.is_open()
            && self.partitions.get(&spec.owner).is_some_and(|partition| partition.durable)
    }

    fn key_on_disk(&self, spec: &Spec) -> Option<(PartitionId, KeyHash)> {
        let partition = self.partitions.get(&spec.owner)?;
        Some((partition.id, hash_key(&partition.key, spec.key.as_ref()?)))
    }

    /// Looks a call's entry up on disk. Whether the call has to wait for that.
    pub(super) fn load(&mut self, op: OpId, spec: &Arc<Spec>) -> bool {
        let Some(key) = spec.key.as_ref().filter(|_| self.writes_to_disk(spec)) else { return false };
        if let Some(waiting) = self.disk.loading.get_mut(key) {
            waiting.push(op);
            return true;
        }
        let Some((partition, hash)) = self.key_on_disk(spec) else { return false };
        self.disk.loading.insert(key.clone(), vec![op]);
        self.command(StoreCommand::Load { partition, key: hash }, Pending::Load(spec.clone()));
        true
    }

    /// Looks up what is kept of a stream. Whether the stream has to wait for that.
    pub(super) fn load_kept(&mut self, spec: &Arc<Spec>) -> bool {
        let Some(key) = spec.key.as_ref().filter(|_| self.writes_to_disk(spec)) else { return false };
        let Some((partition, hash)) = self.key_on_disk(spec) else { return false };
        if !self.disk.loading.contains_key(key) {
            self.disk.loading.insert(key.clone(), Vec::new());
            self.command(StoreCommand::Load { partition, key: hash }, Pending::Load(spec.clone()));
        }
        true
    }

    /// The store has looked an entry up. What memory has got meanwhile is newer.
    pub(super) fn found(&mut self, spec: &Arc<Spec>, found: Vec<Loaded>) {
        let Some(key) = &spec.key else { return };
        let mut entry = Entry::default();
        let found = if self.disk.take_void(key) || self.is_cache_off(spec) { Vec::new() } else { found };
        for loaded in found {
            match self.read_record(spec, loaded) {
                Some((Variant::Full, answer)) => entry.full = Some(answer),
                Some((Variant::Reduced(plan), answer)) => entry.reduced = Some((plan, answer)),
                None => {}
            }
        }
        if let Some(newer) = self.memory.look(key) {
            entry.accept_all(newer.clone());
        }
        let is_open = self.is_open(&spec.owner);
        if is_open && !entry.is_empty() && entry.largest() <= self.config.max_memory_entry_bytes {
            self.remember(spec, key, entry.clone());
        }
        let entry = Some(&entry).filter(|entry| !entry.is_empty());
        for op in self.disk.loading.remove(key).unwrap_or_default() {
            self.loaded(op, entry);
        }
        self.kept_loaded(key, entry);
    }

    /// A record as an answer, if it is readable, usable and of the plan in force (rule E2); else it is removed.
    fn read_record(&mut self, spec: &Spec, loaded: Loaded) -> Option<(Variant, Answer)> {
        let Loaded { record, tag_sequence } = loaded;
        let is_of_plan = match record.variant {
            Variant::Full => true,
            Variant::Reduced(plan) => spec.method.detail.as_ref().is_some_and(|detail| detail.plan == plan),
        };
        let answer = record::decode(&record.meta, record.value, &record.tags)
            .filter(|answer| is_of_plan && self.check_presence(&spec.method, &answer.value).is_ok());
        let Some(mut answer) = answer else {
            if is_of_plan {
                self.event(Event::RecordUnreadable { method: spec.method.id });
            }
            self.remove_from_disk(spec, record.variant != Variant::Full);
            return None;
        };
        answer.outdated = tag_sequence > answer.sequence;
        Some((record.variant, answer))
    }

    /// Keeps an entry in memory, within the budget (rule E4).
    pub(super) fn remember(&mut self, spec: &Spec, key: &Key, entry: Entry) {
        let Some(cache) = &spec.method.cache else { return };
        let expires = entry.expires(&self.now, cache.retention);
        let evicted = self.memory.insert(key, spec.owner.clone(), entry, expires, self.now.boot);
        if evicted > 0 {
            self.event(Event::MadeRoom { tier: Tier::Memory, entries: evicted });
        }
    }

    pub(super) fn save(&mut self, spec: &Spec, answer: &Answer, plan: Option<PlanHash>) {
        let (Some((partition, key)), Some(cache)) = (self.key_on_disk(spec), &spec.method.cache) else {
            return;
        };
        let record = Record {
            partition,
            key,
            variant: plan.map_or(Variant::Full, Variant::Reduced),
            value: answer.value.clone(),
            meta: record::encode(answer),
            tags: answer.tags.to_vec(),
            expires_ms: answer.expires_ms(cache.retention),
        };
        // What the clock showed before it was set back must outlive the process (rule E3).
        let wall_ms = self.clock.highest_wall_ms().unwrap_or(self.now.wall_ms);
        self.command(StoreCommand::Save { record, wall_ms }, Pending::Save);
    }

    /// Removes a call's entry, or its reduced record, from disk; later if the store does not work now.
    pub(super) fn remove_from_disk(&mut self, spec: &Spec, reduced_only: bool) {
        if !spec.may_be_on_disk() || !self.disk.exists() {
            return;
        }
        let Some((partition, key)) = self.key_on_disk(spec) else { return };
        if self.writes_to_disk(spec) {
            let command = StoreCommand::Remove { partition, key, reduced_only };
            self.command(command, Pending::Remove(partition, key, reduced_only));
        } else if self.partitions.get(&spec.owner).is_some_and(|partition| partition.named) {
            self.disk.untold.remove_later(partition, key, reduced_only);
            self.distrust(Vec::new());
        } else if !reduced_only {
            // What is on disk has names that this run does not know.
            self.disk.untold.spoil(partition);
            self.distrust(Vec::new());
        }
    }
}
