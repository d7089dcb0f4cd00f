//! The second tier: what it is asked, and what its answers are for (rule E5).

mod faults;
mod openings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdover_wire::Tag;

use super::Engine;
use super::distrust::Untold;
use super::signouts::SignOut;
use crate::call::OpId;
use crate::event::{Event, Tier};
use crate::key::{Key, Owner};
use crate::operation::Spec;
use crate::output::{Delivered, Output};
use crate::partition::Waiter;
use crate::store::{
    KeyHash, PartitionId, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind, StoreId, StoreRequest,
    TagWrite,
};
use crate::time::Instant;

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
    /// Whether the store is closed for a pause, or has not found an open partition again since: who needs what is stored
    /// there waits.
    pub(super) fn is_reopening(&mut self, owner: &Owner) -> bool {
        let is_apart =
            self.partitions.get(owner).is_some_and(|partition| partition.is_open() && !partition.durable);
        is_apart && self.need_disk() != Need::Absent
    }

    /// Lets a call wait until what is on disk can be told.
    pub(super) fn wait_for_store(&mut self, id: OpId, spec: &Spec) -> bool {
        if !spec.may_be_on_disk() || !self.is_reopening(&spec.owner) {
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
}
