//! What is in the file.

/// The database. Its journal has `-wal` behind the name.
pub(crate) const FILE: &str = "holdover-cache.db";
pub(crate) const LOCK: &str = "holdover-cache.lock";
/// Says that the records may be believed, see the module `trust`.
pub(crate) const TRUST: &str = "holdover-cache.trust";

/// Marks the file as ours: "HLDO" (`PRAGMA application_id`).
pub(crate) const APPLICATION: i32 = 0x484c_444f;
/// Raised whenever the tables change; a file of another version is made anew, because a cache may forget.
pub(crate) const VERSION: i32 = 3;

/// Every table and index, as (name, statement). Names of partitions, keys and tags are keyed hashes; times are
/// milliseconds since 1970. `crc` is over the other columns of its row.
pub(crate) const OBJECTS: [(&str, &str); 8] = [
    // `floor`: tags that are not listed may have been invalidated up to this number.
    (
        "partitions",
        "CREATE TABLE partitions (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, key BLOB NOT NULL, \
         sequence INTEGER NOT NULL, floor INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT",
    ),
    (
        "tags",
        "CREATE TABLE tags (partition INTEGER NOT NULL, tag BLOB NOT NULL, sequence INTEGER NOT NULL, \
         crc INTEGER NOT NULL, PRIMARY KEY (partition, tag)) STRICT, WITHOUT ROWID",
    ),
    // `plan` is empty for a full answer. `tags` are the hashes one after the other. `used` counts uses of the store.
    (
        "records",
        "CREATE TABLE records (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, key BLOB NOT NULL, \
         reduced INTEGER NOT NULL, plan BLOB NOT NULL, meta BLOB NOT NULL, tags BLOB NOT NULL, \
         expires_ms INTEGER NOT NULL, used INTEGER NOT NULL, size INTEGER NOT NULL, crc INTEGER NOT NULL, \
         value BLOB NOT NULL, UNIQUE (partition, key, reduced)) STRICT",
    ),
    // With what eviction has to know, so that it reads no record.
    ("records_by_expiry", "CREATE INDEX records_by_expiry ON records (expires_ms, used, partition, size)"),
    ("records_by_use", "CREATE INDEX records_by_use ON records (partition, used, size)"),
    (
        "marks",
        "CREATE TABLE marks (id INTEGER PRIMARY KEY, partition BLOB NOT NULL UNIQUE, outbox INTEGER NOT NULL, \
         crc INTEGER NOT NULL) STRICT",
    ),
    // One row: the highest wall time of any save.
    (
        "clock",
        "CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), wall_ms INTEGER NOT NULL, \
         crc INTEGER NOT NULL) STRICT",
    ),
    // One row: what is turned off.
    (
        "switches",
        "CREATE TABLE switches (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL, \
         crc INTEGER NOT NULL) STRICT",
    ),
];

/// No value is longer, in bytes: the runtime stores nothing over 2 MB by default.
pub(crate) const MAX_VALUE: usize = 16 << 20;
/// No key of a partition is longer, wrapped or not.
pub(crate) const MAX_KEY: usize = 5000;
/// The engine's notes about a record are shorter, in bytes.
pub(crate) const MAX_META: usize = 256;
/// No record has more tags.
pub(crate) const MAX_RECORD_TAGS: usize = 1000;
/// How many tags of a partition are remembered one by one.
pub(crate) const MAX_TAGS: i64 = 20_000;
