//! What a store should answer, by the letter of the documentation, without a budget.

use std::collections::BTreeMap;

use bytes::Bytes;
use holdover_client::store::{
    KeyHash, Loaded, PartitionId, PartitionKey, Record, StoreAnswer, StoreCommand, TagHash, Variant,
};

#[derive(Default)]
pub(super) struct Reference {
    keys: BTreeMap<PartitionId, PartitionKey>,
    /// Full and reduced.
    records: BTreeMap<(PartitionId, KeyHash), [Option<Record>; 2]>,
    tags: BTreeMap<(PartitionId, TagHash), u64>,
    sequences: BTreeMap<PartitionId, u64>,
    marks: Vec<PartitionId>,
    highest_wall_ms: Option<i64>,
    switches: Bytes,
}

impl Reference {
    pub(super) fn execute(&mut self, command: StoreCommand) -> StoreAnswer {
        match command {
            StoreCommand::Open => StoreAnswer::Opened {
                highest_wall_ms: self.highest_wall_ms,
                unfinished: self.marks.clone(),
                switches: self.switches.clone(),
            },
            StoreCommand::Recreate => {
                *self = Self::default();
                self.execute(StoreCommand::Open)
            }
            StoreCommand::OpenPartition { partition, fresh_key } => {
                let key = self.keys.entry(partition).or_insert(fresh_key).clone();
                let sequence = self.sequences.get(&partition).copied().unwrap_or(0);
                StoreAnswer::Partition { key, sequence }
            }
            StoreCommand::Load { partition, key } => {
                let records = self.records.get(&(partition, key)).cloned().unwrap_or_default();
                StoreAnswer::Found(records.into_iter().flatten().map(|record| self.loaded(record)).collect())
            }
            StoreCommand::Save { record, wall_ms } => {
                self.highest_wall_ms = self.highest_wall_ms.max(Some(wall_ms));
                if self.keys.contains_key(&record.partition) {
                    let variants = self.records.entry((record.partition, record.key)).or_default();
                    let at = usize::from(record.variant != Variant::Full);
                    variants[at] = Some(record);
                }
                StoreAnswer::Done
            }
            StoreCommand::Remove { partition, key, reduced_only } => {
                if let Some([full, reduced]) = self.records.get_mut(&(partition, key)) {
                    *reduced = None;
                    if !reduced_only {
                        *full = None;
                    }
                }
                StoreAnswer::Done
            }
            StoreCommand::WriteTags(writes) => {
                for write in writes {
                    if self.keys.contains_key(&write.partition) {
                        self.sequences.insert(write.partition, write.sequence);
                        for tag in write.tags {
                            self.tags.insert((write.partition, tag), write.sequence);
                        }
                    }
                }
                StoreAnswer::Done
            }
            StoreCommand::MarkSignOut { partition, .. } => {
                if !self.marks.contains(&partition) {
                    self.marks.push(partition);
                }
                StoreAnswer::Done
            }
            StoreCommand::DropPartition { partition, .. } => {
                self.keys.remove(&partition);
                self.sequences.remove(&partition);
                self.records.retain(|(of, _), _| *of != partition);
                self.tags.retain(|(of, _), _| *of != partition);
                self.marks.retain(|marked| *marked != partition);
                StoreAnswer::Done
            }
            StoreCommand::SaveSwitches(switches) => {
                self.switches = switches;
                StoreAnswer::Done
            }
            StoreCommand::Close => StoreAnswer::Done,
        }
    }

    fn loaded(&self, record: Record) -> Loaded {
        let numbers = record.tags.iter().filter_map(|tag| self.tags.get(&(record.partition, *tag)).copied());
        Loaded { tag_sequence: numbers.max().unwrap_or(0), record }
    }
}
