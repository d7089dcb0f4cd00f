//! Partitions, their tags, and the marks of sign-outs.

use holdover_client::store::{OutboxChoice, PartitionId, PartitionKey, StoreAnswer, TagWrite};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::checksum::Checksum;
use crate::database::{Database, Durability, Notes};
use crate::fault::Trouble;
use crate::schema::{MAX_KEY, MAX_TAGS};

/// A row of `partitions`.
pub(crate) struct Partition {
    id: i64,
    name: PartitionId,
    key: Vec<u8>,
    sequence: i64,
    pub(crate) floor: i64,
}

impl Partition {
    fn find(connection: &Connection, name: PartitionId) -> Result<Option<Self>, Trouble> {
        let mut find = connection
            .prepare_cached("SELECT id, key, sequence, floor, crc FROM partitions WHERE name = ?1")?;
        let row = find.query_row([name.0], |row| {
            let partition =
                Self { id: row.get(0)?, name, key: row.get(1)?, sequence: row.get(2)?, floor: row.get(3)? };
            Ok((partition, row.get(4)?))
        });
        let Some((partition, crc)) = row.optional()? else { return Ok(None) };
        if partition.checksum() != crc || partition.sequence < 0 || partition.key.len() > MAX_KEY {
            return Err(Trouble::damaged("a partition"));
        }
        Ok(Some(partition))
    }

    fn checksum(&self) -> i64 {
        Checksum::of("partitions")
            .bytes(&self.name.0)
            .bytes(&self.key)
            .number(self.sequence)
            .number(self.floor)
            .finish()
    }

    fn write(&self, transaction: &Transaction<'_>) -> Result<(), Trouble> {
        let mut write = transaction
            .prepare_cached("UPDATE partitions SET sequence = ?2, floor = ?3, crc = ?4 WHERE id = ?1")?;
        write.execute((self.id, self.sequence, self.floor, self.checksum()))?;
        Ok(())
    }

    fn answer(&self) -> StoreAnswer {
        StoreAnswer::Partition {
            key: PartitionKey(self.key.clone().into()),
            sequence: self.sequence.unsigned_abs(),
        }
    }
}

impl Database {
    pub(crate) fn find_partition(&self, name: PartitionId) -> Result<StoreAnswer, Trouble> {
        let found = Partition::find(self.reading()?, name)?;
        Ok(found.map_or(StoreAnswer::Done, |partition| partition.answer()))
    }

    pub(crate) fn open_partition(
        &mut self,
        name: PartitionId,
        fresh_key: &PartitionKey,
    ) -> Result<StoreAnswer, Trouble> {
        if let Some(partition) = Partition::find(self.reading()?, name)? {
            return Ok(partition.answer());
        }
        if fresh_key.0.len() > MAX_KEY {
            return Err(std::io::Error::other("the wrapped key is too long").into());
        }
        self.write(Durability::Power, |transaction, _| {
            let partition = Partition { id: 0, name, key: fresh_key.0.to_vec(), sequence: 0, floor: 0 };
            let mut insert = transaction.prepare_cached(
                "INSERT INTO partitions (name, key, sequence, floor, crc) VALUES (?1, ?2, 0, 0, ?3)",
            )?;
            insert.execute((name.0, &partition.key, partition.checksum()))?;
            Ok(partition.answer())
        })
    }

    /// Tags of a partition that is not there name nothing: it was destroyed meanwhile.
    pub(crate) fn write_tags(&mut self, writes: &[TagWrite]) -> Result<StoreAnswer, Trouble> {
        self.write(Durability::Power, |transaction, _| {
            for write in writes {
                let Some(mut partition) = Partition::find(transaction, write.partition)? else { continue };
                // Two runtimes that share the store count apart; a number that comes late is raised, so that it
                // invalidates too much rather than too little.
                let wanted = i64::try_from(write.sequence).unwrap_or(i64::MAX);
                partition.sequence = wanted.max(partition.sequence.saturating_add(1));
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO tags (partition, tag, sequence, crc) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, crc = excluded.crc",
                )?;
                for tag in &write.tags {
                    let crc = tag_checksum(partition.id, &tag.0, partition.sequence);
                    insert.execute((partition.id, tag.0, partition.sequence, crc))?;
                }
                partition.forget_tags(transaction, write.all)?;
                partition.write(transaction)?;
            }
            Ok(StoreAnswer::Done)
        })
    }

    pub(crate) fn unfinished(&self) -> Result<Vec<PartitionId>, Trouble> {
        let mut marks =
            self.reading()?.prepare_cached("SELECT partition, outbox, crc FROM marks ORDER BY id")?;
        let rows = marks.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut unfinished = Vec::new();
        for row in rows {
            let (partition, outbox, crc): ([u8; 32], i64, i64) = row?;
            if crc != mark_checksum(&partition, outbox) {
                return Err(Trouble::damaged("the mark of a sign-out"));
            }
            unfinished.push(PartitionId(partition));
        }
        Ok(unfinished)
    }

    pub(crate) fn mark(
        &mut self,
        partition: PartitionId,
        outbox: OutboxChoice,
    ) -> Result<StoreAnswer, Trouble> {
        let outbox = match outbox {
            OutboxChoice::Discard => 0,
            OutboxChoice::Hold => 1,
        };
        self.write(Durability::Power, |transaction, _| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO marks (partition, outbox, crc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?;
            insert.execute((partition.0, outbox, mark_checksum(&partition.0, outbox)))?;
            Ok(StoreAnswer::Done)
        })
    }

    /// What is freed is overwritten (`secure_delete`); the journal, where old pages may live on, is written back and cut
    /// to nothing. A shared file is this process's alone, so nothing keeps the journal from that.
    pub(crate) fn drop_partition(&mut self, name: PartitionId) -> Result<StoreAnswer, Trouble> {
        self.write(Durability::Power, |transaction, notes| {
            if let Some(id) = partition_id(transaction, notes, name)? {
                // The key first: without it the rest names nothing.
                transaction.execute("DELETE FROM partitions WHERE id = ?1", [id])?;
                transaction.execute("DELETE FROM records WHERE partition = ?1", [id])?;
                transaction.execute("DELETE FROM tags WHERE partition = ?1", [id])?;
                notes.weight.forget(id);
                notes.partitions.remove(&name);
            }
            transaction.execute("DELETE FROM marks WHERE partition = ?1", [name.0])?;
            Ok(())
        })?;
        let busy: i64 = self.reading()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
        if busy != 0 {
            return Err(std::io::Error::other("the journal could not be emptied").into());
        }
        Ok(StoreAnswer::Done)
    }
}

impl Partition {
    /// Keeps the list of tags bounded. What is forgotten counts as invalidated up to the floor, which is safe.
    fn forget_tags(&mut self, transaction: &Transaction<'_>, all: bool) -> Result<(), Trouble> {
        let count: i64 =
            transaction
                .query_row("SELECT count(*) FROM tags WHERE partition = ?1", [self.id], |row| row.get(0))?;
        if all || count > MAX_TAGS {
            transaction.execute("DELETE FROM tags WHERE partition = ?1", [self.id])?;
            self.floor = self.sequence;
        }
        Ok(())
    }
}

/// The row id of a partition.
pub(crate) fn partition_id(
    connection: &Connection,
    notes: &mut Notes,
    name: PartitionId,
) -> Result<Option<i64>, Trouble> {
    if let Some(id) = notes.partitions.get(&name) {
        return Ok(Some(*id));
    }
    let found = Partition::find(connection, name)?;
    if let Some(partition) = &found {
        notes.partitions.insert(name, partition.id);
    }
    Ok(found.map(|partition| partition.id))
}

/// The highest sequence number that was given to one of the tags.
pub(crate) fn tag_sequence(connection: &Connection, partition: i64, tags: &[u8]) -> Result<u64, Trouble> {
    if tags.is_empty() {
        return Ok(0);
    }
    let mut floor = connection.prepare_cached("SELECT floor FROM partitions WHERE id = ?1")?;
    let mut highest: i64 = floor.query_row([partition], |row| row.get(0))?;
    let mut find =
        connection.prepare_cached("SELECT sequence, crc FROM tags WHERE partition = ?1 AND tag = ?2")?;
    for tag in tags.chunks(32) {
        let row = find.query_row((partition, tag), |row| Ok((row.get(0)?, row.get(1)?)));
        let Some((sequence, crc)): Option<(i64, i64)> = row.optional()? else { continue };
        if crc != tag_checksum(partition, tag, sequence) {
            return Err(Trouble::damaged("the sequence number of a tag"));
        }
        highest = highest.max(sequence);
    }
    u64::try_from(highest).map_err(|_| Trouble::damaged("a sequence number below zero"))
}

fn tag_checksum(partition: i64, tag: &[u8], sequence: i64) -> i64 {
    Checksum::of("tags").number(partition).bytes(tag).number(sequence).finish()
}

fn mark_checksum(partition: &[u8], outbox: i64) -> i64 {
    Checksum::of("marks").bytes(partition).number(outbox).finish()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use holdover_client::store::{KeyHash, Record, StoreCommand, TagHash, Variant};

    use super::*;

    fn tag(n: u64) -> TagHash {
        let mut tag = [0; 32];
        tag[..8].copy_from_slice(&n.to_be_bytes());
        TagHash(tag)
    }

    #[test]
    fn too_many_tags_are_forgotten_on_the_safe_side() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::at(folder.path(), 1 << 30).unwrap();
        database.execute(StoreCommand::Open).unwrap();
        let (partition, fresh_key) = (PartitionId([1; 32]), PartitionKey::from([2; 32]));
        database.execute(StoreCommand::OpenPartition { partition, fresh_key }).unwrap();
        let record = Record {
            partition,
            key: KeyHash([3; 32]),
            variant: Variant::Full,
            value: Bytes::from_static(b"v"),
            meta: Bytes::new(),
            tags: vec![tag(u64::MAX)],
            expires_ms: i64::MAX,
        };
        database.execute(StoreCommand::Save { record, wall_ms: 1 }).unwrap();
        let sequence_of = |database: &mut Database| {
            let load = StoreCommand::Load { partition, key: KeyHash([3; 32]) };
            match database.execute(load).unwrap() {
                StoreAnswer::Found(found) => found[0].tag_sequence,
                other => panic!("not an answer to a load: {other:?}"),
            }
        };
        let most = MAX_TAGS.unsigned_abs();
        let write = |from: u64, to: u64, sequence| {
            StoreCommand::WriteTags(vec![TagWrite {
                partition,
                tags: (from..to).map(tag).collect(),
                all: false,
                sequence,
            }])
        };
        database.execute(write(0, most, 1)).unwrap();
        assert_eq!(sequence_of(&mut database), 0, "its own tag was not among them");
        database.execute(write(most, most + 1, 2)).unwrap();
        assert_eq!(sequence_of(&mut database), 2, "it may have been");
        let count: i64 =
            database.reading().unwrap().query_row("SELECT count(*) FROM tags", (), |row| row.get(0)).unwrap();
        assert_eq!(count, 0);
    }
}
