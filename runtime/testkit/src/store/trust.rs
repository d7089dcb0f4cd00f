//! Trust: what was noted to be outdated is not believed by the next run.

use bytes::Bytes;
use holdover_client::store::{OutboxChoice, PartitionKey, StoreAnswer, StoreCommand, Variant};

use super::samples::{
    hash, open, open_partition, opened, partition, record, run, save, tag, values, write_of,
};
use super::{ROOMY, Shelf, Shelves};

pub(super) fn what_is_distrusted_is_gone_in_the_next_run(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut fresh = shelf.store();
    run(&mut fresh, StoreCommand::Distrust);
    assert_eq!(run(&mut fresh, StoreCommand::Open), opened(None, &[]), "there is nothing to distrust");
    run(&mut fresh, StoreCommand::Trust);
    drop(fresh);
    // Noted by the store that has it open, and by one that never came to open it.
    for is_open in [true, false] {
        let mut store = open(&shelf);
        run(&mut store, open_partition(1, 10));
        let mut tagged = record(1, 5, Variant::Full, b"v");
        tagged.tags = vec![tag(7)];
        run(&mut store, save(&tagged, 100));
        run(&mut store, StoreCommand::WriteTags(vec![write_of(1, &[7], 3)]));
        run(&mut store, StoreCommand::MarkSignOut { partition: partition(2), outbox: OutboxChoice::Hold });
        run(&mut store, StoreCommand::SaveSwitches(Bytes::from_static(b"off")));
        if !is_open {
            drop(store);
            store = shelf.store();
        }
        for _ in 0..2 {
            run(&mut store, StoreCommand::Distrust);
        }
        if is_open {
            let StoreAnswer::Opened { distrusted, .. } = run(&mut store, StoreCommand::Open) else {
                panic!("not an answer to opening")
            };
            assert!(!distrusted, "the run that notes it knows what is outdated");
            assert_eq!(values(&mut store, 1, 5), [b"v".as_slice()]);
        }
        drop(store);
        for distrusted in [true, false] {
            let mut store = shelf.store();
            let told = StoreAnswer::Opened {
                highest_wall_ms: Some(100),
                unfinished: vec![partition(2)],
                switches: Bytes::from_static(b"off"),
                distrusted,
            };
            assert_eq!(
                run(&mut store, StoreCommand::Open),
                told,
                "it is told once, and nothing else is lost"
            );
            let StoreAnswer::Partition { key, sequence } = run(&mut store, open_partition(1, 11)) else {
                panic!("not an answer to opening a partition")
            };
            assert_eq!(key, PartitionKey::from(hash(10)));
            assert!(sequence >= 3, "the numbers go on");
            assert_eq!(values(&mut store, 1, 5), Vec::<Bytes>::new());
        }
    }
    let mut store = open(&shelf);
    run(&mut store, save(&record(1, 5, Variant::Full, b"new"), 100));
    drop(store);
    let mut store = open(&shelf);
    assert_eq!(values(&mut store, 1, 5), [b"new".as_slice()], "what comes later is believed");
    run(&mut store, StoreCommand::Distrust);
    assert_eq!(run(&mut store, StoreCommand::Recreate), opened(None, &[]));
}

pub(super) fn distrust_can_be_taken_back(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    run(&mut store, open_partition(1, 10));
    run(&mut store, save(&record(1, 5, Variant::Full, b"v"), 100));
    run(&mut store, StoreCommand::Trust);
    run(&mut store, StoreCommand::Distrust);
    run(&mut store, StoreCommand::Trust);
    drop(store);
    let mut store = shelf.store();
    assert_eq!(run(&mut store, StoreCommand::Open), opened(Some(100), &[]));
    assert_eq!(values(&mut store, 1, 5), [b"v".as_slice()]);
    run(&mut store, StoreCommand::Distrust);
    drop(store);
    let mut store = shelf.store();
    run(&mut store, StoreCommand::Trust);
    let StoreAnswer::Opened { distrusted, .. } = run(&mut store, StoreCommand::Open) else {
        panic!("not an answer to opening")
    };
    assert!(distrusted, "only what the run itself has noted is taken back");
}
