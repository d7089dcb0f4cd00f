//! The budget: exact, and shared between partitions.

use holdover_client::store::{StoreAnswer, Variant};

use super::Shelves;
use super::samples::{open, open_partition, plan, record, run, save, tag, values};
use crate::random::Random;

pub(super) fn the_budget_holds(shelves: &impl Shelves, seed: u64) {
    let mut random = Random::new(seed);
    let shelf = shelves.shelf(100_000);
    let mut store = open(&shelf);
    run(&mut store, open_partition(1, 10));
    for n in 0..200 {
        let mut value = record(1, n, Variant::Full, &random.bytes(1000));
        // Every tenth is expired when the next one is saved.
        value.expires_ms = if n % 10 == 0 { 1000 } else { i64::MAX };
        run(&mut store, save(&value, 1000));
        // The first one is used all the time.
        assert_eq!(values(&mut store, 1, 1).len(), usize::from(n > 0), "what is used stays, seed {seed}");
    }
    let kept: Vec<u64> = (0..200).filter(|n| !values(&mut store, 1, *n).is_empty()).collect();
    let live = kept.iter().filter(|n| *n % 10 != 0).count();
    assert!((60..=100).contains(&live), "{live} of about 85 records fit, seed {seed}");
    assert!(!kept.contains(&100), "what is expired goes first, seed {seed}");
    assert!(kept.contains(&199), "the newest stays, seed {seed}");
    assert!(!kept.contains(&2), "what was not used for longest goes, seed {seed}");
    let large = record(1, 500, Variant::Full, &random.bytes(200_000));
    run(&mut store, save(&large, 1000));
    assert!(values(&mut store, 1, 500).is_empty(), "what never fits is not kept");
}

pub(super) fn one_account_cannot_push_the_others_out(shelves: &impl Shelves) {
    let shelf = shelves.shelf(10 * 1000);
    let mut store = open(&shelf);
    for n in [1, 2] {
        run(&mut store, open_partition(n, 10 * n));
    }
    let sized = |partition, n| {
        let empty = record(partition, n, Variant::Full, b"");
        let value = vec![7; 1000 - usize::try_from(empty.size()).expect("a record is small")];
        record(partition, n, Variant::Full, &value)
    };
    for n in 0..3 {
        assert_eq!(run(&mut store, save(&sized(1, n), 100)), StoreAnswer::Saved { evicted: 0 });
    }
    for n in 0..50 {
        let evicted = u32::from(n >= 7);
        assert_eq!(run(&mut store, save(&sized(2, n), 100)), StoreAnswer::Saved { evicted }, "record {n}");
    }
    let kept = |store: &mut _, partition| -> Vec<u64> {
        (0..50).filter(|n| !values(store, partition, *n).is_empty()).collect()
    };
    assert_eq!(kept(&mut store, 1), [0, 1, 2], "older than all of the other's, and within its share");
    assert_eq!(kept(&mut store, 2), [43, 44, 45, 46, 47, 48, 49], "it has what the first does not use");
    for n in 3..8 {
        assert_eq!(run(&mut store, save(&sized(1, n), 100)), StoreAnswer::Saved { evicted: 1 });
    }
    assert_eq!(kept(&mut store, 2), [45, 46, 47, 48, 49], "it gives back what is over its share");
    // By the search above the first one's records were used in their order.
    assert_eq!(kept(&mut store, 1), [3, 4, 5, 6, 7], "and beyond its own share the first takes from itself");
}

pub(super) fn the_budget_is_exact(shelves: &impl Shelves) {
    let mut one = record(1, 1, Variant::Full, b"value");
    one.tags = vec![tag(1), tag(2)];
    let two = record(1, 2, plan(1), b"another value");
    assert_eq!(one.size(), (5 + 5 + 64 + 160) as u64, "value, meta, tags, the rest");
    let both = usize::try_from(one.size() + two.size()).expect("records are small");
    for (budget, expected) in [(both, 0), (both - 1, 1)] {
        let shelf = shelves.shelf(budget);
        let mut store = open(&shelf);
        run(&mut store, open_partition(1, 10));
        assert_eq!(run(&mut store, save(&one, 100)), StoreAnswer::Saved { evicted: 0 });
        assert_eq!(run(&mut store, save(&two, 100)), StoreAnswer::Saved { evicted: expected });
        assert_eq!(run(&mut store, save(&two, 100)), StoreAnswer::Saved { evicted: 0 }, "it replaces itself");
        assert_eq!(values(&mut store, 1, 1).len(), 1 - expected as usize);
        drop(store);
        let mut store = open(&shelf);
        assert_eq!(
            run(&mut store, save(&two, 100)),
            StoreAnswer::Saved { evicted: 0 },
            "counted after a restart"
        );
        let three = record(1, 3, Variant::Full, b"");
        assert_eq!(run(&mut store, save(&three, 100)), StoreAnswer::Saved { evicted: 1 - expected });
    }
}
