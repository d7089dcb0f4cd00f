//! Stored answers.

use bytes::Bytes;
use holdover_client::store::{KeyHash, Loaded, PartitionId, PlanHash, Record, StoreAnswer, TagHash, Variant};
use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::checksum::Checksum;
use crate::database::{Database, Durability, Notes};
use crate::eviction::evict;
use crate::fault::Trouble;
use crate::partitions::{partition_id, tag_sequence};
use crate::schema::{MAX_META, MAX_RECORD_TAGS, MAX_VALUE};

/// How many loads are noted before they are written, so that loading does not write.
const MAX_TOUCHED: usize = 256;

impl Database {
    pub(crate) fn load(&mut self, name: PartitionId, key: KeyHash) -> Result<Vec<Loaded>, Trouble> {
        let connection =
            self.connection.as_ref().ok_or_else(|| std::io::Error::other("the cache is closed"))?;
        let Some(partition) = partition_id(connection, &mut self.notes, name)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut broken = false;
        {
            let mut select = connection.prepare_cached(
                "SELECT id, reduced, plan, meta, tags, expires_ms, crc, value FROM records \
                 WHERE partition = ?1 AND key = ?2 ORDER BY reduced",
            )?;
            let mut rows = select.query((partition, key.0))?;
            while let Some(row) = rows.next()? {
                match read(row, partition, name, key)? {
                    None => broken = true,
                    Some((id, tags, record)) => {
                        let tag_sequence = tag_sequence(connection, partition, &tags)?;
                        let used = self.notes.next_use();
                        self.notes.touched.insert(id, used);
                        found.push(Loaded { record, tag_sequence });
                    }
                }
            }
        }
        if broken {
            tracing::warn!("a stored answer was damaged on the disk and is dropped");
            self.remove(name, key, false)?;
            return Ok(Vec::new());
        }
        if self.notes.touched.len() > MAX_TOUCHED {
            self.write(Durability::Process, write_touched)?;
        }
        Ok(found)
    }

    /// A record of a partition that is not there is not kept: the partition was destroyed meanwhile. Nor is one that
    /// could never be read again, or that would take all the room.
    pub(crate) fn save(&mut self, record: &Record, wall_ms: i64) -> Result<StoreAnswer, Trouble> {
        let size = record.size();
        let fits = record.value.len() <= MAX_VALUE
            && record.meta.len() <= MAX_META
            && record.tags.len() <= MAX_RECORD_TAGS
            && size <= self.notes.budget;
        self.write(Durability::Process, |transaction, notes| {
            raise_clock(transaction, notes, wall_ms)?;
            if let Some(partition) = partition_id(transaction, notes, record.partition)? {
                if fits {
                    insert(transaction, notes, partition, record, size)?;
                } else {
                    delete(transaction, notes, partition, record.key, record.variant != Variant::Full)?;
                }
            }
            let mut evicted = 0;
            if notes.weight.total() > notes.budget {
                write_touched(transaction, notes)?;
                evicted = evict(transaction, &mut notes.weight, notes.budget, wall_ms)?;
            }
            Ok(StoreAnswer::Saved { evicted })
        })
    }

    pub(crate) fn remove(
        &mut self,
        name: PartitionId,
        key: KeyHash,
        reduced_only: bool,
    ) -> Result<StoreAnswer, Trouble> {
        self.write(Durability::Process, |transaction, notes| {
            if let Some(partition) = partition_id(transaction, notes, name)? {
                delete(transaction, notes, partition, key, true)?;
                if !reduced_only {
                    delete(transaction, notes, partition, key, false)?;
                }
            }
            Ok(StoreAnswer::Done)
        })
    }
}

/// A row as (its id, its tags as they are, the record); `None` if it is not as it was written.
fn read(
    row: &Row<'_>,
    partition: i64,
    name: PartitionId,
    key: KeyHash,
) -> Result<Option<(i64, Vec<u8>, Record)>, Trouble> {
    let id = row.get(0)?;
    let (reduced, expires_ms, crc): (i64, i64, i64) = (row.get(1)?, row.get(5)?, row.get(6)?);
    let blob = |column| row.get_ref(column).ok().and_then(|value| value.as_blob().ok());
    let (Some(plan), Some(meta), Some(tags), Some(value)) = (blob(2), blob(3), blob(4), blob(7)) else {
        return Ok(None);
    };
    let columns = Columns { partition, key: &key.0, plan, meta, tags, expires_ms, value };
    let variant = match (reduced, plan) {
        (0, []) => Variant::Full,
        (1, plan) => match <[u8; 16]>::try_from(plan) {
            Ok(plan) => Variant::Reduced(PlanHash(plan)),
            Err(_) => return Ok(None),
        },
        _ => return Ok(None),
    };
    let sound = columns.checksum() == crc
        && meta.len() <= MAX_META
        && value.len() <= MAX_VALUE
        && tags.len() <= 32 * MAX_RECORD_TAGS;
    let (hashes, []) = tags.as_chunks::<32>() else { return Ok(None) };
    if !sound {
        return Ok(None);
    }
    let record = Record {
        partition: name,
        key,
        variant,
        value: Bytes::copy_from_slice(value),
        meta: Bytes::copy_from_slice(meta),
        tags: hashes.iter().map(|hash| TagHash(*hash)).collect(),
        expires_ms,
    };
    Ok(Some((id, tags.to_vec(), record)))
}

/// What a record's checksum is over.
struct Columns<'a> {
    partition: i64,
    key: &'a [u8],
    plan: &'a [u8],
    meta: &'a [u8],
    tags: &'a [u8],
    expires_ms: i64,
    value: &'a [u8],
}

impl Columns<'_> {
    fn checksum(&self) -> i64 {
        Checksum::of("records")
            .number(self.partition)
            .bytes(self.key)
            .bytes(self.plan)
            .bytes(self.meta)
            .bytes(self.tags)
            .number(self.expires_ms)
            .bytes(self.value)
            .finish()
    }
}

fn insert(
    transaction: &Transaction<'_>,
    notes: &mut Notes,
    partition: i64,
    record: &Record,
    size: u64,
) -> Result<(), Trouble> {
    let plan = match &record.variant {
        Variant::Full => &[][..],
        Variant::Reduced(plan) => &plan.0[..],
    };
    let tags = record.tags.iter().flat_map(|tag| tag.0).collect::<Vec<u8>>();
    let columns = Columns {
        partition,
        key: &record.key.0,
        plan,
        meta: &record.meta,
        tags: &tags,
        expires_ms: record.expires_ms,
        value: &record.value,
    };
    let reduced = record.variant != Variant::Full;
    let before = stored_size(transaction, partition, record.key, reduced)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO records (partition, key, reduced, plan, meta, tags, expires_ms, used, size, crc, value) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (partition, key, reduced) DO UPDATE SET plan = excluded.plan, meta = excluded.meta, \
         tags = excluded.tags, expires_ms = excluded.expires_ms, used = excluded.used, size = excluded.size, \
         crc = excluded.crc, value = excluded.value",
    )?;
    insert.execute(rusqlite::params![
        partition,
        columns.key,
        reduced,
        columns.plan,
        columns.meta,
        columns.tags,
        columns.expires_ms,
        notes.next_use(),
        i64::try_from(size).unwrap_or(i64::MAX),
        columns.checksum(),
        columns.value,
    ])?;
    notes.weight.remove(partition, before.unwrap_or(0));
    notes.weight.add(partition, size);
    Ok(())
}

fn stored_size(
    transaction: &Transaction<'_>,
    partition: i64,
    key: KeyHash,
    reduced: bool,
) -> Result<Option<u64>, Trouble> {
    let mut select = transaction
        .prepare_cached("SELECT size FROM records WHERE partition = ?1 AND key = ?2 AND reduced = ?3")?;
    let size: Option<i64> = select.query_row((partition, key.0, reduced), |row| row.get(0)).optional()?;
    Ok(size.map(i64::unsigned_abs))
}

fn delete(
    transaction: &Transaction<'_>,
    notes: &mut Notes,
    partition: i64,
    key: KeyHash,
    reduced: bool,
) -> Result<(), Trouble> {
    let Some(size) = stored_size(transaction, partition, key, reduced)? else { return Ok(()) };
    let mut delete = transaction
        .prepare_cached("DELETE FROM records WHERE partition = ?1 AND key = ?2 AND reduced = ?3")?;
    delete.execute((partition, key.0, reduced))?;
    notes.weight.remove(partition, size);
    Ok(())
}

fn raise_clock(transaction: &Transaction<'_>, notes: &mut Notes, wall_ms: i64) -> Result<(), Trouble> {
    if notes.highest_wall_ms.is_some_and(|highest| wall_ms <= highest) {
        return Ok(());
    }
    let crc = Checksum::of("clock").number(wall_ms).finish();
    let mut write =
        transaction.prepare_cached("INSERT OR REPLACE INTO clock (id, wall_ms, crc) VALUES (1, ?1, ?2)")?;
    write.execute((wall_ms, crc))?;
    notes.highest_wall_ms = Some(wall_ms);
    Ok(())
}

/// Writes down which records were loaded lately.
fn write_touched(transaction: &Transaction<'_>, notes: &mut Notes) -> Result<(), Trouble> {
    let mut update = transaction.prepare_cached("UPDATE records SET used = max(used, ?2) WHERE id = ?1")?;
    for (id, used) in notes.touched.drain() {
        update.execute((id, used))?;
    }
    Ok(())
}
