//! Which tags have been invalidated when: sequence numbers, per partition (rules D1 to D3).

use std::collections::BTreeMap;

use crate::store::TagHash;

/// How many tags are remembered one by one. Beyond them everything older counts as invalidated, which is safe.
const MAX_TAGS: usize = 10_000;

/// The invalidations of one partition in this run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The latest number given.
    sequence: u64,
    /// Every tag that is not in `tags` may have been invalidated up to here.
    floor: u64,
    tags: BTreeMap<TagHash, u64>,
}

impl Ledger {
    /// The latest number given: the generation of what starts now.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Goes on after what the store has seen.
    pub(crate) fn resume(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
    }

    /// Gives tags the next number.
    pub(crate) fn invalidate(&mut self, tags: impl IntoIterator<Item = TagHash>) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.tags.extend(tags.into_iter().map(|tag| (tag, self.sequence)));
        if self.tags.len() > MAX_TAGS {
            self.tags.clear();
            self.floor = self.sequence;
        }
        self.sequence
    }

    /// Whether one of the tags was invalidated after `sequence`.
    pub(crate) fn is_newer(&self, tags: &[TagHash], sequence: u64) -> bool {
        sequence < self.sequence
            && !tags.is_empty()
            && (sequence < self.floor
                || tags.iter().any(|tag| self.tags.get(tag).is_some_and(|newest| *newest > sequence)))
    }

    /// Forgets tags one by one, such as those whose names have changed: everything up to now counts as invalidated.
    pub(crate) fn rename(&mut self) {
        self.tags.clear();
        self.floor = self.sequence;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(n: u32) -> TagHash {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        TagHash(bytes)
    }

    #[test]
    fn a_tag_is_newer_than_what_came_before_its_number() {
        let mut ledger = Ledger::default();
        let before = ledger.sequence();
        let number = ledger.invalidate([tag(1)]);
        assert!(ledger.is_newer(&[tag(2), tag(1)], before));
        assert!(!ledger.is_newer(&[tag(2)], before));
        assert!(!ledger.is_newer(&[tag(1)], number));
        assert!(!ledger.is_newer(&[], before));
    }

    #[test]
    fn numbers_go_on_where_the_last_run_ended() {
        let mut ledger = Ledger::default();
        ledger.resume(41);
        assert_eq!(ledger.invalidate([tag(1)]), 42);
        ledger.resume(7);
        assert_eq!(ledger.sequence(), 42);
    }

    #[test]
    fn too_many_tags_are_forgotten_on_the_safe_side() {
        let mut ledger = Ledger::default();
        let start = ledger.invalidate([]);
        for n in 0..=u32::try_from(MAX_TAGS).unwrap() {
            ledger.invalidate([tag(n)]);
        }
        assert!(ledger.tags.is_empty());
        assert!(ledger.is_newer(&[tag(u32::MAX)], start), "it might have been invalidated");
        assert!(!ledger.is_newer(&[tag(0)], ledger.sequence()));
    }
}
