//! What the store should know and does not, because it does not work; and how a later process is kept from believing it
//! (rule D2, reading 66).

use std::collections::BTreeSet;

use super::Engine;
use super::disk::Pending;
use crate::call::OpId;
use crate::output::Delivered;
use crate::store::{KeyHash, PartitionId, StoreCommand};

/// How many removals are remembered for a store that does not work.
const MAX_UNREMOVED: usize = 10_000;

/// What the store does not know yet, beside the tags of open partitions.
#[derive(Default)]
pub(super) struct Untold {
    /// Removals that it has not carried out.
    pub(super) removals: BTreeSet<(PartitionId, KeyHash, bool)>,
    /// Partitions with more of those than are remembered: nothing of them is kept.
    pub(super) spoilt: BTreeSet<PartitionId>,
    /// Partitions that are to be destroyed as soon as it works.
    pub(super) undropped: BTreeSet<PartitionId>,
    trust: Trust,
}

/// Whether the store has been told that it must not be believed.
#[derive(Default)]
enum Trust {
    /// It has not.
    #[default]
    Whole,
    /// It is being told. These wait for that.
    Breaking(Vec<(OpId, Delivered)>),
    /// Should this process end now, the next one believes nothing of what is stored.
    Broken,
    /// It is being taken back, because everything has been told.
    Mending,
}

impl Untold {
    /// Remembers to destroy a partition whose records cannot be named when the store works again.
    pub(super) fn spoil(&mut self, partition: PartitionId) {
        self.spoilt.insert(partition);
    }

    /// Remembers to remove records when the store works again.
    pub(super) fn remove_later(&mut self, partition: PartitionId, key: KeyHash, reduced_only: bool) {
        if self.removals.len() < MAX_UNREMOVED {
            self.removals.insert((partition, key, reduced_only));
        } else {
            self.spoilt.insert(partition);
        }
    }

    fn is_empty(&self) -> bool {
        self.removals.is_empty() && self.spoilt.is_empty() && self.undropped.is_empty()
    }
}

impl Engine {
    /// Something that the store has to know is in memory only. Should the process end before the store works again, the
    /// next one must not believe what is stored; `then` is delivered when that is noted, or cannot be.
    pub(super) fn distrust(&mut self, then: Vec<(OpId, Delivered)>) {
        // While a pause has it closed, nothing is on the wire that could make anything outdated.
        if !self.disk.exists() || self.disk.is_paused() {
            return self.settle_all(then);
        }
        match &mut self.disk.untold.trust {
            Trust::Broken => self.settle_all(then),
            Trust::Breaking(waiting) => waiting.extend(then),
            trust @ (Trust::Whole | Trust::Mending) => {
                *trust = Trust::Breaking(then);
                self.command(StoreCommand::Distrust, Pending::Distrust);
            }
        }
    }

    /// It is noted. If it could not be, nothing can be written at all: who waits is told all the same (reading 17), and
    /// the next need tries again.
    pub(super) fn distrusted(&mut self, noted: bool) {
        let trust = if noted { Trust::Broken } else { Trust::Whole };
        if let Trust::Breaking(waiting) = std::mem::replace(&mut self.disk.untold.trust, trust) {
            self.settle_all(waiting);
        }
    }

    /// What was stored is gone, and the note with it: what is written from now on may be believed.
    pub(super) fn distrust_obeyed(&mut self) {
        if !matches!(self.disk.untold.trust, Trust::Breaking(_)) {
            self.disk.untold.trust = Trust::Whole;
        }
    }

    /// Takes the note back as soon as there is nothing left to tell the store.
    pub(super) fn mend_trust(&mut self) {
        let untold = &self.disk.untold;
        if matches!(untold.trust, Trust::Broken)
            && untold.is_empty()
            && self.disk.is_open()
            && !self.disk.is_being_told()
            && self.partitions.values().all(|partition| partition.unwritten.is_empty())
        {
            self.disk.untold.trust = Trust::Mending;
            self.command(StoreCommand::Trust, Pending::Trust);
        }
    }

    /// The note is taken back, or stays.
    pub(super) fn trust_mended(&mut self, done: bool) {
        if matches!(self.disk.untold.trust, Trust::Mending) {
            self.disk.untold.trust = if done { Trust::Whole } else { Trust::Broken };
        }
    }
}
