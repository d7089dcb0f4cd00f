//! A store that answers at once, outlives the process and fails when it is told to.

use holdover_engine::{StoreAnswer, StoreCommand, StoreFault, StoreFaultKind};

use crate::store::Reference;
use crate::vector::StoreState;

/// What would be on disk, and how it behaves.
#[derive(Clone, Debug)]
pub struct ScriptedStore {
    state: StoreState,
    disk: Reference,
}

impl ScriptedStore {
    /// An empty one that works, with room for so many bytes.
    #[must_use]
    pub fn new(budget: u64) -> Self {
        Self { state: StoreState::Ok, disk: Reference::new(budget) }
    }

    /// The process ends, and another begins.
    pub fn restart(&mut self) {
        self.disk.restart();
    }

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
            // It needs neither the records' file nor free space.
            StoreState::Held | StoreState::Locked | StoreState::Full | StoreState::Corrupt
                if command == StoreCommand::Distrust =>
            {
                None
            }
            StoreState::Held => Some(StoreFaultKind::Held),
            StoreState::Locked => Some(StoreFaultKind::Locked),
            StoreState::Full if writes => Some(StoreFaultKind::Full),
            StoreState::ReadOnly if writes => Some(StoreFaultKind::ReadOnly),
            StoreState::Corrupt if command != StoreCommand::Recreate => Some(StoreFaultKind::Corrupt),
            _ => None,
        };
        if command == StoreCommand::Recreate {
            self.state = StoreState::Ok;
        }
        match fault {
            Some(kind) => Err(StoreFault { kind, message: "as scripted".into() }),
            None => Ok(self.disk.execute(command)),
        }
    }
}
