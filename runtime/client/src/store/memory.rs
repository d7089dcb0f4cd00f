//! A store without a disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::{
    KeyHash, Loaded, OutboxChoice, PartitionId, PartitionKey, Record, Store, StoreAnswer, StoreCommand,
    StoreFault, StoreFaultKind, TagHash, TagWrite, Variant,
};

/// Keeps records in memory. Clones share them, so that a clone plays the part of the disk that outlives a runtime: for
/// tests, and as the measure for other stores.
#[derive(Debug)]
pub struct MemoryStore {
    contents: Arc<Mutex<Contents>>,
    budget: u64,
    opened: bool,
    /// It has noted that the contents must not be believed by the next store over them.
    distrusts: bool,
}

#[derive(Debug, Default)]
struct Contents {
    partitions: BTreeMap<PartitionId, Partition>,
    /// Sign-outs that were not finished, in the order of their marks.
    marks: Vec<(PartitionId, OutboxChoice)>,
    highest_wall_ms: Option<i64>,
    switches: Bytes,
    /// How many stores distrust the records; those that are no more included.
    distrusts: u32,
    bytes: u64,
    /// Counts uses, to tell which was the last.
    uses: u64,
}

#[derive(Debug)]
struct Partition {
    key: PartitionKey,
    sequence: u64,
    /// Tags that are not listed were invalidated up to here.
    floor: u64,
    tags: BTreeMap<TagHash, u64>,
    records: BTreeMap<(KeyHash, bool), Kept>,
    /// What its records count.
    bytes: u64,
}

#[derive(Debug)]
struct Kept {
    record: Record,
    used: u64,
}

impl MemoryStore {
    /// Nothing in it, and room for 64 MB.
    pub fn new() -> Self {
        Self::with_budget(64 << 20)
    }

    /// Room for this many bytes, counted as [`Record::size`] says.
    pub fn with_budget(bytes: u64) -> Self {
        Self { contents: Arc::default(), budget: bytes, opened: false, distrusts: false }
    }
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self { contents: self.contents.clone(), budget: self.budget, opened: false, distrusts: false }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(command, StoreCommand::Recreate) {
            *contents = Contents { distrusts: u32::from(self.distrusts), ..Contents::default() };
        }
        match &command {
            StoreCommand::Open | StoreCommand::Recreate => {
                self.opened = true;
                let own = u32::from(self.distrusts);
                let distrusted = contents.distrusts > own;
                if distrusted {
                    contents.forget_records();
                    contents.distrusts = own;
                }
                return Ok(contents.opened(distrusted));
            }
            StoreCommand::Distrust => {
                if !std::mem::replace(&mut self.distrusts, true) {
                    contents.distrusts += 1;
                }
                return Ok(StoreAnswer::Done);
            }
            StoreCommand::Trust => {
                if std::mem::replace(&mut self.distrusts, false) {
                    // Another one may have dropped the records for it meanwhile.
                    contents.distrusts = contents.distrusts.saturating_sub(1);
                }
                return Ok(StoreAnswer::Done);
            }
            _ => {}
        }
        if matches!(command, StoreCommand::Close) {
            self.opened = false;
            return Ok(StoreAnswer::Done);
        }
        if !self.opened {
            let message = "the store was not opened".to_owned();
            return Err(StoreFault { kind: StoreFaultKind::Io, message });
        }
        Ok(contents.execute(command, self.budget))
    }
}

impl Contents {
    fn forget_records(&mut self) {
        for partition in self.partitions.values_mut() {
            partition.records.clear();
            partition.bytes = 0;
        }
        self.bytes = 0;
    }

    fn opened(&self, distrusted: bool) -> StoreAnswer {
        let unfinished = self.marks.iter().map(|(partition, _)| *partition).collect();
        StoreAnswer::Opened {
            highest_wall_ms: self.highest_wall_ms,
            unfinished,
            switches: self.switches.clone(),
            distrusted,
        }
    }

    fn execute(&mut self, command: StoreCommand, budget: u64) -> StoreAnswer {
        match command {
            StoreCommand::OpenPartition { partition, fresh_key } => {
                let partition = self.partitions.entry(partition).or_insert_with(|| Partition {
                    key: fresh_key,
                    sequence: 0,
                    floor: 0,
                    tags: BTreeMap::new(),
                    records: BTreeMap::new(),
                    bytes: 0,
                });
                return StoreAnswer::Partition { key: partition.key.clone(), sequence: partition.sequence };
            }
            StoreCommand::FindPartition { partition } => {
                if let Some(Partition { key, sequence, .. }) = self.partitions.get(&partition) {
                    return StoreAnswer::Partition { key: key.clone(), sequence: *sequence };
                }
            }
            StoreCommand::Load { partition, key } => return StoreAnswer::Found(self.load(partition, key)),
            StoreCommand::Save { record, wall_ms } => {
                self.highest_wall_ms = self.highest_wall_ms.max(Some(wall_ms));
                self.save(record, budget);
                return StoreAnswer::Saved { evicted: self.evict(budget, wall_ms) };
            }
            StoreCommand::Remove { partition, key, reduced_only } => {
                if let Some(partition) = self.partitions.get_mut(&partition) {
                    let reduced = partition.records.remove(&(key, true));
                    let full = if reduced_only { None } else { partition.records.remove(&(key, false)) };
                    let bytes: u64 = reduced.iter().chain(&full).map(Kept::bytes).sum();
                    partition.bytes -= bytes;
                    self.bytes -= bytes;
                }
            }
            StoreCommand::WriteTags(writes) => writes.into_iter().for_each(|write| self.write_tags(write)),
            StoreCommand::MarkSignOut { partition, outbox } => {
                if self.marks.iter().all(|(marked, _)| *marked != partition) {
                    self.marks.push((partition, outbox));
                }
            }
            StoreCommand::DropPartition { partition, erase: _ } => {
                if let Some(dropped) = self.partitions.remove(&partition) {
                    self.bytes -= dropped.bytes;
                }
                self.marks.retain(|(marked, _)| *marked != partition);
            }
            StoreCommand::SaveSwitches(switches) => self.switches = switches,
            // Carried out by the store.
            StoreCommand::Open
            | StoreCommand::Recreate
            | StoreCommand::Distrust
            | StoreCommand::Trust
            | StoreCommand::Close => {}
        }
        StoreAnswer::Done
    }

    fn load(&mut self, partition: PartitionId, key: KeyHash) -> Vec<Loaded> {
        let Some(partition) = self.partitions.get_mut(&partition) else { return Vec::new() };
        let Partition { tags, records, floor, .. } = partition;
        let uses = &mut self.uses;
        let found = records.range_mut((key, false)..=(key, true)).map(|(_, kept)| {
            *uses += 1;
            kept.used = *uses;
            let sequences = kept.record.tags.iter().filter_map(|tag| tags.get(tag).copied());
            Loaded {
                record: kept.record.clone(),
                tag_sequence: if kept.record.tags.is_empty() {
                    0
                } else {
                    sequences.max().unwrap_or(0).max(*floor)
                },
            }
        });
        found.collect()
    }

    /// A record of a partition that is not there is not kept: the partition was destroyed meanwhile.
    fn save(&mut self, record: Record, budget: u64) {
        let Some(partition) = self.partitions.get_mut(&record.partition) else { return };
        let slot = (record.key, record.variant != Variant::Full);
        if let Some(before) = partition.records.remove(&slot) {
            partition.bytes -= before.bytes();
            self.bytes -= before.bytes();
        }
        if record.size() <= budget {
            self.uses += 1;
            let kept = Kept { record, used: self.uses };
            partition.bytes += kept.bytes();
            self.bytes += kept.bytes();
            partition.records.insert(slot, kept);
        }
    }

    fn write_tags(&mut self, write: TagWrite) {
        let Some(partition) = self.partitions.get_mut(&write.partition) else { return };
        // Two runtimes that share a store count apart; a number that comes late is raised, so that it invalidates too much
        // rather than too little.
        let sequence = write.sequence.max(partition.sequence.saturating_add(1));
        partition.sequence = sequence;
        if write.all {
            partition.floor = sequence;
            partition.tags.clear();
        }
        partition.tags.extend(write.tags.into_iter().map(|tag| (tag, sequence)));
    }

    /// Makes room: what is expired goes first, then what was not used for longest in the partition that holds the most.
    /// Returns how many records went.
    fn evict(&mut self, budget: u64, wall_ms: i64) -> u32 {
        let mut evicted = 0;
        while self.bytes > budget {
            let records = self.partitions.iter().flat_map(|(id, partition)| {
                let place = move |(slot, kept): (&(KeyHash, bool), _)| (*id, *slot, partition.bytes, kept);
                partition.records.iter().map(place)
            });
            let order = |(_, _, bytes, kept): &(PartitionId, (KeyHash, bool), u64, &Kept)| {
                let live = kept.record.expires_ms > wall_ms;
                let (first, second) = if live { (0, u64::MAX - bytes) } else { (kept.record.expires_ms, 0) };
                (live, first, second, kept.used)
            };
            let Some((id, slot, ..)) = records.min_by_key(order) else { break };
            let Some(partition) = self.partitions.get_mut(&id) else { break };
            if let Some(removed) = partition.records.remove(&slot) {
                partition.bytes -= removed.bytes();
                self.bytes -= removed.bytes();
            }
            evicted += 1;
        }
        evicted
    }
}

impl Kept {
    fn bytes(&self) -> u64 {
        self.record.size()
    }
}
