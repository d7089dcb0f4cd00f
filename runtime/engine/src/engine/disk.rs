//! The second tier: what it is asked, and what happens when it fails (rule E5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use holdover_wire::Tag;

use super::Engine;
use super::signouts::SignOut;
use crate::call::OpId;
use crate::entry::{Answer, Entry};
use crate::event::Event;
use crate::key::{Key, Owner, hash_key};
use crate::operation::Spec;
use crate::output::{Delivered, Output};
use crate::partition::{Partition, Stage};
use crate::record;
use crate::snapshot::PlanHash;
use crate::store::{
    KeyHash, Loaded, PartitionId, Record, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind, StoreId,
    StoreRequest, TagWrite, Variant,
};
use crate::time::Instant;

/// How long the runtime runs on memory before it tries a failed store again.
const RETRY: Duration = Duration::from_secs(30);
/// How many removals are remembered for a store that does not work. Beyond them its entries are not worth keeping.
const MAX_UNREMOVED: usize = 10_000;

/// What is known about the store.
pub(super) struct Disk {
    stage: DiskStage,
    /// What has been asked and not been answered.
    pending: BTreeMap<StoreId, Pending>,
    /// Calls that wait for a record, by key.
    loading: BTreeMap<Key, Vec<OpId>>,
    /// Removals that the store has not carried out.
    unremoved: BTreeSet<(PartitionId, KeyHash, bool)>,
    /// Partitions that are to be destroyed as soon as the store works.
    undropped: BTreeSet<PartitionId>,
    /// Its failure has been reported and not its recovery.
    reported: bool,
    /// It was made anew and that has not been reported.
    recreated: bool,
    /// Sign-outs that wait until it is open.
    leaving: Vec<SignOut>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DiskStage {
    /// There is none.
    Absent,
    Unopened,
    Opening,
    /// Interrupted sign-outs are being finished: this many.
    Finishing(usize),
    Open,
    /// It failed, and may be tried again from then on.
    Failed(Instant),
    /// It is being opened again; meanwhile everything runs on memory.
    Reopening,
    /// It was corrupt and is being made anew.
    Recreating,
}

/// What an answer is for.
pub(super) enum Pending {
    Open,
    Finish(PartitionId),
    Partition(Owner),
    Load(Arc<Spec>),
    Save,
    Remove(PartitionId, KeyHash, bool),
    Tags(Vec<Owner>, Vec<Tag>, Vec<(OpId, Delivered)>),
    Mark(SignOut),
    Drop(SignOut),
}

/// Whether the store can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Ready,
    /// It is being opened for the first time.
    Wait,
    /// Run on memory.
    Absent,
}

impl Disk {
    pub(super) fn new(exists: bool) -> Self {
        Self {
            stage: if exists { DiskStage::Unopened } else { DiskStage::Absent },
            pending: BTreeMap::new(),
            loading: BTreeMap::new(),
            unremoved: BTreeSet::new(),
            undropped: BTreeSet::new(),
            reported: false,
            recreated: false,
            leaving: Vec::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == DiskStage::Open
    }

    pub(super) fn exists(&self) -> bool {
        self.stage != DiskStage::Absent
    }
}

impl Engine {
    /// Whether the store can be used now; opens it on first use, and again some time after a fault.
    pub(super) fn need_disk(&mut self) -> Need {
        match self.disk.stage {
            DiskStage::Open => Need::Ready,
            DiskStage::Opening | DiskStage::Finishing(_) => Need::Wait,
            DiskStage::Unopened => {
                self.disk.stage = DiskStage::Opening;
                self.command(StoreCommand::Open, Pending::Open);
                Need::Wait
            }
            DiskStage::Failed(until) if until <= self.now.boot => {
                self.disk.stage = DiskStage::Reopening;
                self.command(StoreCommand::Open, Pending::Open);
                Need::Absent
            }
            DiskStage::Absent | DiskStage::Failed(_) | DiskStage::Reopening | DiskStage::Recreating => {
                Need::Absent
            }
        }
    }

    pub(super) fn command(&mut self, command: StoreCommand, pending: Pending) {
        let id = StoreId(self.name());
        self.disk.pending.insert(id, pending);
        self.outputs.push_back(Output::Store(Box::new(StoreRequest { id, command })));
    }

    pub(super) fn stored(&mut self, id: StoreId, result: Result<StoreAnswer, StoreFault>) {
        let Some(pending) = self.disk.pending.remove(&id) else { return };
        match (pending, result) {
            (Pending::Open, Ok(StoreAnswer::Opened { highest_wall_ms, unfinished })) => {
                self.disk_opened(highest_wall_ms, unfinished);
            }
            (Pending::Finish(partition), Ok(StoreAnswer::Done)) => self.finished(partition),
            (Pending::Partition(owner), Ok(StoreAnswer::Partition { key, sequence })) => {
                self.partition_found(&owner, key, sequence);
            }
            (Pending::Load(spec), Ok(StoreAnswer::Found(found))) => self.found(&spec, found),
            (Pending::Save | Pending::Remove(..), Ok(StoreAnswer::Done)) => {}
            (Pending::Tags(_, _, then), Ok(StoreAnswer::Done)) => self.settle_all(then),
            (Pending::Mark(sign_out), Ok(StoreAnswer::Done)) => self.marked(sign_out),
            (Pending::Drop(sign_out), Ok(StoreAnswer::Done)) => self.dropped(&sign_out, Ok(())),
            (pending, Err(fault)) => self.disk_failed(pending, fault),
            (pending, Ok(_)) => {
                let message =
                    "the store answered something else than it was asked: a bug in the store".to_owned();
                self.disk_failed(pending, StoreFault { kind: StoreFaultKind::Io, message });
            }
        }
    }

    fn disk_opened(&mut self, highest_wall_ms: Option<i64>, unfinished: Vec<PartitionId>) {
        if self.clock.recall(highest_wall_ms, &self.now) {
            self.event(Event::ClockDistrusted);
        }
        let mut to_drop = std::mem::take(&mut self.disk.undropped);
        to_drop.extend(unfinished);
        if to_drop.is_empty() {
            return self.disk_ready();
        }
        self.disk.stage = DiskStage::Finishing(to_drop.len());
        for partition in to_drop {
            let command = StoreCommand::DropPartition { partition, erase: true };
            self.command(command, Pending::Finish(partition));
        }
    }

    /// An interrupted sign-out has been finished.
    fn finished(&mut self, partition: PartitionId) {
        self.disk.unremoved.retain(|(of, ..)| *of != partition);
        self.event(Event::SignOutFinished);
        if let DiskStage::Finishing(left) = &mut self.disk.stage {
            *left -= 1;
            if *left == 0 {
                self.disk_ready();
            }
        }
    }

    /// The store works, and nothing in it is against a promise.
    fn disk_ready(&mut self) {
        self.disk.stage = DiskStage::Open;
        if std::mem::take(&mut self.disk.recreated) {
            self.event(Event::StoreRecreated);
        }
        if std::mem::take(&mut self.disk.reported) {
            self.event(Event::StoreRecovered);
        }
        for (partition, key, reduced_only) in std::mem::take(&mut self.disk.unremoved) {
            let command = StoreCommand::Remove { partition, key, reduced_only };
            self.command(command, Pending::Remove(partition, key, reduced_only));
        }
        for sign_out in std::mem::take(&mut self.disk.leaving) {
            self.mark(sign_out);
        }
        let wants = |partition: &Partition| {
            partition.stage == Stage::Opening || (partition.stage == Stage::Open && !partition.durable)
        };
        let owners: Vec<Owner> =
            self.partitions.iter().filter(|(_, p)| wants(p)).map(|(owner, _)| owner.clone()).collect();
        for owner in owners {
            self.ask_for_partition(&owner);
        }
    }

    /// A command failed: the runtime goes on in memory, and says so once.
    fn disk_failed(&mut self, pending: Pending, fault: StoreFault) {
        let was_recreating = self.disk.stage == DiskStage::Recreating;
        let recreate = fault.kind == StoreFaultKind::Corrupt && !was_recreating;
        if !std::mem::replace(&mut self.disk.reported, true) {
            self.event(Event::StoreFailed { kind: fault.kind, message: fault.message.clone() });
        }
        // Answers to commands from before the fault say nothing new.
        let is_news =
            !matches!(self.disk.stage, DiskStage::Failed(_) | DiskStage::Recreating | DiskStage::Reopening)
                || matches!(pending, Pending::Open);
        if is_news {
            if recreate {
                self.disk.stage = DiskStage::Recreating;
                self.disk.recreated = true;
                self.disk.unremoved.clear();
                self.command(StoreCommand::Recreate, Pending::Open);
            } else {
                self.disk.stage = DiskStage::Failed(self.now.boot.after(RETRY));
            }
        }
        for partition in self.partitions.values_mut() {
            partition.durable = false;
        }
        let message = fault.message;
        match pending {
            Pending::Load(spec) => self.found(&spec, Vec::new()),
            Pending::Finish(partition) => {
                self.disk.undropped.insert(partition);
            }
            Pending::Remove(partition, key, reduced_only) => {
                self.disk.unremoved.insert((partition, key, reduced_only));
            }
            Pending::Tags(owners, tags, then) => {
                for owner in owners {
                    if let Some(partition) = self.partitions.get_mut(&owner) {
                        partition.unwritten.extend(tags.iter().cloned());
                    }
                }
                self.settle_all(then);
            }
            Pending::Mark(sign_out) => self.mark_failed(&sign_out, &message),
            Pending::Drop(sign_out) => {
                self.disk.undropped.insert(sign_out.partition);
                self.dropped(&sign_out, Err(&message));
            }
            Pending::Open | Pending::Partition(_) | Pending::Save => {}
        }
        for sign_out in std::mem::take(&mut self.disk.leaving) {
            self.mark_failed(&sign_out, &message);
        }
        let opening: Vec<Owner> = self
            .partitions
            .iter()
            .filter(|(_, partition)| partition.stage == Stage::Opening)
            .map(|(owner, _)| owner.clone())
            .collect();
        for owner in opening {
            self.opened(&owner);
        }
    }

    /// Whether answers of a call go to the store.
    pub(super) fn writes_to_disk(&self, spec: &Spec) -> bool {
        spec.method.cache.as_ref().is_some_and(|cache| cache.disk)
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

    /// The store has looked an entry up. What memory has got meanwhile is newer.
    fn found(&mut self, spec: &Arc<Spec>, found: Vec<Loaded>) {
        let Some(key) = &spec.key else { return };
        let mut entry = Entry::default();
        for loaded in found {
            match self.read_record(spec, loaded) {
                Some((Variant::Full, answer)) => entry.full = Some(answer),
                Some((Variant::Reduced(plan), answer)) => entry.reduced = Some((plan, answer)),
                None => {}
            }
        }
        if let Some(newer) = self.memory.look(key) {
            let newer = newer.clone();
            let reduced = newer.reduced.map(|(plan, answer)| (answer, Some(plan)));
            for (answer, plan) in reduced.into_iter().chain(newer.full.map(|answer| (answer, None))) {
                entry.accept(answer, plan);
            }
        }
        let is_open = self.is_open(&spec.owner);
        if is_open && !entry.is_empty() && entry.largest() <= self.config.max_memory_entry_bytes {
            self.memory.insert(key.clone(), spec.owner.clone(), entry.clone());
        }
        for op in self.disk.loading.remove(key).unwrap_or_default() {
            self.loaded(op, Some(&entry).filter(|entry| !entry.is_empty()));
        }
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
            expires_ms: answer.expires_ms(&cache.windows),
        };
        // What the clock showed before it was set back must outlive the process (rule E3).
        let wall_ms = self.clock.highest_wall_ms().unwrap_or(self.now.wall_ms);
        self.command(StoreCommand::Save { record, wall_ms }, Pending::Save);
    }

    /// Removes a call's entry, or its reduced record, from disk; later if the store does not work now.
    pub(super) fn remove_from_disk(&mut self, spec: &Spec, reduced_only: bool) {
        if !spec.method.cache.as_ref().is_some_and(|cache| cache.disk) || !self.disk.exists() {
            return;
        }
        let Some((partition, key)) = self.key_on_disk(spec) else { return };
        if self.writes_to_disk(spec) {
            let command = StoreCommand::Remove { partition, key, reduced_only };
            self.command(command, Pending::Remove(partition, key, reduced_only));
        } else if self.disk.unremoved.len() < MAX_UNREMOVED {
            self.disk.unremoved.insert((partition, key, reduced_only));
        }
    }

    pub(super) fn write_tags(
        &mut self,
        writes: Vec<TagWrite>,
        owners: Vec<Owner>,
        tags: Vec<Tag>,
        then: Vec<(OpId, Delivered)>,
    ) {
        self.command(StoreCommand::WriteTags(writes), Pending::Tags(owners, tags, then));
    }

    /// Writes what was invalidated while the store did not work.
    pub(super) fn write_late(&mut self, owner: &Owner, tags: Vec<Tag>) {
        let Some(partition) = self.partitions.get_mut(owner) else { return };
        let hashes = partition.hash_tags(&tags);
        let sequence = partition.ledger.invalidate(hashes.iter().copied());
        let write = TagWrite { partition: partition.id, tags: hashes, sequence };
        self.write_tags(vec![write], vec![owner.clone()], tags, Vec::new());
    }

    /// Signs out as soon as the store is open.
    pub(super) fn leave_when_open(&mut self, sign_out: SignOut) {
        self.disk.leaving.push(sign_out);
    }

    /// Remembers to destroy a partition that could not even be marked.
    pub(super) fn drop_when_open(&mut self, partition: PartitionId) {
        self.disk.undropped.insert(partition);
    }
}
