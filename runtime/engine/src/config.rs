//! The engine's configuration.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Sizes and limits. The defaults are those of the project's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// There is a second tier: [`crate::Output::Store`] is answered. Without it everything stays in memory.
    pub store: bool,
    /// What the store keeps is sealed by the platform's key, so that sensitive messages may be on disk (rule J4).
    pub sealed: bool,
    /// Bytes that the memory tier may hold. An entry counts its key (which has the account, the endpoint's name, the method
    /// and the request's keyed fields in it), its values, 32 a tag of each value, and 256 for tables.
    pub memory_bytes: usize,
    /// The largest answer that is stored at all, in bytes.
    pub max_entry_bytes: usize,
    /// The largest answer that the memory tier holds, in bytes; larger ones are on disk only.
    pub max_memory_entry_bytes: usize,
    /// The largest message, request or response, in bytes.
    pub max_message_bytes: usize,
    /// The largest request metadata, counted as HTTP/2 counts it.
    pub max_metadata_bytes: usize,
    /// How many refreshes that nobody waits for may be on their way at a time.
    pub max_refreshes: NonZeroUsize,
    /// The most tags that one entry or one invalidation may have.
    pub max_tags: usize,
    /// How long the app may be in the background before everything that happens by itself stops (rules G4, J1).
    pub grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: true,
            sealed: false,
            memory_bytes: 8 << 20,
            max_entry_bytes: 2 << 20,
            max_memory_entry_bytes: 256 << 10,
            max_message_bytes: 4 << 20,
            max_metadata_bytes: 16 << 10,
            max_refreshes: const { NonZeroUsize::new(4).expect("4 is not 0") },
            max_tags: 1000,
            grace: Duration::from_secs(30),
        }
    }
}
