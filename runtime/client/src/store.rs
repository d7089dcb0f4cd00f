//! Where answers outlive the process: the seam that a store fills.

mod memory;
mod vault;

pub use memory::MemoryStore;
pub(crate) use vault::Vault;
pub use vault::{KeyError, KeyProvider};

pub use holdover_engine::{
    KeyHash, Loaded, MAX_SWITCHES, OutboxChoice, PartitionId, PartitionKey, PlanHash, Record, StoreAnswer,
    StoreCommand, StoreFault, StoreFaultKind, TagHash, TagWrite, Variant,
};

/// Carries out the engine's commands, one after the other.
///
/// Making a store does no IO; [`StoreCommand::Open`] does. All commands of a runtime come from one thread that exists
/// for nothing else, so a store may block. What a command promises is said at [`StoreCommand`]; the conformance suite of
/// the testkit holds every store to it. A store whose command failed may be asked again at any time, beginning with
/// [`StoreCommand::Open`].
pub trait Store: Send + 'static {
    /// Carries out one command.
    ///
    /// # Errors
    ///
    /// A fault says what is wrong; the runtime goes on in memory and tries again later.
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault>;
}
