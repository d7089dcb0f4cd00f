//! Ages, across boots and in spite of the wall clock (rule E3).

use crate::time::{BootId, Now};

const MINUTE_MS: i64 = 60_000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

/// When something happened, on both clocks.
pub(crate) type Stamp = Now;

/// What is known about the clocks.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// The highest wall time seen, by this process or one before it.
    highest_wall_ms: Option<i64>,
    /// The wall clock is below the highest by more than a minute.
    behind: bool,
    /// The wall clock jumped ahead by more than a year.
    jumped: bool,
}

impl Clock {
    /// Takes in a reading. Whether distrust begins with it.
    pub(crate) fn observe(&mut self, now: &Now) -> bool {
        let trusted = !self.distrusts();
        if let Some(highest) = self.highest_wall_ms {
            self.behind = now.wall_ms < highest.saturating_sub(MINUTE_MS);
            self.jumped |= now.wall_ms > highest.saturating_add(YEAR_MS);
        }
        self.highest_wall_ms = self.highest_wall_ms.max(Some(now.wall_ms));
        trusted && self.distrusts()
    }

    /// Takes in what the store has seen. `now` is judged by it as if it came afterwards.
    pub(crate) fn recall(&mut self, highest_wall_ms: Option<i64>, now: &Now) -> bool {
        let Some(stored) = highest_wall_ms else { return false };
        let own = self.highest_wall_ms;
        self.highest_wall_ms = Some(stored);
        let began = self.observe(now);
        self.highest_wall_ms = self.highest_wall_ms.max(own);
        began
    }

    /// The highest wall time seen.
    pub(crate) fn highest_wall_ms(&self) -> Option<i64> {
        self.highest_wall_ms
    }

    fn distrusts(&self) -> bool {
        self.behind || self.jumped
    }

    /// Whether an answer of `sent` counts as invalidated because its age cannot be told.
    pub(crate) fn doubts(&self, sent: &Stamp, boot_id: BootId) -> bool {
        self.distrusts() && sent.boot_id != boot_id
    }
}

/// Nanoseconds from `sent` to `now`: by the boot clock within a boot, else by the wall clock.
pub(crate) fn elapsed(sent: &Stamp, now: &Now) -> u64 {
    if sent.boot_id == now.boot_id {
        return now.boot.0.saturating_sub(sent.boot.0);
    }
    let ms = u64::try_from(now.wall_ms.saturating_sub(sent.wall_ms)).unwrap_or(0);
    ms.saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn at(boot_id: u128, boot_s: u64, wall_s: i64) -> Now {
        Now { boot_id: BootId(boot_id), boot: Instant(boot_s * 1_000_000_000), wall_ms: wall_s * 1000 }
    }

    #[test]
    fn within_a_boot_the_wall_clock_does_not_matter() {
        assert_eq!(elapsed(&at(1, 10, 5000), &at(1, 15, 0)), 5_000_000_000);
    }

    #[test]
    fn across_boots_only_the_wall_clock_does() {
        assert_eq!(elapsed(&at(1, 900, 5000), &at(2, 1, 5007)), 7_000_000_000);
        assert_eq!(elapsed(&at(1, 900, 5000), &at(2, 1, 4000)), 0);
    }

    #[test]
    fn a_minute_back_is_forgiven_and_more_is_not() {
        let mut clock = Clock::default();
        assert!(!clock.observe(&at(1, 0, 10_000)));
        assert!(!clock.observe(&at(1, 1, 9_940)));
        assert!(clock.observe(&at(1, 2, 9_939)));
        assert!(clock.doubts(&at(0, 0, 0), BootId(1)));
        assert!(!clock.doubts(&at(1, 0, 0), BootId(1)));
        clock.observe(&at(1, 3, 10_000));
        assert!(!clock.doubts(&at(0, 0, 0), BootId(1)), "set right again, it is trusted again");
    }

    #[test]
    fn a_year_ahead_is_forgiven_and_more_is_not() {
        let year = 365 * 24 * 3600;
        let mut clock = Clock::default();
        clock.observe(&at(1, 0, 0));
        assert!(!clock.observe(&at(1, 1, year)));
        assert!(clock.observe(&at(1, 2, 2 * year + 1)));
        assert!(clock.doubts(&at(0, 0, 0), BootId(1)));
    }

    #[test]
    fn what_an_earlier_run_saw_counts() {
        let mut clock = Clock::default();
        clock.observe(&at(2, 0, 1_000));
        assert!(clock.recall(Some(1_061_000), &at(2, 0, 1_000)));
        let mut clock = Clock::default();
        clock.observe(&at(2, 0, 1_000));
        assert!(!clock.recall(Some(1_060_000), &at(2, 0, 1_000)));
        let mut clock = Clock::default();
        clock.observe(&at(2, 0, 1_000));
        assert!(!clock.recall(None, &at(2, 0, 1_000)));
    }
}
