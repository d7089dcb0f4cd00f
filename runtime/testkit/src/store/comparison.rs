//! Random commands, compared with the reference.

use holdover_client::store::{OutboxChoice, StoreAnswer, StoreCommand, Variant};

use super::samples::{key, load, open, open_partition, partition, plan, record, run, save, tag, write_of};
use super::{ROOMY, Reference, Shelf, Shelves};
use crate::random::Random;

/// Random commands, and restarts in between where there is room for everything: a restart may forget what was loaded
/// last, and so evict something else.
pub(super) fn agrees_with_the_reference(shelves: &impl Shelves, seed: u64, budget: usize) {
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
    match random.below(22) {
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
        20 => StoreCommand::FindPartition { partition: name },
        _ => StoreCommand::DropPartition { partition: name, erase: random.below(2) == 0 },
    }
}
