//! Keeps a second process out.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::fault::Trouble;

/// An advisory lock on a file beside the cache. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct ProcessLock {
    _file: File,
}

/// Why there is no lock.
pub(crate) enum NoLock {
    Held,
    Trouble(Trouble),
}

impl ProcessLock {
    pub(crate) fn take(path: &Path) -> Result<Self, NoLock> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = open.map_err(|error| NoLock::Trouble(error.into()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(NoLock::Held),
            // A file system without locks, such as some network mounts: SQLite's own lock has to do.
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
                Ok(Self { _file: file })
            }
            Err(TryLockError::Error(error)) => Err(NoLock::Trouble(error.into())),
        }
    }
}
