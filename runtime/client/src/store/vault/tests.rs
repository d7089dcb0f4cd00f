use std::sync::{Arc, Mutex};

use super::*;
use crate::MemoryStore;
use crate::store::{KeyHash, PlanHash, TagHash};

/// A platform: what it answers can be changed.
#[derive(Clone, Default)]
struct Platform {
    error: Arc<Mutex<Option<KeyError>>>,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Platform {
    fn fail(&self, error: Option<KeyError>) {
        *self.error.lock().unwrap() = error;
    }

    /// What was asked of it since this was called last.
    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn turn(&self, what: &'static str, key: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.asked.lock().unwrap().push(what);
        match &*self.error.lock().unwrap() {
            Some(error) => Err(error.clone()),
            None => Ok(key.iter().map(|byte| byte ^ 0xa5).collect()),
        }
    }
}

impl KeyProvider for Platform {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.turn("wrap", key)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.turn("unwrap", wrapped)
    }
}

const ALICE: PartitionId = PartitionId([1; 32]);
const BOB: PartitionId = PartitionId([2; 32]);
const SECRET: &[u8] = b"half price on Mondays";

fn vault(disk: &MemoryStore, platform: Option<&Platform>) -> Vault {
    let provider = platform.map(|platform| Box::new(platform.clone()) as Box<dyn KeyProvider>);
    let mut vault = Vault::new(Box::new(disk.clone()), provider);
    vault.execute(StoreCommand::Open).unwrap();
    vault
}

fn key(n: u8) -> PartitionKey {
    PartitionKey::from([n; 32])
}

fn open(vault: &mut Vault, partition: PartitionId, n: u8) -> Result<StoreAnswer, StoreFault> {
    vault.execute(StoreCommand::OpenPartition { partition, fresh_key: key(n) })
}

fn record() -> Record {
    Record {
        partition: ALICE,
        key: KeyHash([3; 32]),
        variant: Variant::Full,
        value: Bytes::from_static(SECRET),
        meta: Bytes::from_static(b"notes"),
        tags: vec![TagHash([4; 32])],
        expires_ms: i64::MAX,
    }
}

fn load(store: &mut dyn Store) -> Vec<Record> {
    match store.execute(StoreCommand::Load { partition: ALICE, key: KeyHash([3; 32]) }).unwrap() {
        StoreAnswer::Found(found) => found.into_iter().map(|loaded| loaded.record).collect(),
        other => panic!("not an answer to a load: {other:?}"),
    }
}

/// What a reader of the file finds.
fn on_disk(disk: &MemoryStore) -> Record {
    let mut disk = disk.clone();
    disk.execute(StoreCommand::Open).unwrap();
    load(&mut disk).pop().unwrap()
}

fn saved(platform: Option<&Platform>) -> MemoryStore {
    let disk = MemoryStore::new();
    let mut vault = vault(&disk, platform);
    assert_eq!(open(&mut vault, ALICE, 7), Ok(StoreAnswer::Partition { key: key(7), sequence: 0 }));
    vault.execute(StoreCommand::Save { record: record(), wall_ms: 1 }).unwrap();
    disk
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn payloads_and_keys_are_sealed_and_come_back() {
    let platform = Platform::default();
    let disk = saved(Some(&platform));
    let sealed = on_disk(&disk);
    assert!(!contains(&sealed.value, &SECRET[..4]));
    assert_eq!(sealed.size(), record().size() + 40);
    let mut raw = disk.clone();
    raw.execute(StoreCommand::Open).unwrap();
    let StoreAnswer::Partition { key: kept, .. } =
        raw.execute(StoreCommand::OpenPartition { partition: ALICE, fresh_key: key(8) }).unwrap()
    else {
        panic!("the partition is there")
    };
    assert!(!contains(&kept.0, &[7; 8]), "the key is wrapped");

    let mut next = vault(&disk, Some(&platform));
    assert_eq!(open(&mut next, ALICE, 9), Ok(StoreAnswer::Partition { key: key(7), sequence: 0 }));
    assert_eq!(load(&mut next), [record()]);
    // The same again has another nonce.
    next.execute(StoreCommand::Save { record: record(), wall_ms: 1 }).unwrap();
    assert_ne!(on_disk(&disk).value, sealed.value);
}

#[test]
fn without_a_provider_nothing_is_sealed() {
    let disk = saved(None);
    assert_eq!(on_disk(&disk), record());
    let mut next = vault(&disk, None);
    assert_eq!(open(&mut next, ALICE, 9), Ok(StoreAnswer::Partition { key: key(7), sequence: 0 }));
    assert_eq!(load(&mut next), [record()]);
}

#[test]
fn a_record_that_was_moved_or_changed_is_unreadable() {
    let platform = Platform::default();
    let disk = saved(Some(&platform));
    let sealed = on_disk(&disk);
    let mut flipped = sealed.value.to_vec();
    flipped[30] ^= 1;
    let forged = [
        Record { value: flipped.into(), ..sealed.clone() },
        Record { value: Bytes::from_static(b"short"), ..sealed.clone() },
        Record { value: Bytes::from_static(SECRET), ..sealed.clone() },
        Record { meta: Bytes::from_static(b"other notes"), ..sealed.clone() },
        Record { tags: Vec::new(), ..sealed.clone() },
        Record { expires_ms: 5, ..sealed.clone() },
        Record { variant: Variant::Reduced(PlanHash([9; 16])), ..sealed.clone() },
    ];
    for forged in forged {
        let mut raw = disk.clone();
        raw.execute(StoreCommand::Open).unwrap();
        raw.execute(StoreCommand::Remove { partition: ALICE, key: forged.key, reduced_only: false }).unwrap();
        raw.execute(StoreCommand::Save { record: forged.clone(), wall_ms: 1 }).unwrap();
        let mut vault = vault(&disk, Some(&platform));
        open(&mut vault, ALICE, 9).unwrap();
        let found = load(&mut vault);
        assert!(found.iter().all(|record| record.value.is_empty() && record.meta.is_empty()), "{forged:?}");
    }
    // Nor does another partition's key open it.
    let mut vault = vault(&disk, Some(&platform));
    open(&mut vault, BOB, 8).unwrap();
    let stranger = Loaded { record: Record { partition: BOB, ..sealed }, tag_sequence: 0 };
    assert!(vault.unseal(stranger).unwrap().record.value.is_empty());
}

#[test]
fn a_lost_key_gives_the_partition_up_and_a_locked_device_does_not() {
    let platform = Platform::default();
    let disk = saved(Some(&platform));
    platform.fail(Some(KeyError::Unavailable("the device is locked".into())));
    let mut next = vault(&disk, Some(&platform));
    let fault = open(&mut next, ALICE, 9).unwrap_err();
    assert_eq!(fault.kind, StoreFaultKind::Locked, "{}", fault.message);
    assert!(fault.message.contains("the device is locked"));
    platform.fail(None);
    assert_eq!(open(&mut next, ALICE, 9), Ok(StoreAnswer::Partition { key: key(7), sequence: 0 }));
    assert_eq!(load(&mut next), [record()], "nothing was lost");

    // A platform that wraps new keys, and does not know the old one.
    struct Restored(Platform);
    impl KeyProvider for Restored {
        fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
            self.0.wrap(key)
        }

        fn unwrap(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
            Err(KeyError::Lost("restored from a backup".into()))
        }
    }
    let mut next = Vault::new(Box::new(disk.clone()), Some(Box::new(Restored(platform.clone()))));
    next.execute(StoreCommand::Open).unwrap();
    assert_eq!(open(&mut next, ALICE, 9), Ok(StoreAnswer::PartitionLost { key: key(9) }));
    assert_eq!(load(&mut next), []);
    next.execute(StoreCommand::Save { record: record(), wall_ms: 1 }).unwrap();
    assert_eq!(load(&mut next), [record()]);
}

#[test]
fn the_platform_is_asked_for_no_more_than_is_needed() {
    let platform = Platform::default();
    let disk = saved(Some(&platform));
    assert_eq!(platform.asked(), ["wrap"], "there was no key");
    let mut next = vault(&disk, Some(&platform));
    open(&mut next, ALICE, 9).unwrap();
    assert_eq!(load(&mut next), [record()]);
    assert_eq!(platform.asked(), ["unwrap"], "there was one");
}

#[test]
fn a_partition_whose_key_could_not_be_wrapped_is_new_the_next_time() {
    let platform = Platform::default();
    for second in [Some(&platform), None] {
        let disk = MemoryStore::new();
        platform.fail(Some(KeyError::Unavailable("the device is locked".into())));
        let mut first = vault(&disk, Some(&platform));
        assert_eq!(open(&mut first, ALICE, 7).unwrap_err().kind, StoreFaultKind::Locked);
        platform.fail(None);
        let mut next = vault(&disk, second);
        assert_eq!(open(&mut next, ALICE, 9), Ok(StoreAnswer::Partition { key: key(9), sequence: 0 }));
        next.execute(StoreCommand::Save { record: record(), wall_ms: 1 }).unwrap();
        let mut last = vault(&disk, second);
        assert_eq!(open(&mut last, ALICE, 8), Ok(StoreAnswer::Partition { key: key(9), sequence: 0 }));
        assert_eq!(load(&mut last), [record()]);
    }
}

#[test]
fn a_partition_that_another_runtime_makes_meanwhile_is_shared() {
    /// While it wraps, another runtime on the same store does.
    struct Slow(MemoryStore, Platform);
    impl KeyProvider for Slow {
        fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
            let mut other = vault(&self.0, Some(&self.1));
            open(&mut other, ALICE, 5).unwrap();
            self.1.wrap(key)
        }

        fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KeyError> {
            self.1.unwrap(wrapped)
        }
    }
    let disk = MemoryStore::new();
    let slow = Slow(disk.clone(), Platform::default());
    let mut vault = Vault::new(Box::new(disk), Some(Box::new(slow)));
    vault.execute(StoreCommand::Open).unwrap();
    assert_eq!(open(&mut vault, ALICE, 7), Ok(StoreAnswer::Partition { key: key(5), sequence: 0 }));
}

#[test]
fn with_and_without_a_provider_a_store_is_made_anew() {
    let platform = Platform::default();
    for (first, second) in [(None, Some(&platform)), (Some(&platform), None)] {
        let disk = saved(first);
        let mut next = vault(&disk, second);
        assert_eq!(open(&mut next, ALICE, 9), Ok(StoreAnswer::PartitionLost { key: key(9) }));
        assert_eq!(load(&mut next), [], "neither in the clear nor sealed");
        next.execute(StoreCommand::Save { record: record(), wall_ms: 1 }).unwrap();
        assert_eq!(load(&mut next), [record()]);
        assert_eq!(contains(&on_disk(&disk).value, SECRET), second.is_none());
    }
}
