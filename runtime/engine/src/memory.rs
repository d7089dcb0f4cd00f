//! The memory tier: least recently used entries go when it is over its budget (rule E4).

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, DefaultHasher, Hasher as _};

use crate::entry::Entry;
use crate::key::{Key, Owner};

/// What an entry costs beside its bytes: tables, reference counts.
const OVERHEAD: usize = 256;

/// Entries by key. Looked up, and never iterated in the order of the table, so that nothing depends on hashes.
pub(crate) struct Memory {
    slots: HashMap<Key, Slot, SeededState>,
    /// By last use, as it was when the entry was looked at last: uses since then only change the slot.
    order: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
    budget: usize,
}

struct Slot {
    owner: Owner,
    entry: Entry,
    /// When it was used last.
    used: u64,
    /// Its place in `order`.
    listed: u64,
    bytes: usize,
}

impl Memory {
    pub(crate) fn new(budget: usize, hash_seed: u64) -> Self {
        Self {
            slots: HashMap::with_hasher(SeededState(hash_seed)),
            order: BTreeMap::new(),
            uses: 0,
            bytes: 0,
            budget,
        }
    }

    /// The entry of a key, which counts as a use.
    pub(crate) fn get(&mut self, key: &[u8]) -> Option<&Entry> {
        let slot = self.slots.get_mut(key)?;
        self.uses += 1;
        slot.used = self.uses;
        Some(&slot.entry)
    }

    /// The same, without a use.
    pub(crate) fn look(&self, key: &[u8]) -> Option<&Entry> {
        self.slots.get(key).map(|slot| &slot.entry)
    }

    /// Keeps an entry in place of the one that the key had, as far as the budget allows.
    pub(crate) fn insert(&mut self, key: Key, owner: Owner, entry: Entry) {
        self.remove(&key);
        let bytes = key.len() + entry.size() + OVERHEAD;
        if bytes > self.budget {
            return;
        }
        self.bytes += bytes;
        self.uses += 1;
        self.order.insert(self.uses, key.clone());
        self.slots.insert(key, Slot { owner, entry, used: self.uses, listed: self.uses, bytes });
        while self.bytes > self.budget && self.evict() {}
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let slot = self.slots.remove(key)?;
        self.order.remove(&slot.listed);
        self.bytes -= slot.bytes;
        Some(slot.entry)
    }

    /// Drops everything of a partition.
    pub(crate) fn remove_owner(&mut self, owner: &Owner) {
        let keys: Vec<Key> = self
            .order
            .values()
            .filter(|key| self.slots.get(*key).is_some_and(|s| s.owner == *owner))
            .cloned()
            .collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Drops the least recently used entry. The list may be behind: an entry that was used since gets its true place, and
    /// the search goes on, so what is dropped in the end is what was really used least recently.
    fn evict(&mut self) -> bool {
        while let Some((listed, key)) = self.order.pop_first() {
            let Some(slot) = self.slots.get_mut(&key) else { continue };
            if slot.used == listed {
                self.remove(&key);
                return true;
            }
            slot.listed = slot.used;
            self.order.insert(slot.used, key);
        }
        false
    }
}

/// A keyed hasher that starts the same in every run with the same seed.
#[derive(Clone)]
struct SeededState(u64);

impl BuildHasher for SeededState {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::entry::Answer;
    use crate::session::Account;
    use crate::time::Now;

    fn entry(bytes: usize) -> Entry {
        let answer = Answer {
            value: Bytes::from(vec![0; bytes]),
            sent: Now::default(),
            age_before: 0,
            tags: Arc::new([]),
            sequence: 0,
            outdated: false,
            put: false,
        };
        Entry { full: Some(answer), reduced: None }
    }

    fn key(n: u8) -> Key {
        Arc::new([n])
    }

    fn alice() -> Owner {
        Owner::Account(Account::user("alice"))
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut memory = Memory::new(3 * (OVERHEAD + 101), 0);
        for n in 0..3 {
            memory.insert(key(n), alice(), entry(100));
        }
        assert!(memory.get(&[0]).is_some());
        assert!(memory.get(&[1]).is_some());
        memory.insert(key(3), alice(), entry(100));
        assert!(memory.look(&[2]).is_none());
        memory.insert(key(4), alice(), entry(100));
        assert!(memory.look(&[0]).is_none());
        assert!([1, 3, 4].iter().all(|n| memory.look(&[*n]).is_some()));
    }

    #[test]
    fn replacing_counts_once_and_removing_gives_back() {
        let mut memory = Memory::new(10_000, 0);
        memory.insert(key(0), alice(), entry(100));
        memory.insert(key(0), alice(), entry(200));
        assert_eq!(memory.bytes, 201 + OVERHEAD);
        memory.insert(key(1), Owner::Device, entry(10));
        memory.remove_owner(&alice());
        assert!(memory.look(&[0]).is_none() && memory.look(&[1]).is_some());
        memory.remove(&[1]);
        assert_eq!((memory.bytes, memory.order.len()), (0, 0));
    }

    #[test]
    fn what_is_over_the_whole_budget_is_not_kept() {
        let mut memory = Memory::new(1000, 0);
        memory.insert(key(0), alice(), entry(10));
        memory.insert(key(1), alice(), entry(2000));
        assert!(memory.look(&[0]).is_some() && memory.look(&[1]).is_none());
    }
}
