//! The memory tier, within its budget of bytes: what is expired goes first, then what was used least recently in the
//! partition that is furthest over its share (rule E4, reading 39).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, DefaultHasher, Hasher as _};

use crate::entry::Entry;
use crate::fault::{Fault, planted};
use crate::key::{Key, Owner};
use crate::time::Instant;

/// What an entry counts beside its key, values and tags: tables, reference counts. See [`crate::Config::memory_bytes`].
const OVERHEAD: usize = 256;

/// Entries by key. Looked up, and never iterated in the order of the table, so that nothing depends on hashes.
pub(crate) struct Memory {
    slots: HashMap<Key, Slot, SeededState>,
    shelves: BTreeMap<Owner, Shelf>,
    /// Entries that may be evicted, by when they expire.
    expiry: BTreeSet<(Instant, Key)>,
    /// Keys that flights and streams will renew, with how many of them: never evicted.
    pins: HashMap<Key, u32, SeededState>,
    uses: u64,
    bytes: usize,
    budget: usize,
}

/// The entries of one partition.
#[derive(Default)]
struct Shelf {
    /// Those that may be evicted by last use, as it was when the entry was looked at last: uses since then only change
    /// the slot.
    order: BTreeMap<u64, Key>,
    /// Those that may not.
    pinned: BTreeSet<Key>,
    bytes: usize,
}

struct Slot {
    owner: Owner,
    entry: Entry,
    /// From then on nobody is served it.
    expires: Instant,
    /// When it was used last.
    used: u64,
    /// Its place in the order of its shelf.
    listed: u64,
    bytes: usize,
}

/// What memory holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// How many entries.
    pub entries: usize,
    /// Those of them that a flight will renew, which are not evicted.
    pub pinned: usize,
    /// Counted as [`crate::Config::memory_bytes`] says.
    pub bytes: usize,
}

impl Memory {
    pub(crate) fn new(budget: usize, hash_seed: u64) -> Self {
        Self {
            slots: HashMap::with_hasher(SeededState(hash_seed)),
            shelves: BTreeMap::new(),
            expiry: BTreeSet::new(),
            pins: HashMap::with_hasher(SeededState(hash_seed)),
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

    /// Keeps an entry, which expires at `expires`, in place of the one that the key had. Returns how many entries had to
    /// go for it, which may be itself: the budget holds always, even where all the rest is pinned.
    pub(crate) fn insert(
        &mut self,
        key: &Key,
        owner: Owner,
        entry: Entry,
        expires: Instant,
        now: Instant,
    ) -> u32 {
        self.remove(key);
        let bytes = key.len() + entry.size() + OVERHEAD;
        if bytes > self.budget {
            return 0;
        }
        self.bytes += bytes;
        self.uses += 1;
        self.shelves.entry(owner.clone()).or_default().bytes += bytes;
        self.slots
            .insert(key.clone(), Slot { owner, entry, expires, used: self.uses, listed: self.uses, bytes });
        self.list(key);
        let mut evicted = 0;
        while self.bytes > self.budget {
            let goes = self.next_to_go(now).unwrap_or_else(|| key.clone());
            self.remove(&goes);
            evicted += 1;
        }
        evicted
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        self.unlist(key);
        let slot = self.slots.remove(key)?;
        self.bytes -= slot.bytes;
        if let Some(shelf) = self.shelves.get_mut(&slot.owner) {
            shelf.pinned.remove(key);
            shelf.bytes -= slot.bytes;
            if shelf.bytes == 0 {
                self.shelves.remove(&slot.owner);
            }
        }
        Some(slot.entry)
    }

    /// Drops everything of a partition.
    pub(crate) fn remove_owner(&mut self, owner: &Owner) {
        let Some(shelf) = self.shelves.get(owner) else { return };
        let keys: Vec<Key> = shelf.order.values().chain(&shelf.pinned).cloned().collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Drops all that is not pinned. Returns how many entries and bytes that were.
    pub(crate) fn clear(&mut self) -> (usize, usize) {
        let before = self.in_use();
        let keys: Vec<Key> = self.expiry.iter().map(|(_, key)| key.clone()).collect();
        for key in keys {
            self.remove(&key);
        }
        let after = self.in_use();
        (before.entries - after.entries, before.bytes - after.bytes)
    }

    /// A flight will renew the entry of this key, if there is one or comes to be one.
    pub(crate) fn pin(&mut self, key: &Key) {
        let pins = self.pins.entry(key.clone()).or_default();
        *pins += 1;
        if *pins == 1 {
            self.unlist(key);
            self.list(key);
        }
    }

    /// A flight has ended that [`pin`](Self::pin)ned.
    pub(crate) fn unpin(&mut self, key: &Key) {
        let Some(pins) = self.pins.get_mut(key) else { return };
        *pins -= 1;
        if *pins == 0 {
            self.pins.remove(key);
            self.unlist(key);
            self.list(key);
        }
    }

    pub(crate) fn in_use(&self) -> MemoryUse {
        MemoryUse {
            entries: self.slots.len(),
            pinned: self.slots.len() - self.expiry.len(),
            bytes: self.bytes,
        }
    }

    /// Puts an entry where it can be found: among those that may be evicted, unless it is pinned.
    fn list(&mut self, key: &[u8]) {
        let Some((key, _)) = self.slots.get_key_value(key) else { return };
        let key = key.clone();
        let Some(slot) = self.slots.get_mut(&key) else { return };
        let Some(shelf) = self.shelves.get_mut(&slot.owner) else { return };
        if self.pins.contains_key(&key) && !planted(Fault::PinnedIsEvicted) {
            shelf.pinned.insert(key);
        } else {
            slot.listed = slot.used;
            shelf.order.insert(slot.used, key.clone());
            self.expiry.insert((slot.expires, key));
        }
    }

    fn unlist(&mut self, key: &[u8]) {
        let Some((key, slot)) = self.slots.get_key_value(key) else { return };
        let Some(shelf) = self.shelves.get_mut(&slot.owner) else { return };
        if !shelf.pinned.remove(key) {
            shelf.order.remove(&slot.listed);
            self.expiry.remove(&(slot.expires, key.clone()));
        }
    }

    /// Which entry is evicted next. What has expired first; then, of the partition that holds the most and so is furthest
    /// over its share of the budget, the least recently used; of equals, the one whose is that.
    fn next_to_go(&mut self, now: Instant) -> Option<Key> {
        if let Some((expires, key)) = self.expiry.first()
            && *expires <= now
        {
            return Some(key.clone());
        }
        let slots = &mut self.slots;
        let eligible = |shelf: &&mut Shelf| !shelf.order.is_empty();
        if self.shelves.len() > 1 && planted(Fault::OneAccountTakesAll) {
            let oldest = |shelf: &mut Shelf| shelf.least_recent(slots);
            return self.shelves.values_mut().filter(eligible).filter_map(oldest).min().map(|(_, key)| key);
        }
        let most = self.shelves.values_mut().filter(eligible).map(|shelf| shelf.bytes).max()?;
        let fullest = self.shelves.values_mut().filter(|shelf| shelf.bytes == most);
        fullest.filter_map(|shelf| shelf.least_recent(slots)).min().map(|(_, key)| key)
    }
}

impl Shelf {
    /// The entry that was used least recently of those that may be evicted. The list may be behind: an entry that was used
    /// since gets its true place, and the search goes on, so what is found in the end is true.
    fn least_recent(&mut self, slots: &mut HashMap<Key, Slot, SeededState>) -> Option<(u64, Key)> {
        while let Some((listed, key)) = self.order.pop_first() {
            let Some(slot) = slots.get_mut(&key) else { continue };
            let is_true = slot.used == listed;
            slot.listed = slot.used;
            self.order.insert(slot.used, key.clone());
            if is_true {
                return Some((listed, key));
            }
        }
        None
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
mod tests;
