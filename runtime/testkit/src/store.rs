//! What every store must do, as a suite that any store can be put through.
//!
//! A store's own tests call [`conforms`] for a few seeds. The suite compares the store with a reference that is written
//! from the documentation of `StoreCommand` and shares no code with any store.

mod reference;

use bytes::Bytes;
use holdover_client::store::{
    KeyHash, MAX_SWITCHES, OutboxChoice, PartitionId, PartitionKey, PlanHash, Record, Store, StoreAnswer,
    StoreCommand, TagHash, TagWrite, Variant,
};

use crate::random::Random;
pub use reference::Reference;

/// A place where contents outlive the store that wrote them.
pub trait Shelf {
    /// A store over these contents, not opened yet, as after a restart. The last one has been dropped.
    fn store(&self) -> Box<dyn Store>;
}

/// Makes empty shelves with room for so many bytes.
pub trait Shelves {
    /// What it makes.
    type Shelf: Shelf;
    /// An empty one.
    fn shelf(&self, budget: usize) -> Self::Shelf;
}

/// Puts a store through the whole suite.
///
/// # Panics
///
/// When the store does something else than it should; the message says what, and the seed.
pub fn conforms(shelves: &impl Shelves, seed: u64) {
    empty(shelves);
    partitions_keep_their_key(shelves);
    variants_stand_side_by_side(shelves);
    tags_outlive_records(shelves);
    late_numbers_are_raised(shelves);
    sign_outs_are_listed_until_finished(shelves);
    destroyed_partitions_stay_destroyed(shelves);
    the_budget_holds(shelves, seed);
    one_account_cannot_push_the_others_out(shelves);
    the_budget_is_exact(shelves);
    commands_before_opening_fail(shelves);
    a_closed_store_is_opened_again(shelves);
    switches_are_kept(shelves);
    what_is_distrusted_is_gone_in_the_next_run(shelves);
    distrust_can_be_taken_back(shelves);
    agrees_with_the_reference(shelves, seed, ROOMY);
    agrees_with_the_reference(shelves, seed, 20_000);
}

/// Room for everything that a test saves.
const ROOMY: usize = 1 << 26;

fn empty(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = shelf.store();
    assert_eq!(run(&mut store, StoreCommand::Open), opened(None, &[]), "a new store has nothing to tell");
    assert_eq!(run(&mut store, load(1, 1)), StoreAnswer::Found(Vec::new()));
    assert_eq!(run(&mut store, StoreCommand::Open), opened(None, &[]), "opening twice changes nothing");
}

fn partitions_keep_their_key(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = open(&shelf);
    assert_eq!(run(&mut store, open_partition(1, 10)), partition_answer(10, 0));
    assert_eq!(run(&mut store, open_partition(1, 11)), partition_answer(10, 0), "the key stays");
    drop(store);
    let mut store = open(&shelf);
    assert_eq!(run(&mut store, open_partition(1, 12)), partition_answer(10, 0), "the key outlives a restart");
    assert_eq!(run(&mut store, open_partition(2, 13)), partition_answer(13, 0));
}

fn variants_stand_side_by_side(shelves: &impl Shelves) {
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

fn tags_outlive_records(shelves: &impl Shelves) {
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
    assert_eq!(run(&mut store, open_partition(1, 11)), partition_answer(10, 3));
    assert_eq!(run(&mut store, open_partition(2, 11)), partition_answer(20, 8));
    let StoreAnswer::Found(found) = run(&mut store, load(1, 5)) else { panic!("not an answer to a load") };
    assert_eq!(found[0].tag_sequence, 3, "the numbers of another partition are its own");
    assert_eq!(found[0].record, tagged);
    run(&mut store, StoreCommand::WriteTags(vec![write_of(1, &[6], 4)]));
    let StoreAnswer::Found(found) = run(&mut store, load(1, 5)) else { panic!("not an answer to a load") };
    assert_eq!(found[0].tag_sequence, 4, "the highest of the record's tags");
}

/// Two runtimes that share a store count apart.
fn late_numbers_are_raised(shelves: &impl Shelves) {
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

fn sign_outs_are_listed_until_finished(shelves: &impl Shelves) {
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

fn destroyed_partitions_stay_destroyed(shelves: &impl Shelves) {
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

fn the_budget_holds(shelves: &impl Shelves, seed: u64) {
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

fn one_account_cannot_push_the_others_out(shelves: &impl Shelves) {
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

fn the_budget_is_exact(shelves: &impl Shelves) {
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

fn commands_before_opening_fail(shelves: &impl Shelves) {
    let shelf = shelves.shelf(ROOMY);
    let mut store = shelf.store();
    store.execute(load(1, 1)).expect_err("the store is not open");
    store.execute(save(&record(1, 1, Variant::Full, b"v"), 1)).expect_err("the store is not open");
}

fn a_closed_store_is_opened_again(shelves: &impl Shelves) {
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

fn switches_are_kept(shelves: &impl Shelves) {
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

fn what_is_distrusted_is_gone_in_the_next_run(shelves: &impl Shelves) {
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

fn distrust_can_be_taken_back(shelves: &impl Shelves) {
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

/// Random commands, and restarts in between where there is room for everything: a restart may forget what was loaded
/// last, and so evict something else.
fn agrees_with_the_reference(shelves: &impl Shelves, seed: u64, budget: usize) {
    let mut random = Random::new(seed);
    let shelf = shelves.shelf(budget);
    let mut reference = Reference::new(budget as u64);
    let mut store = open(&shelf);
    let mut sequence = 0;
    for step in 0..1500 {
        if random.below(50) == 0 && budget == ROOMY {
            drop(store);
            store = shelf.store();
            reference.restart();
            let answer = run(&mut store, StoreCommand::Open);
            assert_eq!(answer, reference.execute(StoreCommand::Open), "seed {seed}, step {step}");
        }
        let command = command(&mut random, &mut sequence);
        let expected = reference.execute(command.clone());
        let mut answer = run(&mut store, command.clone());
        if let StoreAnswer::Found(found) = &mut answer {
            found.sort_by_key(|loaded| loaded.record.variant);
        }
        assert_eq!(answer, expected, "seed {seed}, step {step}: {command:?}");
    }
}

fn command(random: &mut Random, sequence: &mut u64) -> StoreCommand {
    let n = 1 + random.below(4);
    let name = partition(n);
    match random.below(21) {
        0..3 => open_partition(n, random.below(200)),
        3..9 => {
            let variant = match random.below(3) {
                0 => plan(random.below(2)),
                _ => Variant::Full,
            };
            let length = random.below(3000);
            let value = random.bytes(length);
            let mut saved = record(n, random.below(10), variant, &value);
            saved.tags = (0..random.below(4)).map(|_| tag(random.below(6))).collect();
            let length = random.below(100);
            saved.meta = random.bytes(length).into();
            saved.expires_ms = i64::try_from(random.below(1 << 41)).unwrap_or(0);
            save(&saved, i64::try_from(random.below(1 << 40)).unwrap_or(0))
        }
        9..15 => load(n, random.below(10)),
        15 => StoreCommand::Remove {
            partition: name,
            key: key(random.below(10)),
            reduced_only: random.below(2) == 0,
        },
        16 => {
            *sequence += 1 + random.below(3);
            let tags: Vec<u64> = (0..random.below(3)).map(|_| random.below(6)).collect();
            let other = 1 + random.below(4);
            let mut writes = vec![write_of(n, &tags, *sequence)];
            writes[0].all = random.below(8) == 0;
            if other != n {
                writes.push(write_of(other, &tags, *sequence));
            }
            StoreCommand::WriteTags(writes)
        }
        17 => StoreCommand::SaveSwitches(random.bytes(20).into()),
        18 => StoreCommand::MarkSignOut { partition: name, outbox: OutboxChoice::Discard },
        19 if random.below(4) == 0 => StoreCommand::Distrust,
        19 => StoreCommand::Trust,
        _ => StoreCommand::DropPartition { partition: name, erase: random.below(2) == 0 },
    }
}

/// Carries out a command that must succeed.
fn run(store: &mut Box<dyn Store>, command: StoreCommand) -> StoreAnswer {
    store.execute(command).expect("nothing is wrong with the store")
}

fn open(shelf: &impl Shelf) -> Box<dyn Store> {
    let mut store = shelf.store();
    run(&mut store, StoreCommand::Open);
    store
}

fn values(store: &mut Box<dyn Store>, in_partition: u64, of_key: u64) -> Vec<Bytes> {
    let StoreAnswer::Found(mut found) = run(store, load(in_partition, of_key)) else {
        panic!("not an answer to a load")
    };
    found.sort_by_key(|loaded| loaded.record.variant);
    found.into_iter().map(|loaded| loaded.record.value).collect()
}

fn opened(highest_wall_ms: Option<i64>, unfinished: &[u64]) -> StoreAnswer {
    StoreAnswer::Opened {
        highest_wall_ms,
        unfinished: unfinished.iter().map(|n| partition(*n)).collect(),
        switches: Bytes::new(),
        distrusted: false,
    }
}

fn partition_answer(key: u64, sequence: u64) -> StoreAnswer {
    StoreAnswer::Partition { key: PartitionKey::from(hash(key)), sequence }
}

fn open_partition(n: u64, fresh_key: u64) -> StoreCommand {
    StoreCommand::OpenPartition { partition: partition(n), fresh_key: PartitionKey::from(hash(fresh_key)) }
}

fn load(in_partition: u64, of_key: u64) -> StoreCommand {
    StoreCommand::Load { partition: partition(in_partition), key: key(of_key) }
}

fn save(record: &Record, wall_ms: i64) -> StoreCommand {
    StoreCommand::Save { record: record.clone(), wall_ms }
}

fn write_of(in_partition: u64, tags: &[u64], sequence: u64) -> TagWrite {
    let mut tags: Vec<TagHash> = tags.iter().map(|n| tag(*n)).collect();
    tags.sort_unstable();
    tags.dedup();
    TagWrite { partition: partition(in_partition), tags, all: false, sequence }
}

fn record(in_partition: u64, of_key: u64, variant: Variant, value: &[u8]) -> Record {
    Record {
        partition: partition(in_partition),
        key: key(of_key),
        variant,
        value: Bytes::copy_from_slice(value),
        meta: Bytes::from_static(b"notes"),
        tags: Vec::new(),
        expires_ms: i64::MAX,
    }
}

fn plan(n: u64) -> Variant {
    Variant::Reduced(PlanHash(u128::from(n + 1).to_be_bytes()))
}

fn partition(n: u64) -> PartitionId {
    PartitionId(hash(n))
}

fn key(n: u64) -> KeyHash {
    KeyHash(hash(1000 + n))
}

fn tag(n: u64) -> TagHash {
    TagHash(hash(2000 + n))
}

/// A stand-in for a hash: different for different numbers.
fn hash(n: u64) -> [u8; 32] {
    let mut random = Random::new(n);
    let mut hash = [0; 32];
    hash.copy_from_slice(&random.bytes(32));
    hash
}
