//! A process that is killed while it writes loses nothing that was acknowledged (rule E6).

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use common::{find, open_partition, save, write_tag};
use holdover_client::Store;
use holdover_client::store::StoreCommand;
use holdover_store_sqlite::SqliteStore;
use holdover_testkit::random::Random;

/// Set for the process that writes and is killed: the folder to write in.
const FOLDER: &str = "HOLDOVER_KILL_TEST_FOLDER";

fn value(n: u32) -> Vec<u8> {
    let mut random = Random::new(u64::from(n));
    let length = random.below(9000);
    random.bytes(length)
}

/// Not a test of its own: writes until it is killed, and says what it has written.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut store = SqliteStore::new(folder).budget_bytes(1 << 30);
    store.execute(StoreCommand::Open).unwrap();
    store.execute(open_partition()).unwrap();
    let mut out = std::io::stdout().lock();
    for n in 0..u32::MAX {
        store.execute(save(n, value(n))).unwrap();
        store.execute(write_tag(n, u64::from(n) + 1)).unwrap();
        writeln!(out, "\nwritten {n}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn acknowledged_writes_outlive_a_kill() {
    let mut random = Random::new(2026);
    for round in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let kill_after = random.below(120);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = Vec::new();
        let mut killed = false;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let Some(n) = line.unwrap().strip_prefix("written ").and_then(|n| n.parse::<u32>().ok()) else {
                continue;
            };
            acknowledged.push(n);
            if u64::from(n) >= kill_after && !killed {
                // SIGKILL, in the middle of whatever it is doing; lines that it wrote before are still read.
                child.kill().unwrap();
                killed = true;
            }
        }
        assert!(!child.wait().unwrap().success(), "round {round}: it was killed, it did not end");
        assert!(!acknowledged.is_empty());
        let mut store = SqliteStore::new(folder.path()).budget_bytes(1 << 30);
        store.execute(StoreCommand::Open).unwrap_or_else(|fault| panic!("round {round}: {}", fault.message));
        for n in acknowledged {
            let found = find(&mut store, n).unwrap();
            assert_eq!(found, Some((value(n).into(), u64::from(n) + 1)), "round {round}: write {n}");
        }
        // What was not acknowledged is there or not, but never half.
        store.execute(open_partition()).unwrap();
        store.execute(save(0, "and it goes on")).unwrap();
    }
}
