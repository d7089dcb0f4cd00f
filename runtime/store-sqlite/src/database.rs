//! The open cache: commands, and how sure each commit is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use holdover_client::store::{
    MAX_SWITCHES, PartitionId, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::checksum::Checksum;
use crate::eviction::Weight;
use crate::fault::Trouble;
use crate::file::{connect, remove};
use crate::lock::{NoLock, ProcessLock};
use crate::schema::{FILE, LOCK};
use crate::trust::Trust;

/// The one connection of this process to a cache file.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    /// `None` after the file failed: it is opened again by the next [`StoreCommand::Open`].
    pub(crate) connection: Option<Connection>,
    pub(crate) notes: Notes,
    durable: bool,
    pub(crate) trust: Trust,
    _lock: ProcessLock,
}

/// What is known about the file without looking.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) budget: u64,
    /// Row ids of partitions.
    pub(crate) partitions: HashMap<PartitionId, i64>,
    /// What the records count.
    pub(crate) weight: Weight,
    /// Counts uses, to tell which was the last.
    pub(crate) uses: i64,
    /// Records that were loaded since the last save, with their uses: written with the next one.
    pub(crate) touched: HashMap<i64, i64>,
    pub(crate) highest_wall_ms: Option<i64>,
}

/// How sure a commit has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Outlives the process.
    Process,
    /// Outlives a power cut.
    Power,
}

impl Database {
    /// Opens the cache of a folder, or makes one.
    pub(crate) fn at(folder: &Path, budget: u64) -> Result<Self, StoreFault> {
        let path = folder.join(FILE);
        let lock = match ProcessLock::take(&folder.join(LOCK)) {
            Ok(lock) => lock,
            Err(NoLock::Held) => {
                let message = format!(
                    "{}: another process uses it: give each process a folder of its own",
                    path.display()
                );
                return Err(StoreFault { kind: StoreFaultKind::Held, message });
            }
            Err(NoLock::Trouble(trouble)) => return Err(trouble.into_fault(&path)),
        };
        let notes = Notes { budget, ..Notes::default() };
        Ok(Self { path, connection: None, notes, durable: false, trust: Trust::of(folder), _lock: lock })
    }

    pub(crate) fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        let done = self.try_execute(command);
        done.map_err(|trouble| {
            let fault = trouble.into_fault(&self.path);
            if fault.kind == StoreFaultKind::Corrupt || fault.kind == StoreFaultKind::Io {
                self.close();
            }
            fault
        })
    }

    fn try_execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, Trouble> {
        match command {
            StoreCommand::Open => self.open(),
            StoreCommand::Recreate => {
                self.close();
                remove(&self.path)?;
                self.open()
            }
            StoreCommand::Distrust | StoreCommand::Trust => {
                Err(std::io::Error::other("trust is the store's to change: a bug").into())
            }
            StoreCommand::OpenPartition { partition, fresh_key } => {
                self.open_partition(partition, &fresh_key)
            }
            StoreCommand::FindPartition { partition } => self.find_partition(partition),
            StoreCommand::Load { partition, key } => Ok(StoreAnswer::Found(self.load(partition, key)?)),
            StoreCommand::Save { record, wall_ms } => self.save(&record, wall_ms),
            StoreCommand::Remove { partition, key, reduced_only } => {
                self.remove(partition, key, reduced_only)
            }
            StoreCommand::WriteTags(writes) => self.write_tags(&writes),
            StoreCommand::MarkSignOut { partition, outbox } => self.mark(partition, outbox),
            StoreCommand::DropPartition { partition, erase: _ } => self.drop_partition(partition),
            StoreCommand::SaveSwitches(switches) => self.save_switches(&switches),
            StoreCommand::Close => {
                self.close();
                Ok(StoreAnswer::Done)
            }
        }
    }

    fn open(&mut self) -> Result<StoreAnswer, Trouble> {
        let mut is_new = false;
        if self.connection.is_none() {
            let (connection, new) = connect(&self.path)?;
            is_new = new;
            self.notes = Notes { budget: self.notes.budget, ..Notes::default() };
            self.notes.read(&connection)?;
            // As `connect` left it.
            self.durable = false;
            self.connection = Some(connection);
        }
        let distrusted = self.trust.is_broken(is_new)?;
        if distrusted {
            self.write(Durability::Power, |transaction, notes| {
                transaction.execute("DELETE FROM records", ())?;
                notes.weight = Weight::default();
                notes.touched.clear();
                Ok(())
            })?;
        }
        self.trust.settle()?;
        let (unfinished, switches) = (self.unfinished()?, self.switches()?);
        Ok(StoreAnswer::Opened {
            highest_wall_ms: self.notes.highest_wall_ms,
            unfinished,
            switches,
            distrusted,
        })
    }

    fn save_switches(&mut self, switches: &[u8]) -> Result<StoreAnswer, Trouble> {
        self.write(Durability::Power, |transaction, _| {
            transaction.execute(
                "INSERT INTO switches (id, value, crc) VALUES (1, ?1, ?2) \
                 ON CONFLICT DO UPDATE SET value = excluded.value, crc = excluded.crc",
                (switches, Checksum::of("switches").bytes(switches).finish()),
            )?;
            Ok(StoreAnswer::Done)
        })
    }

    fn switches(&self) -> Result<Bytes, Trouble> {
        let mut find = self.reading()?.prepare_cached("SELECT value, crc FROM switches")?;
        let mut rows = find.query(())?;
        let Some(row) = rows.next()? else { return Ok(Bytes::new()) };
        let (value, crc) =
            (row.get_ref(0)?.as_blob().map_err(|_| Trouble::damaged("the switches"))?, row.get(1)?);
        if value.len() > MAX_SWITCHES || Checksum::of("switches").bytes(value).finish() != crc {
            return Err(Trouble::damaged("the switches"));
        }
        Ok(Bytes::copy_from_slice(value))
    }

    fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // It is dropped in any case.
            let _ = connection.close();
        }
    }

    pub(crate) fn reading(&self) -> Result<&Connection, Trouble> {
        self.connection.as_ref().ok_or_else(closed)
    }

    /// Carries out changes, all or none.
    pub(crate) fn write<T>(
        &mut self,
        durability: Durability,
        change: impl FnOnce(&Transaction<'_>, &mut Notes) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        let durable = durability == Durability::Power;
        if self.durable != durable {
            connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
            self.durable = durable;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (weight, highest_wall_ms) = (self.notes.weight.clone(), self.notes.highest_wall_ms);
        let changed = change(&transaction, &mut self.notes).and_then(|result| {
            transaction.commit()?;
            Ok(result)
        });
        if changed.is_err() {
            // What the change noted did not happen.
            self.notes.weight = weight;
            self.notes.highest_wall_ms = highest_wall_ms;
            self.notes.partitions.clear();
        }
        changed
    }
}

impl Notes {
    fn read(&mut self, connection: &Connection) -> Result<(), Trouble> {
        self.weight = Weight::default();
        let mut sums = connection
            .prepare("SELECT partition, sum(size), min(size), max(used) FROM records GROUP BY partition")?;
        let mut rows = sums.query(())?;
        while let Some(row) = rows.next()? {
            let (partition, sum, least, used): (i64, i64, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            if least < 0 {
                return Err(Trouble::damaged("a record of negative size"));
            }
            self.weight.add(partition, sum.unsigned_abs());
            self.uses = self.uses.max(used.clamp(0, i64::MAX / 2));
        }
        let mut clock = connection.prepare("SELECT wall_ms, crc FROM clock")?;
        let mut rows = clock.query(())?;
        if let Some(row) = rows.next()? {
            let (wall_ms, crc): (i64, i64) = (row.get(0)?, row.get(1)?);
            if crc != Checksum::of("clock").number(wall_ms).finish() {
                return Err(Trouble::damaged("the clock row"));
            }
            self.highest_wall_ms = Some(wall_ms);
        }
        Ok(())
    }

    pub(crate) fn next_use(&mut self) -> i64 {
        self.uses += 1;
        self.uses
    }
}

fn closed() -> Trouble {
    std::io::Error::other("the cache is closed after a fault; open it again").into()
}

#[cfg(test)]
mod tests;
