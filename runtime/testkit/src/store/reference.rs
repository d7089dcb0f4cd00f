//! What a store should answer, by the letter of the documentation: lists that are searched from end to end.

use std::collections::BTreeMap;

use bytes::Bytes;
use holdover_client::store::{
    KeyHash, Loaded, PartitionId, PartitionKey, Record, StoreAnswer, StoreCommand, TagHash, TagWrite, Variant,
};

/// A store without a disk, without haste and without faults.
#[derive(Clone, Debug)]
pub struct Reference {
    budget: u64,
    keys: BTreeMap<PartitionId, PartitionKey>,
    records: Vec<Kept>,
    tags: BTreeMap<(PartitionId, TagHash), u64>,
    sequences: BTreeMap<PartitionId, u64>,
    /// When everything with tags was invalidated.
    floors: BTreeMap<PartitionId, u64>,
    marks: Vec<PartitionId>,
    highest_wall_ms: Option<i64>,
    switches: Bytes,
    /// This run distrusts the records; an earlier one did.
    distrusts: bool,
    distrusted: bool,
    uses: u64,
}

#[derive(Clone, Debug)]
struct Kept {
    record: Record,
    used: u64,
}

impl Kept {
    fn is(&self, partition: PartitionId, key: KeyHash, reduced: bool) -> bool {
        self.record.partition == partition
            && self.record.key == key
            && (self.record.variant != Variant::Full) == reduced
    }
}

impl Reference {
    /// Nothing in it, and room for so many bytes.
    #[must_use]
    pub fn new(budget: u64) -> Self {
        Self {
            budget,
            keys: BTreeMap::new(),
            records: Vec::new(),
            tags: BTreeMap::new(),
            sequences: BTreeMap::new(),
            floors: BTreeMap::new(),
            marks: Vec::new(),
            highest_wall_ms: None,
            switches: Bytes::new(),
            distrusts: false,
            distrusted: false,
            uses: 0,
        }
    }

    /// A run ends, and another begins.
    pub fn restart(&mut self) {
        self.distrusted |= std::mem::take(&mut self.distrusts);
    }

    /// Carries out a command.
    pub fn execute(&mut self, command: StoreCommand) -> StoreAnswer {
        match command {
            StoreCommand::Open => {
                let distrusted = std::mem::take(&mut self.distrusted);
                if distrusted {
                    self.records.clear();
                }
                return StoreAnswer::Opened {
                    distrusted,
                    highest_wall_ms: self.highest_wall_ms,
                    unfinished: self.marks.clone(),
                    switches: self.switches.clone(),
                };
            }
            StoreCommand::Recreate => {
                *self = Self { distrusts: self.distrusts, ..Self::new(self.budget) };
                return self.execute(StoreCommand::Open);
            }
            StoreCommand::OpenPartition { partition, fresh_key } => {
                let key = self.keys.entry(partition).or_insert(fresh_key).clone();
                let sequence = self.sequences.get(&partition).copied().unwrap_or(0);
                return StoreAnswer::Partition { key, sequence };
            }
            StoreCommand::FindPartition { partition } => {
                if let Some(key) = self.keys.get(&partition).cloned() {
                    let sequence = self.sequences.get(&partition).copied().unwrap_or(0);
                    return StoreAnswer::Partition { key, sequence };
                }
            }
            StoreCommand::Load { partition, key } => return self.load(partition, key),
            StoreCommand::Save { record, wall_ms } => return self.save(record, wall_ms),
            StoreCommand::Remove { partition, key, reduced_only } => {
                self.records.retain(|kept| {
                    !kept.is(partition, key, true) && (reduced_only || !kept.is(partition, key, false))
                });
            }
            StoreCommand::WriteTags(writes) => writes.into_iter().for_each(|write| self.write_tags(write)),
            StoreCommand::MarkSignOut { partition, .. } => {
                if !self.marks.contains(&partition) {
                    self.marks.push(partition);
                }
            }
            StoreCommand::DropPartition { partition, .. } => {
                self.keys.remove(&partition);
                self.sequences.remove(&partition);
                self.floors.remove(&partition);
                self.records.retain(|kept| kept.record.partition != partition);
                self.tags.retain(|(of, _), _| *of != partition);
                self.marks.retain(|marked| *marked != partition);
            }
            StoreCommand::SaveSwitches(switches) => self.switches = switches,
            StoreCommand::Distrust => self.distrusts = true,
            StoreCommand::Trust => self.distrusts = false,
            StoreCommand::Close => {}
        }
        StoreAnswer::Done
    }

    fn load(&mut self, partition: PartitionId, key: KeyHash) -> StoreAnswer {
        let mut found = Vec::new();
        for reduced in [false, true] {
            if let Some(kept) = self.records.iter_mut().find(|kept| kept.is(partition, key, reduced)) {
                self.uses += 1;
                kept.used = self.uses;
                let numbers = kept.record.tags.iter().filter_map(|tag| self.tags.get(&(partition, *tag)));
                let floor = self.floors.get(&partition).filter(|_| !kept.record.tags.is_empty());
                let tag_sequence = numbers.chain(floor).copied().max().unwrap_or(0);
                found.push(Loaded { record: kept.record.clone(), tag_sequence });
            }
        }
        StoreAnswer::Found(found)
    }

    fn save(&mut self, record: Record, wall_ms: i64) -> StoreAnswer {
        self.highest_wall_ms = self.highest_wall_ms.max(Some(wall_ms));
        let mut evicted = 0;
        if self.keys.contains_key(&record.partition) {
            let reduced = record.variant != Variant::Full;
            self.records.retain(|kept| !kept.is(record.partition, record.key, reduced));
            if record.size() <= self.budget {
                self.uses += 1;
                self.records.push(Kept { record, used: self.uses });
            }
            while self.bytes(None) > self.budget {
                self.evict(wall_ms);
                evicted += 1;
            }
        }
        StoreAnswer::Saved { evicted }
    }

    fn bytes(&self, of: Option<PartitionId>) -> u64 {
        let counted = self.records.iter().filter(|kept| of.is_none_or(|of| kept.record.partition == of));
        counted.map(|kept| kept.record.size()).sum()
    }

    fn evict(&mut self, wall_ms: i64) {
        let all = || self.records.iter().enumerate();
        let expired = all().filter(|(_, kept)| kept.record.expires_ms <= wall_ms);
        let expired = expired.min_by_key(|(_, kept)| (kept.record.expires_ms, kept.used));
        let unused =
            all().max_by_key(|(_, kept)| (self.bytes(Some(kept.record.partition)), u64::MAX - kept.used));
        if let Some((at, _)) = expired.or(unused) {
            self.records.remove(at);
        }
    }

    fn write_tags(&mut self, write: TagWrite) {
        if self.keys.contains_key(&write.partition) {
            let last = self.sequences.entry(write.partition).or_default();
            *last = write.sequence.max(*last + 1);
            if write.all {
                self.floors.insert(write.partition, *last);
            }
            self.tags.extend(write.tags.into_iter().map(|tag| ((write.partition, tag), *last)));
        }
    }
}
