//! Whatever is in the file, the store answers or says that it is corrupt, and can be made anew.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;

use common::{find, load, open_partition, save, write_tag};
use holdover_client::Store;
use holdover_client::store::{StoreAnswer, StoreCommand, StoreFaultKind};
use holdover_store_sqlite::SqliteStore;
use holdover_testkit::random::Random;
use rusqlite::Connection;

const RECORDS: u32 = 40;

/// What a record of the undamaged file holds.
fn value(n: u32) -> Vec<u8> {
    Random::new(u64::from(n)).bytes(200 + u64::from(n) * 100)
}

/// A closed cache in a folder, written back from its journal.
fn filled(folder: &Path) {
    let mut store = SqliteStore::new(folder);
    store.execute(StoreCommand::Open).unwrap();
    store.execute(open_partition()).unwrap();
    for n in 0..RECORDS {
        store.execute(save(n, value(n))).unwrap();
    }
    store.execute(write_tag(3, 7)).unwrap();
}

/// Uses every command on a file that may hold anything. What is served must be what was saved. Returns whether the damage
/// was noticed.
fn use_it(folder: &Path, what: &str) -> bool {
    let mut store = SqliteStore::new(folder);
    let opened = store.execute(StoreCommand::Open).and_then(|_| store.execute(open_partition()));
    let mut sound = opened.is_ok();
    let mut missing = 0;
    if let Err(fault) = opened {
        assert_eq!(fault.kind, StoreFaultKind::Corrupt, "{what}: {}", fault.message);
    }
    for n in 0..RECORDS {
        match find(&mut store, n) {
            Ok(Some((found, _))) => assert_eq!(found, value(n), "{what}: a damaged value was served"),
            Ok(None) => missing += 1,
            Err(_) => sound = false,
        }
    }
    let changed = store.execute(write_tag(1, 90)).and_then(|_| store.execute(save(1, value(1))));
    if sound && let Err(fault) = changed {
        assert_eq!(fault.kind, StoreFaultKind::Corrupt, "{what}: {}", fault.message);
    }
    // The runtime has a corrupt store made anew.
    store.execute(StoreCommand::Recreate).unwrap_or_else(|fault| panic!("{what}: {}", fault.message));
    store.execute(open_partition()).unwrap();
    store.execute(save(1, value(1))).unwrap();
    assert_eq!(find(&mut store, 1).unwrap().unwrap().0, value(1), "{what}");
    !sound || missing > 0
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("holdover-cache.db")
}

#[test]
fn flipped_bits_never_panic_and_never_serve_garbage() {
    let original = tempfile::tempdir().unwrap();
    filled(original.path());
    let sound = fs::read(file(original.path())).unwrap();
    let mut random = Random::new(11);
    let mut noticed = 0;
    for round in 0..150_u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = sound.clone();
        // The first page is what everything hangs on, so every fourth round damages it.
        let range = if round % 4 == 0 { 4096 } else { bytes.len() as u64 };
        for _ in 0..=random.below(4) {
            let at = usize::try_from(random.below(range)).unwrap();
            bytes[at] ^= 1 << random.below(8);
        }
        fs::write(file(folder.path()), bytes).unwrap();
        noticed += u32::from(use_it(folder.path(), &format!("round {round}")));
    }
    // The rest hit what nobody reads, such as free space.
    assert!(noticed > 75, "{noticed} of 150 damages were noticed");
}

#[test]
fn truncated_files_never_panic() {
    let original = tempfile::tempdir().unwrap();
    filled(original.path());
    let sound = fs::read(file(original.path())).unwrap();
    let mut random = Random::new(12);
    let mut noticed = 0;
    for round in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        let length = usize::try_from(random.below(sound.len() as u64)).unwrap();
        fs::write(file(folder.path()), &sound[..length]).unwrap();
        noticed += u32::from(use_it(folder.path(), &format!("round {round}, {length} bytes")));
    }
    // The rest lost the end of what nobody reads here.
    assert!(noticed > 50, "{noticed} of 60 truncations were noticed");
}

#[test]
fn garbage_is_corrupt() {
    for seed in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        fs::write(file(folder.path()), Random::new(seed).bytes(20_000)).unwrap();
        let fault = SqliteStore::new(folder.path()).execute(StoreCommand::Open).unwrap_err();
        assert_eq!(fault.kind, StoreFaultKind::Corrupt, "{}", fault.message);
        assert!(use_it(folder.path(), &format!("seed {seed}")));
    }
}

#[test]
fn garbage_in_the_journal_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    fs::write(folder.path().join("holdover-cache.db-wal"), Random::new(5).bytes(50_000)).unwrap();
    let mut store = SqliteStore::new(folder.path());
    store.execute(StoreCommand::Open).unwrap();
    assert_eq!(find(&mut store, 3).unwrap(), Some((value(3).into(), 7)));
}

#[test]
fn the_database_of_another_program_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let other = Connection::open(file(folder.path())).unwrap();
    other
        .execute_batch("CREATE TABLE records (id INTEGER PRIMARY KEY); INSERT INTO records VALUES (1)")
        .unwrap();
    other.close().unwrap();
    let fault = SqliteStore::new(folder.path()).execute(StoreCommand::Open).unwrap_err();
    assert_eq!(fault.kind, StoreFaultKind::Corrupt);
    assert!(fault.message.contains("another program"), "{}", fault.message);
}

#[test]
fn a_schema_with_more_in_it_is_corrupt() {
    let more = [
        "CREATE TRIGGER evil AFTER INSERT ON records BEGIN DELETE FROM tags; END",
        "CREATE VIEW evil AS SELECT 1",
        "ALTER TABLE tags ADD COLUMN evil TEXT",
        "DROP INDEX records_by_use",
    ];
    for statement in more {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let changed = Connection::open(file(folder.path())).unwrap();
        changed.execute_batch(statement).unwrap();
        changed.close().unwrap();
        let fault = SqliteStore::new(folder.path()).execute(StoreCommand::Open).unwrap_err();
        assert_eq!(fault.kind, StoreFaultKind::Corrupt, "{statement}");
        assert!(use_it(folder.path(), statement), "{statement}");
    }
}

#[test]
fn a_file_of_another_version_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let older = Connection::open(file(folder.path())).unwrap();
    older.pragma_update(None, "user_version", 77).unwrap();
    older.close().unwrap();
    let mut store = SqliteStore::new(folder.path());
    let opened = store.execute(StoreCommand::Open).unwrap();
    assert_eq!(
        opened,
        StoreAnswer::Opened {
            highest_wall_ms: None,
            unfinished: Vec::new(),
            switches: bytes::Bytes::new(),
            distrusted: false
        }
    );
    assert_eq!(store.execute(load(3)).unwrap(), StoreAnswer::Found(Vec::new()));
}

#[test]
fn rows_of_impossible_sizes_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let changed = Connection::open(file(folder.path())).unwrap();
    changed
        .execute_batch(
            "UPDATE records SET value = zeroblob(20000000) WHERE id = 1; \
             UPDATE records SET meta = zeroblob(5000) WHERE id = 2; \
             UPDATE records SET tags = zeroblob(33) WHERE id = 3; \
             UPDATE records SET reduced = 5 WHERE id = 4; \
             UPDATE records SET expires_ms = 0 WHERE id = 5",
        )
        .unwrap();
    changed.close().unwrap();
    let mut store = SqliteStore::new(folder.path());
    store.execute(StoreCommand::Open).unwrap();
    for n in 0..5 {
        assert_eq!(find(&mut store, n).unwrap(), None, "record {n}");
    }
    assert!(find(&mut store, 5).unwrap().is_some());
}
