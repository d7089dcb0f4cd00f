//! Commands that the tests of this crate share.
#![allow(dead_code, reason = "every test uses some of them")]

use bytes::Bytes;
use holdover_client::Store;
use holdover_client::store::{
    KeyHash, PartitionId, PartitionKey, Record, StoreAnswer, StoreCommand, StoreFault, TagHash, TagWrite,
    Variant,
};
use holdover_store_sqlite::SqliteStore;

pub(crate) const PARTITION: PartitionId = PartitionId([1; 32]);

pub(crate) fn open_partition() -> StoreCommand {
    StoreCommand::OpenPartition { partition: PARTITION, fresh_key: PartitionKey::from([9; 32]) }
}

pub(crate) fn key(n: u32) -> KeyHash {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&n.to_be_bytes());
    KeyHash(key)
}

pub(crate) fn tag(n: u32) -> TagHash {
    TagHash(key(n).0)
}

pub(crate) fn record(n: u32, value: impl Into<Bytes>) -> Record {
    Record {
        partition: PARTITION,
        key: key(n),
        variant: Variant::Full,
        value: value.into(),
        meta: Bytes::from_static(b"notes"),
        tags: vec![tag(n)],
        expires_ms: i64::MAX,
    }
}

pub(crate) fn save(n: u32, value: impl Into<Bytes>) -> StoreCommand {
    StoreCommand::Save { record: record(n, value), wall_ms: 1 }
}

pub(crate) fn load(n: u32) -> StoreCommand {
    StoreCommand::Load { partition: PARTITION, key: key(n) }
}

pub(crate) fn write_tag(n: u32, sequence: u64) -> StoreCommand {
    StoreCommand::WriteTags(vec![TagWrite { partition: PARTITION, tags: vec![tag(n)], all: false, sequence }])
}

/// What is stored under a key, with its tags' sequence number.
pub(crate) fn find(store: &mut SqliteStore, n: u32) -> Result<Option<(Bytes, u64)>, StoreFault> {
    match store.execute(load(n))? {
        StoreAnswer::Found(found) => {
            Ok(found.into_iter().next().map(|loaded| (loaded.record.value, loaded.tag_sequence)))
        }
        other => panic!("not an answer to a load: {other:?}"),
    }
}
