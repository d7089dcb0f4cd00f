//! Records: what is saved is found, as often and as long as it should.

use bytes::Bytes;
use holdover_client::store::{StoreAnswer, StoreCommand, Variant};

use super::samples::{
    key, load, open, open_partition, partition, partition_answer, plan, record, run, save, tag, values,
    write_of,
};
use super::{ROOMY, Shelves};

pub(super) fn variants_stand_side_by_side(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    run(&mut store, open_partition(1, 10));
    let full = record(1, 5, Variant::Full, b"full");
    let reduced = record(1, 5, plan(1), b"reduced");
    let other = record(1, 5, plan(2), b"by another plan");
    for saved in [&full, &reduced] {
        run(&mut store, save(saved, 100));
    }
    assert_eq!(values(&mut store, 1, 5), [b"full".as_slice(), b"reduced"]);
    run(&mut store, save(&other, 100));
    assert_eq!(
        values(&mut store, 1, 5),
        [b"full".as_slice(), b"by another plan"],
        "one reduced record a key"
    );
    run(&mut store, StoreCommand::Remove { partition: partition(1), key: key(5), reduced_only: true });
    assert_eq!(values(&mut store, 1, 5), [b"full".as_slice()]);
    run(&mut store, save(&other, 100));
    run(&mut store, StoreCommand::Remove { partition: partition(1), key: key(5), reduced_only: false });
    assert_eq!(values(&mut store, 1, 5), Vec::<Bytes>::new());
}

pub(super) fn tags_outlive_records(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    run(&mut store, open_partition(1, 10));
    run(&mut store, open_partition(2, 20));
    let both = [write_of(1, &[7], 3), write_of(2, &[7], 8)];
    run(&mut store, StoreCommand::WriteTags(both.to_vec()));
    let mut tagged = record(1, 5, Variant::Full, b"tagged");
    tagged.tags = vec![tag(6), tag(7)];
    run(&mut store, save(&tagged, 100));
    drop(store);
    let mut store = open(&shelf);
    let find = |n| StoreCommand::FindPartition { partition: partition(n) };
    assert_eq!(run(&mut store, find(3)), StoreAnswer::Done, "it is not there");
    assert_eq!(run(&mut store, find(3)), StoreAnswer::Done, "and was not made");
    assert_eq!(run(&mut store, find(1)), partition_answer(10, 3));
    assert_eq!(run(&mut store, open_partition(1, 11)), partition_answer(10, 3));
    assert_eq!(run(&mut store, open_partition(2, 11)), partition_answer(20, 8));
    let StoreAnswer::Found(found) = run(&mut store, load(1, 5)) else { panic!("not an answer to a load") };
    assert_eq!(found[0].tag_sequence, 3, "the numbers of another partition are its own");
    assert_eq!(found[0].record, tagged);
    run(&mut store, StoreCommand::WriteTags(vec![write_of(1, &[6], 4)]));
    let StoreAnswer::Found(found) = run(&mut store, load(1, 5)) else { panic!("not an answer to a load") };
    assert_eq!(found[0].tag_sequence, 4, "the highest of the record's tags");
}
