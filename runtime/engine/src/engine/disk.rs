//! The second tier: what it is asked, and what happens when it fails (rule E5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use holdover_wire::Tag;

use super::Engine;
use super::distrust::Untold;
use super::signouts::SignOut;
use crate::call::OpId;
use crate::event::{Event, Tier};
use crate::key::{Key, Owner};
use crate::operation::Spec;
use crate::output::{Delivered, Output};
use crate::partition::{Partition, Stage, Waiter};
use crate::store::{
    KeyHash, PartitionId, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind, StoreId, StoreRequest,
    TagWrite,
};
use crate::time::Instant;

/// How long the runtime runs on memory before it tries a failed store again.
const RETRY: Duration = Duration::from_secs(30);

/// What is known about the store.
pub(super) struct Disk {
    stage: DiskStage,
    /// What has been asked and not been answered.
    pending: BTreeMap<StoreId, Pending>,
    /// Calls that wait for a record, by key.
    pub(super) loading: BTreeMap<Key, Vec<OpId>>,
    /// Those of them whose record the server has said to be gone since it was asked for.
    void: BTreeSet<Key>,
    /// What it should know and does not.
    pub(super) untold: Untold,
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
    /// It is closed for a pause.
    Paused,
}

/// What an answer is for.
pub(super) enum Pending {
    Open,
    Finish(PartitionId),
    Partition(Owner),
    Load(Arc<Spec>),
    Save,
    Remove(PartitionId, KeyHash, bool),
    Tags(Vec<Owner>, Vec<Tag>, bool, Vec<(OpId, Delivered)>),
    Mark(SignOut),
    Drop(SignOut),
    Close,
    Switches(Vec<OpId>),
    Distrust,
    Trust,
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
            void: BTreeSet::new(),
            untold: Untold::default(),
            reported: false,
            recreated: false,
            leaving: Vec::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == DiskStage::Open
    }

    /// What is being loaded for a key is not true any more.
    pub(super) fn void_load(&mut self, key: &Key) {
        if self.loading.contains_key(key) {
            self.void.insert(key.clone());
        }
    }

    /// What is being loaded from a partition is not to be had any more: the partition goes.
    pub(super) fn void_loads_of(&mut self, owner: &Owner) {
        let loads = self.pending.values().filter_map(|pending| match pending {
            Pending::Load(spec) if spec.owner == *owner => spec.key.clone(),
            _ => None,
        });
        self.void.extend(loads);
    }

    /// Whether what was loaded for a key is not true any more.
    pub(super) fn take_void(&mut self, key: &Key) -> bool {
        self.void.remove(key)
    }

    /// Nothing is being asked of it, and nothing follows from an answer.
    pub(super) fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// Nobody is told when the switches are saved.
    pub(super) fn forget_switches(&mut self, op: OpId) {
        for pending in self.pending.values_mut() {
            if let Pending::Switches(ops) = pending {
                ops.retain(|waiting| *waiting != op);
            }
        }
    }

    pub(super) fn exists(&self) -> bool {
        self.stage != DiskStage::Absent
    }

    pub(super) fn is_paused(&self) -> bool {
        self.stage == DiskStage::Paused
    }

    /// It has been asked for something that it must know, and has not answered.
    pub(super) fn is_being_told(&self) -> bool {
        self.pending.values().any(|pending| {
            matches!(
                pending,
                Pending::Finish(_)
                    | Pending::Partition(_)
                    | Pending::Remove(..)
                    | Pending::Tags(..)
                    | Pending::Mark(_)
            )
        })
    }
}

impl Engine {
    /// Whether the store can be used now; opens it on first use, and again some time after a fault.
    pub(super) fn need_disk(&mut self) -> Need {
        match self.disk.stage {
            DiskStage::Open => Need::Ready,
            DiskStage::Opening | DiskStage::Finishing(_) | DiskStage::Paused => Need::Wait,
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

    /// Nothing is asked of the store until [`Engine::reopen_disk`]. Whether there is something to close.
    pub(super) fn close_disk(&mut self) -> bool {
        if self.disk.stage == DiskStage::Absent {
            return false;
        }
        let was_open = std::mem::replace(&mut self.disk.stage, DiskStage::Paused) != DiskStage::Unopened;
        for partition in self.partitions.values_mut() {
            partition.durable = false;
        }
        was_open
    }

    /// The store may be opened again: at the next need, or at once if something is running.
    pub(super) fn reopen_disk(&mut self) {
        if self.disk.stage != DiskStage::Paused {
            return;
        }
        self.disk.stage = DiskStage::Unopened;
        let waits = |partition: &Partition| partition.stage == Stage::Opening || partition.waits_for_store();
        if self.switchboard.is_waited_for()
            || !self.disk.leaving.is_empty()
            || !self.operations.is_empty()
            || self.partitions.values().any(waits)
        {
            self.need_disk();
        }
    }

    /// Whether the store is closed for a pause, or has not found an open partition again since: who needs what is stored
    /// there waits.
    pub(super) fn is_reopening(&mut self, owner: &Owner) -> bool {
        let is_apart =
            self.partitions.get(owner).is_some_and(|partition| partition.is_open() && !partition.durable);
        is_apart && self.need_disk() != Need::Absent
    }

    /// Lets a call wait until what is on disk can be told.
    pub(super) fn wait_for_store(&mut self, id: OpId, spec: &Spec) -> bool {
        if !spec.method.cache.as_ref().is_some_and(|cache| cache.disk) || !self.is_reopening(&spec.owner) {
            return false;
        }
        self.partition(&spec.owner).waiting.push(Waiter::Call(id));
        true
    }

    pub(super) fn command(&mut self, command: StoreCommand, pending: Pending) {
        let id = StoreId(self.name());
        self.disk.pending.insert(id, pending);
        self.outputs.push_back(Output::Store(Box::new(StoreRequest { id, command })));
    }

    pub(super) fn stored(&mut self, id: StoreId, result: Result<StoreAnswer, StoreFault>) {
        let Some(pending) = self.disk.pending.remove(&id) else { return };
        match (pending, result) {
            (Pending::Close, result) => self.disk_closed(result.map(drop)),
            (
                Pending::Open,
                Ok(StoreAnswer::Opened { highest_wall_ms, unfinished, switches, distrusted }),
            ) => {
                self.switches_read(&switches);
                if distrusted {
                    self.distrust_obeyed();
                    self.event(Event::StoreDistrusted);
                }
                self.disk_opened(highest_wall_ms, unfinished);
            }
            (Pending::Finish(partition), Ok(StoreAnswer::Done)) => self.finished(partition),
            (Pending::Partition(owner), Ok(StoreAnswer::Partition { key, sequence })) => {
                self.partition_found(&owner, key, sequence);
            }
            (Pending::Partition(owner), Ok(StoreAnswer::PartitionLost { key })) => {
                self.event(Event::PartitionLost);
                self.partition_found(&owner, key, 0);
            }
            (Pending::Load(spec), Ok(StoreAnswer::Found(found))) => self.found(&spec, found),
            (Pending::Save, Ok(StoreAnswer::Saved { evicted })) => {
                if evicted > 0 {
                    self.event(Event::MadeRoom { tier: Tier::Disk, entries: evicted });
                }
            }
            (Pending::Remove(..), Ok(StoreAnswer::Done)) => {}
            (Pending::Tags(.., then), Ok(StoreAnswer::Done)) => self.settle_all(then),
            (Pending::Switches(ops), Ok(StoreAnswer::Done)) => self.switches_saved(ops, None),
            (Pending::Mark(sign_out), Ok(StoreAnswer::Done)) => self.marked(sign_out),
            (Pending::Drop(sign_out), Ok(StoreAnswer::Done)) => self.dropped(&sign_out, Ok(())),
            (Pending::Distrust, Ok(StoreAnswer::Done)) => self.distrusted(true),
            (Pending::Trust, Ok(StoreAnswer::Done)) => self.trust_mended(true),
            (pending, Err(fault)) => self.disk_failed(pending, fault),
            (pending, Ok(_)) => {
                let message =
                    "the store answered something else than it was asked: a bug in the store".to_owned();
                self.disk_failed(pending, StoreFault { kind: StoreFaultKind::Io, message });
            }
        }
        self.mend_trust();
    }

    fn disk_opened(&mut self, highest_wall_ms: Option<i64>, unfinished: Vec<PartitionId>) {
        if self.clock.recall(highest_wall_ms, &self.now) {
            self.event(Event::ClockDistrusted);
        }
        let mut to_drop = std::mem::take(&mut self.disk.untold.undropped);
        to_drop.extend(unfinished);
        to_drop.extend(&self.disk.untold.spoilt);
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
        self.disk.untold.removals.retain(|(of, ..)| *of != partition);
        if !self.disk.untold.spoilt.remove(&partition) {
            self.event(Event::SignOutFinished);
        }
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
        for (partition, key, reduced_only) in std::mem::take(&mut self.disk.untold.removals) {
            let command = StoreCommand::Remove { partition, key, reduced_only };
            self.command(command, Pending::Remove(partition, key, reduced_only));
        }
        for sign_out in std::mem::take(&mut self.disk.leaving) {
            self.mark(sign_out);
        }
        self.save_switches_late();
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
        let is_news = !matches!(
            self.disk.stage,
            DiskStage::Failed(_) | DiskStage::Recreating | DiskStage::Reopening | DiskStage::Paused
        ) || matches!(pending, Pending::Open);
        if is_news {
            if recreate {
                self.disk.stage = DiskStage::Recreating;
                self.disk.recreated = true;
                self.disk.untold.removals.clear();
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
                self.disk.untold.undropped.insert(partition);
            }
            Pending::Remove(partition, key, reduced_only) => {
                self.disk.untold.remove_later(partition, key, reduced_only);
                self.distrust(Vec::new());
            }
            Pending::Tags(owners, tags, all, then) => {
                for owner in owners {
                    if let Some(partition) = self.partitions.get_mut(&owner)
                        && (all || !partition.write_later(&tags))
                    {
                        let id = partition.id;
                        self.disk.untold.spoil(id);
                    }
                }
                self.distrust(then);
            }
            Pending::Switches(ops) => self.switches_saved(ops, Some(&message)),
            Pending::Mark(sign_out) => self.mark_failed(&sign_out, &message),
            Pending::Drop(sign_out) => {
                self.disk.untold.undropped.insert(sign_out.partition);
                self.dropped(&sign_out, Err(&message));
            }
            Pending::Distrust => self.distrusted(false),
            Pending::Trust => self.trust_mended(false),
            Pending::Open | Pending::Partition(_) | Pending::Save | Pending::Close => {}
        }
        for sign_out in std::mem::take(&mut self.disk.leaving) {
            self.mark_failed(&sign_out, &message);
        }
        self.fail_switches(&message);
        let opening: Vec<Owner> = self
            .partitions
            .iter()
            .filter(|(_, partition)| partition.stage == Stage::Opening || partition.waits_for_store())
            .map(|(owner, _)| owner.clone())
            .collect();
        for owner in opening {
            self.opened(&owner);
        }
    }

    pub(super) fn write_tags(
        &mut self,
        writes: Vec<TagWrite>,
        owners: Vec<Owner>,
        tags: Vec<Tag>,
        all: bool,
        then: Vec<(OpId, Delivered)>,
    ) {
        self.command(StoreCommand::WriteTags(writes), Pending::Tags(owners, tags, all, then));
    }

    /// Writes what was invalidated while the store, which is at `written`, did not work. The number that the tags get is
    /// above all that is written with them and not above what memory has: answers that came since then stay good.
    pub(super) fn write_late(&mut self, owner: &Owner, tags: Vec<Tag>, written: u64) {
        let Some(partition) = self.partitions.get_mut(owner) else { return };
        let hashes = partition.hash_tags(&tags);
        partition.ledger.resume(written.saturating_add(1));
        let sequence = partition.ledger.sequence();
        let write = TagWrite { partition: partition.id, tags: hashes, all: false, sequence };
        self.write_tags(vec![write], vec![owner.clone()], tags, false, Vec::new());
    }

    /// Signs out as soon as the store is open.
    pub(super) fn leave_when_open(&mut self, sign_out: SignOut) {
        self.disk.leaving.push(sign_out);
    }

    /// Remembers to destroy a partition that could not even be marked.
    pub(super) fn drop_when_open(&mut self, partition: PartitionId) {
        self.disk.untold.undropped.insert(partition);
    }
}
