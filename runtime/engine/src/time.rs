//! Time, as the driver reads it: the engine has no clock of its own.

use std::time::Duration;

/// Names one boot of the device, so that boot clocks of different boots are never compared.
///
/// Linux: `/proc/sys/kernel/random/boot_id`. Apple: `kern.bootsessionuuid`. Where there is none, a number that is
/// random per process is right: every restart then counts as another boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId(pub u128);

/// One reading of both clocks, taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The boot that `boot` belongs to.
    pub boot_id: BootId,
    /// Nanoseconds since boot on a clock that runs while the device sleeps (CLOCK_BOOTTIME, mach_continuous_time).
    /// It never goes back while the process lives. All timers of the engine are on this clock.
    pub boot: Instant,
    /// Milliseconds since 1970-01-01T00:00:00Z by the wall clock, which the user can set to anything.
    pub wall_ms: i64,
}

/// A point on the boot clock, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

impl Instant {
    /// The time between `earlier` and this point; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The point `wait` later, or the end of time.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(nanos(wait)))
    }
}

/// A duration in nanoseconds, clamped to 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
