//! Partitions open on first use; whoever needs one waits for it.

use std::collections::BTreeSet;

use super::Engine;
use super::disk::{Need, Pending};
use crate::key::Owner;
use crate::partition::{Partition, Stage, Waiter};
use crate::session::Account;
use crate::store::{PartitionKey, StoreCommand};

impl Engine {
    pub(super) fn is_open(&self, owner: &Owner) -> bool {
        self.partitions.get(owner).is_some_and(Partition::is_open)
    }

    /// Lets `waiter` go on when the partition is open: at once if it is.
    pub(super) fn with_partition(&mut self, owner: &Owner, waiter: Waiter) {
        if self.is_open(owner) {
            // A store that has failed gets another chance now and then.
            self.need_disk();
            if !matches!(waiter, Waiter::Call(_)) && self.is_reopening(owner) {
                return self.partition(owner).waiting.push(waiter);
            }
            return self.resume(waiter);
        }
        self.partition(owner).waiting.push(waiter);
        self.begin_opening(owner);
    }

    /// Opens what a mutation will need when it is acknowledged.
    pub(super) fn warm_partitions(&mut self, account: &Account) {
        for owner in [Owner::Account(account.clone()), Owner::Device] {
            self.partition(&owner);
            self.begin_opening(&owner);
        }
    }

    pub(super) fn partition(&mut self, owner: &Owner) -> &mut Partition {
        let random = &mut self.random;
        self.partitions.entry(owner.clone()).or_insert_with(|| Partition::new(owner, random.partition_key()))
    }

    fn begin_opening(&mut self, owner: &Owner) {
        if self.partition(owner).stage != Stage::Closed {
            return;
        }
        self.partition(owner).stage = Stage::Opening;
        match self.need_disk() {
            Need::Ready => self.ask_for_partition(owner),
            // When the store has opened, it is asked for every partition that is opening.
            Need::Wait => {}
            Need::Absent => self.opened(owner),
        }
    }

    pub(super) fn ask_for_partition(&mut self, owner: &Owner) {
        let Some(partition) = self.partitions.get(owner) else { return };
        let command =
            StoreCommand::OpenPartition { partition: partition.id, fresh_key: partition.key.clone() };
        self.command(command, Pending::Partition(owner.clone()));
    }

    /// The store has the partition.
    pub(super) fn partition_found(&mut self, owner: &Owner, key: PartitionKey, sequence: u64) {
        // If it has failed since it was asked, everything is asked for again when it works.
        let works = self.disk.is_open();
        let Some(partition) = self.partitions.get_mut(owner) else { return };
        if partition.stage == Stage::Destroying {
            return;
        }
        let renamed = partition.key != key && partition.is_open();
        partition.key = key;
        partition.ledger.resume(sequence);
        if renamed {
            partition.ledger.rename();
        }
        partition.durable = works;
        partition.named = true;
        let unwritten = if works { std::mem::take(&mut partition.unwritten) } else { BTreeSet::new() };
        if renamed {
            // Its tags in memory have other names than those on disk.
            self.memory.remove_owner(owner);
            self.forget_kept_of(owner);
        }
        if !unwritten.is_empty() {
            self.write_late(owner, unwritten.into_iter().collect(), sequence);
        }
        self.opened(owner);
    }

    /// The partition is open, in the store or in memory only.
    pub(super) fn opened(&mut self, owner: &Owner) {
        let Some(partition) = self.partitions.get_mut(owner) else { return };
        if partition.stage == Stage::Destroying {
            return;
        }
        partition.stage = Stage::Open;
        for waiter in std::mem::take(&mut partition.waiting) {
            self.resume(waiter);
        }
    }

    fn resume(&mut self, waiter: Waiter) {
        match waiter {
            Waiter::Call(op) => self.read(op),
            Waiter::Stream(op) => self.attach(op),
            Waiter::Put(put) => self.put_now(*put),
            Waiter::Invalidate(invalidation) => self.invalidate(*invalidation),
        }
    }

    /// A destroyed partition is made anew for those who wait for it.
    pub(super) fn reopen(&mut self, owner: &Owner) {
        let Some(old) = self.partitions.remove(owner) else { return };
        if !old.waiting.is_empty() {
            self.partition(owner).waiting = old.waiting;
            self.begin_opening(owner);
        }
    }
}
