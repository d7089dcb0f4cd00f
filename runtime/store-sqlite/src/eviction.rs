//! Keeping the budget (rule E4).

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::fault::Trouble;

/// What the records of each partition count, in bytes, by the partition's row id. Those without records are not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    of: BTreeMap<i64, u64>,
    total: u64,
}

impl Weight {
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn add(&mut self, partition: i64, size: u64) {
        let of = self.of.entry(partition).or_default();
        *of = of.saturating_add(size);
        self.total = self.total.saturating_add(size);
    }

    pub(crate) fn remove(&mut self, partition: i64, size: u64) {
        let Some(of) = self.of.get_mut(&partition) else { return };
        let size = size.min(*of);
        *of -= size;
        if *of == 0 {
            self.of.remove(&partition);
        }
        self.total = self.total.saturating_sub(size);
    }

    /// All records of a partition are gone.
    pub(crate) fn forget(&mut self, partition: i64) {
        self.total = self.total.saturating_sub(self.of.remove(&partition).unwrap_or(0));
    }

    /// The partitions that count most: one, unless several are equal.
    fn heaviest(&self) -> impl Iterator<Item = i64> + '_ {
        let most = self.of.values().copied().max();
        self.of.iter().filter(move |(_, size)| Some(**size) == most).map(|(partition, _)| *partition)
    }
}

/// A record that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    used: i64,
    id: i64,
    partition: i64,
    size: i64,
}

const FIRST_EXPIRED: &str = "SELECT used, id, partition, size FROM records WHERE expires_ms <= ?1 \
                             ORDER BY expires_ms, used LIMIT 1";
const FIRST_USED: &str =
    "SELECT used, id, partition, size FROM records WHERE partition = ?1 ORDER BY used LIMIT 1";

/// Makes room: what is expired goes first, then what was not used for longest in the partition that counts most. Each
/// step looks at the first rows of an index, so the work depends on what goes and not on what stays. Returns how many
/// records went.
pub(crate) fn evict(
    transaction: &Transaction<'_>,
    weight: &mut Weight,
    budget: u64,
    wall_ms: i64,
) -> Result<u32, Trouble> {
    let mut expired = transaction.prepare_cached(FIRST_EXPIRED)?;
    let mut used = transaction.prepare_cached(FIRST_USED)?;
    let mut delete = transaction.prepare_cached("DELETE FROM records WHERE id = ?1")?;
    let mut evicted = 0;
    while weight.total() > budget {
        let mut goes = expired.query_row([wall_ms], candidate).optional()?;
        if goes.is_none() {
            for partition in weight.heaviest() {
                let first = used.query_row([partition], candidate).optional()?;
                goes = goes.into_iter().chain(first).min();
            }
        }
        let Some(goes) = goes else {
            return Err(Trouble::damaged("the sizes of records"));
        };
        delete.execute([goes.id])?;
        weight.remove(goes.partition, goes.size.unsigned_abs());
        evicted += 1;
    }
    Ok(evicted)
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    Ok(Candidate { used: row.get(0)?, id: row.get(1)?, partition: row.get(2)?, size: row.get(3)? })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use holdover_client::store::{
        KeyHash, PartitionId, PartitionKey, Record, StoreAnswer, StoreCommand, Variant,
    };
    use rusqlite::StatementStatus;

    use super::*;
    use crate::database::Database;

    fn hash(n: u64) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        hash
    }

    fn record(partition: u64, n: u64) -> Record {
        Record {
            partition: PartitionId(hash(partition)),
            key: KeyHash(hash(n)),
            variant: Variant::Full,
            value: Bytes::from_static(&[7; 100]),
            meta: Bytes::new(),
            tags: Vec::new(),
            // Every hundredth has expired.
            expires_ms: if n.is_multiple_of(100) { 500 } else { i64::MAX },
        }
    }

    /// Ten thousand records, and one more: the steps that SQLite takes to make room for it are counted, not timed.
    #[test]
    fn eviction_looks_at_what_goes_and_not_at_what_stays() {
        let folder = tempfile::tempdir().unwrap();
        let budget = 10_000 * record(0, 0).size();
        let mut database = Database::at(folder.path(), budget).unwrap();
        database.execute(StoreCommand::Open).unwrap();
        for partition in 0..3 {
            let (partition, fresh_key) = (PartitionId(hash(partition)), PartitionKey::from([2; 32]));
            database.execute(StoreCommand::OpenPartition { partition, fresh_key }).unwrap();
        }
        let save = |database: &mut Database, n: u64, wall_ms| {
            let of = if n < 1000 { 0 } else { 1 + n % 2 };
            let command = StoreCommand::Save { record: record(of, n), wall_ms };
            database.execute(command).unwrap()
        };
        for n in 0..10_000 {
            assert_eq!(save(&mut database, n, 0), StoreAnswer::Saved { evicted: 0 });
        }
        let weight = database.notes.weight.clone();
        assert_eq!((weight.total(), weight.of.len()), (budget, 3));

        for (sql, parameter) in [(FIRST_EXPIRED, 1000), (FIRST_USED, 2)] {
            let connection = database.reading().unwrap();
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_row([parameter], candidate).unwrap();
            let steps = statement.get_status(StatementStatus::VmStep);
            assert!(steps < 50, "{sql}: {steps} steps");
            for scan in [StatementStatus::FullscanStep, StatementStatus::Sort] {
                assert_eq!(statement.get_status(scan), 0, "{sql}");
            }
        }

        // Nothing has expired at 0: what goes is of the two that share 9,000, and not of the one with 1,000.
        for n in 10_000..10_100 {
            assert_eq!(save(&mut database, n, 0), StoreAnswer::Saved { evicted: 1 });
        }
        let count = |database: &Database, of: u64| -> i64 {
            let sql = "SELECT count(*) FROM records JOIN partitions p ON p.id = partition WHERE p.name = ?1";
            database.reading().unwrap().query_row(sql, [hash(of)], |row| row.get(0)).unwrap()
        };
        assert_eq!([0, 1, 2].map(|of| count(&database, of)), [1000, 4500, 4500]);
        // Then everything that has expired goes, whose ever it is.
        for n in 10_100..10_200 {
            save(&mut database, n, 1000);
        }
        let expired: i64 = database
            .reading()
            .unwrap()
            .query_row("SELECT count(*) FROM records WHERE expires_ms <= 1000", (), |row| row.get(0))
            .unwrap();
        assert!(expired <= 2, "{expired} are left");
        let mut again = database.notes.weight.clone();
        database.notes.weight = Weight::default();
        database.execute(StoreCommand::Recreate).unwrap();
        assert_eq!(database.notes.weight, Weight::default(), "nothing is left");
        again.forget(1);
        assert_eq!(again.of.len(), 2);
    }
}
