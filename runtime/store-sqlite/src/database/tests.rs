//! What only a look inside can show: disks that are full or cannot be written.

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
