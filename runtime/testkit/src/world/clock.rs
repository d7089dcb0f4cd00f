//! Virtual time: one true time, and the two clocks that a device shows.

use holdover_engine::{BootId, Instant, Now};

use crate::span;

/// 2026-01-01T00:00:00Z in nanoseconds since 1970: the wall time at which stories begin.
pub const START: i128 = 1_767_225_600_000_000_000;

/// What the boot clock shows at the start of a story, and after a reboot.
const FIRST_BOOT: i128 = 1_000_000_000_000;
const LATER_BOOT: i128 = 30_000_000_000;

/// The clocks of a device.
#[derive(Clone, Debug)]
pub struct Clock {
    /// True time since the story began.
    true_time: i128,
    /// What the wall clock shows beyond [`START`] plus the true time.
    wall_shift: i128,
    /// The true time at which the boot clock showed nothing.
    boot_origin: i128,
    boots: u128,
}

impl Default for Clock {
    fn default() -> Self {
        Self { true_time: 0, wall_shift: 0, boot_origin: -FIRST_BOOT, boots: 1 }
    }
}

impl Clock {
    /// Both clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        let wall = START + self.true_time + self.wall_shift;
        Now {
            boot_id: BootId(self.boots),
            boot: Instant(u64::try_from(self.true_time - self.boot_origin).unwrap_or(0)),
            wall_ms: i64::try_from(wall.div_euclid(1_000_000)).unwrap_or(i64::MAX),
        }
    }

    /// True time since the story began, in nanoseconds.
    #[must_use]
    pub fn true_time(&self) -> i128 {
        self.true_time
    }

    /// What the wall clock shows, in nanoseconds since the story's start by the first wall clock.
    #[must_use]
    pub fn wall(&self) -> i128 {
        self.true_time + self.wall_shift
    }

    /// The true time at which the boot clock shows this.
    #[must_use]
    pub fn true_time_of(&self, boot: Instant) -> i128 {
        i128::from(boot.0) + self.boot_origin
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// When it would go back.
    pub fn advance_to(&mut self, true_time: i128) -> Result<(), String> {
        if true_time < self.true_time {
            return Err(format!(
                "time does not go back: a step is at {}, and it is {} already",
                span::print(true_time),
                span::print(self.true_time)
            ));
        }
        self.true_time = true_time;
        Ok(())
    }

    /// Sets the wall clock.
    pub fn shift_wall(&mut self, by: i128) {
        self.wall_shift += by;
    }

    /// Restarts the device: the boot clock begins anew.
    pub fn reboot(&mut self) {
        self.boots += 1;
        self.boot_origin = self.true_time - LATER_BOOT;
    }
}
