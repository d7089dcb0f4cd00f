//! Openings: on first use, after a fault and after a pause; what interrupted sign-outs left is destroyed first (rules A6,
//! E5).

use super::{DiskStage, Need, Pending};
use crate::engine::Engine;
use crate::engine::signouts::SignOut;
use crate::event::Event;
use crate::key::Owner;
use crate::partition::{Partition, Stage};
use crate::store::{PartitionId, StoreCommand};

impl Engine {
    /// Whether the store can be used now; opens it on first use, and again some time after a fault.
    pub(in crate::engine) fn need_disk(&mut self) -> Need {
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
    pub(in crate::engine) fn close_disk(&mut self) -> bool {
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
    pub(in crate::engine) fn reopen_disk(&mut self) {
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

    pub(in crate::engine) fn disk_opened(
        &mut self,
        highest_wall_ms: Option<i64>,
        unfinished: Vec<PartitionId>,
    ) {
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
    pub(in crate::engine) fn finished(&mut self, partition: PartitionId) {
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

    /// Signs out as soon as the store is open.
    pub(in crate::engine) fn leave_when_open(&mut self, sign_out: SignOut) {
        self.disk.leaving.push(sign_out);
    }

    /// Remembers to destroy a partition that could not even be marked.
    pub(in crate::engine) fn drop_when_open(&mut self, partition: PartitionId) {
        self.disk.untold.undropped.insert(partition);
    }
}
