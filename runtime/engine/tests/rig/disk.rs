//! A store in memory, as a store should be; it fails when told to.

use std::collections::BTreeMap;

use bytes::Bytes;
use holdover_engine::{
    KeyHash, Loaded, PartitionId, PartitionKey, Record, StoreAnswer, StoreCommand, StoreFault,
    StoreFaultKind, TagHash, Variant,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    pub(crate) partitions: BTreeMap<PartitionId, PartitionKey>,
    pub(crate) records: BTreeMap<(PartitionId, KeyHash, bool), Record>,
    pub(crate) tags: BTreeMap<(PartitionId, TagHash), u64>,
    pub(crate) marked: Vec<PartitionId>,
    pub(crate) highest_wall_ms: Option<i64>,
    pub(crate) switches: Bytes,
    pub(crate) closed: bool,
    pub(crate) trust: Trust,
    /// Every command fails like this.
    pub(crate) fault: Option<StoreFaultKind>,
    /// How many commands of each kind have been carried out or refused.
    pub(crate) commands: usize,
}

/// Whether its records may be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trust {
    #[default]
    Whole,
    /// Not by the next run.
    BrokenByThis,
    BrokenBefore,
}

impl Disk {
    /// The run has ended.
    pub(crate) fn left(mut self) -> Self {
        if self.trust == Trust::BrokenByThis {
            self.trust = Trust::BrokenBefore;
        }
        self
    }

    pub(crate) fn carry_out(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        self.commands += 1;
        match command {
            StoreCommand::Open | StoreCommand::Recreate | StoreCommand::Close | StoreCommand::Distrust => {}
            _ => assert!(!self.closed, "a closed store was asked for {command:?}"),
        }
        if let (Some(StoreFaultKind::Corrupt), StoreCommand::Recreate) = (self.fault, &command) {
            *self = Self::default();
        }
        // A note of one byte fits in where nothing else does.
        let is_note = command == StoreCommand::Distrust && self.fault != Some(StoreFaultKind::ReadOnly);
        if let Some(kind) = self.fault.filter(|_| !is_note) {
            return Err(StoreFault { kind, message: "told to".into() });
        }
        Ok(match command {
            StoreCommand::Open | StoreCommand::Recreate => {
                self.closed = false;
                let distrusted = self.trust == Trust::BrokenBefore;
                if distrusted {
                    self.records.clear();
                    self.trust = Trust::Whole;
                }
                StoreAnswer::Opened {
                    distrusted,
                    highest_wall_ms: self.highest_wall_ms,
                    unfinished: self.marked.clone(),
                    switches: self.switches.clone(),
                }
            }
            StoreCommand::OpenPartition { partition, fresh_key } => {
                let key = self.partitions.entry(partition).or_insert(fresh_key).clone();
                let tags = self.tags.iter().filter(|((of, _), _)| *of == partition);
                StoreAnswer::Partition { key, sequence: tags.map(|(_, n)| *n).max().unwrap_or(0) }
            }
            StoreCommand::FindPartition { .. } => unreachable!("the engine does not ask this"),
            StoreCommand::Load { partition, key } => {
                let found = [false, true].iter().filter_map(|reduced| {
                    let record = self.records.get(&(partition, key, *reduced))?.clone();
                    let tags = record.tags.iter().filter_map(|tag| self.tags.get(&(partition, *tag)));
                    let tag_sequence = tags.copied().max().unwrap_or(0);
                    Some(Loaded { record, tag_sequence })
                });
                StoreAnswer::Found(found.collect())
            }
            StoreCommand::Save { record, wall_ms } => {
                self.highest_wall_ms = self.highest_wall_ms.max(Some(wall_ms));
                let reduced = record.variant != Variant::Full;
                self.records.insert((record.partition, record.key, reduced), record);
                StoreAnswer::Saved { evicted: 0 }
            }
            StoreCommand::Remove { partition, key, reduced_only } => {
                self.records.remove(&(partition, key, true));
                if !reduced_only {
                    self.records.remove(&(partition, key, false));
                }
                StoreAnswer::Done
            }
            StoreCommand::WriteTags(writes) => {
                for write in writes {
                    if write.all {
                        // Every tag that a record has.
                        let records = self.records.values().filter(|of| of.partition == write.partition);
                        let tags: Vec<TagHash> = records.flat_map(|record| record.tags.clone()).collect();
                        self.tags
                            .extend(tags.into_iter().map(|tag| ((write.partition, tag), write.sequence)));
                    }
                    for tag in write.tags {
                        self.tags.insert((write.partition, tag), write.sequence);
                    }
                }
                StoreAnswer::Done
            }
            StoreCommand::MarkSignOut { partition, .. } => {
                self.marked.push(partition);
                StoreAnswer::Done
            }
            StoreCommand::DropPartition { partition, .. } => {
                self.partitions.remove(&partition);
                self.records.retain(|(of, ..), _| *of != partition);
                self.tags.retain(|(of, _), _| *of != partition);
                self.marked.retain(|of| *of != partition);
                StoreAnswer::Done
            }
            StoreCommand::SaveSwitches(switches) => {
                self.switches = switches;
                StoreAnswer::Done
            }
            StoreCommand::Distrust => {
                if self.trust == Trust::Whole {
                    self.trust = Trust::BrokenByThis;
                }
                StoreAnswer::Done
            }
            StoreCommand::Trust => {
                if self.trust == Trust::BrokenByThis {
                    self.trust = Trust::Whole;
                }
                StoreAnswer::Done
            }
            StoreCommand::Close => {
                self.closed = true;
                StoreAnswer::Done
            }
        })
    }
}
