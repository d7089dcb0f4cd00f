//! Faults: the store does not work, and everything that waited for it goes on in memory (rule E5).

use std::time::Duration;

use super::{DiskStage, Pending};
use crate::engine::Engine;
use crate::event::Event;
use crate::key::Owner;
use crate::partition::Stage;
use crate::store::{StoreCommand, StoreFault, StoreFaultKind};

/// How long the runtime runs on memory before it tries a failed store again.
const RETRY: Duration = Duration::from_secs(30);

impl Engine {
    /// A command failed: the runtime goes on in memory, and says so once.
    pub(super) fn disk_failed(&mut self, pending: Pending, fault: StoreFault) {
        let was_recreating = self.disk.stage == DiskStage::Recreating;
        let recreate = fault.kind == StoreFaultKind::Corrupt && !was_recreating;
        if !std::mem::replace(&mut self.disk.reported, true) {
            self.event(Event::StoreFailed { kind: fault.kind, message: fault.message.clone() });
        }
        // Answers to commands from before the fault say nothing new.
        let is_news = !matches!(
            self.disk.stage,
            DiskStage::Failed(_) | DiskStage::Recreating | DiskStage::Reopening | DiskStage::Paused
        ) || matches!(pending, Pending::Open);
        if is_news {
            if recreate {
                self.disk.stage = DiskStage::Recreating;
                self.disk.recreated = true;
                self.disk.untold.removals.clear();
                self.command(StoreCommand::Recreate, Pending::Open);
            } else {
                self.disk.stage = DiskStage::Failed(self.now.boot.after(RETRY));
            }
        }
        for partition in self.partitions.values_mut() {
            partition.durable = false;
        }
        let message = fault.message;
        match pending {
            Pending::Load(spec) => self.found(&spec, Vec::new()),
            Pending::Finish(partition) => {
                self.disk.untold.undropped.insert(partition);
            }
            Pending::Remove(partition, key, reduced_only) => {
                self.disk.untold.remove_later(partition, key, reduced_only);
                self.distrust(Vec::new());
            }
            Pending::Tags(owners, tags, all, then) => {
                for owner in owners {
                    if let Some(partition) = self.partitions.get_mut(&owner)
                        && (all || !partition.write_later(&tags))
                    {
                        let id = partition.id;
                        self.disk.untold.spoil(id);
                    }
                }
                self.distrust(then);
            }
            Pending::Switches(ops) => self.switches_saved(ops, Some(&message)),
            Pending::Mark(sign_out) => self.mark_failed(&sign_out, &message),
            Pending::Drop(sign_out) => {
                self.disk.untold.undropped.insert(sign_out.partition);
                self.dropped(&sign_out, Err(&message));
            }
            Pending::Distrust => self.distrusted(false),
            Pending::Trust => self.trust_mended(false),
            Pending::Open | Pending::Partition(_) | Pending::Save | Pending::Close => {}
        }
        for sign_out in std::mem::take(&mut self.disk.leaving) {
            self.mark_failed(&sign_out, &message);
        }
        self.fail_switches(&message);
        let opening: Vec<Owner> = self
            .partitions
            .iter()
            .filter(|(_, partition)| partition.stage == Stage::Opening || partition.waits_for_store())
            .map(|(owner, _)| owner.clone())
            .collect();
        for owner in opening {
            self.opened(&owner);
        }
    }
}
