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
//! **When it cannot write.** A third file says that what is stored may be believed. When an invalidation, an eviction or a
//! sign-out could not be written and the process ends before it could, that file has been spoilt, which takes no space,
//! and the next process deletes all records. Where not even that is possible (a volume that has become read-only), an
//! outdated answer may be shown once more, as if it were not; the fault has been reported.
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
mod file;
mod lock;
mod partitions;
mod records;
mod registry;
mod schema;
mod trust;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use holdover_client::Store;
use holdover_client::store::{StoreAnswer, StoreCommand, StoreFault, StoreFaultKind};

use database::Database;
use schema::FILE;

/// A cache in a folder. Making one does no IO.
#[derive(Debug)]
pub struct SqliteStore {
    folder: PathBuf,
    budget: u64,
    open: Option<Arc<Mutex<Database>>>,
    /// It distrusts the records, and has noted that with the open file.
    distrusts: bool,
}

impl SqliteStore {
    /// A cache in this folder, which is made if it is not there, and may hold other things. Room for 64 MB.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned(), budget: 64 << 20, open: None, distrusts: false }
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

    /// Lets go of the file; the last store of the process to do so closes it.
    fn close(&mut self) {
        if let Some(open) = self.open.take()
            && std::mem::take(&mut self.distrusts)
        {
            open.lock().unwrap_or_else(PoisonError::into_inner).trust.inherit();
        }
    }

    /// What cannot be written to the file is noted beside it.
    fn change_trust(&mut self, distrusts: bool) -> Result<StoreAnswer, StoreFault> {
        let path = self.folder.join(FILE);
        let Some(open) = &self.open else {
            let done = if distrusts { trust::distrust_from_outside(&self.folder) } else { Ok(()) };
            return done.map(|()| StoreAnswer::Done).map_err(|trouble| trouble.into_fault(&path));
        };
        if self.distrusts != distrusts {
            let mut database = open.lock().unwrap_or_else(PoisonError::into_inner);
            let done = if distrusts { database.trust.add() } else { database.trust.remove() };
            done.map_err(|trouble| trouble.into_fault(&path))?;
            self.distrusts = distrusts;
        }
        Ok(StoreAnswer::Done)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SqliteStore {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        match &command {
            StoreCommand::Close => {
                self.close();
                return Ok(StoreAnswer::Done);
            }
            StoreCommand::Distrust => return self.change_trust(true),
            StoreCommand::Trust => return self.change_trust(false),
            _ => {}
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
