//! Samples: small names for commands, records and answers.

use bytes::Bytes;
use holdover_client::store::{
    KeyHash, PartitionId, PartitionKey, PlanHash, Record, Store, StoreAnswer, StoreCommand, TagHash,
    TagWrite, Variant,
};

use super::Shelf;
use crate::random::Random;

/// Carries out a command that must succeed.
pub(super) fn run(store: &mut Box<dyn Store>, command: StoreCommand) -> StoreAnswer {
    store.execute(command).expect("nothing is wrong with the store")
}

pub(super) fn open(shelf: &impl Shelf) -> Box<dyn Store> {
    let mut store = shelf.store();
    run(&mut store, StoreCommand::Open);
    store
}

pub(super) fn values(store: &mut Box<dyn Store>, in_partition: u64, of_key: u64) -> Vec<Bytes> {
    let StoreAnswer::Found(mut found) = run(store, load(in_partition, of_key)) else {
        panic!("not an answer to a load")
    };
    found.sort_by_key(|loaded| loaded.record.variant);
    found.into_iter().map(|loaded| loaded.record.value).collect()
}

pub(super) fn opened(highest_wall_ms: Option<i64>, unfinished: &[u64]) -> StoreAnswer {
    StoreAnswer::Opened {
        highest_wall_ms,
        unfinished: unfinished.iter().map(|n| partition(*n)).collect(),
        switches: Bytes::new(),
        distrusted: false,
    }
}

pub(super) fn partition_answer(key: u64, sequence: u64) -> StoreAnswer {
    StoreAnswer::Partition { key: PartitionKey::from(hash(key)), sequence }
}

pub(super) fn open_partition(n: u64, fresh_key: u64) -> StoreCommand {
    StoreCommand::OpenPartition { partition: partition(n), fresh_key: PartitionKey::from(hash(fresh_key)) }
}

pub(super) fn load(in_partition: u64, of_key: u64) -> StoreCommand {
    StoreCommand::Load { partition: partition(in_partition), key: key(of_key) }
}

pub(super) fn save(record: &Record, wall_ms: i64) -> StoreCommand {
    StoreCommand::Save { record: record.clone(), wall_ms }
}

pub(super) fn write_of(in_partition: u64, tags: &[u64], sequence: u64) -> TagWrite {
    let mut tags: Vec<TagHash> = tags.iter().map(|n| tag(*n)).collect();
    tags.sort_unstable();
    tags.dedup();
    TagWrite { partition: partition(in_partition), tags, all: false, sequence }
}

pub(super) fn record(in_partition: u64, of_key: u64, variant: Variant, value: &[u8]) -> Record {
    Record {
        partition: partition(in_partition),
        key: key(of_key),
        variant,
        value: Bytes::copy_from_slice(value),
        meta: Bytes::from_static(b"notes"),
        tags: Vec::new(),
        expires_ms: i64::MAX,
    }
}

pub(super) fn plan(n: u64) -> Variant {
    Variant::Reduced(PlanHash(u128::from(n + 1).to_be_bytes()))
}

pub(super) fn partition(n: u64) -> PartitionId {
    PartitionId(hash(n))
}

pub(super) fn key(n: u64) -> KeyHash {
    KeyHash(hash(1000 + n))
}

pub(super) fn tag(n: u64) -> TagHash {
    TagHash(hash(2000 + n))
}

/// A stand-in for a hash: different for different numbers.
pub(super) fn hash(n: u64) -> [u8; 32] {
    let mut random = Random::new(n);
    let mut hash = [0; 32];
    hash.copy_from_slice(&random.bytes(32));
    hash
}
