//! Openings: before, twice, after closing, and what outlives a restart.

use bytes::Bytes;
use holdover_client::store::{MAX_SWITCHES, Store, StoreAnswer, StoreCommand, Variant};

use super::samples::{load, open, open_partition, opened, partition_answer, record, run, save, values};
use super::{ROOMY, Shelf, Shelves};

pub(super) fn a_new_store_has_nothing_to_tell(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = shelf.store();
    assert_eq!(run(&mut store, StoreCommand::Open), opened(None, &[]), "a new store has nothing to tell");
    assert_eq!(run(&mut store, load(1, 1)), StoreAnswer::Found(Vec::new()));
    assert_eq!(run(&mut store, StoreCommand::Open), opened(None, &[]), "opening twice changes nothing");
}

pub(super) fn commands_before_opening_fail(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = shelf.store();
    store.execute(load(1, 1)).expect_err("the store is not open");
    store.execute(save(&record(1, 1, Variant::Full, b"v"), 1)).expect_err("the store is not open");
}

pub(super) fn a_closed_store_is_opened_again(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = shelf.store();
    assert_eq!(run(&mut store, StoreCommand::Close), StoreAnswer::Done, "nothing is open");
    run(&mut store, StoreCommand::Open);
    run(&mut store, open_partition(1, 10));
    run(&mut store, save(&record(1, 5, Variant::Full, b"kept"), 100));
    for _ in 0..2 {
        assert_eq!(run(&mut store, StoreCommand::Close), StoreAnswer::Done);
        store.execute(load(1, 5)).expect_err("the store is closed");
    }
    assert_eq!(run(&mut store, StoreCommand::Open), opened(Some(100), &[]));
    assert_eq!(run(&mut store, open_partition(1, 11)), partition_answer(10, 0));
    assert_eq!(values(&mut store, 1, 5), [b"kept".as_slice()]);
    // Another process may have it meanwhile, and see everything.
    run(&mut store, StoreCommand::Close);
    let mut other = open(&shelf);
    assert_eq!(values(&mut other, 1, 5), [b"kept".as_slice()]);
}

pub(super) fn switches_are_kept(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    let kept = |store: &mut Box<dyn Store>| match run(store, StoreCommand::Open) {
        StoreAnswer::Opened { switches, .. } => switches,
        other => panic!("not an answer to opening: {other:?}"),
    };
    let long = Bytes::from(vec![7; MAX_SWITCHES]);
    for switches in [Bytes::from_static(b"off"), long, Bytes::new(), Bytes::from_static(b"on")] {
        run(&mut store, StoreCommand::SaveSwitches(switches.clone()));
        assert_eq!(kept(&mut store), switches);
        drop(store);
        store = open(&shelf);
        assert_eq!(kept(&mut store), switches, "they outlive a restart");
    }
    run(&mut store, StoreCommand::Recreate);
    assert_eq!(kept(&mut store), Bytes::new(), "a new store has none");
}
