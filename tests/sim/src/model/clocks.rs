//! Clocks, and what outlives a process (E3, E6).

use super::entry::{Entry, Moment};
use super::{Model, OpenSession, Partition, Skip, YEAR_MS};

impl Model {
    pub(super) fn moment(&self) -> Moment {
        Moment {
            order: self.order,
            time: self.now,
            boot: self.boot,
            wall_ms: (self.now + self.wall_shift).div_euclid(1_000_000),
        }
    }

    /// E3: the highest wall time is kept, and a jump of more than a year is remembered.
    pub(super) fn look_at_the_clock(&mut self) {
        let now = self.moment().wall_ms;
        if now > self.seen_wall_ms + YEAR_MS {
            self.jumped_ahead = true;
        }
        self.seen_wall_ms = self.seen_wall_ms.max(now);
        self.known_wall_ms = self.known_wall_ms.max(now);
    }

    /// Whether E3 says that entries of earlier boots count as invalidated.
    pub(super) fn clock_distrusted(&self) -> bool {
        self.jumped_ahead || self.moment().wall_ms < self.seen_wall_ms - 60_000
    }

    /// The same, where only one key's entries matter.
    pub(super) fn clock_is_clear_for(&self, partition: &Partition, key: &str) -> Result<(), Skip> {
        let theirs = |entry: &&Entry| entry.partition == *partition && entry.key == key;
        if self.entries.iter().filter(theirs).all(|entry| entry.sent.boot == self.boot) {
            return Ok(());
        }
        self.clock_is_clear()
    }

    /// What a clock has seen is kept, but the rules do not say how soon: where that would matter, no step is taken.
    pub(super) fn clock_is_clear(&self) -> Result<(), Skip> {
        if self.entries.iter().all(|entry| entry.sent.boot == self.boot) {
            return Ok(());
        }
        let now = self.moment().wall_ms;
        let back = (now < self.seen_wall_ms - 60_000) == (now < self.saved_wall_ms - 60_000);
        let ahead = self.jumped_ahead || now <= self.saved_wall_ms + YEAR_MS;
        if back && ahead { Ok(()) } else { Err(Skip) }
    }

    /// E6, and what outlives a process.
    pub(super) fn restart(&mut self, off: i128, reboot: bool) {
        self.now += off;
        self.boot += u32::from(reboot);
        self.calls.clear();
        self.observers.clear();
        // The app is where it was: the new process is told so.
        let now = self.now;
        (self.background_since, self.grace_is_over) = (self.background_since.map(|_| now), false);
        self.flights.clear();
        self.is_full = false;
        self.paces.clear();
        self.reaches.clear();
        self.budgets.clear();
        self.jumped_ahead = false;
        self.known_wall_ms = self.saved_wall_ms;
        self.entries.retain(|entry| !entry.memory_only);
        for entry in &mut self.entries {
            entry.unseen = true;
        }
        self.hooks.clear();
        let open: Vec<(String, OpenSession)> = std::mem::take(&mut self.sessions).into_iter().collect();
        for (name, session) in open.into_iter().filter(|(_, session)| !session.signed_out) {
            self.open(&name, &session.config);
        }
    }
}
