//! What is stored, and in which row it is.

use super::method::{Cache, Tags};
use super::states::Kept;
use super::{Model, Partition};
use crate::message;

/// A stored answer.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) partition: Partition,
    pub(super) key: String,
    pub(super) reduced: bool,
    pub(super) value: Vec<u8>,
    pub(super) tags: Vec<String>,
    /// The winning attempt's send: when, by which clocks, and its place in the order of all that happened.
    pub(super) sent: Moment,
    /// What the `age` header added.
    pub(super) header_age: i128,
    pub(super) put: bool,
    /// Storage MEMORY.
    pub(super) memory_only: bool,
    /// A process that restarted has not looked at it yet.
    pub(super) unseen: bool,
}

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) order: u64,
    pub(super) time: i128,
    pub(super) boot: u32,
    pub(super) wall_ms: i128,
}

/// A row of the table, 1 to 4, of an entry.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) entry: Entry,
    pub(super) age: i128,
    pub(super) row: u8,
    pub(super) invalidated: bool,
}

/// How a call looks at entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Want {
    pub(super) reduced: bool,
    /// `detail(full)`.
    pub(super) strictly_full: bool,
    pub(super) max_age: Option<i128>,
}

impl Model {
    pub(super) fn age(&self, entry: &Entry) -> i128 {
        let now = self.moment();
        let passed = if entry.sent.boot == now.boot {
            now.time - entry.sent.time
        } else {
            (now.wall_ms - entry.sent.wall_ms).max(0) * 1_000_000
        };
        passed + entry.header_age
    }

    /// D1, D2 and E3.
    fn is_invalidated(&self, entry: &Entry) -> bool {
        let by_tag = self.invalidations.iter().any(|invalidation| {
            (entry.partition == Partition::Device
                || entry.partition == Partition::Account(invalidation.account.clone()))
                && entry.tags.contains(&invalidation.tag)
                && invalidation.order > entry.sent.order
        });
        by_tag || (entry.sent.boot != self.boot && self.clock_distrusted())
    }

    /// The table of section C, with the readings on rank.
    pub(super) fn place(&self, entry: &Entry, cache: &Cache, want: Want) -> Placed {
        let age = self.age(entry);
        let invalidated = self.is_invalidated(entry);
        let mut row = if invalidated {
            if age < cache.fresh + cache.revalidate.max(cache.if_error) { 3 } else { 4 }
        } else if age < cache.fresh {
            1
        } else if age < cache.fresh + cache.revalidate {
            2
        } else if age < cache.fresh + cache.if_error {
            3
        } else {
            4
        };
        let demoted =
            entry.put || want.max_age.is_some_and(|most| age > most) || (entry.reduced && !want.reduced);
        if row == 1 && demoted {
            row = 2;
        }
        Placed { entry: entry.clone(), age, row, invalidated }
    }

    /// The stored answer that a call sees (F7): `None` if there is none.
    pub(super) fn best(&self, partition: &Partition, key: &str, cache: &Cache, want: Want) -> Option<Placed> {
        let mut found: Vec<Placed> = self
            .entries
            .iter()
            .filter(|entry| entry.partition == *partition && entry.key == key)
            .filter(|entry| !(want.strictly_full && entry.reduced))
            .map(|entry| self.place(entry, cache, want))
            .collect();
        if want.reduced {
            found.sort_by_key(|placed| (placed.row, placed.age, placed.entry.reduced));
        } else {
            // Full in rows 1 and 2 wins, whatever the other's row; below that the lower row does.
            found.sort_by_key(|placed| match (placed.entry.reduced, placed.row) {
                (false, 1 | 2) => (0, false),
                (reduced, row) => (row, reduced),
            });
        }
        found.into_iter().next()
    }

    /// The full answer that withheld fields are looked up in (F9).
    pub(super) fn last_known(&self, partition: &Partition, key: &str) -> Option<Vec<u8>> {
        self.entries
            .iter()
            .find(|entry| entry.partition == *partition && entry.key == key && !entry.reduced)
            .map(|entry| entry.value.clone())
    }

    /// Stores an answer if it may be: E2, D1, D3 and reading 25.
    pub(super) fn store(&mut self, new: Entry) -> Kept {
        let same_key = |entry: &Entry| entry.partition == new.partition && entry.key == new.key;
        // Wherever that is now (rule C7).
        let later = self.answered.iter().any(|(partition, key, reduced, sent)| {
            *partition == new.partition && *key == new.key && *reduced == new.reduced && *sent > new.sent.time
        });
        let gone = self.evictions.iter().any(|(partition, key, sent)| {
            *partition == new.partition && *key == new.key && *sent > new.sent.time
        });
        if (later || gone) && !new.put {
            return Kept::Superseded;
        }
        if self.is_invalidated(&new) {
            return Kept::Outdated;
        }
        self.entries.retain(|entry| {
            !(same_key(entry)
                && (entry.reduced == new.reduced
                    || (!new.reduced && entry.reduced && entry.sent.time <= new.sent.time)))
        });
        if !new.memory_only {
            self.saved_wall_ms = self.saved_wall_ms.max(self.known_wall_ms);
        }
        if !new.put {
            self.answered.push((new.partition.clone(), new.key.clone(), new.reduced, new.sent.time));
        }
        self.entries.push(new);
        Kept::Stored
    }

    pub(super) fn evict(&mut self, partition: &Partition, key: &str, sent: i128) {
        self.evictions.push((partition.clone(), key.to_owned(), sent));
        self.entries.retain(|entry| !(entry.partition == *partition && entry.key == key));
    }

    /// A process that restarted reads what is on disk.
    pub(super) fn look_at(&mut self, partition: &Partition, key: &str) {
        for entry in &mut self.entries {
            if entry.partition == *partition && entry.key == key {
                entry.unseen = false;
            }
        }
    }
}

/// The tags of an answer.
pub(super) fn tags(tags: Tags, request: &[u8], response: &[u8]) -> Vec<String> {
    match tags {
        Tags::None => vec![],
        Tags::Ride => vec![format!("ride:{}", message::text(request, 1).unwrap_or_default())],
        Tags::Driver => {
            message::text(response, 5).into_iter().map(|driver| format!("driver:{driver}")).collect()
        }
    }
}
