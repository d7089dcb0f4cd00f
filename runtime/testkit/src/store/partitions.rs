//! Partitions: their keys, tag numbers and sign-outs, and how they are destroyed.

use bytes::Bytes;
use holdover_client::store::{OutboxChoice, StoreAnswer, StoreCommand, Variant};

use super::samples::{
    load, open, open_partition, opened, partition, partition_answer, record, run, save, tag, values, write_of,
};
use super::{ROOMY, Shelf, Shelves};

pub(super) fn partitions_keep_their_key(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    assert_eq!(run(&mut store, open_partition(1, 10)), partition_answer(10, 0));
    assert_eq!(run(&mut store, open_partition(1, 11)), partition_answer(10, 0), "the key stays");
    drop(store);
    let mut store = open(&shelf);
    assert_eq!(run(&mut store, open_partition(1, 12)), partition_answer(10, 0), "the key outlives a restart");
    assert_eq!(run(&mut store, open_partition(2, 13)), partition_answer(13, 0));
}

/// Two runtimes that share a store count apart.
pub(super) fn late_numbers_are_raised(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    run(&mut store, open_partition(1, 10));
    run(&mut store, StoreCommand::WriteTags(vec![write_of(1, &[1], 40)]));
    let mut tagged = record(1, 5, Variant::Full, b"tagged");
    tagged.tags = vec![tag(2)];
    run(&mut store, save(&tagged, 100));
    run(&mut store, StoreCommand::WriteTags(vec![write_of(1, &[2], 7)]));
    let StoreAnswer::Found(found) = run(&mut store, load(1, 5)) else { panic!("not an answer to a load") };
    assert!(found[0].tag_sequence > 40, "an invalidation that came late must not be missed");
}

pub(super) fn sign_outs_are_listed_until_finished(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    run(&mut store, open_partition(1, 10));
    let mark = |n, outbox| StoreCommand::MarkSignOut { partition: partition(n), outbox };
    run(&mut store, mark(3, OutboxChoice::Discard));
    run(&mut store, mark(1, OutboxChoice::Hold));
    run(&mut store, mark(3, OutboxChoice::Hold));
    drop(store);
    let mut store = shelf.store();
    assert_eq!(run(&mut store, StoreCommand::Open), opened(None, &[3, 1]), "in the order of their marks");
    run(&mut store, StoreCommand::DropPartition { partition: partition(3), erase: false });
    drop(store);
    let mut store = shelf.store();
    assert_eq!(run(&mut store, StoreCommand::Open), opened(None, &[1]));
}

pub(super) fn destroyed_partitions_stay_destroyed(shelves: &impl Shelves) {
    for erase in [false, true] {
        let shelf = shelves.shelf(ROOMY);
        let mut store = open(&shelf);
        run(&mut store, open_partition(1, 10));
        run(&mut store, open_partition(2, 20));
        let mut tagged = record(1, 5, Variant::Full, b"gone");
        tagged.tags = vec![tag(1)];
        run(&mut store, save(&tagged, 100));
        run(&mut store, save(&record(2, 5, Variant::Full, b"kept"), 100));
        run(&mut store, StoreCommand::WriteTags(vec![write_of(1, &[1], 9)]));
        run(&mut store, StoreCommand::DropPartition { partition: partition(1), erase });
        run(&mut store, save(&tagged, 100));
        assert_eq!(values(&mut store, 1, 5), Vec::<Bytes>::new(), "a save that comes late finds nothing");
        assert_eq!(run(&mut store, open_partition(1, 11)), partition_answer(11, 0), "a new key, no numbers");
        assert_eq!(values(&mut store, 1, 5), Vec::<Bytes>::new());
        assert_eq!(values(&mut store, 2, 5), [b"kept".as_slice()]);
        drop(store);
        let mut store = open(&shelf);
        assert_eq!(run(&mut store, open_partition(1, 12)), partition_answer(11, 0));
        assert_eq!(values(&mut store, 2, 5), [b"kept".as_slice()]);
        run(&mut store, StoreCommand::DropPartition { partition: partition(9), erase });
    }
}
