use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::entry::Answer;
use crate::session::Account;
use crate::time::Now;

const NOW: Instant = Instant(1000);
const NEVER: Instant = Instant(u64::MAX);
/// What an entry with a key of one byte and a value of 100 counts.
const ONE: usize = OVERHEAD + 101;

fn entry(bytes: usize) -> Entry {
    let answer = Answer {
        value: Bytes::from(vec![0; bytes]),
        sent: Now::default(),
        age_before: 0,
        tags: Arc::new([]),
        sequence: 0,
        outdated: false,
        put: false,
        live: None,
    };
    Entry { full: Some(answer), reduced: None }
}

fn key(n: u8) -> Key {
    Arc::new([n])
}

fn user(name: &str) -> Owner {
    Owner::Account(Account::user(name))
}

impl Memory {
    fn keep(&mut self, n: u8, owner: &Owner, bytes: usize) -> u32 {
        self.insert(&key(n), owner.clone(), entry(bytes), NEVER, NOW)
    }

    fn kept(&self, keys: std::ops::Range<u8>) -> Vec<u8> {
        keys.filter(|n| self.look(&[*n]).is_some()).collect()
    }
}

#[test]
fn the_least_recently_used_goes_first() {
    let alice = user("alice");
    let mut memory = Memory::new(3 * ONE, 0);
    for n in 0..3 {
        assert_eq!(memory.keep(n, &alice, 100), 0, "the budget is exact");
    }
    assert!(memory.get(&[0]).is_some());
    assert!(memory.get(&[1]).is_some());
    assert_eq!(memory.keep(3, &alice, 100), 1);
    assert_eq!(memory.kept(0..4), [0, 1, 3]);
    memory.keep(4, &alice, 100);
    assert_eq!(memory.kept(0..5), [1, 3, 4]);
}

#[test]
fn one_byte_too_much_is_too_much() {
    let alice = user("alice");
    let mut memory = Memory::new(3 * ONE - 1, 0);
    for n in 0..3 {
        memory.keep(n, &alice, 100);
    }
    assert_eq!(memory.kept(0..3), [1, 2]);
    assert_eq!(memory.in_use(), MemoryUse { entries: 2, pinned: 0, bytes: 2 * ONE });
}

#[test]
fn replacing_counts_once_and_removing_gives_back() {
    let alice = user("alice");
    let mut memory = Memory::new(10_000, 0);
    memory.keep(0, &alice, 100);
    memory.keep(0, &alice, 200);
    assert_eq!(memory.bytes, 201 + OVERHEAD);
    memory.keep(1, &Owner::Device, 10);
    memory.pin(&key(2));
    memory.keep(2, &alice, 10);
    memory.remove_owner(&alice);
    assert_eq!(memory.kept(0..3), [1]);
    memory.remove(&[1]);
    assert_eq!(memory.in_use(), MemoryUse::default());
    assert!(memory.shelves.is_empty() && memory.expiry.is_empty());
}

#[test]
fn what_is_over_the_whole_budget_is_not_kept() {
    let alice = user("alice");
    let mut memory = Memory::new(1000, 0);
    memory.keep(0, &alice, 10);
    assert_eq!(memory.keep(1, &alice, 2000), 0, "nothing goes for it");
    assert_eq!(memory.kept(0..2), [0]);
}

#[test]
fn what_is_expired_goes_before_what_was_not_used_for_longer() {
    let (alice, bob) = (user("alice"), user("bob"));
    let mut memory = Memory::new(4 * ONE, 0);
    memory.keep(0, &alice, 100);
    memory.keep(1, &alice, 100);
    memory.insert(&key(2), alice.clone(), entry(100), Instant(1001), NOW);
    // Of another partition, which holds least.
    memory.insert(&key(3), bob.clone(), entry(100), NOW, NOW);
    memory.keep(4, &alice, 100);
    assert_eq!(memory.kept(0..5), [0, 1, 2, 4], "expired at this very instant; key 2 is not yet");
    memory.keep(5, &alice, 100);
    assert_eq!(memory.kept(0..6), [1, 2, 4, 5]);
}

#[test]
fn one_account_cannot_push_the_others_out() {
    let (alice, bob) = (user("alice"), user("bob"));
    let mut memory = Memory::new(6 * ONE, 0);
    memory.keep(0, &alice, 100);
    memory.keep(1, &alice, 100);
    for n in 10..100 {
        memory.keep(n, &bob, 100);
    }
    assert_eq!(memory.kept(0..100), [0, 1, 96, 97, 98, 99], "bob has what alice does not use");
    // Up to her share she takes from him.
    memory.keep(2, &alice, 100);
    assert_eq!(memory.kept(0..100), [0, 1, 2, 97, 98, 99]);
    memory.keep(3, &alice, 100);
    assert_eq!(memory.kept(0..100), [1, 2, 3, 97, 98, 99], "and beyond it from herself");
}

#[test]
fn pinned_entries_stay_and_count() {
    let alice = user("alice");
    let mut memory = Memory::new(3 * ONE, 0);
    memory.pin(&key(0));
    memory.insert(&key(0), alice.clone(), entry(100), NOW, NOW);
    memory.keep(1, &alice, 100);
    memory.pin(&key(1));
    memory.pin(&key(1));
    memory.keep(2, &alice, 100);
    assert_eq!(memory.in_use(), MemoryUse { entries: 3, pinned: 2, bytes: 3 * ONE });
    memory.keep(3, &alice, 100);
    assert_eq!(memory.kept(0..4), [0, 1, 3], "not even what is expired");
    assert_eq!(memory.clear(), (1, ONE));
    assert_eq!(memory.kept(0..4), [0, 1], "nor for memory pressure");
    memory.unpin(&key(0));
    memory.unpin(&key(1));
    memory.keep(4, &alice, 100);
    memory.keep(5, &alice, 100);
    assert_eq!(memory.kept(0..6), [1, 4, 5], "one of two flights has ended");
    memory.unpin(&key(1));
    memory.keep(6, &alice, 100);
    assert_eq!(memory.kept(0..7), [4, 5, 6]);
    assert!(memory.pins.is_empty());
}

#[test]
fn the_budget_holds_though_everything_is_pinned() {
    let alice = user("alice");
    let mut memory = Memory::new(2 * ONE, 0);
    for n in 0..2 {
        memory.pin(&key(n));
        memory.keep(n, &alice, 100);
    }
    assert_eq!(memory.keep(2, &alice, 100), 1, "the new one goes");
    assert_eq!(memory.kept(0..3), [0, 1]);
    assert_eq!(
        memory.keep(1, &alice, 101),
        1,
        "a pinned one that has grown too large is not kept, old or new"
    );
    assert_eq!(memory.kept(0..3), [0]);
}

#[derive(Clone, Debug)]
enum Step {
    Keep(u8, u8, u16, u64),
    Use(u8),
    Remove(u8),
    RemoveOwner(u8),
    Pin(u8),
    Unpin(u8),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0u8..30, 0u8..4, 0u16..2000, 0u64..2000).prop_map(|(k, o, b, e)| Step::Keep(k, o, b, e)),
        3 => (0u8..30).prop_map(Step::Use),
        1 => (0u8..30).prop_map(Step::Remove),
        1 => (0u8..4).prop_map(Step::RemoveOwner),
        2 => (0u8..30).prop_map(Step::Pin),
        2 => (0u8..30).prop_map(Step::Unpin),
        1 => Just(Step::Clear),
    ]
}

/// The same by searching a list from end to end.
#[derive(Default)]
struct Plain {
    /// Key, owner, bytes, expiry, last use.
    entries: Vec<(u8, u8, usize, u64, u64)>,
    pins: BTreeMap<u8, u32>,
    uses: u64,
}

const BUDGET: usize = 6000;

impl Plain {
    fn bytes(&self, of: Option<u8>) -> usize {
        self.entries.iter().filter(|e| of.is_none_or(|of| e.1 == of)).map(|e| e.2).sum()
    }

    fn go(&mut self, step: &Step) {
        match *step {
            Step::Keep(key, owner, bytes, expires) => {
                self.entries.retain(|e| e.0 != key);
                let bytes = 1 + usize::from(bytes) + OVERHEAD;
                if bytes > BUDGET {
                    return;
                }
                self.uses += 1;
                self.entries.push((key, owner, bytes, expires, self.uses));
                while self.bytes(None) > BUDGET {
                    let free: Vec<_> =
                        self.entries.iter().filter(|e| !self.pins.contains_key(&e.0)).copied().collect();
                    let expired = free.iter().filter(|e| e.3 <= NOW.0).min_by_key(|e| (e.3, e.0));
                    let most = free.iter().map(|e| self.bytes(Some(e.1))).max();
                    let fullest = free.iter().filter(|e| Some(self.bytes(Some(e.1))) == most);
                    let unused = fullest.min_by_key(|e| e.4);
                    let goes = expired.or(unused).map_or(key, |e| e.0);
                    self.entries.retain(|e| e.0 != goes);
                }
            }
            Step::Use(key) => {
                if let Some(entry) = self.entries.iter_mut().find(|e| e.0 == key) {
                    self.uses += 1;
                    entry.4 = self.uses;
                }
            }
            Step::Remove(key) => self.entries.retain(|e| e.0 != key),
            Step::RemoveOwner(owner) => self.entries.retain(|e| e.1 != owner),
            Step::Pin(key) => *self.pins.entry(key).or_default() += 1,
            Step::Unpin(key) => {
                let left = self.pins.remove(&key).unwrap_or(0);
                if left > 1 {
                    self.pins.insert(key, left - 1);
                }
            }
            Step::Clear => self.entries.retain(|e| self.pins.contains_key(&e.0)),
        }
    }
}

fn owner(n: u8) -> Owner {
    if n == 0 { Owner::Device } else { user(&n.to_string()) }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(37),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn it_is_what_a_plain_list_would_be(steps in prop::collection::vec(step(), 1..120)) {
        let (mut memory, mut plain) = (Memory::new(BUDGET, 0), Plain::default());
        for step in steps {
            plain.go(&step);
            match step {
                Step::Keep(n, of, bytes, expires) => {
                    let entry = entry(usize::from(bytes));
                    memory.insert(&key(n), owner(of), entry, Instant(expires), NOW);
                }
                Step::Use(n) => drop(memory.get(&[n]).cloned()),
                Step::Remove(n) => drop(memory.remove(&[n])),
                Step::RemoveOwner(of) => memory.remove_owner(&owner(of)),
                Step::Pin(n) => memory.pin(&key(n)),
                Step::Unpin(n) => memory.unpin(&key(n)),
                Step::Clear => drop(memory.clear()),
            }
            let mut expected: Vec<u8> = plain.entries.iter().map(|e| e.0).collect();
            expected.sort_unstable();
            prop_assert_eq!(memory.kept(0..30), expected);
            prop_assert_eq!(memory.bytes, plain.bytes(None));
            let shelved: usize = memory.shelves.values().map(|shelf| shelf.bytes).sum();
            let listed: usize = memory.shelves.values().map(|s| s.order.len() + s.pinned.len()).sum();
            prop_assert_eq!((shelved, listed), (memory.bytes, memory.slots.len()));
        }
    }
}
