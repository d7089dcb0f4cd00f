//! Partitions: one per account, one for the device. What is stored in one is never seen in another (rule A7).

use std::collections::BTreeSet;

use bytes::Bytes;
use holdover_wire::Tag;

use crate::call::OpId;
use crate::key::{Owner, hash_tag};
use crate::ledger::Ledger;
use crate::operation::Spec;
use crate::output::Delivered;
use crate::session::Account;
use crate::store::{PartitionId, PartitionKey, TagHash};

/// How many invalidated tags are remembered for a store that does not work.
const MAX_UNWRITTEN: usize = 10_000;

/// One partition, as this run knows it.
pub(crate) struct Partition {
    pub(crate) id: PartitionId,
    /// Names keys and tags in the store, and tags in memory.
    pub(crate) key: PartitionKey,
    pub(crate) ledger: Ledger,
    pub(crate) stage: Stage,
    /// The store has it, with this key, and works.
    pub(crate) durable: bool,
    /// The key is the store's, whether that works or not.
    pub(crate) named: bool,
    /// Who waits until it is open.
    pub(crate) waiting: Vec<Waiter>,
    /// Invalidated while the store did not work.
    pub(crate) unwritten: BTreeSet<Tag>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Closed,
    Opening,
    Open,
    /// It is being destroyed. Whoever needs it waits for the new one.
    Destroying,
}

/// Who waits for a partition.
pub(crate) enum Waiter {
    Call(OpId),
    /// A reader of a stream of which something may be kept.
    Stream(OpId),
    Put(Box<Put>),
    Invalidate(Box<Invalidation>),
}

/// A value that the app gives.
pub(crate) struct Put {
    pub(crate) op: OpId,
    pub(crate) spec: Spec,
    pub(crate) value: Bytes,
}

/// Tags to invalidate, and whom to tell when that is durable.
pub(crate) struct Invalidation {
    pub(crate) account: Account,
    pub(crate) tags: Vec<Tag>,
    /// Every tag that there is, too.
    pub(crate) all: bool,
    pub(crate) then: Vec<(OpId, Delivered)>,
}

impl Partition {
    pub(crate) fn new(owner: &Owner, key: PartitionKey) -> Self {
        Self {
            id: owner.partition(),
            key,
            ledger: Ledger::default(),
            stage: Stage::Closed,
            durable: false,
            named: false,
            waiting: Vec::new(),
            unwritten: BTreeSet::new(),
        }
    }

    /// It is open in memory, and somebody waits for what the store has of it.
    pub(crate) fn waits_for_store(&self) -> bool {
        self.is_open() && !self.waiting.is_empty()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Remembers tags to write when the store works again. `false` if they are more than is remembered: then nothing of
    /// the partition that is in the store may be believed.
    #[must_use]
    pub(crate) fn write_later(&mut self, tags: &[Tag]) -> bool {
        self.unwritten.extend(tags.iter().cloned());
        let fits = self.unwritten.len() <= MAX_UNWRITTEN;
        if !fits {
            self.unwritten.clear();
        }
        fits
    }

    pub(crate) fn hash_tags(&self, tags: &[Tag]) -> Vec<TagHash> {
        tags.iter().map(|tag| hash_tag(&self.key, tag)).collect()
    }
}
