//! The SQLite store does what every store must do.

use std::cell::Cell;

use holdover_client::Store;
use holdover_store_sqlite::SqliteStore;
use holdover_testkit::store::{Shelf, Shelves, conforms};
use tempfile::TempDir;

struct Folders {
    root: TempDir,
    made: Cell<u32>,
}

struct Folder {
    path: std::path::PathBuf,
    budget: u64,
}

impl Shelves for Folders {
    type Shelf = Folder;

    fn shelf(&self, budget: usize) -> Folder {
        self.made.set(self.made.get() + 1);
        Folder { path: self.root.path().join(self.made.get().to_string()), budget: budget as u64 }
    }
}

impl Shelf for Folder {
    fn store(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::new(&self.path).budget_bytes(self.budget))
    }
}

#[test]
fn conforms_to_the_suite() {
    for seed in 0..2 {
        let folders = Folders { root: tempfile::tempdir().unwrap(), made: Cell::new(0) };
        conforms(&folders, seed);
    }
}
