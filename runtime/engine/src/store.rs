//! The second tier, as the engine sees it: commands out, answers in. Keys, tags and partitions are opaque here: HMACs
//! under a key that is the partition's own (rule E1).
//!
//! A store carries out commands in the order they were issued. It decides one thing by itself: which records to evict
//! when it is over its budget, see [`StoreCommand::Save`].

use bytes::Bytes;

use crate::snapshot::PlanHash;

/// Names one command. The engine chooses it and never reuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(pub u64);

/// Names the partition of one account, or the device's: a hash, so that a store file holds no account names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId(pub [u8; 32]);

/// A partition's key: 256 random bits, or what the platform made of them by wrapping. At most 5,000 bytes, opaque to a
/// store.
#[derive(Clone, PartialEq, Eq)]
pub struct PartitionKey(pub Bytes);

impl From<[u8; 32]> for PartitionKey {
    fn from(key: [u8; 32]) -> Self {
        Self(Bytes::copy_from_slice(&key))
    }
}

impl std::fmt::Debug for PartitionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartitionKey(…)")
    }
}

/// A cache key under its partition's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// A tag under its partition's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagHash(pub [u8; 32]);

/// Which of the two values of a key a record is (rule F6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// The whole answer.
    Full,
    /// What a plan kept. There is at most one reduced record a key; saving one replaces that of another plan.
    Reduced(PlanHash),
}

/// One stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub partition: PartitionId,
    /// What it answers.
    pub key: KeyHash,
    /// Full or reduced.
    pub variant: Variant,
    /// The encoded response message.
    pub value: Bytes,
    /// The engine's own bookkeeping, at most 256 bytes; opaque to the store.
    pub meta: Bytes,
    /// By which tags it can be invalidated.
    pub tags: Vec<TagHash>,
    /// Wall time, in milliseconds since 1970, from which on it is expired: the first to be evicted.
    pub expires_ms: i64,
}

impl Record {
    /// What it counts against a store's budget, in bytes: its value, its meta, 32 a tag, and 160 for names and tables.
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.value.len() + self.meta.len() + 32 * self.tags.len() + 160) as u64
    }
}

/// A record with what has happened to its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The record as it was saved.
    pub record: Record,
    /// The highest sequence number that [`StoreCommand::WriteTags`] gave to one of its tags in its partition; 0 if none.
    pub tag_sequence: u64,
}

/// Sequence numbers for tags of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagWrite {
    /// Whose tags.
    pub partition: PartitionId,
    /// Which.
    pub tags: Vec<TagHash>,
    /// Every other tag of the partition gets the number, too, those that come later included: all records with tags are
    /// outdated by it.
    pub all: bool,
    /// The number that they get. It is higher than all that the partition has seen.
    pub sequence: u64,
}

/// What is to happen to the account's outbox when it signs out. (There is no outbox yet: the choice is kept with the
/// marker.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxChoice {
    /// Delete what is queued.
    Discard,
    /// Keep it until the account signs in again.
    Hold,
}

/// What a store is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreCommand {
    /// Open the store; create it if there is none. The first command of a run, and again after a fault.
    /// Answer: [`StoreAnswer::Opened`].
    ///
    /// If what is stored is distrusted by an earlier run (see [`StoreCommand::Distrust`]), all records are deleted first,
    /// and then the note of that, durably, in this order; partitions, their tags, sign-outs and switches stay.
    Open,
    /// Set a corrupt store aside or delete it, and open a new one. Answer: [`StoreAnswer::Opened`].
    Recreate,
    /// Make the partition if it is not there, with this key. Answer: [`StoreAnswer::Partition`] with the key that it has.
    /// Durable before the answer.
    OpenPartition {
        /// Which.
        partition: PartitionId,
        /// The key of a new one.
        fresh_key: PartitionKey,
    },
    /// Say whether the partition is there. Answer: [`StoreAnswer::Partition`], or [`StoreAnswer::Done`] if it is not. The
    /// engine does not ask this; what wraps keys does, to have a fresh key wrapped only when one is needed.
    FindPartition {
        /// Which.
        partition: PartitionId,
    },
    /// Find all records of a key. Answer: [`StoreAnswer::Found`].
    Load {
        /// Whose.
        partition: PartitionId,
        /// Which.
        key: KeyHash,
    },
    /// Insert or replace a record. Answer: [`StoreAnswer::Saved`]. `wall_ms` raises the store's highest wall time.
    ///
    /// A record that alone is over the budget (see [`Record::size`]) is not kept, and the one that it replaces goes.
    /// Otherwise, as long as all records together are over the budget, one is evicted: of those that have expired at
    /// `wall_ms` (`expires_ms` at or before it) the one that did so first; else, of the partition whose records count most
    /// (of equal ones, the one with the record that was not used for longest), the record that was not used for longest.
    /// Partitions with records have equal shares of the budget, so that one is the furthest over its share. A save is a
    /// use, and so is a load that finds the record; of a key's two records, found by one load, the full one was used
    /// first.
    Save {
        /// What to keep.
        record: Record,
        /// The highest wall time seen so far, in milliseconds since 1970.
        wall_ms: i64,
    },
    /// Delete records of a key. Answer: [`StoreAnswer::Done`].
    Remove {
        /// Whose.
        partition: PartitionId,
        /// Which key.
        key: KeyHash,
        /// Only the reduced record; else all.
        reduced_only: bool,
    },
    /// Give tags their sequence numbers, all or none. Answer: [`StoreAnswer::Done`]. Durable (synchronous=FULL) before the
    /// answer: the engine delivers an acknowledgement only afterwards (rule D2).
    WriteTags(Vec<TagWrite>),
    /// Note that a partition is to be destroyed, durably. Answer: [`StoreAnswer::Done`]. From then on every
    /// [`StoreAnswer::Opened`] lists it until [`StoreCommand::DropPartition`].
    MarkSignOut {
        /// Which.
        partition: PartitionId,
        /// What becomes of the outbox.
        outbox: OutboxChoice,
    },
    /// Destroy a partition: its key first, then records, tags and the marker, in one transaction, durably.
    /// Answer: [`StoreAnswer::Done`], also if there is no such partition.
    DropPartition {
        /// Which.
        partition: PartitionId,
        /// Overwrite what is freed and truncate the journal (secure_delete).
        erase: bool,
    },
    /// Keep what is turned off (rule J5), in place of what was kept before: at most [`MAX_SWITCHES`] bytes, opaque to the
    /// store, of no partition. Answer: [`StoreAnswer::Done`]. Durable before the answer.
    SaveSwitches(Bytes),
    /// Note that the records must not be believed any more should this run end without [`StoreCommand::Trust`]: something
    /// that outdates or removes them could not be written. Answer: [`StoreAnswer::Done`]. Durable before the answer.
    ///
    /// It is asked for when other commands fail, so the note is kept where it needs neither the records' file nor free
    /// space, and is written whether the store is open or not; a store that there is nothing of has nothing to note.
    /// [`StoreCommand::Open`] by the run itself does not delete anything for it, if the store was open or could be had for
    /// this process when it was noted.
    Distrust,
    /// Take back what this run has noted by [`StoreCommand::Distrust`]: everything has been written. What an earlier run has
    /// noted stays. Answer: [`StoreAnswer::Done`]. Durable before the answer.
    Trust,
    /// Finish what was begun and let go of everything that a system may hold against a suspended process: open files and
    /// their locks (rule J1). Answer: [`StoreAnswer::Done`], also if nothing is open. The next command is
    /// [`StoreCommand::Open`].
    Close,
}

/// The longest value of [`StoreCommand::SaveSwitches`], in bytes.
pub const MAX_SWITCHES: usize = 64 << 10;

/// Carry out a command and answer with [`crate::Input::Stored`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRequest {
    /// The name that the answer refers to.
    pub id: StoreId,
    /// What to do.
    pub command: StoreCommand,
}

/// What a store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAnswer {
    /// The store is open.
    Opened {
        /// The highest `wall_ms` of any save; unset in a new store.
        highest_wall_ms: Option<i64>,
        /// Sign-outs that were marked and not finished, in the order of their marks.
        unfinished: Vec<PartitionId>,
        /// The last value of [`StoreCommand::SaveSwitches`]; empty if there was none.
        switches: Bytes,
        /// An earlier run has distrusted what was stored, and all records have been deleted for it.
        distrusted: bool,
    },
    /// The partition is there.
    Partition {
        /// Its key: the fresh one if it is new.
        key: PartitionKey,
        /// The highest sequence number of [`StoreCommand::WriteTags`]; 0 if none.
        sequence: u64,
    },
    /// The partition was made anew, because the key of the one that was there is of no use any more. A store itself does not
    /// answer this; what wraps keys does.
    PartitionLost {
        /// Its key: the fresh one.
        key: PartitionKey,
    },
    /// All records of the key: at most a full and a reduced one.
    Found(Vec<Loaded>),
    /// The record is saved.
    Saved {
        /// How many records were evicted for it.
        evicted: u32,
    },
    /// It is done.
    Done,
}

/// Why a store could not (rule E5). None of these loses a promise; only `Corrupt` loses the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFault {
    /// What is wrong.
    pub kind: StoreFaultKind,
    /// For people.
    pub message: String,
}

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFaultKind {
    /// Another process has it.
    Held,
    /// It is busy or locked for now.
    Locked,
    /// The disk is full.
    Full,
    /// It cannot be written to.
    ReadOnly,
    /// It is not readable as a store (SQLITE_CORRUPT, SQLITE_NOTADB).
    Corrupt,
    /// Anything else that the file system said.
    Io,
}
