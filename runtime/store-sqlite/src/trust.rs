//! Whether what is stored may be believed: noted in a file of its own, which is written when the cache is opened, so that
//! taking the note away later needs no space (rule D2).
//!
//! The file says that the records may be believed. It is spoilt in place, or shortened, or deleted, whichever the file
//! system permits: one that copies what is overwritten may have no room for a byte, but deletes. So a file that is not
//! whole, or not there, means distrust.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::fault::Trouble;
use crate::schema::{FILE, TRUST};

/// What the file says when all is well.
const WHOLE: &[u8; 8] = b"trusted\n";
/// Which byte is spoilt by the process that has the lock.
const OWN: u64 = 0;
/// Which by one that could not get it. Only opening the cache mends that.
const FOREIGN: u64 = 1;
const SPOILT: &[u8; 1] = b"?";

/// The note of a cache that this process has locked.
#[derive(Debug)]
pub(crate) struct Trust {
    path: PathBuf,
    /// How many stores of this process distrust the records.
    distrusts: u32,
    /// Nothing is to be deleted for the sake of those that are no more.
    settled: bool,
}

impl Trust {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { path: folder.join(TRUST), distrusts: 0, settled: false }
    }

    /// Whether somebody who is no more distrusts the records. `is_new`: there are none yet.
    pub(crate) fn is_broken(&mut self, is_new: bool) -> Result<bool, Trouble> {
        self.settled |= is_new;
        Ok(!self.settled && !is_whole(&self.path)?)
    }

    /// The records are gone, or may be believed.
    pub(crate) fn settle(&mut self) -> Result<(), Trouble> {
        self.restore()?;
        self.settled = true;
        Ok(())
    }

    /// A store of this process distrusts the records.
    pub(crate) fn add(&mut self) -> Result<(), Trouble> {
        // Before the cache has been opened, the note may be somebody else's.
        self.settled |= is_whole(&self.path).unwrap_or(false);
        take_away(&self.path)?;
        self.distrusts += 1;
        Ok(())
    }

    /// It does not any more.
    pub(crate) fn remove(&mut self) -> Result<(), Trouble> {
        self.distrusts = self.distrusts.saturating_sub(1);
        if self.settled { self.restore() } else { Ok(()) }
    }

    /// It is no more, and nobody knows what it knew.
    pub(crate) fn inherit(&mut self) {
        self.distrusts = self.distrusts.saturating_sub(1);
        self.settled = false;
    }

    fn restore(&self) -> Result<(), Trouble> {
        if self.distrusts > 0 || is_whole(&self.path)? {
            return Ok(());
        }
        let existed = self.path.exists();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        file.write_all(WHOLE)?;
        file.set_len(WHOLE.len() as u64)?;
        file.sync_all()?;
        if !existed {
            sync_folder(&self.path)?;
        }
        Ok(())
    }
}

/// Notes distrust of a cache that another process has, or that cannot be reached now. One that is not there needs none.
pub(crate) fn distrust_from_outside(folder: &Path) -> Result<(), Trouble> {
    if !folder.join(FILE).try_exists()? {
        return Ok(());
    }
    match spoil(&folder.join(TRUST), FOREIGN) {
        // It says so already.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => Ok(done?),
    }
}

fn is_whole(path: &Path) -> Result<bool, Trouble> {
    let mut found = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(WHOLE.len() as u64 + 1).read_to_end(&mut found)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    Ok(found == WHOLE)
}

fn take_away(path: &Path) -> Result<(), Trouble> {
    let error = match spoil(path, OWN) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => error,
    };
    let shorten = || {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(0)?;
        file.sync_all()
    };
    let delete = || {
        fs::remove_file(path)?;
        sync_folder(path)
    };
    shorten().or_else(|_| delete()).map_err(|_| error.into())
}

fn spoil(path: &Path, at: u64) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(SPOILT)?;
    file.sync_all()
}

/// A name that is made or deleted is durable when its folder is.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust() -> (tempfile::TempDir, Trust) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "a database").unwrap();
        let mut trust = Trust::of(folder.path());
        assert!(trust.is_broken(false).unwrap(), "a cache without the file is not believed");
        assert!(!Trust::of(folder.path()).is_broken(true).unwrap(), "there is nothing in a new one");
        trust.settle().unwrap();
        (folder, trust)
    }

    fn next(folder: &Path) -> bool {
        Trust::of(folder).is_broken(false).unwrap()
    }

    #[test]
    fn whoever_spoils_it_the_next_process_sees_it() {
        let (folder, mut trust) = trust();
        assert!(!next(folder.path()));
        trust.add().unwrap();
        trust.add().unwrap();
        assert!(next(folder.path()) && !trust.is_broken(false).unwrap());
        trust.remove().unwrap();
        assert!(next(folder.path()), "another store of the process still does");
        trust.remove().unwrap();
        assert!(!next(folder.path()));

        distrust_from_outside(folder.path()).unwrap();
        trust.add().unwrap();
        assert!(next(folder.path()));
    }

    #[test]
    fn a_store_that_is_dropped_leaves_its_distrust_to_the_next() {
        let (folder, mut trust) = trust();
        trust.add().unwrap();
        trust.inherit();
        assert!(trust.is_broken(false).unwrap() && next(folder.path()));
        trust.settle().unwrap();
        assert!(!trust.is_broken(false).unwrap() && !next(folder.path()));
    }

    /// As on file systems that copy what is overwritten: deleting is still possible.
    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_written_is_deleted() {
        let (folder, mut trust) = trust();
        // Opening a folder for writing fails for everybody, root included; so does deleting it as a file.
        let path = folder.path().join(TRUST);
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(folder.path(), &path).unwrap();
        trust.add().unwrap();
        assert!(!path.try_exists().unwrap());
        assert!(next(folder.path()));
        fs::create_dir(&path).unwrap();
        trust.add().unwrap_err();
    }
}
