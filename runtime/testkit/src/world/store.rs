//! A store in memory that answers at once, outlives the process and fails when it is told to.

use std::collections::BTreeMap;

use bytes::Bytes;
use holdover_engine::{
    KeyHash, Loaded, PartitionId, PartitionKey, Record, StoreAnswer, StoreCommand, StoreFault,
    StoreFaultKind, TagHash, Variant,
};

use crate::vector::StoreState;

/// What would be on disk, and how it behaves.
#[derive(Clone, Debug, Default)]
pub struct ScriptedStore {
    state: StoreState,
    disk: Disk,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    highest_wall_ms: Option<i64>,
    unfinished: Vec<PartitionId>,
    switches: Bytes,
    partitions: BTreeMap<PartitionId, Partition>,
}

#[derive(Clone, Debug)]
struct Partition {
    key: PartitionKey,
    sequence: u64,
    tags: BTreeMap<TagHash, u64>,
    records: BTreeMap<(KeyHash, bool), Record>,
}

impl ScriptedStore {
    /// How it behaves from now on.
    pub fn set(&mut self, state: StoreState) {
        self.state = state;
    }

    /// Carries out a command, or fails as scripted.
    ///
    /// # Errors
    /// The scripted fault.
    pub fn carry_out(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        let writes = !matches!(command, StoreCommand::Open | StoreCommand::Load { .. } | StoreCommand::Close);
        let fault = match self.state {
            StoreState::Held => Some(StoreFaultKind::Held),
            StoreState::Locked => Some(StoreFaultKind::Locked),
            StoreState::Full if writes => Some(StoreFaultKind::Full),
            StoreState::ReadOnly if writes => Some(StoreFaultKind::ReadOnly),
            StoreState::Corrupt if command != StoreCommand::Recreate => Some(StoreFaultKind::Corrupt),
            _ => None,
        };
        match fault {
            Some(kind) => Err(StoreFault { kind, message: "as scripted".into() }),
            None => Ok(self.obey(command)),
        }
    }

    fn obey(&mut self, command: StoreCommand) -> StoreAnswer {
        match command {
            StoreCommand::Open => {}
            StoreCommand::Recreate => *self = Self::default(),
            StoreCommand::OpenPartition { partition, fresh_key } => {
                let partition = self.disk.partitions.entry(partition).or_insert_with(|| Partition {
                    key: fresh_key,
                    sequence: 0,
                    tags: BTreeMap::new(),
                    records: BTreeMap::new(),
                });
                return StoreAnswer::Partition { key: partition.key.clone(), sequence: partition.sequence };
            }
            StoreCommand::Load { partition, key } => {
                let found = self.disk.partitions.get(&partition).map(|partition| partition.load(key));
                return StoreAnswer::Found(found.unwrap_or_default());
            }
            StoreCommand::Save { record, wall_ms } => {
                self.disk.highest_wall_ms = self.disk.highest_wall_ms.max(Some(wall_ms));
                if let Some(partition) = self.disk.partitions.get_mut(&record.partition) {
                    let full = record.variant == Variant::Full;
                    partition.records.insert((record.key, full), record);
                }
                return StoreAnswer::Done;
            }
            StoreCommand::Remove { partition, key, reduced_only } => {
                if let Some(partition) = self.disk.partitions.get_mut(&partition) {
                    partition.records.retain(|(k, full), _| *k != key || (reduced_only && *full));
                }
                return StoreAnswer::Done;
            }
            StoreCommand::WriteTags(writes) => {
                for write in writes {
                    if let Some(partition) = self.disk.partitions.get_mut(&write.partition) {
                        partition.sequence = partition.sequence.max(write.sequence);
                        partition.tags.extend(write.tags.into_iter().map(|tag| (tag, write.sequence)));
                    }
                }
                return StoreAnswer::Done;
            }
            StoreCommand::MarkSignOut { partition, .. } => {
                if !self.disk.unfinished.contains(&partition) {
                    self.disk.unfinished.push(partition);
                }
                return StoreAnswer::Done;
            }
            StoreCommand::DropPartition { partition, .. } => {
                self.disk.partitions.remove(&partition);
                self.disk.unfinished.retain(|marked| *marked != partition);
                return StoreAnswer::Done;
            }
            StoreCommand::SaveSwitches(switches) => {
                self.disk.switches = switches;
                return StoreAnswer::Done;
            }
            StoreCommand::Close => return StoreAnswer::Done,
        }
        StoreAnswer::Opened {
            highest_wall_ms: self.disk.highest_wall_ms,
            unfinished: self.disk.unfinished.clone(),
            switches: self.disk.switches.clone(),
        }
    }
}

impl Partition {
    fn load(&self, key: KeyHash) -> Vec<Loaded> {
        [true, false]
            .into_iter()
            .filter_map(|full| self.records.get(&(key, full)))
            .map(|record| Loaded {
                record: record.clone(),
                tag_sequence: record
                    .tags
                    .iter()
                    .filter_map(|tag| self.tags.get(tag))
                    .copied()
                    .max()
                    .unwrap_or(0),
            })
            .collect()
    }
}
