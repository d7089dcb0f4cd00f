//! Holdover's persistent cache, in SQLite.
//!
//! One file per folder, `holdover-cache.db`, with its journal beside it and a lock file that keeps a second process out.
//! Runtimes of one process share the open file.
//!
//! **Durability.** The journal is a WAL. Saves commit with `synchronous=NORMAL`: a crash of the process loses none of
//! them, a power cut may lose the newest, and a cache may forget. What must not be forgotten commits with
//! `synchronous=FULL`, which flushes the journal, and everything before it, to the disk: partition keys (they name what
//! is stored), tag sequence numbers (rule D2), sign-out marks and the destruction of a partition (rule A6). On Apple
//! systems `fullfsync` makes flushing mean it.
//!
//! **Erasing.** Freed space is always overwritten (`secure_delete`); after a partition was destroyed the journal, which
//! may still hold old pages, is written back and truncated to nothing.
//!
//! **Trust.** The file is read as if a stranger had written it: its schema must be exactly ours, sizes are bounded, and
//! every row carries a checksum, because SQLite itself does not notice a flipped bit in a value. A record that fails its
//! check is dropped; anything worse makes the store corrupt, and the runtime has it made anew.
#![forbid(unsafe_code)]

mod checksum;
mod database;
mod eviction;
mod fault;
mod lock;
mod partitions;
mod records;
mod registry;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use holdover_client::Store;
use holdover_client::store::{StoreAnswer, StoreCommand, StoreFault, StoreFaultKind};

use database::Database;

/// A cache in a folder. Making one does no IO.
#[derive(Debug)]
pub struct SqliteStore {
    folder: PathBuf,
    budget: u64,
    open: Option<Arc<Mutex<Database>>>,
}

impl SqliteStore {
    /// A cache in this folder, which is made if it is not there, and may hold other things. Room for 64 MB.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned(), budget: 64 << 20, open: None }
    }

    /// Room for this many bytes of records, counted as [`Record::size`](holdover_client::store::Record::size) says; the
    /// file is a little larger. Of stores that share a file, the first one to open it decides.
    #[must_use]
    pub fn budget_bytes(mut self, bytes: u64) -> Self {
        self.budget = bytes;
        self
    }

    fn opened(&mut self) -> Result<Arc<Mutex<Database>>, StoreFault> {
        if let Some(open) = &self.open {
            return Ok(open.clone());
        }
        let open = registry::open(&self.folder, self.budget)?;
        Ok(self.open.insert(open).clone())
    }
}

impl Store for SqliteStore {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        if matches!(command, StoreCommand::Close) {
            // The last runtime of the process to let go of the file closes it.
            self.open = None;
            return Ok(StoreAnswer::Done);
        }
        let opening = matches!(command, StoreCommand::Open | StoreCommand::Recreate);
        if !opening && self.open.is_none() {
            let message = "the cache is not open; open it first".to_owned();
            return Err(StoreFault { kind: StoreFaultKind::Io, message });
        }
        let open = self.opened()?;
        // A panic under this lock is a panic of the store, which the runtime reports; what was not committed is rolled
        // back when the connection is used next.
        let mut database = open.lock().unwrap_or_else(PoisonError::into_inner);
        let done = database.execute(command);
        if let Err(fault) = &done {
            tracing::debug!(?fault, "the cache could not");
        }
        done
    }
}
