//! Who may have the file: every runtime of one process, and no other process.

mod common;

use std::fs;

use common::{find, open_partition, save};
use holdover_client::Store;
use holdover_client::store::{StoreCommand, StoreFaultKind};
use holdover_store_sqlite::SqliteStore;

#[test]
fn runtimes_of_one_process_share_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = SqliteStore::new(folder.path());
    let mut other = SqliteStore::new(folder.path().join("."));
    one.execute(StoreCommand::Open).unwrap();
    other.execute(StoreCommand::Open).unwrap();
    one.execute(open_partition()).unwrap();
    one.execute(save(1, "shared")).unwrap();
    assert_eq!(find(&mut other, 1).unwrap().unwrap().0, "shared");
    drop(one);
    assert_eq!(find(&mut other, 1).unwrap().unwrap().0, "shared", "the file stays open for the other one");
}

#[test]
fn another_process_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let lock = fs::File::create(folder.path().join("holdover-cache.lock")).unwrap();
    // A lock belongs to an open file, so one taken here is as foreign to the store as that of another process.
    lock.try_lock().unwrap();
    let mut store = SqliteStore::new(folder.path());
    let fault = store.execute(StoreCommand::Open).unwrap_err();
    assert_eq!(fault.kind, StoreFaultKind::Held, "{}", fault.message);
    assert!(fault.message.contains("folder of its own"), "says what to do: {}", fault.message);
    drop(lock);
    store.execute(StoreCommand::Open).unwrap();
}

#[test]
fn a_lock_by_sqlite_alone_is_noticed_too() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::new(folder.path()).execute(StoreCommand::Open).unwrap();
    let other = rusqlite::Connection::open(folder.path().join("holdover-cache.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut store = SqliteStore::new(folder.path());
    let fault = store.execute(StoreCommand::Open).unwrap_err();
    assert_eq!(fault.kind, StoreFaultKind::Locked, "{}", fault.message);
    drop(other);
    store.execute(StoreCommand::Open).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, "a file where the folder should be").unwrap();
    let fault = SqliteStore::new(blocked.join("cache")).execute(StoreCommand::Open).unwrap_err();
    assert_ne!(fault.kind, StoreFaultKind::Corrupt, "{}", fault.message);
    assert!(fault.message.contains("blocked"), "names the file: {}", fault.message);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("cache");
    let mut store = SqliteStore::new(&inner);
    store.execute(StoreCommand::Open).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(&inner.join("holdover-cache.db")), 0o600);
    assert_eq!(mode(&inner.join("holdover-cache.db-wal")), 0o600);
}

#[test]
fn nothing_of_a_destroyed_partition_is_left_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::new(folder.path());
    store.execute(StoreCommand::Open).unwrap();
    store.execute(open_partition()).unwrap();
    let secret = "the card number is 4111 1111 1111 1111; ".repeat(300);
    for n in 0..50 {
        store.execute(save(n, secret.clone())).unwrap();
        // Replaced and removed ones must not live on either.
        store.execute(save(n % 7, secret.clone())).unwrap();
    }
    let drop_it = StoreCommand::DropPartition { partition: common::PARTITION, erase: true };
    store.execute(drop_it).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        seen += bytes.len();
        let found = bytes.windows(16).any(|window| window == b"card number is 4");
        assert!(!found, "a destroyed value is still readable");
    }
    assert!(seen > 100_000, "the file was looked at, {seen} bytes");
}
