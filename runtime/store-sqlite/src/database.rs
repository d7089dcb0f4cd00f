//! The open file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use holdover_client::store::{
    MAX_SWITCHES, PartitionId, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind,
};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::checksum::Checksum;
use crate::eviction::Weight;
use crate::fault::Trouble;
use crate::lock::{NoLock, ProcessLock};
use crate::schema::{APPLICATION, FILE, LOCK, MAX_VALUE, OBJECTS, VERSION};
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

/// Opens the file and makes sure that it is ours. A file of another version is made anew. Whether it is new.
fn connect(path: &Path) -> Result<(Connection, bool), Trouble> {
    make_private(path)?;
    let connection = configured(path)?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (application, version, objects) {
        (0, 0, 0) => {
            create(&connection)?;
            return Ok((connection, true));
        }
        (APPLICATION, VERSION, _) => check_schema(&connection)?,
        (APPLICATION, _, _) => {
            connection.close().map_err(|(_, error)| error)?;
            remove(path)?;
            make_private(path)?;
            let connection = configured(path)?;
            create(&connection)?;
            return Ok((connection, true));
        }
        _ => return Err(Trouble::damaged("it is the database of another program")),
    }
    Ok((connection, false))
}

fn configured(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    // Nobody else of this process writes, and nobody of another may: waiting would not help.
    connection.busy_timeout(Duration::ZERO)?;
    let length = i32::try_from(2 * MAX_VALUE).unwrap_or(i32::MAX);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, length)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1)?;
    connection.set_prepared_statement_cache_capacity(32);
    // The file may be hostile: nothing in its schema is run, and cells are checked before they are read.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // One process has the file, so the journal needs no shared memory. Before the journal mode, or it has no effect.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let journal: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !journal.eq_ignore_ascii_case("wal") {
        return Err(std::io::Error::other("the file system cannot carry SQLite's journal").into());
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A journal beyond this is cut back after it was written to the file.
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    Ok(connection)
}

fn create(connection: &Connection) -> Result<(), Trouble> {
    let transaction = connection.unchecked_transaction()?;
    for (_, statement) in OBJECTS {
        transaction.execute_batch(statement)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// The schema must be exactly ours: no trigger, no view, no other column.
fn check_schema(connection: &Connection) -> Result<(), Trouble> {
    let mut found =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?;
    let found = found.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = found.take(OBJECTS.len() + 1).collect::<Result<_, _>>()?;
    let same = found.len() == OBJECTS.len()
        && found.iter().zip(OBJECTS).all(|((name, sql), (own, statement))| name == own && sql == statement);
    if same { Ok(()) } else { Err(Trouble::damaged("its tables are not ours")) }
}

/// SQLite gives the journal the rights of the file, so the file is made first, for its owner only.
fn make_private(path: &Path) -> Result<(), Trouble> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Deletes the file and its journal.
fn remove(path: &Path) -> Result<(), Trouble> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdover_client::Store as _;
    use holdover_client::store::{KeyHash, PartitionKey, Record, TagHash, TagWrite, Variant};

    use super::*;
    use crate::SqliteStore;

    #[test]
    fn a_full_disk_is_told_and_survived() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::at(folder.path(), 1 << 30).unwrap();
        database.execute(StoreCommand::Open).unwrap();
        let (partition, fresh_key) = (PartitionId([1; 32]), PartitionKey::from([2; 32]));
        database.execute(StoreCommand::OpenPartition { partition, fresh_key }).unwrap();
        let record = |length| Record {
            partition,
            key: KeyHash([3; 32]),
            variant: Variant::Full,
            value: Bytes::from(vec![7; length]),
            meta: Bytes::new(),
            tags: Vec::new(),
            expires_ms: 0,
        };
        let save = |length, wall_ms| StoreCommand::Save { record: record(length), wall_ms };
        database.execute(save(10, 1)).unwrap();
        let before = database.notes.weight.clone();
        // The same error as from a disk without space.
        database.connection.as_ref().unwrap().pragma_update(None, "max_page_count", 20).unwrap();
        let fault = database.execute(save(1_000_000, 2)).unwrap_err();
        assert_eq!(fault.kind, StoreFaultKind::Full, "{}", fault.message);
        assert_eq!((&database.notes.weight, database.notes.highest_wall_ms), (&before, Some(1)));
        let StoreAnswer::Found(found) =
            database.execute(StoreCommand::Load { partition, key: KeyHash([3; 32]) }).unwrap()
        else {
            panic!("not an answer to a load");
        };
        assert_eq!(found[0].record, record(10), "what was there is still there");
        database.execute(save(20, 3)).unwrap();
    }

    /// A full disk, by SQLite's own measure: what was invalidated cannot be written, but that can.
    #[test]
    fn a_full_disk_has_room_for_distrust() {
        let folder = tempfile::tempdir().unwrap();
        let (partition, fresh_key) = (PartitionId([1; 32]), PartitionKey::from([2; 32]));
        let open_partition = StoreCommand::OpenPartition { partition, fresh_key };
        let record = Record {
            partition,
            key: KeyHash([3; 32]),
            variant: Variant::Full,
            value: Bytes::from_static(b"outdated"),
            meta: Bytes::new(),
            tags: vec![TagHash([4; 32])],
            expires_ms: i64::MAX,
        };
        let load = StoreCommand::Load { partition, key: record.key };
        let found = |store: &mut SqliteStore| match store.execute(load.clone()).unwrap() {
            StoreAnswer::Found(found) => found.len(),
            other => panic!("not an answer to a load: {other:?}"),
        };
        let mut store = SqliteStore::new(folder.path());
        store.execute(StoreCommand::Open).unwrap();
        store.execute(open_partition).unwrap();
        store.execute(StoreCommand::Save { record, wall_ms: 1 }).unwrap();
        let pages = |store: &SqliteStore, most: u32| {
            let database = store.open.as_ref().unwrap().lock().unwrap();
            database.connection.as_ref().unwrap().pragma_update(None, "max_page_count", most).unwrap();
        };
        let tags = (0..2000_u32).map(|n| {
            let mut tag = [4; 32];
            tag[..4].copy_from_slice(&n.to_be_bytes());
            TagHash(tag)
        });
        let write = TagWrite { partition, tags: tags.collect(), all: false, sequence: 1 };
        let write = StoreCommand::WriteTags(vec![write]);
        pages(&store, 1);
        let fault = store.execute(write.clone()).unwrap_err();
        assert_eq!(fault.kind, StoreFaultKind::Full, "{}", fault.message);
        store.execute(StoreCommand::Distrust).unwrap();
        // Room again, and all is told: nothing is lost.
        pages(&store, 1_000_000);
        store.execute(write.clone()).unwrap();
        store.execute(StoreCommand::Trust).unwrap();
        drop(store);
        let mut store = SqliteStore::new(folder.path());
        let StoreAnswer::Opened { distrusted: false, .. } = store.execute(StoreCommand::Open).unwrap() else {
            panic!("it was taken back");
        };
        assert_eq!(found(&mut store), 1);
        // No room until the end.
        store.execute(StoreCommand::Distrust).unwrap();
        drop(store);
        let mut store = SqliteStore::new(folder.path());
        let StoreAnswer::Opened { distrusted: true, .. } = store.execute(StoreCommand::Open).unwrap() else {
            panic!("what was not written is not known");
        };
        assert_eq!(found(&mut store), 0);
        let database = store.open.as_ref().unwrap().lock().unwrap();
        assert_eq!(database.notes.weight, Weight::default());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_read_only() {
        let error =
            rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY), None);
        let fault = Trouble::from(error).into_fault(Path::new("cache"));
        assert_eq!(fault.kind, StoreFaultKind::ReadOnly);
        let error = std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
        assert_eq!(Trouble::from(error).into_fault(Path::new("cache")).kind, StoreFaultKind::ReadOnly);
    }
}
