//! The memory store does what every store must do.

use holdover_client::{MemoryStore, Store};
use holdover_testkit::store::{Shelf, Shelves, conforms};

struct Memory;

struct Contents(MemoryStore);

impl Shelves for Memory {
    type Shelf = Contents;

    fn shelf(&self, budget: usize) -> Contents {
        Contents(MemoryStore::with_budget(budget as u64))
    }
}

impl Shelf for Contents {
    fn store(&self) -> Box<dyn Store> {
        Box::new(self.0.clone())
    }
}

#[test]
fn conforms_to_the_suite() {
    for seed in 0..8 {
        conforms(&Memory, seed);
    }
}
